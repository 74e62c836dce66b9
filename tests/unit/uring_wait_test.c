/* SPDX-License-Identifier: MIT
 *
 * The io_uring backend as a whole: sleeping and waking, rings that are too small, memory that is refused. */
#include "uring_loop.h"

#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>

static void *wake_soon(void *state) {
    usleep(20000);
    ((struct weir_backend_state *)state)->table->wake(state);
    return NULL;
}

static void wake_ends_a_sleep(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    const struct weir_backend *table = l.state->table;
    struct weir_completion c;
    for (int i = 0; i < 3; i++) { /* the one under way, or else the next one */
        const uint64_t start = loop_now(&l);
        pthread_t thread;
        if (i == 1)
            pthread_create(&thread, NULL, wake_soon, l.state);
        else
            table->wake(l.state);
        assert_int_equal(table->wait(l.state, WEIR_FOREVER), 0);
        assert_false(table->next(l.state, &c));
        if (i == 1) pthread_join(thread, NULL);
        assert_in_range(loop_now(&l) - start, i == 1 ? SECOND / 100 : 0, HUNG_NS);
    }
    const uint64_t start = loop_now(&l); /* and no more than one */
    loop_tick(&l, SECOND / 50);
    loop_tick(&l, SECOND / 50);
    assert_true(loop_now(&l) - start >= SECOND / 50);
    loop_close(&l);
}

static void wait_lasts_until_its_deadline(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    loop_tick(&l, 0);
    for (uint64_t ns = 1000; ns <= 50000000; ns *= 7) {
        const uint64_t deadline = loop_now(&l) + ns;
        assert_int_equal(l.state->table->wait(l.state, deadline), 0);
        assert_true(loop_now(&l) + 1000000 >= deadline);
    }
    loop_close(&l);
}

/* More requests than entries, before the ring is enabled and after; cancelled while they wait for one. */
static void full_submission_queue_is_no_matter(void **unused) {
    (void)unused;
    struct loop l;
    loop_open(&l, 4, 16, 8);
    static struct seen ops[100];
    int fds[100][2];
    for (int i = 0; i < 100; i++) {
        unix_pair(fds[i]);
        assert_int_equal(write(fds[i][1], "x", 1), 1);
    }
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++) {
            ops[i] = seen_op(WEIR_PORT_RECEIVE, socket_handle(fds[i][0]));
            loop_submit(&l, &ops[i].op);
        }
        if (round == 1) loop_tick(&l, 0);
        for (int i = 0; i < 100; i += 2)
            loop_cancel(&l, &ops[i].op);
        for (int i = 0; i < 100; i += 4)
            loop_cancel(&l, &ops[i].op);
        for (int i = 0; i < 100; i += 2)
            loop_until(&l, &ops[i].ended);
        for (int i = 1; i < 100; i += 2) {
            while (ops[i].sum == 0)
                loop_tick(&l, SECOND);
            assert_false(ops[i].ended);
            loop_cancel(&l, &ops[i].op);
        }
        loop_drain(&l);
        for (int i = 0; i < 100; i++) {
            if (ops[i].sum == 1) assert_int_equal(write(fds[i][1], "x", 1), 1);
        }
    }
    for (int i = 0; i < 100; i++) {
        close(fds[i][0]);
        close(fds[i][1]);
    }
    loop_close(&l);
}

/* A thousand receives and sends on a completion queue of sixteen, with eight buffers, a few completions per tick. */
static void tiny_rings_lose_nothing(void **unused) {
    (void)unused;
    enum { pairs = 500 };
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    static struct seen in[pairs], out[pairs];
    static int fds[pairs][2];
    static uint8_t bytes[6000];
    struct loop l;
    loop_open(&l, 8, 16, 8);
    l.per_tick = 5;
    struct weir_segment s = lent(bytes, sizeof bytes);
    for (int i = 0; i < pairs; i++) {
        unix_pair(fds[i]);
        in[i] = seen_op(WEIR_PORT_RECEIVE, socket_handle(fds[i][0]));
        out[i] = seen_op(WEIR_PORT_SEND, socket_handle(fds[i][1]));
        out[i].op.with.segments = &s;
        loop_submit(&l, &in[i].op);
    }
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < pairs; i++) {
            out[i].ended = false;
            loop_submit(&l, &out[i].op);
        }
        const uint64_t end = loop_now(&l) + HUNG_NS;
        for (int i = 0; i < pairs;) {
            if (out[i].ended && in[i].sum == (round + 1) * (int64_t)sizeof bytes) {
                assert_int_equal(out[i].result, sizeof bytes);
                i++;
            } else {
                loop_tick(&l, SECOND / 100);
                assert_true(loop_now(&l) < end);
            }
        }
    }
    for (int i = 0; i < pairs; i++)
        close(fds[i][1]);
    loop_drain(&l);
    for (int i = 0; i < pairs; i++) {
        assert_int_equal(in[i].result, 0);
        close(fds[i][0]);
    }
    loop_close(&l);
}

static void nothing_to_do_means_sleep(void **unused) {
    (void)unused;
    struct loop l;
    loop_open(&l, 64, 256, 4);
    static struct seen in[50];
    int fds[50][2];
    for (int i = 0; i < 50; i++) { /* more bytes than buffers: all come, and then it is quiet */
        unix_pair(fds[i]);
        in[i] = seen_op(WEIR_PORT_RECEIVE, socket_handle(fds[i][0]));
        loop_submit(&l, &in[i].op);
        assert_int_equal(write(fds[i][1], "some bytes", 10), 10);
    }
    for (int i = 0; i < 100; i++)
        loop_tick(&l, SECOND / 1000);
    for (int i = 0; i < 50; i++)
        assert_int_equal(in[i].sum, 10);
    const uint64_t before = l.state->system_calls;
    loop_tick(&l, SECOND / 20);
    assert_int_equal(l.state->system_calls, before + 1);
    for (int i = 0; i < 50; i++)
        loop_cancel(&l, &in[i].op);
    loop_drain(&l);
    for (int i = 0; i < 50; i++) {
        close(fds[i][0]);
        close(fds[i][1]);
    }
    loop_close(&l);
}

static void *refuse(void *user, void *old, size_t old_size, size_t new_size) {
    (void)old_size;
    if (new_size == 0) {
        free(old);
        return NULL;
    }
    int *left = user;
    return *left < 0 || (*left)-- > 0 ? realloc(old, new_size) : NULL;
}

static void refused_memory_is_reported(void **unused) {
    (void)unused;
    int left = 0, status = WEIR_ENOMEM;
    const weir_allocator allocator = {.resize = refuse, .user = &left};
    struct loop l = {.active = 0};
    weir_memory_init(&l.memory, &allocator);
    l.env = (struct weir_backend_env){.memory = &l.memory, .reason = l.reason, .reason_size = sizeof l.reason};
    for (int n = 0; status < 0; n++) {
        left = n;
        status = weir_uring_open(&l.state, &l.env, (struct weir_uring_shape){64, 256, 8});
        if (status < 0) {
            assert_int_equal(status, WEIR_ENOMEM);
            assert_int_equal(l.memory.held, 0);
        }
    }
    left = 0;
    weir_address at;
    const int listener = tcp_listener(&at);
    struct seen c = seen_op(WEIR_PORT_CONNECT, new_socket(&l, WEIR_FAMILY_IPV4));
    c.op.with.address = &at;
    for (int n = 0; n < 2; n++) { /* the slot, then the name */
        left = n;
        assert_int_equal(loop_submit(&l, &c.op), WEIR_ENOMEM);
    }
    left = 1;
    assert_int_equal(loop_submit(&l, &c.op), 0);
    loop_until(&l, &c.ended);
    assert_int_equal(c.result, 0);
    /* A large receive without memory for the scratch buffer goes by the spare one. */
    const int peer = accept(listener, NULL, NULL);
    static uint8_t bytes[100000];
    left = 0;
    struct seen r = seen_op(WEIR_PORT_RECEIVE, c.op.handle);
    loop_submit(&l, &r.op);
    assert_int_equal(send(peer, bytes, sizeof bytes, 0), sizeof bytes);
    close(peer);
    loop_until(&l, &r.ended);
    assert_int_equal(r.sum, sizeof bytes);
    left = -1;
    close_handle(&l, c.op.handle);
    close(listener);
    loop_close(&l);
}

/* What a foreign loop would see: readable when there is something to do, and only then. */
static void handle_tells_when_there_is_work(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int fds[2];
    unix_pair(fds);
    struct seen r = seen_op(WEIR_PORT_RECEIVE, socket_handle(fds[0]));
    loop_submit(&l, &r.op);
    loop_tick(&l, 0);
    struct pollfd ring = {.fd = weir_sys_fd(l.state->table->handle(l.state)), .events = POLLIN};
    assert_int_equal(poll(&ring, 1, 0), 0);
    assert_int_equal(write(fds[1], "x", 1), 1);
    assert_int_equal(poll(&ring, 1, 1000), 1);
    loop_tick(&l, 0);
    assert_int_equal(r.sum, 1);
    assert_int_equal(poll(&ring, 1, 0), 0);
    l.state->table->wake(l.state);
    assert_int_equal(poll(&ring, 1, 1000), 1);
    loop_tick(&l, 0);
    assert_int_equal(poll(&ring, 1, 0), 0);
    close(fds[1]);
    loop_drain(&l);
    close(fds[0]);
    loop_close(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wake_ends_a_sleep),
        cmocka_unit_test(wait_lasts_until_its_deadline),
        cmocka_unit_test(full_submission_queue_is_no_matter),
        cmocka_unit_test(tiny_rings_lose_nothing),
        cmocka_unit_test(nothing_to_do_means_sleep),
        cmocka_unit_test(refused_memory_is_reported),
        cmocka_unit_test(handle_tells_when_there_is_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
