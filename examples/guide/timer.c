/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <weir/weir.h>

static void tick(weir_timer *timer) {
    int *left = timer->user;
    printf("tick\n");
    if (--*left == 0) weir_timer_stop(timer);
}

int main(void) {
    int left = 3;
    weir_timer timer = {.fired = tick, .user = &left};
    weir_loop *loop = weir_loop_new(NULL);
    if (weir_timer_start(loop, &timer, 100 * 1000000, 100 * 1000000) < 0) return 1;
    weir_run(loop);
    return weir_loop_close(loop, NULL, NULL) < 0;
}
