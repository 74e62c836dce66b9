/* SPDX-License-Identifier: MIT
 *
 * Bytes of simulated connections and pipes, and how these end. */
#include "sim_net.h"

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

#define MIB ((size_t)1 << 20)

/* Sends all of `bytes` and then the end, whatever the receiver does meanwhile. */
struct sender {
    struct op op; /* first */
    struct host *host;
    weir_handle handle;
    const uint8_t *bytes;
    size_t left;
    bool pipe;
    int64_t failed;
};

static void sender_next(struct sender *s);

static void sender_done(struct weir_port_op *port, const struct weir_completion *c) {
    struct sender *s = (struct sender *)port;
    assert_true(c->last);
    if (c->result < 0) {
        s->failed = c->result;
        return;
    }
    assert_true(c->result > 0 && (size_t)c->result <= s->left);
    s->bytes += c->result;
    s->left -= (size_t)c->result;
    sender_next(s);
}

static void sender_next(struct sender *s) {
    if (!s->left) {
        assert_int_equal(s->pipe ? call_close(s->host, s->handle, 0) : call_on(s->host, WEIR_CALL_SHUTDOWN, s->handle),
                         0);
        return;
    }
    size_t third = s->left / 3; /* in three segments, the first possibly empty */
    s->op.segments[0] =
        (struct weir_segment){.next = &s->op.segments[1], .bytes = (uint8_t *)(uintptr_t)s->bytes, .size = third};
    s->op.segments[1] = (struct weir_segment){
        .next = &s->op.segments[2], .bytes = (uint8_t *)(uintptr_t)s->bytes + third, .size = third};
    s->op.segments[2] =
        (struct weir_segment){.bytes = (uint8_t *)(uintptr_t)s->bytes + 2 * third, .size = s->left - 2 * third};
    s->op.port.with.segments = s->op.segments;
    s->op.port.kind = WEIR_PORT_SEND;
    s->op.port.handle = s->handle;
    s->op.port.done = sender_done;
    assert_int_equal(weir_backend_sim.submit(s->host->state, &s->op.port), 0);
}

static void check_carry(struct host *from, weir_handle out, struct host *to, weir_handle in, bool pipe) {
    uint8_t *bytes = malloc(MIB), *into = malloc(MIB);
    struct sender sender = {.host = from, .handle = out, .bytes = bytes, .left = MIB, .pipe = pipe};
    size_t got;
    fill(bytes, MIB);
    sender_next(&sender);
    assert_int_equal(receive_all(to, in, into, MIB, &got), 0);
    assert_int_equal(got, MIB);
    assert_memory_equal(bytes, into, MIB);
    free(bytes);
    free(into);
}

static void carries_a_mebibyte(void **state) {
    (void)state;
    for (int kind = TCP; kind <= LOOPBACK; kind++) {
        for (unsigned percent = 0; percent <= 100; percent += 50) {
            weir_sim_options options = {.seed = (uint64_t)kind, .short_io_percent = percent, .socket_buffer = 5000};
            struct pair p;
            pair_open(kind, &options, &p);
            check_carry(p.left_host, p.left, p.right_host, p.right, false);
            check_carry(p.right_host, p.right, p.left_host, p.left, false);
            pair_close(&p);
        }
    }
}

static void pipe_carries_a_mebibyte(void **state) {
    (void)state;
    struct net net = net_open(&(weir_sim_options){.short_io_percent = 30});
    struct weir_call call = {.kind = WEIR_CALL_PIPE};
    net_start(&net);
    assert_int_equal(act(&net.a, &call), 0);
    check_carry(&net.a, call.other, &net.a, call.handle, true);
    assert_int_equal(call_on(&net.a, WEIR_CALL_SHUTDOWN, call.handle), WEIR_ENOTSUP);
    assert_int_equal(call_close(&net.a, call.handle, 0), 0);
    net_close(&net);
}

static void bandwidth_takes_its_time(void **state) {
    (void)state;
    struct pair p;
    pair_open(TCP, &(weir_sim_options){.bandwidth = MIB}, &p);
    uint64_t before = weir_sim_now_ns(p.net.sim);
    check_carry(p.left_host, p.left, p.right_host, p.right, false);
    uint64_t took = weir_sim_now_ns(p.net.sim) - before;
    assert_in_range(took, 1000000000, 1050000000);
    pair_close(&p);
}

static void a_reader_that_does_not_read_stops_the_writer(void **state) {
    (void)state;
    struct pair p;
    static uint8_t bytes[64 * 1024], into[256 * 1024];
    size_t got, total = 0;
    pair_open(TCP, NULL, &p);
    for (int64_t n; (n = call_send(p.left_host, p.left, bytes, sizeof bytes)) != WEIR_EAGAIN; settle(p.left_host)) {
        assert_true(n > 0);
        total += (size_t)n;
    }
    assert_int_equal(total, 2 * 64 * 1024);
    assert_int_equal(call_unsent(p.left_host, p.left), 64 * 1024);
    assert_int_equal(call_on(p.left_host, WEIR_CALL_SHUTDOWN, p.left), 0);
    assert_int_equal(receive_all(p.right_host, p.right, into, sizeof into, &got), 0);
    assert_int_equal(got, total);
    assert_int_equal(call_unsent(p.left_host, p.left), 0);
    pair_close(&p);
}

/* ---- ends -------------------------------------------------------------------------------------------------------- */

static void data_then_end_then_reset(void **state) {
    (void)state;
    struct pair p;
    char into[16];
    size_t got;
    for (int kind = TCP; kind <= UNIX; kind++) {
        pair_open(kind, NULL, &p);
        assert_int_equal(call_send(p.left_host, p.left, "0123456789", 10), 10);
        assert_int_equal(call_on(p.left_host, WEIR_CALL_SHUTDOWN, p.left), 0);
        assert_int_equal(call_on(p.left_host, WEIR_CALL_SHUTDOWN, p.left), 0);
        assert_int_equal(call_send(p.left_host, p.left, "x", 1), WEIR_ERESET);
        call_close(p.left_host, p.left, 1);
        p.left = -1;
        settle(p.left_host);
        assert_int_equal(receive_all(p.right_host, p.right, into, sizeof into, &got), 0);
        assert_int_equal(got, 10);
        assert_int_equal(call_send(p.right_host, p.right, "x", 1), WEIR_ERESET);
        assert_int_equal(receive_all(p.right_host, p.right, into, sizeof into, &got), 0);
        pair_close(&p);
    }
}

static void unread_bytes_survive_a_reset(void **state) {
    (void)state;
    struct pair p;
    char into[16];
    size_t got;
    for (int kind = TCP; kind <= UNIX; kind++) {
        pair_open(kind, NULL, &p);
        assert_int_equal(call_send(p.left_host, p.left, "0123456789", 10), 10);
        call_close(p.left_host, p.left, 1);
        p.left = -1;
        /* On a UNIX socket a reset that is asked for is an ordinary close. */
        assert_int_equal(receive_all(p.right_host, p.right, into, sizeof into, &got), kind == TCP ? WEIR_ERESET : 0);
        assert_int_equal(got, 10);
        assert_int_equal(receive_all(p.right_host, p.right, into, sizeof into, &got), 0);
        assert_int_equal(call_send(p.right_host, p.right, "x", 1), WEIR_ERESET);
        pair_close(&p);
    }
}

static void a_write_that_meets_the_reset_takes_the_error(void **state) {
    (void)state;
    struct pair p;
    char into[16];
    size_t got;
    for (int kind = TCP; kind <= UNIX; kind++) {
        pair_open(kind, NULL, &p);
        assert_int_equal(call_send(p.right_host, p.right, "unread", 6), 6);
        assert_int_equal(call_send(p.left_host, p.left, "0123456789", 10), 10);
        settle(p.left_host);
        call_close(p.left_host, p.left, 0); /* with unread input: a reset on both kinds */
        p.left = -1;
        settle(p.right_host);
        assert_int_equal(call_send(p.right_host, p.right, "x", 1), WEIR_ERESET);
        assert_int_equal(call_on(p.right_host, WEIR_CALL_SHUTDOWN, p.right), kind == TCP ? WEIR_ENOTCONN : 0);
        assert_int_equal(receive_all(p.right_host, p.right, into, sizeof into, &got), kind == TCP ? 0 : WEIR_ERESET);
        assert_int_equal(got, 10);
        pair_close(&p);
    }
}

static void a_close_with_unread_input_loses_what_is_not_sent(void **state) {
    (void)state;
    struct pair p;
    static uint8_t bytes[128 * 1024], into[256 * 1024];
    size_t got, sent = 0;
    for (int kind = TCP; kind <= UNIX; kind++) {
        pair_open(kind, NULL, &p);
        sent = 0;
        for (int64_t n; (n = call_send(p.left_host, p.left, bytes, sizeof bytes)) > 0; settle(p.left_host))
            sent += (size_t)n;
        assert_int_equal(call_send(p.right_host, p.right, "unread", 6), 6);
        settle(p.left_host);
        call_close(p.left_host, p.left, 0);
        p.left = -1;
        assert_int_equal(receive_all(p.right_host, p.right, into, sizeof into, &got), WEIR_ERESET);
        assert_int_equal(got, 64 * 1024);
        assert_int_equal(sent, kind == TCP ? 128 * 1024 : 64 * 1024);
        pair_close(&p);
    }
}

static void an_ordinary_close_delivers_everything(void **state) {
    (void)state;
    struct pair p;
    static uint8_t bytes[128 * 1024], into[256 * 1024];
    size_t got, sent = 0;
    pair_open(TCP, NULL, &p);
    for (int64_t n; (n = call_send(p.left_host, p.left, bytes, sizeof bytes)) > 0; settle(p.left_host))
        sent += (size_t)n;
    call_close(p.left_host, p.left, 0);
    p.left = -1;
    assert_int_equal(receive_all(p.right_host, p.right, into, sizeof into, &got), 0);
    assert_int_equal(got, sent);
    pair_close(&p);
}

static void a_write_to_a_closed_peer_is_taken_and_then_reset(void **state) {
    (void)state;
    struct pair p;
    char into[16];
    size_t got;
    pair_open(TCP, NULL, &p);
    assert_int_equal(call_send(p.left_host, p.left, "end", 3), 3);
    call_close(p.left_host, p.left, 0);
    p.left = -1;
    settle(p.right_host);
    assert_int_equal(call_send(p.right_host, p.right, "x", 1), 1);
    settle(p.right_host);
    assert_int_equal(call_send(p.right_host, p.right, "x", 1), WEIR_ERESET);
    assert_int_equal(receive_all(p.right_host, p.right, into, sizeof into, &got), 0);
    assert_int_equal(got, 3);
    pair_close(&p);

    pair_open(UNIX, NULL, &p);
    call_close(p.left_host, p.left, 0);
    p.left = -1;
    assert_int_equal(call_send(p.right_host, p.right, "x", 1), WEIR_ERESET);
    pair_close(&p);
}

static void a_blocked_write_ends_when_the_peer_goes(void **state) {
    (void)state;
    static uint8_t bytes[64 * 1024];
    for (int kind = TCP; kind <= UNIX; kind++) {
        struct pair p;
        struct op op = {.segments = {{.bytes = bytes, .size = sizeof bytes}}};
        pair_open(kind, NULL, &p);
        while (call_send(p.left_host, p.left, bytes, sizeof bytes) > 0)
            settle(p.left_host);
        op.port.with.segments = op.segments;
        assert_int_equal(submit(p.left_host, &op, WEIR_PORT_SEND, p.left), 0);
        settle(p.left_host);
        assert_false(op.ended);
        call_close(p.right_host, p.right, 0);
        p.right = -1;
        assert_int_equal(finish(p.left_host, &op), WEIR_ERESET);
        pair_close(&p);
    }
}

static void a_pipe_without_its_reader_breaks(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    struct weir_call call = {.kind = WEIR_CALL_PIPE};
    static uint8_t bytes[64 * 1024];
    net_start(&net);
    assert_int_equal(act(&net.a, &call), 0);
    assert_int_equal(call_send(&net.a, call.other, bytes, sizeof bytes), 64 * 1024);
    assert_int_equal(call_send(&net.a, call.handle, bytes, 1), WEIR_ENOTSUP);
    struct op op = {.segments = {{.bytes = bytes, .size = 1}}};
    op.port.with.segments = op.segments;
    assert_int_equal(submit(&net.a, &op, WEIR_PORT_SEND, call.other), 0);
    settle(&net.a);
    call_close(&net.a, call.handle, 0);
    assert_int_equal(finish(&net.a, &op), WEIR_ERESET);
    call_close(&net.a, call.other, 0);
    net_close(&net);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(carries_a_mebibyte),
        cmocka_unit_test(pipe_carries_a_mebibyte),
        cmocka_unit_test(bandwidth_takes_its_time),
        cmocka_unit_test(a_reader_that_does_not_read_stops_the_writer),
        cmocka_unit_test(data_then_end_then_reset),
        cmocka_unit_test(unread_bytes_survive_a_reset),
        cmocka_unit_test(a_write_that_meets_the_reset_takes_the_error),
        cmocka_unit_test(a_close_with_unread_input_loses_what_is_not_sent),
        cmocka_unit_test(an_ordinary_close_delivers_everything),
        cmocka_unit_test(a_write_to_a_closed_peer_is_taken_and_then_reset),
        cmocka_unit_test(a_blocked_write_ends_when_the_peer_goes),
        cmocka_unit_test(a_pipe_without_its_reader_breaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
