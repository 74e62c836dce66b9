/* SPDX-License-Identifier: MIT
 *
 * Keepalive in a simulated world: a connection that is cut off ends when its peer has been silent for long enough, and
 * no other one does. */
#include "sim_net.h"

#define SECOND_NS ((uint64_t)1000000000)

static int keepalive(struct host *host, weir_handle handle, int seconds) {
    struct weir_call call = {
        .kind = WEIR_CALL_OPTION, .handle = handle, .option = WEIR_OPTION_KEEPALIVE, .value = seconds};
    return act(host, &call);
}

static void cut(struct pair *p, bool on) {
    assert_int_equal(weir_sim_partition(p->net.sim, p->net.a.place, p->net.b.place, on), 0);
}

static void start_receive(struct host *host, struct op *op, weir_handle handle) {
    static uint8_t into[64];
    *op = (struct op){.into = into, .most = sizeof into};
    assert_int_equal(submit(host, op, WEIR_PORT_RECEIVE, handle), 0);
}

static void silence_ends_a_connection(void **state) {
    (void)state;
    static const struct {
        int idle;
        uint64_t lasts;
    } cases[] = {{1, 5}, {3, 7}, {4, 8}, {60, 120}, {1000000, 32767 + 4 * 8191}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pair p;
        struct op receive, other;
        pair_open(TCP, NULL, &p);
        assert_int_equal(keepalive(p.left_host, p.left, cases[i].idle), 0);
        start_receive(p.left_host, &receive, p.left);
        start_receive(p.right_host, &other, p.right);
        settle(p.left_host); /* nothing is cut: a world at rest */
        const uint64_t began_ns = weir_sim_now_ns(p.net.sim);
        cut(&p, true);
        assert_int_equal(finish(p.left_host, &receive), WEIR_ETIMEDOUT);
        const uint64_t took_ns = weir_sim_now_ns(p.net.sim) - began_ns;
        assert_true(took_ns >= cases[i].lasts * SECOND_NS && took_ns < cases[i].lasts * SECOND_NS + SECOND_NS);
        assert_int_equal(call_send(p.left_host, p.left, "x", 1), WEIR_ERESET);
        settle(p.left_host);
        assert_false(other.ended); /* it has no keepalive */
        cut(&p, false);
        assert_int_equal(finish(p.right_host, &other), WEIR_ERESET); /* it learns of it when it can */
        pair_close(&p);
    }
}

static void a_way_mended_in_time_ends_nothing(void **state) {
    (void)state;
    struct pair p;
    struct op receive;
    pair_open(TCP, NULL, &p);
    assert_int_equal(keepalive(p.left_host, p.left, 10), 0);
    start_receive(p.left_host, &receive, p.left);
    cut(&p, true);
    const uint64_t later_ns = weir_backend_sim.now_ns(p.net.a.state) + 17 * SECOND_NS;
    p.net.a.deadline_ns = later_ns;
    while (weir_backend_sim.now_ns(p.net.a.state) < later_ns)
        assert_int_equal(weir_backend_sim.turn(p.net.a.state, later_ns), 0);
    p.net.a.deadline_ns = WEIR_FOREVER;
    cut(&p, false);
    settle(p.left_host);
    assert_false(receive.ended);
    assert_int_equal(call_send(p.right_host, p.right, "x", 1), 1);
    settle(p.left_host);
    assert_int_equal(receive.got, 1);
    cancel(p.left_host, &receive);
    finish(p.left_host, &receive);
    pair_close(&p);
}

static void bytes_on_their_way_are_waited_for(void **state) {
    (void)state;
    struct pair p;
    struct op receive;
    pair_open(TCP, NULL, &p);
    assert_int_equal(keepalive(p.left_host, p.left, 1), 0);
    start_receive(p.left_host, &receive, p.left);
    cut(&p, true);
    assert_int_equal(call_send(p.left_host, p.left, "x", 1), 1);
    settle(p.left_host);
    assert_false(receive.ended);
    cancel(p.left_host, &receive);
    finish(p.left_host, &receive);
    pair_close(&p);
}

static void a_listener_passes_it_on(void **state) {
    (void)state;
    struct pair p;
    struct op receive, connect;
    weir_address address = ip("10.0.0.2", 7000);
    pair_open(TCP, NULL, &p);
    assert_int_equal(keepalive(p.right_host, p.listener, 2), 0);
    weir_handle client = start_connect(p.left_host, &connect, &address);
    assert_int_equal(finish(p.left_host, &connect), 0);
    weir_handle server = accept_one(p.right_host, p.listener);
    start_receive(p.right_host, &receive, server);
    cut(&p, true);
    assert_int_equal(finish(p.right_host, &receive), WEIR_ETIMEDOUT);
    call_close(p.left_host, client, 0);
    call_close(p.right_host, server, 0);
    pair_close(&p);
}

static void it_can_be_set_late_and_taken_back(void **state) {
    (void)state;
    struct pair p;
    struct op receive;
    pair_open(TCP, NULL, &p);
    start_receive(p.left_host, &receive, p.left);
    cut(&p, true);
    assert_int_equal(keepalive(p.left_host, p.left, 2), 0);
    assert_int_equal(keepalive(p.left_host, p.left, 0), 0);
    settle(p.left_host);
    assert_false(receive.ended);
    assert_int_equal(keepalive(p.left_host, p.left, 2), 0);
    assert_int_equal(finish(p.left_host, &receive), WEIR_ETIMEDOUT);
    pair_close(&p);
}

/* Closed, reset or freed while it waits, an end leaves nothing behind. */
static void an_end_that_goes_does_not_wait(void **state) {
    (void)state;
    for (int way = 0; way < 3; way++) {
        struct pair p;
        pair_open(TCP, NULL, &p);
        assert_int_equal(keepalive(p.left_host, p.left, 2), 0);
        cut(&p, true);
        if (way == 0) call_close(p.left_host, p.left, 0);
        if (way == 1) assert_int_equal(weir_sim_reset(p.net.sim, p.net.a.place), 0);
        if (way == 0) p.left = -1;
        if (way < 2) settle(p.right_host);
        pair_close(&p);
    }
}

static void only_tcp_has_it(void **state) {
    (void)state;
    struct pair p;
    pair_open(UNIX, NULL, &p);
    assert_int_equal(keepalive(p.left_host, p.left, 2), WEIR_ENOTSUP);
    assert_int_equal(keepalive(p.left_host, p.left, 0), 0);
    assert_int_equal(keepalive(p.left_host, p.left, -1), WEIR_EINVAL);
    struct weir_call pipe = {.kind = WEIR_CALL_PIPE};
    assert_int_equal(act(p.left_host, &pipe), 0);
    assert_int_equal(keepalive(p.left_host, pipe.handle, 2), WEIR_ENOTSUP);
    call_close(p.left_host, pipe.handle, 0);
    call_close(p.left_host, pipe.other, 0);
    pair_close(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_ends_a_connection),
        cmocka_unit_test(a_way_mended_in_time_ends_nothing),
        cmocka_unit_test(bytes_on_their_way_are_waited_for),
        cmocka_unit_test(a_listener_passes_it_on),
        cmocka_unit_test(it_can_be_set_late_and_taken_back),
        cmocka_unit_test(an_end_that_goes_does_not_wait),
        cmocka_unit_test(only_tcp_has_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
