/* SPDX-License-Identifier: MIT
 *
 * F: timers and the clock. */
#include "adversarial/suites.h"

#include <stdlib.h>
#include <unistd.h>

static struct scene *stage;
static unsigned fired;

/* ---- F5 ---------------------------------------------------------------------------------------------------------- */

static uint64_t began_ns;

static void note_when(weir_timer *timer) {
    (void)timer;
    check(weir_now_ns(stage->loop) - began_ns >= 80 * MS);
    fired++;
}

static void block_then_arm(weir_timer *timer) {
    static weir_timer second;
    (void)timer;
    began_ns = weir_now_ns(stage->loop);
    usleep(50000);
    second = (weir_timer){.fired = note_when};
    check_int(weir_timer_start(stage->loop, &second, 30 * MS, 0), 0);
}

/* From the real now, not from the tick's. */
static void adv_F5_armed_after_blocking(struct scene *s) {
    weir_timer first = {.fired = block_then_arm};
    stage = s;
    fired = 0;
    check_int(weir_timer_start(s->loop, &first, MS, 0), 0);
    scene_run(s);
    check_int(fired, 1);
}

/* ---- F6 ---------------------------------------------------------------------------------------------------------- */

static void fire_fifty_times(weir_timer *timer) {
    if (++fired < 50) check_int(weir_timer_start(stage->loop, timer, 100000, 0), 0);
}

static void adv_F6_a_deadline_below_the_granularity_does_not_spin(struct scene *s) {
    weir_timer timer = {.fired = fire_fifty_times};
    uint64_t before = scene_stats(s).ticks;
    stage = s;
    fired = 0;
    check_int(weir_timer_start(s->loop, &timer, 100000, 0), 0);
    scene_run(s);
    check_int(fired, 50);
    check(scene_stats(s).ticks - before < 50 * 4);
}

/* ---- F8 ---------------------------------------------------------------------------------------------------------- */

#define CROWD 200000

struct member {
    weir_timer timer;
    unsigned number;
};

static void in_turn(weir_timer *timer) {
    check_int(((struct member *)timer)->number, fired);
    fired++;
}

static void adv_F8_a_crowd_with_one_deadline(struct scene *s) {
    struct member *crowd = calloc(CROWD, sizeof *crowd);
    if (!crowd) return;
    fired = 0;
    for (unsigned i = 0; i < CROWD; i++) {
        crowd[i] = (struct member){.timer.fired = in_turn, .number = i};
        check_int(weir_timer_start(s->loop, &crowd[i].timer, 300 * MS, 0), 0);
    }
    scene_run(s);
    check_int(fired, CROWD);
    free(crowd);
}

/* ---- F9 ---------------------------------------------------------------------------------------------------------- */

static void never(weir_timer *timer) {
    (void)timer;
    check_failed("a stopped timer fires");
}

static void adv_F9_arm_and_stop_a_million_times(struct scene *s) {
    weir_timer timers[16];
    weir_loop_stats before = scene_stats(s);
    for (unsigned i = 0; i < 16; i++)
        timers[i] = (weir_timer){.fired = never};
    for (unsigned i = 0; i < 1000000; i++) {
        weir_timer *timer = &timers[dice_roll(&s->dice, 16)];
        if (dice_roll(&s->dice, 2))
            weir_timer_start(s->loop, timer, SECOND + dice_roll(&s->dice, SECOND * 3600), 0);
        else
            weir_timer_stop(timer);
    }
    for (unsigned i = 0; i < 16; i++)
        weir_timer_stop(&timers[i]);
    check_int(scene_stats(s).memory, before.memory);
    check_int(scene_stats(s).allocations, before.allocations);
    check_int(scene_stats(s).timers, 0);
}

/* ---- F7 ---------------------------------------------------------------------------------------------------------- */

#define BATCH 20

static weir_timer *batch[BATCH];

/* Each frees all that stand after it in the batch, and itself. */
static void free_the_others(weir_timer *timer) {
    fired++;
    for (unsigned i = 0; i < BATCH; i++) {
        weir_timer_stop(batch[i]);
        free(batch[i]);
        batch[i] = NULL;
    }
    (void)timer;
}

static void adv_F7_freed_by_another_of_its_batch(struct scene *s) {
    fired = 0;
    for (unsigned i = 0; i < BATCH; i++) {
        batch[i] = calloc(1, sizeof **batch);
        if (!batch[i]) abort();
        batch[i]->fired = free_the_others;
        check_int(weir_timer_start(s->loop, batch[i], 5 * MS, 0), 0);
    }
    if (!scene_simulated(s)) usleep(10000);
    scene_run(s);
    check_int(fired, 1);
}

static const struct scenario clock_cases[] = {
    SCENARIO(adv_F5_armed_after_blocking, .media = NONE, .places = SYSTEM),
    SCENARIO(adv_F6_a_deadline_below_the_granularity_does_not_spin, .media = NONE),
    SCENARIO(adv_F7_freed_by_another_of_its_batch, .media = NONE),
    SCENARIO(adv_F8_a_crowd_with_one_deadline, .media = NONE),
    SCENARIO(adv_F9_arm_and_stop_a_million_times, .media = NONE),
};
const struct suite clock_suite = {"clock", clock_cases, sizeof clock_cases / sizeof *clock_cases};
