/* SPDX-License-Identifier: MIT
 *
 * Contract 12: time never runs early. How late it runs is only checked where time is virtual. */
#include "conformance/suites.h"

#include <stdlib.h>
#include <unistd.h>

#define MANY 200

/* A timer that knows when it was armed, and for how long. */
struct alarm_clock {
    weir_timer timer;
    struct scene *scene;
    uint64_t armed_ns, delay_ns;
    unsigned number, fired;
};
static struct alarm_clock clocks[MANY];
static unsigned order[MANY], fired_count;

static void note_order(struct alarm_clock *c) {
    if (fired_count < MANY) order[fired_count] = c->number;
    fired_count++;
}

/* Not early; and no later than the granularity, where the clock stands still between events. */
static void ring(weir_timer *timer) {
    struct alarm_clock *c = (struct alarm_clock *)timer;
    uint64_t now = weir_now_ns(c->scene->loop);
    scene_enter(c->scene);
    check_int(++c->fired, 1);
    check(!weir_timer_armed(timer));
    check(now >= c->armed_ns + c->delay_ns);
    if (scene_simulated(c->scene)) check(now <= c->armed_ns + c->delay_ns + 2 * SLOT);
    note_order(c);
    scene_leave(c->scene);
}

static struct alarm_clock *set_clock(struct scene *s, unsigned number, uint64_t delay_ns) {
    struct alarm_clock *c = &clocks[number];
    *c = (struct alarm_clock){.timer.fired = ring, .scene = s, .number = number, .delay_ns = delay_ns};
    c->armed_ns = weir_now_ns(s->loop);
    check_int(weir_timer_start(s->loop, &c->timer, delay_ns, 0), 0);
    check(weir_timer_armed(&c->timer));
    return c;
}

static void timers_never_fire_early(struct scene *s) {
    fired_count = 0;
    for (unsigned i = 0; i < MANY; i++)
        set_clock(s, i, dice_roll(&s->dice, 60 * MS));
    check_int(scene_stats(s).timers, MANY);
    scene_run(s);
    check_int(fired_count, MANY);
}

/* Hours and days on the virtual clock, so that every level of a wheel is passed. */
static void far_timers_never_fire_early(struct scene *s) {
    fired_count = 0;
    for (unsigned i = 0; i < MANY; i++)
        set_clock(s, i, dice_roll(&s->dice, (uint64_t)1 << (20 + i % 36)));
    scene_run(s);
    check_int(fired_count, MANY);
}

static void timers_of_one_slot_fire_as_armed(struct scene *s) {
    fired_count = 0;
    for (unsigned i = 0; i < 50; i++)
        set_clock(s, i, 20 * MS);
    scene_run(s);
    for (unsigned i = 0; i < 50; i++)
        check_int(order[i], i);
}

static void timers_of_different_slots_fire_in_time_order(struct scene *s) {
    fired_count = 0;
    for (unsigned i = 0; i < 20; i++)
        set_clock(s, i, (20 - i) * 3 * SLOT);
    scene_run(s);
    for (unsigned i = 0; i < 20; i++)
        check_int(order[i], 19 - i);
}

/* ---- repeating --------------------------------------------------------------------------------------------------- */

static struct repeating {
    weir_timer timer;
    struct scene *scene;
    uint64_t began_ns, period_ns;
    unsigned fired, times;
} repeating;

static void tick_tock(weir_timer *timer) {
    struct repeating *r = (struct repeating *)timer;
    uint64_t now = weir_now_ns(r->scene->loop);
    scene_enter(r->scene);
    check(weir_timer_armed(timer));
    r->fired++;
    check(now >= r->began_ns + r->fired * r->period_ns);
    if (scene_simulated(r->scene)) check(now <= r->began_ns + r->fired * r->period_ns + 2 * SLOT);
    if (r->fired == r->times) weir_timer_stop(timer);
    scene_leave(r->scene);
}

static void begin_repeating(struct scene *s, void (*fired)(weir_timer *), uint64_t period_ns, unsigned times) {
    repeating = (struct repeating){.timer.fired = fired, .scene = s, .period_ns = period_ns, .times = times};
    repeating.began_ns = weir_now_ns(s->loop);
    check_int(weir_timer_start(s->loop, &repeating.timer, period_ns, period_ns), 0);
}

/* The period is no multiple of the granularity: rounding up must not add up. */
static void repeats_do_not_drift(struct scene *s) {
    begin_repeating(s, tick_tock, 3 * MS + 700000, scene_simulated(s) ? 5000 : 30);
    scene_run(s);
    check_int(repeating.fired, repeating.times);
}

static void oversleep_once(weir_timer *timer) {
    struct repeating *r = (struct repeating *)timer;
    if (r->fired++ == 0) usleep(120000);
    if (r->fired == 3) weir_timer_stop(timer);
    uint64_t periods = (weir_now_ns(r->scene->loop) - r->began_ns) / r->period_ns;
    check(r->fired == 1 || periods >= r->fired + 2); /* not one for each that was missed */
}

static void missed_deadlines_are_skipped(struct scene *s) {
    begin_repeating(s, oversleep_once, 20 * MS, 3);
    scene_run(s);
    check_int(repeating.fired, 3);
}

/* ---- stopping and moving ----------------------------------------------------------------------------------------- */

static void stop_the_next(weir_timer *timer) {
    ring(timer);
    weir_timer_stop(&clocks[1].timer);
    weir_timer_stop(&clocks[1].timer);
    check(!weir_timer_armed(&clocks[1].timer));
}

/* Both are due in the same batch. */
static void one_may_stop_another_of_its_batch(struct scene *s) {
    fired_count = 0;
    set_clock(s, 0, 10 * MS)->timer.fired = stop_the_next;
    set_clock(s, 1, 10 * MS);
    set_clock(s, 2, 10 * MS);
    if (!scene_simulated(s)) usleep(20000);
    scene_run(s);
    check_int(clocks[1].fired, 0);
    check_int(clocks[2].fired, 1);
}

static void move_the_next(weir_timer *timer) {
    ring(timer);
    set_clock(clocks[0].scene, 1, 30 * MS);
}

static void one_may_move_another_of_its_batch(struct scene *s) {
    fired_count = 0;
    set_clock(s, 0, 10 * MS)->timer.fired = move_the_next;
    clocks[1] = (struct alarm_clock){0};
    scene_run(s);
    check_int(clocks[1].fired, 1);
    check_int(fired_count, 2);
}

static void an_armed_timer_is_moved(struct scene *s) {
    fired_count = 0;
    struct alarm_clock *c = set_clock(s, 0, SECOND * 3600);
    c->delay_ns = 5 * MS;
    check_int(weir_timer_start(s->loop, &c->timer, 5 * MS, 0), 0);
    check_int(scene_stats(s).timers, 1);
    scene_run(s);
    check_int(c->fired, 1);
}

static void free_yourself(weir_timer *timer) { free(timer); }

static void a_timer_may_be_freed_when_it_fires(struct scene *s) {
    weir_timer *timer = calloc(1, sizeof *timer);
    if (!timer) return;
    timer->fired = free_yourself;
    check_int(weir_timer_start(s->loop, timer, MS, 0), 0);
    scene_run(s);
}

static void a_far_deadline_is_never(struct scene *s) {
    weir_timer far = {.fired = ring}, repeat = {.fired = ring};
    check_int(weir_timer_start(s->loop, &far, UINT64_MAX, 0), 0);
    check_int(weir_timer_start(s->loop, &repeat, UINT64_MAX - 5, UINT64_MAX), 0);
    check_int(weir_run_once(s->loop, 0), 0);
    set_clock(s, 0, 5 * MS);
    for (unsigned i = 0; i < 1000 && !clocks[0].fired; i++)
        check(weir_run_once(s->loop, 10 * MS) >= 0);
    check_int(clocks[0].fired, 1);
    check(weir_timer_armed(&far) && weir_timer_armed(&repeat));
    weir_timer_stop(&far);
    weir_timer_stop(&repeat);
}

static void impossible_timers_are_refused(struct scene *s) {
    weir_timer none = {0}, armed = {.fired = ring};
    weir_loop *other = NULL;
    check_int(weir_timer_start(s->loop, &none, 0, 0), WEIR_EINVAL);
    check_int(weir_timer_start(NULL, &armed, 0, 0), WEIR_EINVAL);
    check_int(weir_timer_start(s->loop, NULL, 0, 0), WEIR_EINVAL);
    weir_timer_stop(&none);
    check_int(weir_loop_open(&other, NULL), 0);
    check_int(weir_timer_start(other, &armed, SECOND, 0), 0);
    check_int(weir_timer_start(s->loop, &armed, SECOND, 0), WEIR_EINVAL);
    weir_timer_stop(&armed);
    check_int(weir_loop_close(other, NULL, NULL), 0);
}

/* ---- a timer that is always due ---------------------------------------------------------------------------------- */

static struct busy_timer {
    weir_timer timer;
    struct scene *scene;
    unsigned fired;
} busy;

static void rearm(weir_timer *timer) {
    struct busy_timer *b = (struct busy_timer *)timer;
    b->fired++;
    if (!b->scene->client.disconnected) check_int(weir_timer_start(b->scene->loop, timer, 0, 0), 0);
}

static void a_zero_timer_lets_others_progress(struct scene *s) {
    busy = (struct busy_timer){.timer.fired = rearm, .scene = s};
    check_int(weir_timer_start(s->loop, &busy.timer, 0, 0), 0);
    s->client.on_connected = say_hello;
    s->client.on_received = hear_hello_and_close;
    s->server.on_received = echo;
    scene_play(s);
    check(busy.fired > 0);
}

static const struct scenario timer[] = {
    SCENARIO(timers_never_fire_early, .media = NONE),
    SCENARIO(far_timers_never_fire_early, .media = NONE, .places = SIMULATED),
    SCENARIO(timers_of_one_slot_fire_as_armed, .media = NONE),
    SCENARIO(timers_of_different_slots_fire_in_time_order, .media = NONE),
    SCENARIO(repeats_do_not_drift, .media = NONE),
    SCENARIO(missed_deadlines_are_skipped, .media = NONE, .places = SYSTEM),
    SCENARIO(one_may_stop_another_of_its_batch, .media = NONE),
    SCENARIO(one_may_move_another_of_its_batch, .media = NONE),
    SCENARIO(an_armed_timer_is_moved, .media = NONE),
    SCENARIO(a_timer_may_be_freed_when_it_fires, .media = NONE),
    SCENARIO(a_far_deadline_is_never, .media = NONE),
    SCENARIO(impossible_timers_are_refused, .media = NONE),
    SCENARIO(a_zero_timer_lets_others_progress, .media = DUPLEX),
};
const struct suite timer_suite = SUITE(timer);
