/* SPDX-License-Identifier: MIT
 *
 * Several loops at once, each in a thread of its own: they share nothing but the system. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <weir/weir.h>

#include "support/bytes.h"
#include "threads/backends.h"

#define TOTAL ((uint64_t)4 << 20)

/* ---- two loops that talk to each other
 * ------------------------------------------------------------------------------ */

static void echo_one(weir_transport *t, void *user) {
    weir_listener **door = user;
    weir_pipe(t, t);
    weir_listener_close(*door);
}

static void *run_it(void *loop) {
    return weir_run(loop) == 0 ? NULL : loop;
}

struct talker {
    uint64_t sent, heard;
    bool whole;
    int code;
    unsigned ended;
};

static void send_more(struct talker *self, weir_transport *t) {
    uint8_t bytes[50000];
    while (self->sent < TOTAL) {
        size_t n = TOTAL - self->sent < sizeof bytes ? (size_t)(TOTAL - self->sent) : sizeof bytes;
        pattern_fill(bytes, self->sent, n);
        if (weir_transport_write(t, bytes, n) < 0) return;
        self->sent += n;
    }
    weir_transport_half_close(t);
}

static void begin_to_talk(void *self, weir_transport *t) {
    send_more(self, t);
}

static size_t hear(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    struct talker *talker = self;
    (void)t;
    if (!pattern_matches(bytes, talker->heard, n)) talker->whole = false;
    talker->heard += n;
    return n;
}

static void gone(void *self, weir_transport *t, const weir_error *reason) {
    struct talker *talker = self;
    (void)t;
    talker->ended++;
    talker->code = reason ? reason->code : 0;
}

static void talk(weir_loop *loop, const weir_address *address) {
    static const weir_protocol talking = {
        .connected = begin_to_talk, .received = hear, .resume = begin_to_talk, .disconnected = gone};
    struct talker talker = {.whole = true};
    weir_transport *t;
    assert_int_equal(weir_socket_connect(loop, address, NULL, &talking, &talker, &t), 0);
    assert_int_equal(weir_run(loop), 0);
    assert_int_equal(talker.ended, 1);
    assert_int_equal(talker.code, 0);
    assert_int_equal(talker.heard, TOTAL);
    assert_true(talker.whole);
}

/* The other end lives on the other backend. */
static void two_loops_exchange_bytes(void **state) {
    weir_loop_options others = {.backend = strcmp(*state, "epoll") ? "epoll" : NULL};
    weir_loop *ours = loop_of(state), *other = weir_loop_new(&others);
    weir_address address;
    weir_listener *door;
    pthread_t thread;
    void *failed = NULL;
    assert_non_null(other);
    assert_int_equal(weir_address_ip(&address, "127.0.0.1", 0), 0);
    assert_int_equal(weir_socket_listen(other, &address, NULL, echo_one, &door, &door), 0);
    assert_int_equal(weir_listener_address(door, &address), 0);
    assert_int_equal(pthread_create(&thread, NULL, run_it, other), 0);
    talk(ours, &address);
    assert_int_equal(pthread_join(thread, &failed), 0);
    assert_null(failed);
    close_loop(ours);
    close_loop(other);
}

/* ---- posts between two loops
 * ---------------------------------------------------------------------------------------- */

#define PASSES 20000

static struct ball {
    weir_post post;
    weir_loop *courts[2];
    weir_timer alive[2];
    unsigned passes;
} ball;

static void end_here(weir_post *post) {
    weir_timer_stop(post->user);
}

static void play(weir_post *post) {
    static weir_post ends[2];
    unsigned here = ball.passes++ % 2;
    if (ball.passes < PASSES) {
        weir_loop_post(ball.courts[1 - here], post);
        return;
    }
    for (unsigned i = 0; i < 2; i++) {
        ends[i] = (weir_post){.run = end_here, .user = &ball.alive[i]};
        weir_loop_post(ball.courts[i], &ends[i]);
    }
}

static void never(weir_timer *timer) {
    (void)timer;
}

static void a_post_goes_to_and_fro(void **state) {
    pthread_t thread;
    void *failed = NULL;
    ball = (struct ball){.post.run = play};
    for (unsigned i = 0; i < 2; i++) {
        ball.courts[i] = loop_of(state);
        ball.alive[i].fired = never;
        assert_int_equal(weir_timer_start(ball.courts[i], &ball.alive[i], WEIR_FOREVER, 0), 0);
    }
    assert_int_equal(weir_loop_post(ball.courts[0], &ball.post), 0);
    assert_int_equal(pthread_create(&thread, NULL, run_it, ball.courts[1]), 0);
    assert_int_equal(weir_run(ball.courts[0]), 0);
    assert_int_equal(pthread_join(thread, &failed), 0);
    assert_null(failed);
    assert_int_equal(ball.passes, PASSES);
    close_loop(ball.courts[0]);
    close_loop(ball.courts[1]);
}

/* ---- many at once
 * --------------------------------------------------------------------------------------------------- */

#if defined __has_feature
#if __has_feature(thread_sanitizer)
#define __SANITIZE_THREAD__ 1
#endif
#endif

/* liburing maps and unmaps its rings by bare system calls, which ThreadSanitizer does not see: to it the ring of one
 * thread is that of another, whenever the address is the same. There a lock tells the order. */
static pthread_mutex_t maps = PTHREAD_MUTEX_INITIALIZER;

static void lock_maps(void) {
#ifdef __SANITIZE_THREAD__
    pthread_mutex_lock(&maps);
#endif
}

static void unlock_maps(void) {
#ifdef __SANITIZE_THREAD__
    pthread_mutex_unlock(&maps);
#else
    (void)maps;
#endif
}

static weir_loop *open_one(const char *backend) {
    weir_loop_options options = {.backend = backend};
    lock_maps();
    weir_loop *loop = weir_loop_new(&options);
    unlock_maps();
    return loop;
}

static int close_one(weir_loop *loop) {
    lock_maps();
    int status = weir_loop_close(loop, NULL, NULL);
    unlock_maps();
    return status;
}

/* ---- the current loop
 * ----------------------------------------------------------------------------------------------- */

static atomic_uint wrong;

static void is_it_mine(weir_post *post) {
    if (weir_loop_current() != post->user) atomic_fetch_add(&wrong, 1);
}

static void *look_at_the_current_loop(void *backend) {
    for (unsigned i = 0; i < 20; i++) {
        weir_loop *loop = open_one(backend);
        weir_post post = {.run = is_it_mine, .user = loop};
        if (!loop || weir_loop_current()) atomic_fetch_add(&wrong, 1);
        weir_loop_post(loop, &post);
        if (weir_run(loop) || weir_loop_current()) atomic_fetch_add(&wrong, 1);
        weir_loop_set_current(loop);
        if (weir_loop_current() != loop) atomic_fetch_add(&wrong, 1);
        weir_loop_set_current(NULL);
        if (close_one(loop)) atomic_fetch_add(&wrong, 1);
    }
    return NULL;
}

static void in_several_threads(void *(*act)(void *), void *user) {
    pthread_t threads[6];
    atomic_store(&wrong, 0);
    for (unsigned i = 0; i < 6; i++) assert_int_equal(pthread_create(&threads[i], NULL, act, user), 0);
    for (unsigned i = 0; i < 6; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(atomic_load(&wrong), 0);
}

static void each_thread_has_its_current_loop(void **state) {
    close_loop(loop_of(state)); /* or skips */
    in_several_threads(look_at_the_current_loop, *state);
}

/* ---- many loops
 * ----------------------------------------------------------------------------------------------------- */

static size_t take_and_close(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    (void)bytes;
    *(size_t *)self += n;
    weir_transport_close(t);
    return n;
}

static void talk_to_yourself(weir_loop *loop) {
    static const weir_protocol taking = {.received = take_and_close};
    weir_transport *pair[2];
    size_t heard = 0;
    if (weir_pipe_pair(loop, NULL, pair) < 0) atomic_fetch_add(&wrong, 1);
    weir_transport_set_protocol(pair[0], &taking, &heard);
    weir_transport_write(pair[1], "x", 1);
    weir_transport_close(pair[1]);
    if (weir_run(loop) || heard != 1) atomic_fetch_add(&wrong, 1);
}

static void *open_and_close_loops(void *backend) {
    for (unsigned i = 0; i < 30; i++) {
        weir_loop *loop = open_one(backend);
        if (loop) talk_to_yourself(loop);
        if (close_one(loop)) atomic_fetch_add(&wrong, 1);
    }
    return NULL;
}

static void many_loops_come_and_go(void **state) {
    close_loop(loop_of(state));
    in_several_threads(open_and_close_loops, *state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_EACH_BACKEND(two_loops_exchange_bytes),
        ON_EACH_BACKEND(a_post_goes_to_and_fro),
        ON_EACH_BACKEND(each_thread_has_its_current_loop),
        ON_EACH_BACKEND(many_loops_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
