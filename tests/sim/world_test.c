/* SPDX-License-Identifier: MIT
 *
 * A world from the front door: whole programs on several hosts, in virtual time, and every run a seed. The program is
 * an echo: clients send numbered bytes, half-close, and want all of them back. */
#include "sim/world.h"

/* ---- the echo ---------------------------------------------------------------------------------------------------- */

struct client {
    weir_transport *transport;
    size_t size, sent, got;
    bool connected, ended, gone;
    int reason; /* 0: in order */
    uint64_t at_ns;
    weir_loop *loop;
};

static uint8_t byte_at(size_t i) { return (uint8_t)(i * 37 + (i >> 8)); }

static void client_push(struct client *c) {
    uint8_t piece[1000];
    while (c->sent < c->size) {
        size_t n = c->size - c->sent < sizeof piece ? c->size - c->sent : sizeof piece;
        for (size_t i = 0; i < n; i++)
            piece[i] = byte_at(c->sent + i);
        int room = weir_transport_write(c->transport, piece, n);
        if (room == WEIR_ENOBUFS) return; /* until resume */
        assert_true(room >= 0);
        c->sent += n;
    }
    weir_transport_half_close(c->transport);
}

static void client_connected(void *self, weir_transport *t) {
    struct client *c = self;
    (void)t;
    c->connected = true;
    client_push(c);
}

static size_t client_received(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    struct client *c = self;
    (void)t;
    for (size_t i = 0; i < n; i++)
        assert_int_equal(bytes[i], byte_at(c->got + i));
    c->got += n;
    return n;
}

static void client_ended(void *self, weir_transport *t) {
    ((struct client *)self)->ended = true;
    weir_transport_close(t);
}

static void client_resume(void *self, weir_transport *t) {
    (void)t;
    client_push(self);
}

static void client_disconnected(void *self, weir_transport *t, const weir_error *reason) {
    struct client *c = self;
    (void)t;
    c->gone = true;
    c->reason = reason ? reason->code : 0;
    c->at_ns = weir_now_ns(c->loop);
}

static const weir_protocol client_protocol = {
    .connected = client_connected,
    .received = client_received,
    .ended = client_ended,
    .resume = client_resume,
    .disconnected = client_disconnected,
};

static void echo(weir_transport *t, void *user) {
    (void)user;
    assert_int_equal(weir_pipe(t, t), 0);
}

static void client_start(struct client *c, weir_loop *loop, const char *endpoint, size_t size) {
    *c = (struct client){.loop = loop, .size = size};
    assert_int_equal(weir_connect(loop, endpoint, &client_protocol, c, &c->transport), 0);
}

static uint64_t echo_run(uint64_t seed, uint64_t *traced) {
    enum { CLIENTS = 5 };
    struct client clients[CLIENTS];
    weir_sim_options options = {
        .seed = seed, .short_io_percent = 30, .socket_buffer = 3000, .trace = hash_line, .trace_user = traced};
    struct world w = world_open(&options);
    *traced = 0;
    assert_int_equal(weir_serve(w.loops[0], "tcp://10.0.0.1:7000", echo, NULL), 0);
    assert_int_equal(weir_serve(w.loops[0], "unix:/run/echo", echo, NULL), 0);
    client_start(&clients[0], w.loops[1], "tcp://10.0.0.1:7000", 100000);
    client_start(&clients[1], w.loops[1], "tcp://10.0.0.1:7000", 1);
    client_start(&clients[2], w.loops[1], "tcp://10.0.0.1:7000", weir_sim_random(w.sim) % 50000);
    client_start(&clients[3], w.loops[0], "tcp://10.0.0.1:7000", weir_sim_random(w.sim) % 50000);
    client_start(&clients[4], w.loops[0], "unix:/run/echo", 60000);
    assert_int_equal(weir_sim_run(w.sim, UINT64_MAX), WEIR_ESTALLED); /* the listeners would wait for ever */
    for (int i = 0; i < CLIENTS; i++) {
        assert_true(clients[i].gone && clients[i].ended);
        assert_int_equal(clients[i].reason, 0);
        assert_int_equal(clients[i].got, clients[i].size);
    }
    uint64_t digest = weir_sim_digest(w.sim);
    world_end(&w);
    return digest;
}

static void the_same_seed_is_the_same_history(void **state) {
    (void)state;
    uint64_t last = 0;
    for (uint64_t seed = 0; seed < 60; seed++) {
        uint64_t traced, traced_again, digest = echo_run(seed, &traced);
        assert_true(echo_run(seed, &traced_again) == digest);
        assert_true(traced == traced_again);
        assert_true(digest != last);
        last = digest;
    }
}

/* ---- trouble ----------------------------------------------------------------------------------------------------- */

static void a_cut_connection_goes_on_when_it_is_mended(void **state) {
    (void)state;
    struct world w = world_open(&(weir_sim_options){.bandwidth = 1000000});
    struct client c;
    assert_int_equal(weir_serve(w.loops[0], "tcp://10.0.0.1:7000", echo, NULL), 0);
    client_start(&c, w.loops[1], "tcp://10.0.0.1:7000", 1000000);
    assert_int_equal(weir_sim_run(w.sim, SECOND / 2), 0);
    assert_true(c.got > 0 && c.got < c.size);
    assert_int_equal(weir_sim_partition(w.sim, w.hosts[0], w.hosts[1], true), 0);
    assert_int_equal(weir_sim_run(w.sim, 10 * SECOND), 0);
    size_t before = c.got;
    assert_true(before < c.size);
    assert_int_equal(weir_sim_partition(w.sim, w.hosts[0], w.hosts[1], false), 0);
    weir_sim_run(w.sim, 20 * SECOND);
    assert_true(c.gone && c.reason == 0 && c.got == c.size);
    world_end(&w);
}

static void a_connect_across_a_cut_meets_its_deadline(void **state) {
    (void)state;
    struct world w = world_open(NULL);
    struct client c = {.loop = w.loops[1]};
    weir_address address;
    uint64_t start = weir_now_ns(w.loops[1]);
    assert_int_equal(weir_address_ip(&address, "10.0.0.1", 7000), 0);
    assert_int_equal(weir_sim_partition(w.sim, w.hosts[0], w.hosts[1], true), 0);
    weir_connect_options options = {.timeout_ns = SECOND};
    assert_int_equal(weir_socket_connect(w.loops[1], &address, &options, &client_protocol, &c, &c.transport), 0);
    assert_int_equal(weir_run(w.loops[1]), 0);
    assert_true(c.gone && !c.connected);
    assert_int_equal(c.reason, WEIR_ETIMEDOUT);
    assert_in_range(c.at_ns - start, SECOND, SECOND + 2 * WEIR_TIMER_GRANULARITY_NS);
    world_end(&w);
}

static void refused_and_unreachable(void **state) {
    (void)state;
    struct world w = world_open(NULL);
    struct client c;
    client_start(&c, w.loops[1], "tcp://10.0.0.1:7", 1);
    assert_int_equal(weir_run(w.loops[1]), 0);
    assert_true(c.gone && c.reason == WEIR_EREFUSED);
    client_start(&c, w.loops[1], "tcp://10.9.9.9:7", 1);
    assert_int_equal(weir_run(w.loops[1]), 0);
    assert_true(c.gone && c.reason == WEIR_EUNREACH);
    world_end(&w);
}

static void a_crash_resets_what_crosses_the_network(void **state) {
    (void)state;
    struct world w = world_open(&(weir_sim_options){.bandwidth = 1000000});
    struct client far, near;
    assert_int_equal(weir_serve(w.loops[0], "tcp://10.0.0.1:7000", echo, NULL), 0);
    client_start(&far, w.loops[1], "tcp://10.0.0.1:7000", 100000);
    client_start(&near, w.loops[0], "tcp://10.0.0.1:7000", 100000);
    assert_int_equal(weir_sim_run(w.sim, 20 * MILLISECOND), 0);
    assert_int_equal(weir_sim_reset(w.sim, w.hosts[0]), 0);
    weir_sim_run(w.sim, UINT64_MAX);
    assert_true(far.gone && far.reason == WEIR_ERESET);
    assert_true(near.gone && near.reason == 0 && near.got == near.size);
    world_end(&w);
}

/* ---- time and schedules ------------------------------------------------------------------------------------------ */

struct clock {
    weir_timer timer;
    weir_post post;
    uint64_t start_ns, fired_ns;
    unsigned times;
    struct world *world;
    int inner;
};

static void clock_fired(weir_timer *timer) {
    struct clock *c = timer->user;
    c->fired_ns = weir_now_ns(timer->loop);
    if (++c->times == 3) weir_timer_stop(timer);
    c->inner = weir_sim_run(c->world->sim, UINT64_MAX);
}

static void clock_posted(weir_post *post) {
    struct clock *c = post->user;
    c->fired_ns = weir_now_ns(weir_loop_current());
}

static void an_hour_passes_at_once(void **state) {
    (void)state;
    struct world w = world_open(NULL);
    struct clock hours = {.timer = {.fired = clock_fired, .user = &hours}, .world = &w};
    struct clock soon = {.timer = {.fired = clock_fired, .user = &soon}, .world = &w};
    uint64_t start = weir_now_ns(w.loops[0]);
    assert_int_equal(weir_timer_start(w.loops[0], &hours.timer, 3600 * SECOND, 3600 * SECOND), 0);
    assert_int_equal(weir_timer_start(w.loops[1], &soon.timer, 5 * MILLISECOND, 0), 0);
    assert_int_equal(weir_run(w.loops[0]), 0);
    assert_int_equal(hours.times, 3);
    assert_in_range(hours.fired_ns - start, 3 * 3600 * SECOND, 3 * 3600 * SECOND + 2 * WEIR_TIMER_GRANULARITY_NS);
    assert_in_range(soon.fired_ns - start, 5 * MILLISECOND, 5 * MILLISECOND + 2 * WEIR_TIMER_GRANULARITY_NS);
    assert_int_equal(hours.inner, WEIR_EBUSY);
    world_end(&w);
}

/* What is started while a world stands still counts from then on, whatever else its loops wait for. */
static void a_timer_armed_from_outside_is_not_late(void **state) {
    (void)state;
    struct world w = world_open(NULL);
    struct clock late = {.timer = {.fired = clock_fired, .user = &late}, .world = &w}, soon = late;
    uint64_t start = weir_now_ns(w.loops[0]);
    soon.timer.user = &soon;
    assert_int_equal(weir_timer_start(w.loops[0], &late.timer, 100 * SECOND, 0), 0);
    assert_int_equal(weir_sim_run(w.sim, SECOND), 0);
    assert_int_equal(weir_sim_now_ns(w.sim), SECOND);
    assert_int_equal(weir_timer_start(w.loops[1], &soon.timer, SECOND, 0), 0);
    assert_int_equal(weir_run(w.loops[0]), 0);
    assert_true(late.times == 1 && soon.times == 1);
    assert_in_range(soon.fired_ns - start, 2 * SECOND, 2 * SECOND + 3 * WEIR_TIMER_GRANULARITY_NS);
    world_end(&w);
}

struct poster {
    weir_timer timer;
    struct clock *to;
    struct world *world;
};

static void poster_fired(weir_timer *timer) {
    struct poster *p = timer->user;
    assert_int_equal(weir_loop_post(p->world->loops[1], &p->to->post), 0);
}

static void loops_of_a_world_may_post_to_each_other(void **state) {
    (void)state;
    struct world w = world_open(NULL);
    struct clock clock = {.post = {.run = clock_posted, .user = &clock}, .world = &w};
    struct poster poster = {.timer = {.fired = poster_fired, .user = &poster}, .to = &clock, .world = &w};
    uint64_t start = weir_now_ns(w.loops[0]);
    assert_int_equal(weir_timer_start(w.loops[0], &poster.timer, SECOND, 0), 0);
    assert_int_equal(weir_sim_run(w.sim, UINT64_MAX), 0);
    assert_in_range(clock.fired_ns - start, SECOND, SECOND + 4 * WEIR_TIMER_GRANULARITY_NS);
    world_end(&w);
}

static void again_and_again(weir_post *post) {
    struct clock *c = post->user;
    c->times++;
    if (!c->fired_ns) weir_loop_post(c->world->loops[0], post);
}

static void end_it(weir_timer *timer) { ((struct clock *)timer->user)->fired_ns = 1; }

static void a_loop_that_never_rests_does_not_stop_the_clock(void **state) {
    (void)state;
    struct world w = world_open(NULL);
    struct clock clock = {.post = {.run = again_and_again, .user = &clock}, .world = &w};
    weir_timer timer = {.fired = end_it, .user = &clock};
    assert_int_equal(weir_loop_post(w.loops[0], &clock.post), 0);
    assert_int_equal(weir_timer_start(w.loops[1], &timer, 10 * MILLISECOND, 0), 0);
    assert_int_equal(weir_sim_run(w.sim, UINT64_MAX), 0);
    assert_true(clock.times > 100);
    world_end(&w);
}

static void a_world_of_its_own(void **state) {
    (void)state;
    struct client c;
    weir_loop *loop;
    assert_int_equal(weir_loop_open(&loop, &(weir_loop_options){.backend = "sim"}), 0);
    assert_string_equal(weir_loop_backend(loop), "sim");
    assert_int_equal(weir_serve(loop, "tcp://0.0.0.0:7000", echo, NULL), 0);
    client_start(&c, loop, "tcp://10.0.0.1:7000", 10000);
    assert_int_equal(weir_run(loop), WEIR_ESTALLED);
    assert_true(c.gone && c.got == c.size);
    weir_loop_each(loop, close_listener, NULL);
    assert_int_equal(weir_run(loop), 0);
    assert_int_equal(weir_loop_close(loop, NULL, NULL), 0);
}

static void a_host_carries_one_loop(void **state) {
    (void)state;
    struct world w = world_open(NULL);
    weir_loop *loop = NULL;
    assert_int_equal(weir_loop_open(&loop, &(weir_loop_options){.backend = "sim", .host = w.hosts[0]}), WEIR_EBUSY);
    assert_null(loop);
    world_close(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_is_the_same_history),
        cmocka_unit_test(a_cut_connection_goes_on_when_it_is_mended),
        cmocka_unit_test(a_connect_across_a_cut_meets_its_deadline),
        cmocka_unit_test(refused_and_unreachable),
        cmocka_unit_test(a_crash_resets_what_crosses_the_network),
        cmocka_unit_test(an_hour_passes_at_once),
        cmocka_unit_test(a_timer_armed_from_outside_is_not_late),
        cmocka_unit_test(loops_of_a_world_may_post_to_each_other),
        cmocka_unit_test(a_loop_that_never_rests_does_not_stop_the_clock),
        cmocka_unit_test(a_world_of_its_own),
        cmocka_unit_test(a_host_carries_one_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
