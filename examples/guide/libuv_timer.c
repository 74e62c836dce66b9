/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <uv.h>

static void tick(uv_timer_t *timer) {
    int *left = timer->data;
    printf("tick\n");
    if (--*left == 0) uv_close((uv_handle_t *)timer, NULL);
}

int main(void) {
    int left = 3;
    uv_timer_t timer;
    uv_loop_t loop;
    uv_loop_init(&loop);
    uv_timer_init(&loop, &timer);
    timer.data = &left;
    if (uv_timer_start(&timer, tick, 100, 100) < 0) return 1;
    uv_run(&loop, UV_RUN_DEFAULT);
    return uv_loop_close(&loop) < 0;
}
