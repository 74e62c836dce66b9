/* SPDX-License-Identifier: MIT
 *
 * Workers: each has its thread and its loop, all listen on one port, and they begin and end together. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <weir/weir.h>

#include "threads/backends.h"

#define WORKERS 3
#define CLIENTS 60

struct service {
    weir_address address; /* chosen by the first worker */
    atomic_uint set_up, torn_down, served[WORKERS];
    unsigned failing; /* the index of the worker whose set-up fails */
    bool stops;       /* the first worker stops all when it runs */
    weir_post post;
    weir_crew *crew;
};

static void on_connection(weir_transport *t, void *user) {
    atomic_fetch_add((atomic_uint *)user, 1);
    assert_int_equal(weir_pipe(t, t), 0);
}

static int listen_here(const weir_worker *worker, void *user) {
    struct service *s = user;
    weir_listener *listener;
    atomic_fetch_add(&s->set_up, 1);
    if (worker->index == s->failing) return WEIR_EACCES;
    if (worker->index == 0) weir_address_ip(&s->address, "127.0.0.1", 0);
    int status =
        weir_socket_listen(worker->loop, &s->address, NULL, on_connection, &s->served[worker->index], &listener);
    return status < 0 ? status : weir_listener_address(listener, &s->address);
}

static void count_down(const weir_worker *worker, void *user) {
    assert_ptr_equal(weir_loop_current(), NULL);
    assert_true(worker->index < worker->count);
    atomic_fetch_add(&((struct service *)user)->torn_down, 1);
}

static void skip_unless_here(const char *backend) {
    weir_backend_info info;
    for (size_t i = 0; weir_backend_probe(i, &info) == 0; i++)
        if (strcmp(info.name, backend) == 0 && info.status == 0) return;
    skip();
}

static int open_crew(weir_crew **ret, struct service *s, const char *backend, weir_error *error) {
    skip_unless_here(backend);
    weir_loop_options loop = {.backend = backend};
    weir_crew_options options = {
        .count = WORKERS, .loop = &loop, .setup = listen_here, .teardown = count_down, .user = s, .error = error};
    return weir_crew_open(ret, &options);
}

/* ---- clients on a loop of this thread ---------------------------------------------------------------------------- */

static void say(void *self, weir_transport *t) {
    (void)self;
    assert_true(weir_transport_write(t, "hello", 5) >= 0);
}

static size_t hear(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    (void)self;
    if (n < 5) return 0;
    assert_memory_equal(bytes, "hello", 5);
    weir_transport_close(t);
    return n;
}

static void gone(void *self, weir_transport *t, const weir_error *reason) {
    (void)t;
    assert_null(reason);
    ++*(unsigned *)self;
}

static const weir_protocol client = {.connected = say, .received = hear, .disconnected = gone};

static void meet(const weir_address *address) {
    weir_loop *loop = weir_loop_new(&(weir_loop_options){.backend = "epoll"});
    unsigned ended = 0;
    assert_non_null(loop);
    for (int i = 0; i < CLIENTS; i++)
        assert_int_equal(weir_socket_connect(loop, address, NULL, &client, &ended, NULL), 0);
    assert_int_equal(weir_run(loop), 0);
    assert_int_equal(ended, CLIENTS);
    close_loop(loop);
}

/* ---- tests ------------------------------------------------------------------------------------------------------- */

static void they_share_the_connections(void **state) {
    struct service s = {.failing = WORKERS};
    weir_crew *crew = NULL;
    assert_int_equal(open_crew(&crew, &s, *state, NULL), 0);
    meet(&s.address);
    weir_crew_drain(crew, WEIR_FOREVER);
    assert_int_equal(weir_crew_close(crew), 0);
    unsigned total = 0;
    for (int i = 0; i < WORKERS; i++) {
        assert_true(atomic_load(&s.served[i]) > 0);
        total += atomic_load(&s.served[i]);
    }
    assert_int_equal(total, CLIENTS);
    assert_int_equal(atomic_load(&s.torn_down), WORKERS);
}

static void a_stop_ends_them_whatever_is_open(void **state) {
    struct service s = {.failing = WORKERS};
    weir_crew *crew = NULL;
    assert_int_equal(open_crew(&crew, &s, *state, NULL), 0);
    weir_crew_stop(crew);
    weir_crew_stop(crew);
    weir_crew_drain(crew, 0);
    assert_int_equal(weir_crew_close(crew), 0);
    assert_int_equal(atomic_load(&s.torn_down), WORKERS);
}

static void one_that_cannot_be_set_up_ends_them_all(void **state) {
    struct service s = {.failing = 1};
    weir_crew *crew = NULL;
    weir_error error;
    assert_int_equal(open_crew(&crew, &s, *state, &error), WEIR_EACCES);
    assert_null(crew);
    assert_int_equal(error.code, WEIR_EACCES);
    assert_int_equal(atomic_load(&s.set_up), 2);
    assert_int_equal(atomic_load(&s.torn_down), 1);
}

static void stop_all(weir_post *post) { weir_crew_stop(((struct service *)post->user)->crew); }

static int stop_from_within(const weir_worker *worker, void *user) {
    struct service *s = user;
    if (worker->index != 1) return 0;
    s->crew = worker->crew;
    s->post = (weir_post){.run = stop_all, .user = s};
    return weir_loop_post(worker->loop, &s->post);
}

static void a_worker_may_stop_its_crew(void **state) {
    struct service s = {.failing = WORKERS};
    (void)state;
    assert_int_equal(weir_workers(WORKERS, stop_from_within, &s), 0);
}

static void on_time(weir_timer *timer) { (void)timer; }

/* When it is stopped, no completion follows. */
static int arm_a_timer(const weir_worker *worker, void *user) {
    weir_timer *timer = (weir_timer *)user + worker->index;
    timer->fired = on_time;
    return weir_timer_start(worker->loop, timer, WEIR_FOREVER, 0);
}

static void a_stop_ends_those_that_only_wait_for_a_time(void **state) {
    weir_timer timers[WORKERS] = {0};
    weir_loop_options loop = {.backend = *state};
    weir_crew_options options = {.count = WORKERS, .loop = &loop, .setup = arm_a_timer, .user = timers};
    weir_crew *crew = NULL;
    skip_unless_here(*state);
    assert_int_equal(weir_crew_open(&crew, &options), 0);
    weir_crew_stop(crew);
    assert_int_equal(weir_crew_close(crew), 0);
    for (int i = 0; i < WORKERS; i++)
        assert_false(weir_timer_armed(&timers[i]));
}

/* ---- an inbox of a worker ---------------------------------------------------------------------------------------- */

struct correspondent {
    weir_timer timer; /* so that the worker has something to wait for */
    weir_inbox *inbox;
    weir_post post;
    atomic_uint ran;
    unsigned accepted;
};

static int give_the_inbox(const weir_worker *worker, void *user) {
    struct correspondent *c = user;
    c->inbox = weir_loop_inbox(worker->loop);
    c->timer.fired = on_time;
    return c->inbox ? weir_timer_start(worker->loop, &c->timer, WEIR_FOREVER, 0) : WEIR_ENOMEM;
}

static void count_post(weir_post *post) { atomic_fetch_add(&((struct correspondent *)post->user)->ran, 1); }

/* Until it is refused; what is accepted runs. */
static void *post_on(void *user) {
    struct correspondent *c = user;
    for (; weir_inbox_post(c->inbox, &c->post) == 0; c->accepted++)
        while (atomic_load(&c->ran) == c->accepted)
            continue;
    return NULL;
}

static void what_is_posted_at_the_end_runs_or_is_refused(void **state) {
    weir_loop_options loop = {.backend = *state};
    skip_unless_here(*state);
    for (int round = 0; round < 50; round++) {
        struct correspondent c = {.post = {.run = count_post, .user = &c}};
        weir_crew_options options = {.count = 1, .loop = &loop, .setup = give_the_inbox, .user = &c};
        weir_crew *crew = NULL;
        pthread_t thread;
        assert_int_equal(weir_crew_open(&crew, &options), 0);
        assert_int_equal(pthread_create(&thread, NULL, post_on, &c), 0);
        weir_crew_stop(crew);
        assert_int_equal(weir_crew_close(crew), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(atomic_load(&c.ran), c.accepted);
        weir_inbox_drop(c.inbox);
    }
}

static int count_and_end(const weir_worker *worker, void *user) {
    (void)worker;
    atomic_fetch_add((atomic_uint *)user, 1);
    return 0;
}

static void there_is_one_for_each_processor(void **state) {
    atomic_uint count = 0;
    (void)state;
    assert_int_equal(weir_workers(0, count_and_end, &count), 0);
    assert_true(atomic_load(&count) >= 1);
    assert_int_equal(weir_workers(1, NULL, NULL), WEIR_EINVAL);
    assert_int_equal(weir_workers(WEIR_WORKERS_MAX + 1, count_and_end, &count), WEIR_EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_EACH_BACKEND(they_share_the_connections),
        ON_EACH_BACKEND(a_stop_ends_them_whatever_is_open),
        ON_EACH_BACKEND(a_stop_ends_those_that_only_wait_for_a_time),
        ON_EACH_BACKEND(what_is_posted_at_the_end_runs_or_is_refused),
        ON_EACH_BACKEND(one_that_cannot_be_set_up_ends_them_all),
        cmocka_unit_test(a_worker_may_stop_its_crew),
        cmocka_unit_test(there_is_one_for_each_processor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
