/* SPDX-License-Identifier: MIT
 *
 * Posts from other threads: each runs exactly once, those of one thread in order, and none is lost in the moment in
 * which the loop goes to sleep. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include <weir/weir.h>

#include "threads/backends.h"

#define POSTERS 4
#define POSTS 50000
#define RACES 100000

/* ---- several posters
 * ------------------------------------------------------------------------------------------------ */

struct numbered {
    weir_post post;
    struct poster *poster;
    unsigned number;
};

struct poster {
    weir_loop *loop;
    pthread_t thread;
    struct numbered *posts;
    unsigned ran;
    bool in_order;
};

static unsigned posters_left;
static weir_timer alive;

static void in_turn(weir_post *post) {
    struct numbered *n = (struct numbered *)post;
    if (n->number != n->poster->ran++) n->poster->in_order = false;
    if (n->poster->ran == POSTS && --posters_left == 0) weir_timer_stop(&alive);
}

static void *post_all(void *self) {
    struct poster *p = self;
    for (unsigned i = 0; i < POSTS; i++) weir_loop_post(p->loop, &p->posts[i].post);
    return NULL;
}

static void begin(struct poster *p, weir_loop *loop) {
    *p = (struct poster){.loop = loop, .in_order = true, .posts = calloc(POSTS, sizeof *p->posts)};
    assert_non_null(p->posts);
    for (unsigned i = 0; i < POSTS; i++) p->posts[i] = (struct numbered){{.run = in_turn}, p, i};
    assert_int_equal(pthread_create(&p->thread, NULL, post_all, p), 0);
}

static void never(weir_timer *timer) {
    (void)timer;
}

static void each_post_runs_once_and_in_order(void **state) {
    struct poster posters[POSTERS];
    weir_loop *loop = loop_of(state);
    alive = (weir_timer){.fired = never};
    posters_left = POSTERS;
    assert_int_equal(weir_timer_start(loop, &alive, WEIR_FOREVER, 0), 0);
    for (unsigned i = 0; i < POSTERS; i++) begin(&posters[i], loop);
    assert_int_equal(weir_run(loop), 0);
    for (unsigned i = 0; i < POSTERS; i++) {
        assert_int_equal(pthread_join(posters[i].thread, NULL), 0);
        assert_int_equal(posters[i].ran, POSTS);
        assert_true(posters[i].in_order);
        free(posters[i].posts);
    }
    close_loop(loop);
}

/* ---- the moment of going to sleep
 * ----------------------------------------------------------------------------------- */

static atomic_uint answered;
static unsigned asked;

static void answer(weir_post *post) {
    (void)post;
    atomic_fetch_add_explicit(&answered, 1, memory_order_release);
}

static void end_it(weir_post *post) {
    (void)post;
    weir_timer_stop(&alive);
}

/* Waits for each answer, so that the loop has nothing to do and is on its way to sleep when the next post comes. A
 * dither of a few steps meets each moment of that way. */
static void *ask_and_wait(void *loop) {
    static weir_post post = {.run = answer}, last = {.run = end_it};
    for (unsigned i = 1; i <= asked; i++) {
        weir_loop_post(loop, &post);
        while (atomic_load_explicit(&answered, memory_order_acquire) != i) continue;
        for (volatile unsigned pause = i % 1000; pause; pause--) continue;
    }
    weir_loop_post(loop, &last);
    return NULL;
}

/* A post that is lost leaves both threads waiting for ever, and the time limit of the test fails it. */
static void no_post_is_lost_as_the_loop_falls_asleep(void **state) {
    weir_loop *loop = loop_of(state);
    pthread_t thread;
    alive = (weir_timer){.fired = never};
    atomic_store(&answered, 0);
    asked = RACES;
    assert_int_equal(weir_timer_start(loop, &alive, WEIR_FOREVER, 0), 0);
    assert_int_equal(pthread_create(&thread, NULL, ask_and_wait, loop), 0);
    assert_int_equal(weir_run(loop), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(atomic_load(&answered), RACES);
    close_loop(loop);
}

/* ---- before the run, and within it
 * ---------------------------------------------------------------------------------- */

static void *post_one(void *self) {
    struct numbered *n = self;
    weir_loop_post(n->poster->loop, &n->post);
    return NULL;
}

static void count(weir_post *post) {
    ((struct numbered *)post)->poster->ran++;
}

/* The loop has not met its thread yet. */
static void posts_before_the_run_wait_for_it(void **state) {
    struct poster p = {.loop = loop_of(state)};
    struct numbered posts[20];
    for (unsigned i = 0; i < 20; i++) {
        posts[i] = (struct numbered){{.run = count}, &p, i};
        assert_int_equal(pthread_create(&p.thread, NULL, post_one, &posts[i]), 0);
        assert_int_equal(pthread_join(p.thread, NULL), 0);
    }
    assert_int_equal(p.ran, 0);
    assert_int_equal(weir_run(p.loop), 0);
    assert_int_equal(p.ran, 20);
    close_loop(p.loop);
}

/* Opened here, run there, closed here. */
static void *run_it(void *loop) {
    return weir_run(loop) == 0 ? NULL : loop;
}

static void a_loop_may_run_in_another_thread(void **state) {
    struct poster p = {.loop = loop_of(state)};
    struct numbered post = {{.run = count}, &p, 0};
    void *failed = NULL;
    assert_int_equal(weir_loop_post(p.loop, &post.post), 0);
    assert_int_equal(pthread_create(&p.thread, NULL, run_it, p.loop), 0);
    assert_int_equal(pthread_join(p.thread, &failed), 0);
    assert_null(failed);
    assert_int_equal(p.ran, 1);
    close_loop(p.loop);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_EACH_BACKEND(each_post_runs_once_and_in_order),
        ON_EACH_BACKEND(no_post_is_lost_as_the_loop_falls_asleep),
        ON_EACH_BACKEND(posts_before_the_run_wait_for_it),
        ON_EACH_BACKEND(a_loop_may_run_in_another_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
