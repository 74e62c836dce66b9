/* SPDX-License-Identifier: MIT
 *
 * An inbox outlives its loop. Named after adversarial case H1: post races with close and with the loop's memory. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <weir/weir.h>

#include "threads/backends.h"

#define ROUNDS 200
#define POSTERS 2

static void count(weir_post *post) { atomic_fetch_add((atomic_uint *)post->user, 1); }

struct poster {
    weir_inbox *inbox;
    weir_post post;
    atomic_uint ran;
    unsigned accepted;
    pthread_t thread;
};

/* Posts, waits until it ran, and posts again, until the loop is gone. */
static void *post_until_closed(void *user) {
    struct poster *p = user;
    for (; weir_inbox_post(p->inbox, &p->post) != WEIR_ECLOSED; p->accepted++)
        while (atomic_load(&p->ran) == p->accepted)
            continue;
    weir_inbox_drop(p->inbox);
    return NULL;
}

static void close_under_fire(const char *backend) {
    void *name = (void *)(uintptr_t)backend, **state = &name;
    weir_loop *loop = loop_of(state);
    struct poster posters[POSTERS] = {0};
    for (int i = 0; i < POSTERS; i++) {
        posters[i].inbox = weir_loop_inbox(loop);
        posters[i].post = (weir_post){.run = count, .user = &posters[i].ran};
        assert_int_equal(pthread_create(&posters[i].thread, NULL, post_until_closed, &posters[i]), 0);
    }
    while (weir_loop_close(loop, NULL, NULL) == WEIR_EBUSY)
        assert_true(weir_run_once(loop, 0) >= 0);
    for (int i = 0; i < POSTERS; i++) {
        pthread_join(posters[i].thread, NULL);
        assert_int_equal(atomic_load(&posters[i].ran), posters[i].accepted);
    }
}

static void adv_H1_post_races_close(void **state) {
    for (int i = 0; i < ROUNDS; i++)
        close_under_fire(*state);
}

static void it_is_one_for_a_loop_and_outlives_it(void **state) {
    weir_loop *loop = loop_of(state);
    atomic_uint ran = 0;
    weir_post post = {.run = count, .user = &ran};
    weir_inbox *inbox = weir_loop_inbox(loop), *same = weir_loop_inbox(loop);
    assert_non_null(inbox);
    assert_ptr_equal(inbox, same);
    weir_inbox_drop(same);
    assert_int_equal(weir_inbox_post(inbox, &post), 0);
    assert_int_equal(weir_loop_close(loop, NULL, NULL), WEIR_EBUSY);
    assert_int_equal(weir_run(loop), 0);
    assert_int_equal(atomic_load(&ran), 1);
    close_loop(loop);
    assert_int_equal(weir_inbox_post(inbox, &post), WEIR_ECLOSED);
    assert_ptr_equal(weir_inbox_hold(inbox), inbox);
    weir_inbox_drop(inbox);
    weir_inbox_drop(inbox);
    weir_inbox_drop(NULL);
    assert_int_equal(weir_inbox_post(NULL, &post), WEIR_EINVAL);
}

/* The child's copy of the loop is closed whatever is open; so then is its inbox. */
static void it_is_closed_in_a_forked_child(void **state) {
    weir_loop *loop = loop_of(state);
    atomic_uint ran = 0;
    weir_post post = {.run = count, .user = &ran};
    weir_inbox *inbox = weir_loop_inbox(loop);
    int status = 0;
    assert_non_null(inbox);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        bool closed = weir_loop_close(loop, NULL, NULL) == 0 && weir_inbox_post(inbox, &post) == WEIR_ECLOSED;
        weir_inbox_drop(inbox);
        _exit(closed ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    weir_inbox_drop(inbox);
    close_loop(loop);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_EACH_BACKEND(it_is_one_for_a_loop_and_outlives_it),
        ON_EACH_BACKEND(it_is_closed_in_a_forked_child),
        ON_EACH_BACKEND(adv_H1_post_races_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
