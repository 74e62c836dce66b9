/* SPDX-License-Identifier: MIT */
/* The course that each timer bench runs: a million timers are armed for random times within a second, moved,
 * cancelled and armed again, and, when all are due, fired together. Prints nanoseconds for each timer and act.
 *
 * A driver is compiled in: it arms, moves and cancels the i-th timer, runs a function as one of its callbacks, and
 * fires what is due. Nodes lie in one array and are visited in an order of their own, so that every act pays for the
 * memory it touches, as it would in a program with a million connections. */
#ifndef BENCH_TIMERS_H
#define BENCH_TIMERS_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { timer_count = 1000000, timer_least_ms = 1000, timer_spread_ms = 1000 };

/* Brought by the driver. `ms` is counted from now. */
static void timers_open(void);
static void timers_arm(uint32_t i, uint32_t ms); /* or moves it */
static void timers_cancel(uint32_t i);
static void timers_fire(void); /* whatever is due by now */
static void timers_within(void (*act)(void));

static uint32_t timers_fired_count;
static inline void timers_fired(void) { timers_fired_count++; }

/* Zeroed, and a timer of up to 64 bytes in one line of the cache. */
static inline void *timers_memory(size_t each) {
    void *piece = aligned_alloc(64, timer_count * each);
    if (!piece) exit(1);
    return memset(piece, 0, timer_count * each);
}

static inline uint64_t timers_now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline uint32_t timers_random(void) {
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 32);
}

static struct timer_visit { uint32_t index, ms; } * timer_visits;

static inline void timers_arm_all(void) {
    for (const struct timer_visit *v = timer_visits; v < timer_visits + timer_count; v++)
        timers_arm(v->index, v->ms);
}

static inline void timers_move_all(void) {
    for (const struct timer_visit *v = timer_visits; v < timer_visits + timer_count; v++)
        timers_arm(v->index, v->ms + 1);
}

static inline void timers_cancel_all(void) {
    for (const struct timer_visit *v = timer_visits; v < timer_visits + timer_count; v++)
        timers_cancel(v->index);
}

/* Every timer once, in a random order. */
static inline void timers_plan(void) {
    for (uint32_t i = 0; i < timer_count; i++)
        timer_visits[i] = (struct timer_visit){i, timer_least_ms + timers_random() % timer_spread_ms};
    for (uint32_t i = timer_count - 1; i > 0; i--) {
        uint32_t j = timers_random() % (i + 1), index = timer_visits[i].index;
        timer_visits[i].index = timer_visits[j].index;
        timer_visits[j].index = index;
    }
}

static inline void timers_measure(const char *name, void (*act)(void)) {
    uint64_t from_ns = timers_now_ns();
    timers_within(act);
    printf("%s_ns=%.2f ", name, (double)(timers_now_ns() - from_ns) / timer_count);
}

static inline int timers_run(void) {
    timer_visits = malloc(timer_count * sizeof *timer_visits);
    if (!timer_visits) return 1;
    timers_plan();
    timers_open();
    timers_within(timers_arm_all); /* the first touch of the memory is not what is measured */
    timers_within(timers_cancel_all);
    timers_measure("arm", timers_arm_all);
    timers_measure("move", timers_move_all);
    timers_measure("cancel", timers_cancel_all);
    timers_within(timers_arm_all);
    nanosleep(&(struct timespec){.tv_sec = 2, .tv_nsec = 100000000}, NULL);
    timers_measure("fire", timers_fire);
    printf("fired=%" PRIu32 "\n", timers_fired_count);
    free(timer_visits);
    return timers_fired_count == timer_count ? 0 : 1;
}

#endif
