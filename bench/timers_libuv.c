/* SPDX-License-Identifier: MIT */
/* libuv's timers: a heap of pointers, and the loop's time of the turn. */
#include <uv.h>

#include "timers.h"

static uv_loop_t *loop;
static uv_timer_t *timers;

static void on_fired(uv_timer_t *timer) {
    (void)timer;
    timers_fired();
}

static void timers_open(void) {
    loop = uv_default_loop();
    timers = timers_memory(sizeof *timers);
    if (!loop) exit(1);
    for (uint32_t i = 0; i < timer_count; i++)
        uv_timer_init(loop, &timers[i]);
}

static void timers_arm(uint32_t i, uint32_t ms) { uv_timer_start(&timers[i], on_fired, ms, 0); }

static void timers_cancel(uint32_t i) { uv_timer_stop(&timers[i]); }

static void timers_fire(void) { uv_run(loop, UV_RUN_NOWAIT); }

static void timers_within(void (*act)(void)) { act(); }

int main(void) { return timers_run(); }
