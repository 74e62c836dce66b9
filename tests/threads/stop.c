/* SPDX-License-Identifier: MIT
 *
 * Stop from another thread: the run returns, whatever it was doing, and a stop that comes before a run
 * ends that one. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>

#include <cmocka.h>

#include <weir/weir.h>

#include "threads/backends.h"

#define ROUNDS 3000

static atomic_uint runs_ended;

static void *stop_each_run(void *loop) {
    for (unsigned i = 0; i < ROUNDS; i++) {
        for (volatile unsigned pause = i % 2000; pause; pause--) continue;
        weir_stop(loop);
        while (atomic_load(&runs_ended) == i) continue;
    }
    return NULL;
}

static void never(weir_timer *timer) {
    (void)timer;
}

/* Each stop ends exactly one run: before it, as it falls asleep, or in its sleep. */
static void each_stop_ends_a_run(void **state) {
    weir_loop *loop = loop_of(state);
    weir_timer alive = {.fired = never};
    pthread_t thread;
    atomic_store(&runs_ended, 0);
    assert_int_equal(weir_timer_start(loop, &alive, WEIR_FOREVER, 0), 0);
    assert_int_equal(pthread_create(&thread, NULL, stop_each_run, loop), 0);
    for (unsigned i = 0; i < ROUNDS; i++) {
        assert_int_equal(weir_run(loop), 0);
        atomic_fetch_add(&runs_ended, 1);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    weir_timer_stop(&alive);
    close_loop(loop);
}

static void stop_yourself(weir_timer *timer) {
    weir_stop(weir_loop_current());
    (void)timer;
}

/* With a timer that is always due the loop never sleeps. */
static void a_busy_loop_is_stopped_too(void **state) {
    weir_loop *loop = loop_of(state);
    weir_timer busy = {.fired = stop_yourself};
    pthread_t thread;
    atomic_store(&runs_ended, 0);
    assert_int_equal(pthread_create(&thread, NULL, stop_each_run, loop), 0);
    for (unsigned i = 0; i < ROUNDS; i++) {
        assert_int_equal(weir_timer_start(loop, &busy, 0, 0), 0);
        assert_int_equal(weir_run(loop), 0);
        atomic_fetch_add(&runs_ended, 1);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    weir_timer_stop(&busy);
    close_loop(loop);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_EACH_BACKEND(each_stop_ends_a_run),
        ON_EACH_BACKEND(a_busy_loop_is_stopped_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
