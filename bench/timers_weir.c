/* SPDX-License-Identifier: MIT */
/* weir's timers, on the loop that a program gets, armed from a callback as programs do. */
#include <weir/weir.h>

#include "timers.h"

static weir_loop *loop;
static weir_timer *timers;

static void on_fired(weir_timer *timer) {
    (void)timer;
    timers_fired();
}

static void timers_open(void) {
    loop = weir_loop_new(NULL);
    timers = timers_memory(sizeof *timers);
    if (!loop) exit(1);
    for (uint32_t i = 0; i < timer_count; i++)
        timers[i].fired = on_fired;
}

static void timers_arm(uint32_t i, uint32_t ms) { weir_timer_start(loop, &timers[i], (uint64_t)ms * 1000000, 0); }

static void timers_cancel(uint32_t i) { weir_timer_stop(&timers[i]); }

/* In the tick after the callback. */
static void timers_fire(void) {}

static void on_post(weir_post *post) {
    void (*const *act)(void) = post->user;
    (*act)();
}

static void timers_within(void (*act)(void)) {
    weir_post post = {.run = on_post, .user = &act};
    weir_loop_post(loop, &post);
    weir_run_once(loop, 0);
}

int main(void) { return timers_run(); }
