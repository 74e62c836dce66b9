/* SPDX-License-Identifier: MIT
 *
 * Random connections between random places, with random ends: whatever arrives is a prefix of what was sent, all of it
 * when the end says so, and everything ends. Equal seeds tell equal stories. */
#include "sim_net.h"

#define LINKS 6
#define LINK_MOST 40000

struct link {
    struct net *net;
    struct side {
        struct op receive, send, connect;
        struct host *host;
        weir_handle handle;
        struct link *link;
        size_t to_send, sent, got;
        bool ended, closed, reset;
        bool clean;  /* all was sent, and the end with it */
        bool broken; /* a send failed: what a receive ends with means nothing then */
        struct side *other;
        uint8_t key;
    } sides[2];
    weir_handle listener;
    struct op accept;
};

static uint8_t byte_at(const struct side *side, size_t i) { return (uint8_t)(i * 7 + (i >> 8) + side->key); }

static void side_close(struct side *side, int reset) {
    if (side->closed) return;
    side->closed = true;
    side->reset |= reset;
    if (side->receive.port.active) cancel(side->host, &side->receive);
    if (side->send.port.active) cancel(side->host, &side->send);
}

static void side_reap(struct side *side) {
    if (!side->closed || side->handle < 0 || side->receive.port.active || side->send.port.active) return;
    call_close(side->host, side->handle, side->reset);
    side->handle = -1;
}

static void side_send(struct side *side);

static void side_sent(struct weir_port_op *port, const struct weir_completion *c) {
    struct side *side = (struct side *)((char *)port - offsetof(struct side, send));
    free(side->send.segments[0].bytes);
    port->active = false;
    if (c->result > 0) side->sent += (size_t)c->result;
    if (c->result < 0) {
        side->broken = c->result == WEIR_ERESET;
        side_close(side, 0);
    }
    if (!side->closed) side_send(side);
    side_reap(side);
}

static void side_send(struct side *side) {
    size_t n = side->to_send - side->sent;
    if (!n) {
        side->clean = call_on(side->host, WEIR_CALL_SHUTDOWN, side->handle) == 0;
        if (side->ended) side_close(side, 0);
        return;
    }
    n = 1 + weir_sim_random(side->link->net->sim) % n;
    uint8_t *bytes = malloc(n);
    for (size_t i = 0; i < n; i++)
        bytes[i] = byte_at(side, side->sent + i);
    side->send.segments[0] = (struct weir_segment){.bytes = bytes, .size = n};
    side->send.port = (struct weir_port_op){.done = side_sent,
                                            .handle = side->handle,
                                            .kind = WEIR_PORT_SEND,
                                            .with.segments = side->send.segments,
                                            .active = true};
    assert_int_equal(weir_backend_sim.submit(side->host->state, &side->send.port), 0);
}

static void side_received(struct weir_port_op *port, const struct weir_completion *c) {
    struct side *side = (struct side *)((char *)port - offsetof(struct side, receive));
    weir_sim *sim = side->link->net->sim;
    port->active = !c->last;
    for (int64_t i = 0; i < c->result; i++)
        assert_int_equal(c->bytes[i], byte_at(side->other, side->got + (size_t)i));
    if (c->result > 0) side->got += (size_t)c->result;
    assert_true(side->got <= side->other->sent + LINK_MOST);
    if (weir_sim_random(sim) % 64 == 0) side_close(side, weir_sim_random(sim) % 2 == 0);
    if (c->last) {
        side->ended = c->result == 0;
        if (c->result < 0 || side->clean) side_close(side, 0);
    }
    side_reap(side);
}

static void side_start(struct side *side, weir_handle handle) {
    side->handle = handle;
    side->receive.port =
        (struct weir_port_op){.done = side_received, .handle = handle, .kind = WEIR_PORT_RECEIVE, .active = true};
    assert_int_equal(weir_backend_sim.submit(side->host->state, &side->receive.port), 0);
    side_send(side);
}

static void link_accepted(struct weir_port_op *port, const struct weir_completion *c) {
    struct link *link = (struct link *)((char *)port - offsetof(struct link, accept));
    if (c->result >= 0) side_start(&link->sides[1], c->result);
    if (c->last) {
        call_close(link->sides[1].host, link->listener, 0);
        link->listener = -1;
    } else {
        weir_backend_sim.cancel(link->sides[1].host->state, port);
    }
}

static void link_connected(struct weir_port_op *port, const struct weir_completion *c) {
    struct side *side = (struct side *)((char *)port - offsetof(struct side, connect));
    assert_int_equal(c->result, 0);
    side_start(side, port->handle);
}

static void link_start(struct net *net, struct link *link, unsigned number) {
    static weir_address addresses[LINKS];
    uint64_t chance = weir_sim_random(net->sim);
    char name[16];
    snprintf(name, sizeof name, "@%u", number);
    addresses[number] = chance % 3 == 0   ? path(name)
                        : chance % 3 == 1 ? ip("127.0.0.1", (uint16_t)(7000 + number))
                                          : ip("10.0.0.2", (uint16_t)(7000 + number));
    *link = (struct link){.net = net};
    for (int i = 0; i < 2; i++) {
        link->sides[i].link = link;
        link->sides[i].other = &link->sides[!i];
        link->sides[i].key = (uint8_t)(2 * number + (unsigned)i);
        link->sides[i].to_send = weir_sim_random(net->sim) % LINK_MOST;
    }
    link->sides[0].host = &net->a;
    link->sides[1].host = chance % 3 == 2 ? &net->b : &net->a;
    link->listener = listen_on(link->sides[1].host, &addresses[number], 0);
    link->accept.port =
        (struct weir_port_op){.done = link_accepted, .handle = link->listener, .kind = WEIR_PORT_ACCEPT};
    assert_int_equal(weir_backend_sim.submit(link->sides[1].host->state, &link->accept.port), 0);
    link->sides[0].connect.port = (struct weir_port_op){.done = link_connected,
                                                        .handle = make_socket(&net->a, addresses[number].family),
                                                        .kind = WEIR_PORT_CONNECT,
                                                        .with.address = &addresses[number]};
    assert_int_equal(weir_backend_sim.submit(net->a.state, &link->sides[0].connect.port), 0);
}

static void link_check(const struct link *link) {
    assert_int_equal(link->listener, -1);
    for (int i = 0; i < 2; i++) {
        const struct side *side = &link->sides[i];
        assert_int_equal(side->handle, -1);
        if (side->ended && !side->broken) assert_int_equal(side->got, side->other->sent);
        assert_true(side->got <= side->other->sent);
    }
}

static void hash_line(void *user, const char *line) {
    uint64_t *hash = user;
    for (; *line; line++)
        *hash = (*hash ^ (uint8_t)*line) * 0x100000001b3u;
}

static uint64_t chance_run(uint64_t seed, uint64_t *traced) {
    weir_sim_options options = {.seed = seed,
                                .trace = hash_line,
                                .trace_user = traced,
                                .short_io_percent = (unsigned)(seed % 4 * 25),
                                .socket_buffer = 100 + seed % 7 * 1500,
                                .bandwidth = seed % 5 == 0 ? 10000000 : 0};
    struct net net = net_open(&options);
    struct link links[LINKS];
    *traced = 0;
    net_start(&net);
    for (unsigned i = 0; i < LINKS; i++)
        link_start(&net, &links[i], i);
    settle(&net.a);
    for (unsigned i = 0; i < LINKS; i++)
        link_check(&links[i]);
    uint64_t digest = weir_sim_digest(net.sim);
    net_close(&net);
    return digest;
}

static void a_thousand_schedules(void **state) {
    (void)state;
    uint64_t last = 0;
    for (uint64_t seed = 0; seed < 1000; seed++) {
        uint64_t traced, traced_again;
        uint64_t digest = chance_run(seed, &traced);
        assert_true(digest != last);
        if (seed % 10 == 0) {
            assert_true(chance_run(seed, &traced_again) == digest);
            assert_true(traced == traced_again);
        }
        last = digest;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thousand_schedules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
