/* SPDX-License-Identifier: MIT
 *
 * The list of posts: order, and nothing lost or doubled when several threads push while one takes. Also run under a
 * thread sanitizer. */
#include "base/mpsc.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void an_empty_list_gives_nothing(void **state) {
    (void)state;
    struct weir_mpsc q = {NULL};
    assert_true(weir_mpsc_empty(&q));
    assert_null(weir_mpsc_take_all(&q));
}

static void only_the_first_push_finds_it_empty(void **state) {
    (void)state;
    struct weir_mpsc q = {NULL};
    weir_post posts[3];
    for (int round = 0; round < 2; round++) {
        assert_true(weir_mpsc_push(&q, &posts[0]));
        assert_false(weir_mpsc_empty(&q));
        assert_false(weir_mpsc_push(&q, &posts[1]));
        assert_false(weir_mpsc_push(&q, &posts[2]));
        assert_non_null(weir_mpsc_take_all(&q));
        assert_true(weir_mpsc_empty(&q));
    }
}

static void posts_come_out_in_the_order_they_went_in(void **state) {
    (void)state;
    struct weir_mpsc q = {NULL};
    weir_post posts[100];
    for (int i = 0; i < 100; i++)
        weir_mpsc_push(&q, &posts[i]);
    weir_post *post = weir_mpsc_take_all(&q);
    for (int i = 0; i < 100; i++, post = post->next)
        assert_ptr_equal(post, &posts[i]);
    assert_null(post);
}

enum { PUSHERS = 4, POSTS = 50000 };

struct pusher {
    struct weir_mpsc *q;
    weir_post *posts;
    atomic_int *wakes;
    size_t seen; /* by the consumer */
};

static void *push_all(void *user) {
    const struct pusher *p = user;
    for (size_t i = 0; i < POSTS; i++) {
        p->posts[i].user = user;
        if (weir_mpsc_push(p->q, &p->posts[i])) atomic_fetch_add(p->wakes, 1);
        if (i % 1000 == 0) sched_yield();
    }
    return NULL;
}

static void every_post_of_every_thread_arrives_once_and_in_order(void **state) {
    (void)state;
    struct weir_mpsc q = {NULL};
    atomic_int wakes = 0;
    struct pusher pushers[PUSHERS];
    pthread_t threads[PUSHERS];
    for (int i = 0; i < PUSHERS; i++) {
        pushers[i] = (struct pusher){&q, calloc(POSTS, sizeof(weir_post)), &wakes, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, push_all, &pushers[i]), 0);
    }
    int batches = 0;
    for (size_t taken = 0; taken < (size_t)PUSHERS * POSTS;) {
        weir_post *post = weir_mpsc_take_all(&q), *next;
        batches += post != NULL;
        for (; post; post = next, taken++) {
            next = post->next;
            struct pusher *from = post->user;
            assert_ptr_equal(post, &from->posts[from->seen++]);
        }
        sched_yield();
    }
    for (int i = 0; i < PUSHERS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < PUSHERS; i++)
        free(pushers[i].posts);
    assert_true(weir_mpsc_empty(&q));
    assert_int_equal(atomic_load(&wakes), batches); /* one push, and one only, found it empty for each batch */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_list_gives_nothing),
        cmocka_unit_test(only_the_first_push_finds_it_empty),
        cmocka_unit_test(posts_come_out_in_the_order_they_went_in),
        cmocka_unit_test(every_post_of_every_thread_arrives_once_and_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
