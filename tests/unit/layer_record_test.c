/* SPDX-License-Identifier: MIT
 *
 * The layer driver under a format of its own: records with a header and a body, a hello before any data, an answer to
 * every record, and a final record, up to three of them on each other. Two users talk through it over a pair in memory
 * or over simulated TCP, reading in prefixes, pausing, installing layers in mid-stream, with limits smaller than a
 * record and a pool with nothing above the floors. Every run is a seed.
 *
 * Held to (docs/decisions/0002): all bytes and both ends arrive, each callback once and in order, no deadline is
 * needed, nothing is left; a corrupt record and a missing final one are told for what they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <weir/mem.h>
#include <weir/sim.h>
#include <weir/socket.h>

#include "layer/layer.h"

#define BODY_MAX 255
#define HEAD 2
#define SECOND ((uint64_t)1000000000)
#define MS ((uint64_t)1000000)

static uint64_t chance;

static uint32_t pick(uint32_t n) {
    chance = chance * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(chance >> 33) % n;
}

/* ---- the format -------------------------------------------------------------------------------------------------- */

struct record {
    struct weir_layer layer;
    unsigned answers; /* owed */
    bool hello_owed, fin_got;
};

static struct record *record_of(struct weir_layer *l) { return (struct record *)(void *)l; }

static bool put(struct weir_layer *l, uint8_t type) {
    const uint8_t head[HEAD] = {type, 0};
    return weir_layer_may_answer(l, HEAD) && weir_layer_write(l, head, HEAD) == 0;
}

static void speak(struct weir_layer *l) {
    struct record *r = record_of(l);
    if (r->hello_owed && put(l, 'h')) r->hello_owed = false;
    while (!r->hello_owed && r->answers && put(l, 'a'))
        r->answers--;
}

static void begin(struct weir_layer *l) {
    record_of(l)->hello_owed = true;
    speak(l);
}

/* One whole record. False: there is no room for it. */
static int take_record(struct weir_layer *l, const uint8_t *head) {
    struct record *r = record_of(l);
    switch (head[0]) {
    case 'h': weir_layer_up(l); return 1;
    case 'a': return 1;
    case 'f':
        r->fin_got = true;
        weir_layer_ended(l);
        return 1;
    case 'd':
        if (!weir_layer_has_room(l)) return 0;
        r->answers++;
        weir_layer_deliver(l, head + HEAD, head[1]);
        return 1;
    default: return WEIR_EIO;
    }
}

static int64_t in(struct weir_layer *l, const uint8_t *bytes, size_t n) {
    size_t used = 0;
    int status = 1;
    while (status > 0 && n - used >= HEAD && n - used >= (size_t)HEAD + bytes[used + 1]) {
        size_t size = (size_t)HEAD + bytes[used + 1];
        status = take_record(l, bytes + used);
        if (status > 0) used += size;
    }
    speak(l);
    return status < 0 ? status : (int64_t)used;
}

static int64_t out(struct weir_layer *l, const uint8_t *bytes, size_t n) {
    size_t taken = 0, most = weir_layer_most(l) - HEAD;
    speak(l);
    while (taken < n) {
        uint8_t record[HEAD + BODY_MAX] = {'d'};
        size_t k = n - taken < BODY_MAX ? n - taken : BODY_MAX;
        if (k > most) k = most;
        if (!weir_layer_may_send(l, HEAD + k)) break;
        record[1] = (uint8_t)k;
        memcpy(record + HEAD, bytes + taken, k);
        int status = weir_layer_write(l, record, HEAD + k);
        if (status < 0) return taken ? (int64_t)taken : status;
        taken += k;
    }
    return (int64_t)taken;
}

static int finish(struct weir_layer *l) {
    speak(l);
    return put(l, 'f') ? 0 : WEIR_EAGAIN;
}

static int ended(struct weir_layer *l) { return record_of(l)->fin_got ? 0 : WEIR_ETRUNCATED; }

static const struct weir_layer_kind kind = {
    .driver = WEIR_LAYER_DRIVER("record", struct record, WEIR_LINGERS),
    .driver.unit = BODY_MAX,
    .begin = begin,
    .in = in,
    .out = out,
    .speak = speak,
    .finish = finish,
    .ended = ended,
};

static weir_transport *put_on(weir_transport *t, const weir_protocol *protocol, void *self, uint64_t handshake_ns) {
    const struct weir_layer_plan plan = {.need = HEAD + BODY_MAX, .handshake_ns = handshake_ns};
    struct weir_layer *l;
    assert_int_equal(weir_layer_open(&kind, t, &plan, protocol, self, &l), 0);
    return &l->base;
}

/* ---- the users --------------------------------------------------------------------------------------------------- */

struct user {
    struct run *run;
    weir_transport *t;
    size_t sent, got, total, peer_total, prefix;
    bool connected, ended, gone, paused;
    int code;
    weir_stage stage;
    weir_timer timer;
};

struct run {
    weir_loop *loop;
    struct user users[2];
    unsigned depth, alive;
    bool rough; /* some leave in the middle */
};

static uint8_t byte_at(size_t i) { return (uint8_t)(i * 7 + (i >> 8) * 13); }

/* Writes until a refusal, whose resume is promised. */
static void pump(struct user *u) {
    uint8_t bytes[700];
    while (u->sent < u->total) {
        size_t n = 1 + pick(sizeof bytes);
        if (n > u->total - u->sent) n = u->total - u->sent;
        for (size_t i = 0; i < n; i++)
            bytes[i] = byte_at(u->sent + i);
        int room = weir_transport_write(u->t, bytes, n);
        if (room == WEIR_EMSGSIZE) continue; /* more than the queue holds: another size */
        if (room < 0) return;
        u->sent += n;
    }
    if (u->sent == u->total) weir_transport_half_close(u->t);
}

static void wake(weir_timer *timer) {
    struct user *u = timer->user;
    u->paused = false;
    if (!u->gone) weir_transport_resume(u->t, WEIR_RECEIVE);
}

static void on_connected(void *self, weir_transport *t) {
    struct user *u = self;
    assert_ptr_equal(u->t, t);
    assert_false(u->connected);
    u->connected = true;
    pump(u);
}

static size_t on_received(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    struct user *u = self;
    size_t k = u->prefix ? 1 + pick((uint32_t)(n < u->prefix ? n : u->prefix)) : n;
    assert_true(u->connected && !u->ended && !u->gone && !u->paused);
    for (size_t i = 0; i < k; i++)
        assert_int_equal(bytes[i], byte_at(u->got + i));
    u->got += k;
    if (u->run->rough && pick(40) == 0) {
        int status = pick(2) ? weir_transport_close(t) : weir_transport_abort(t);
        assert_int_equal(status, 0);
    } else if (pick(20) == 0) {
        u->paused = true;
        weir_transport_pause(t, WEIR_RECEIVE);
        weir_timer_start(u->run->loop, &u->timer, pick(5) * MS, 0);
    }
    return k;
}

static void on_ended(void *self, weir_transport *t) {
    struct user *u = self;
    assert_false(u->ended);
    u->ended = true;
    if (!u->run->rough) assert_int_equal(u->got, u->peer_total);
    if (u->sent == u->total) weir_transport_close(t);
}

static void on_pause(void *self, weir_transport *t) {
    (void)self;
    (void)t;
}

static void on_resume(void *self, weir_transport *t) {
    struct user *u = self;
    pump(u);
    if (u->ended && u->sent == u->total) weir_transport_close(t);
}

static void on_disconnected(void *self, weir_transport *t, const weir_error *reason) {
    struct user *u = self;
    assert_ptr_equal(u->t, t);
    assert_false(u->gone);
    u->gone = true;
    u->code = reason ? reason->code : 0;
    u->stage = reason ? reason->stage : WEIR_STAGE_NONE;
    weir_timer_stop(&u->timer);
    u->run->alive--;
}

static const weir_protocol protocol = {on_connected, on_received, on_ended, on_pause, on_resume, on_disconnected};

static void settle(struct run *run, unsigned number, weir_transport *t) {
    struct user *u = &run->users[number];
    u->run = run;
    u->timer = (weir_timer){.fired = wake, .user = u};
    for (unsigned i = 1; i < run->depth; i++)
        t = put_on(t, NULL, NULL, 0);
    if (run->depth)
        u->t = put_on(t, &protocol, u, 0);
    else
        u->t = t;
    if (!run->depth) assert_int_equal(weir_transport_set_protocol(t, &protocol, u), 0);
    run->alive++;
}

/* ---- worlds ------------------------------------------------------------------------------------------------------ */

struct world {
    weir_sim *sim;
    weir_loop *loop;
};

static void open_world(struct world *w, uint64_t seed, const weir_limits *limits, size_t budget) {
    weir_sim_options options = {.seed = seed, .socket_buffer = 1000, .short_io_percent = 30};
    weir_loop_options loop_options = {.backend = "sim", .limits = *limits, .budget = budget};
    assert_int_equal(weir_sim_open(&w->sim, &options), 0);
    assert_int_equal(weir_sim_host_add(w->sim, "a", "10.0.0.1", &loop_options.host), 0);
    assert_int_equal(weir_loop_open(&w->loop, &loop_options), 0);
}

static void close_world(struct world *w) {
    weir_loop_stats stats;
    weir_loop_stats_get(w->loop, &stats);
    assert_int_equal(stats.charged, 0);
    assert_int_equal(stats.transports, 0);
    assert_int_equal(stats.handles, 0);
    assert_int_equal(stats.timers, 0);
    assert_int_equal(weir_loop_close(w->loop, NULL, NULL), 0);
    assert_int_equal(weir_sim_close(w->sim), 0);
}

static void accepted(weir_transport *t, void *user) { settle(user, 1, t); }

static void connect_both(struct run *run) {
    weir_address address;
    weir_transport *t;
    weir_listener *listener;
    assert_int_equal(weir_address_ip(&address, "127.0.0.1", 0), 0);
    assert_int_equal(weir_socket_listen(run->loop, &address, NULL, accepted, run, &listener), 0);
    weir_listener_address(listener, &address);
    assert_int_equal(weir_socket_connect(run->loop, &address, NULL, NULL, NULL, &t), 0);
    settle(run, 0, t);
    while (run->alive < 2)
        assert_true(weir_run_once(run->loop, SECOND) >= 0);
    weir_listener_close(listener);
}

static void join_both(struct run *run) {
    weir_transport *pair[2];
    assert_int_equal(weir_mem_pair(run->loop, NULL, pair), 0);
    settle(run, 0, pair[0]);
    settle(run, 1, pair[1]);
}

static uint64_t seed_now;

/* A world of small limits, and in every third one no budget beyond the floors. */
static void talk(uint64_t seed, bool rough) {
    weir_limits limits = {.receive = 1 + pick(600),
                          .write_cap = 300 + pick(3000),
                          .floor = 400,
                          .linger_ns = rough ? 1 + pick(50) * MS : 3600 * SECOND,
                          .stall_ns = rough ? SECOND : 3600 * SECOND};
    struct run run = {.depth = pick(4), .rough = rough};
    struct world w;
    limits.pause_mark = 1 + pick((uint32_t)limits.write_cap);
    limits.resume_mark = 1 + pick((uint32_t)limits.pause_mark);
    open_world(&w, seed, &limits, seed % 3 ? 0 : 2 * (run.depth + 1) * 800);
    run.loop = w.loop;
    for (int i = 0; i < 2; i++) {
        run.users[i].total = pick(20000);
        run.users[!i].peer_total = run.users[i].total;
        run.users[i].prefix = pick(2) ? 0 : 1 + pick(300);
    }
    if (pick(2))
        connect_both(&run);
    else
        join_both(&run);
    assert_int_equal(weir_run(w.loop), 0);
    for (int i = 0; i < 2; i++) {
        assert_true(run.users[i].gone);
        if (rough) continue;
        assert_int_equal(run.users[i].code, 0);
        assert_true(run.users[i].ended);
        assert_int_equal(run.users[i].got, run.users[i].peer_total);
    }
    close_world(&w);
}

static uint64_t number_in(const char *name, uint64_t otherwise) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static void talk_often(bool rough) {
    uint64_t first = number_in("WEIR_SEED", 1), seeds = number_in("WEIR_SEEDS", 300);
    for (seed_now = first; seed_now < first + seeds; seed_now++) {
        chance = seed_now * 2654435761u + 1;
        talk(seed_now, rough);
    }
}

static void all_bytes_and_both_ends_arrive(void **state) {
    (void)state;
    talk_often(false);
}

/* Nobody is left, and nothing of them. */
static void who_leaves_in_the_middle_takes_all_along(void **state) {
    (void)state;
    talk_often(true);
}

/* ---- what goes wrong --------------------------------------------------------------------------------------------- */

static const weir_limits usual = {.linger_ns = SECOND, .stall_ns = 10 * SECOND};

/* One end speaks records, the other is the test. */
struct half {
    struct world w;
    struct run run;
    weir_transport *raw;
};

static void open_half(struct half *h, uint64_t handshake_ns) {
    weir_transport *pair[2];
    memset(h, 0, sizeof *h);
    open_world(&h->w, 1, &usual, 0);
    h->run.loop = h->w.loop;
    assert_int_equal(weir_mem_pair(h->w.loop, NULL, pair), 0);
    struct user *u = &h->run.users[0];
    u->run = &h->run;
    u->timer = (weir_timer){.fired = wake, .user = u};
    u->t = put_on(pair[0], &protocol, u, handshake_ns);
    h->run.alive = 1;
    h->raw = pair[1];
}

static void end_half(struct half *h) {
    assert_int_equal(weir_run(h->w.loop), 0);
    assert_true(h->run.users[0].gone);
    close_world(&h->w);
}

/* It must be over by then, but for the slots of a timer. */
static void end_half_after(struct half *h, uint64_t due_ns) {
    assert_int_equal(weir_run(h->w.loop), 0);
    assert_true(weir_sim_now_ns(h->w.sim) <= due_ns + 10 * MS);
    end_half(h);
}

static size_t use_all(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    (void)self;
    (void)t;
    (void)bytes;
    return n;
}

static const weir_protocol sink = {.received = use_all};

static void a_corrupt_record_is_told(void **state) {
    struct half h;
    (void)state;
    open_half(&h, 0);
    weir_transport_set_protocol(h.raw, &sink, NULL);
    weir_transport_write(h.raw, "h\0x\0", 4);
    end_half(&h);
    assert_int_equal(h.run.users[0].code, WEIR_EIO);
    assert_int_equal(h.run.users[0].stage, WEIR_STAGE_READ);
}

static void an_end_without_a_final_record_is_a_truncation(void **state) {
    struct half h;
    (void)state;
    open_half(&h, 0);
    h.run.users[0].peer_total = 1;
    weir_transport_set_protocol(h.raw, &sink, NULL);
    weir_transport_write(h.raw, "h\0d\1\0d", 6);
    weir_transport_half_close(h.raw);
    end_half(&h);
    assert_int_equal(h.run.users[0].got, 1);
    assert_int_equal(h.run.users[0].code, WEIR_ETRUNCATED);
    assert_false(h.run.users[0].ended);
}

static void a_handshake_that_never_comes_times_out(void **state) {
    struct half h;
    (void)state;
    open_half(&h, 50 * MS);
    weir_transport_set_protocol(h.raw, &sink, NULL);
    end_half(&h);
    assert_int_equal(h.run.users[0].code, WEIR_ETIMEDOUT);
    assert_int_equal(h.run.users[0].stage, WEIR_STAGE_HANDSHAKE);
    assert_false(h.run.users[0].connected);
}

static void a_peer_that_ends_in_the_handshake_is_told(void **state) {
    struct half h;
    (void)state;
    open_half(&h, 0);
    weir_transport_set_protocol(h.raw, &sink, NULL);
    weir_transport_half_close(h.raw);
    end_half(&h);
    assert_int_equal(h.run.users[0].code, WEIR_ETRUNCATED);
    assert_int_equal(h.run.users[0].stage, WEIR_STAGE_HANDSHAKE);
}

/* It answers nothing, not even our final record: one linger time, and it is over. */
static void a_peer_without_a_final_record_is_left_after_one_linger_time(void **state) {
    struct half h;
    (void)state;
    open_half(&h, 0);
    weir_transport_set_protocol(h.raw, &sink, NULL);
    weir_transport_write(h.raw, "h\0", 2);
    while (!h.run.users[0].connected)
        assert_true(weir_run_once(h.w.loop, SECOND) >= 0);
    uint64_t began_ns = weir_sim_now_ns(h.w.sim);
    weir_transport_close(h.run.users[0].t);
    end_half_after(&h, began_ns + SECOND);
    assert_int_equal(h.run.users[0].code, 0);
}

static void a_floor_that_is_not_there_refuses_the_layer(void **state) {
    const struct weir_layer_plan plan = {.need = HEAD + BODY_MAX};
    const weir_limits small = {.floor = 100};
    weir_transport *pair[2];
    struct weir_layer *l = NULL;
    struct world w;
    (void)state;
    open_world(&w, 1, &small, 400);
    assert_int_equal(weir_mem_pair(w.loop, NULL, pair), 0);
    assert_int_equal(weir_layer_open(&kind, pair[0], &plan, NULL, NULL, &l), WEIR_EBUDGET);
    assert_null(l);
    weir_transport_set_protocol(pair[0], &sink, NULL); /* as if nothing had been tried */
    weir_transport_abort(pair[0]);
    weir_transport_abort(pair[1]);
    assert_int_equal(weir_run(w.loop), 0);
    close_world(&w);
}

static int tell_seed(void **state) {
    (void)state;
    print_message("stopped after seed %llu\n", (unsigned long long)seed_now);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(all_bytes_and_both_ends_arrive, tell_seed),
        cmocka_unit_test_teardown(who_leaves_in_the_middle_takes_all_along, tell_seed),
        cmocka_unit_test(a_corrupt_record_is_told),
        cmocka_unit_test(an_end_without_a_final_record_is_a_truncation),
        cmocka_unit_test(a_handshake_that_never_comes_times_out),
        cmocka_unit_test(a_peer_that_ends_in_the_handshake_is_told),
        cmocka_unit_test(a_peer_without_a_final_record_is_left_after_one_linger_time),
        cmocka_unit_test(a_floor_that_is_not_there_refuses_the_layer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
