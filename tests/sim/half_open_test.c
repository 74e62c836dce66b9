/* SPDX-License-Identifier: MIT
 *
 * L9: a peer that is gone without a word, its machine cut off. Nobody says so: the defaults must find out, in a time
 * that is promised, and without them the program's own idle time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <weir/sim.h>
#include <weir/weir.h>

#define SECOND ((uint64_t)1000000000)

struct half {
    weir_sim *sim;
    weir_sim_host *hosts[2];
    weir_loop *loops[2];
    weir_listener *listener;
    unsigned connected, gone;
    int code;
    uint64_t gone_ns;
};

static void connected(void *self, weir_transport *t) {
    struct half *h = self;
    (void)t;
    h->connected++;
}

static size_t received(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    (void)self;
    (void)t;
    (void)bytes;
    return n;
}

static void disconnected(void *self, weir_transport *t, const weir_error *reason) {
    struct half *h = self;
    (void)t;
    h->gone++;
    h->code = reason ? reason->code : 0;
    h->gone_ns = weir_sim_now_ns(h->sim);
}

static const weir_protocol protocol = {.connected = connected, .received = received, .disconnected = disconnected};

static void accepted(weir_transport *t, void *user) { weir_transport_set_protocol(t, &protocol, user); }

/* Connects the two, cuts the way between them, and lets `seconds` pass. */
static void cut_off(struct half *h, const weir_limits *limits, uint64_t seconds) {
    static const char *const names[] = {"a", "b"}, *const addresses[] = {"10.0.0.1", "10.0.0.2"};
    weir_address address;
    weir_transport *t;
    *h = (struct half){0};
    assert_int_equal(weir_sim_open(&h->sim, NULL), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(weir_sim_host_add(h->sim, names[i], addresses[i], &h->hosts[i]), 0);
        weir_loop_options options = {.backend = "sim", .host = h->hosts[i], .limits = *limits};
        assert_int_equal(weir_loop_open(&h->loops[i], &options), 0);
    }
    assert_int_equal(weir_address_ip(&address, "10.0.0.2", 7), 0);
    assert_int_equal(weir_socket_listen(h->loops[1], &address, NULL, accepted, h, &h->listener), 0);
    assert_int_equal(weir_socket_connect(h->loops[0], &address, NULL, &protocol, h, &t), 0);
    weir_sim_run(h->sim, SECOND);
    assert_int_equal(h->connected, 2);
    assert_int_equal(weir_sim_partition(h->sim, h->hosts[0], h->hosts[1], true), 0);
    weir_sim_run(h->sim, seconds * SECOND);
}

static void end(struct half *h) {
    weir_listener_close(h->listener);
    weir_sim_run(h->sim, UINT64_MAX);
    for (int i = 0; i < 2; i++)
        assert_int_equal(weir_loop_close(h->loops[i], NULL, NULL), 0);
    assert_int_equal(weir_sim_close(h->sim), 0);
}

static void the_defaults_find_a_peer_that_vanished(void **state) {
    static const weir_limits defaults = {0};
    struct half h;
    (void)state;
    cut_off(&h, &defaults, 300);
    assert_int_equal(h.gone, 2);
    assert_int_equal(h.code, WEIR_ETIMEDOUT);
    assert_true(h.gone_ns <= (1 + 240 + 1) * SECOND);
    end(&h);
}

static void the_idle_time_finds_it_without_keepalive(void **state) {
    static const weir_limits idle = {.idle_ns = 30 * SECOND, .keepalive_ns = WEIR_FOREVER};
    struct half h;
    (void)state;
    cut_off(&h, &idle, 60);
    assert_int_equal(h.gone, 2);
    assert_int_equal(h.code, WEIR_ETIMEDOUT);
    assert_true(h.gone_ns >= 30 * SECOND && h.gone_ns <= 32 * SECOND);
    end(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_defaults_find_a_peer_that_vanished),
        cmocka_unit_test(the_idle_time_finds_it_without_keepalive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
