/* SPDX-License-Identifier: MIT
 *
 * The simulated system, asked through the port by a loop that does nothing of its own, for its tests: ops are started
 * here, and the world turns until they have ended. What the tests expect is what Linux answers. */
#ifndef WEIR_TESTS_UNIT_SIM_NET_H
#define WEIR_TESTS_UNIT_SIM_NET_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <weir/sim.h>

#include "backend/sim/sim.h"
#include "core/backend.h"

struct host {
    weir_sim_host *place;
    struct weir_memory memory;
    struct weir_backend_state *state;
    uint64_t deadline_ns;
    unsigned ticks;
    bool idle;                /* has nothing that it would run for */
    weir_handle accepted[32]; /* connections that came although the accept was cancelled */
    unsigned spare;
};

struct op {
    struct weir_port_op port;
    int64_t result;
    unsigned count; /* completions */
    bool ended;
    uint8_t *into; /* receive: where the bytes are gathered */
    size_t got, most;
    struct host *acceptor;
    struct weir_segment segments[3];
};

struct net {
    weir_sim *sim;
    struct host a, b;
};

static inline int host_tick(weir_loop *loop) {
    struct host *host = (struct host *)loop;
    struct weir_completion c;
    host->ticks++;
    assert_int_equal(weir_backend_sim.wait(host->state, host->deadline_ns), 0);
    while (weir_backend_sim.next(host->state, &c)) {
        c.op->done(c.op, &c);
        weir_backend_sim.release(host->state, &c);
    }
    return 0;
}

static inline bool host_wants(const weir_loop *loop) { return !((const struct host *)loop)->idle; }

static inline void host_open(struct host *host) {
    struct weir_backend_env env = {.memory = &host->memory,
                                   .host = host->place,
                                   .loop = (weir_loop *)host,
                                   .tick = host_tick,
                                   .wants = host_wants};
    host->deadline_ns = WEIR_FOREVER;
    if (!host->memory.allocator.resize) weir_memory_init(&host->memory, NULL);
    assert_int_equal(weir_backend_sim.open(&host->state, &env), 0);
}

static inline void host_close(struct host *host) {
    assert_int_equal(host->state->handles, 0);
    weir_backend_sim.close(host->state, false);
    assert_int_equal(host->memory.held, 0);
}

static inline struct net net_open(const weir_sim_options *options) {
    struct net net = {0};
    assert_int_equal(weir_sim_open(&net.sim, options), 0);
    assert_int_equal(weir_sim_host_add(net.sim, "a", "10.0.0.1", &net.a.place), 0);
    assert_int_equal(weir_sim_host_add(net.sim, "b", "10.0.0.2", &net.b.place), 0);
    return net;
}

static inline void net_start(struct net *net) {
    host_open(&net->a);
    host_open(&net->b);
}

static inline void net_close(struct net *net) {
    host_close(&net->a);
    host_close(&net->b);
    assert_int_equal(weir_sim_close(net->sim), 0);
}

static inline void op_done(struct weir_port_op *port, const struct weir_completion *c) {
    struct op *op = (struct op *)port;
    assert_false(op->ended);
    assert_int_equal(c->os_code, 0);
    op->count++;
    op->result = c->result;
    op->ended = c->last;
    if (op->acceptor && c->result >= 0) op->acceptor->accepted[op->acceptor->spare++] = c->result;
    if (!c->bytes) return;
    assert_true(c->result > 0);
    assert_true(op->got + (size_t)c->result <= op->most);
    memcpy(op->into + op->got, c->bytes, (size_t)c->result);
    op->got += (size_t)c->result;
}

static inline int act(struct host *host, struct weir_call *call) { return weir_backend_sim.call(host->state, call); }

static inline int submit(struct host *host, struct op *op, enum weir_port_kind kind, weir_handle handle) {
    op->port.kind = (uint8_t)kind;
    op->port.handle = handle;
    op->port.done = op_done;
    op->ended = false;
    return weir_backend_sim.submit(host->state, &op->port);
}

static inline void cancel(struct host *host, struct op *op) { weir_backend_sim.cancel(host->state, &op->port); }

static inline int turn(struct host *host) { return weir_backend_sim.turn(host->state, UINT64_MAX); }

/* Turns until the op has ended. */
static inline int64_t finish(struct host *host, struct op *op) {
    while (!op->ended)
        assert_int_equal(turn(host), 0);
    return op->result;
}

/* Turns until nothing happens any more. */
static inline void settle(struct host *host) {
    int result;
    while ((result = turn(host)) == 0) {
    }
    assert_int_equal(result, WEIR_ESTALLED);
}

static inline weir_handle make_socket(struct host *host, uint8_t family) {
    struct weir_call call = {.kind = WEIR_CALL_SOCKET, .family = family};
    assert_int_equal(act(host, &call), 0);
    return call.handle;
}

static inline int call_close(struct host *host, weir_handle handle, int reset) {
    struct weir_call call = {.kind = WEIR_CALL_CLOSE, .handle = handle, .value = reset};
    return act(host, &call);
}

static inline int call_bind(struct host *host, weir_handle handle, const weir_address *address) {
    struct weir_call call = {.kind = WEIR_CALL_BIND, .handle = handle, .address = address};
    return act(host, &call);
}

static inline int call_listen(struct host *host, weir_handle handle, int backlog) {
    struct weir_call call = {.kind = WEIR_CALL_LISTEN, .handle = handle, .value = backlog};
    return act(host, &call);
}

static inline int call_on(struct host *host, enum weir_call_kind kind, weir_handle handle) {
    struct weir_call call = {.kind = kind, .handle = handle};
    return act(host, &call);
}

static inline int call_option(struct host *host, weir_handle handle, enum weir_call_option option) {
    struct weir_call call = {.kind = WEIR_CALL_OPTION, .handle = handle, .option = option, .value = 1};
    return act(host, &call);
}

static inline weir_address call_name(struct host *host, enum weir_call_kind kind, weir_handle handle) {
    weir_address name = {0};
    struct weir_call call = {.kind = kind, .handle = handle, .named = &name};
    assert_int_equal(act(host, &call), 0);
    return name;
}

static inline size_t call_unsent(struct host *host, weir_handle handle) {
    struct weir_call call = {.kind = WEIR_CALL_UNSENT, .handle = handle};
    assert_int_equal(act(host, &call), 0);
    return call.count;
}

static inline int64_t call_send(struct host *host, weir_handle handle, const void *bytes, size_t n) {
    struct weir_segment segment = {.bytes = (uint8_t *)(uintptr_t)bytes, .size = n};
    struct weir_call call = {.kind = WEIR_CALL_TRY_SEND, .handle = handle, .segments = &segment};
    int result = act(host, &call);
    return result < 0 ? result : (int64_t)call.count;
}

static inline weir_address ip(const char *text, uint16_t port) {
    weir_address address;
    assert_int_equal(weir_address_ip(&address, text, port), 0);
    return address;
}

static inline weir_address path(const char *text) {
    weir_address address;
    assert_int_equal(weir_address_unix(&address, text, strlen(text)), 0);
    return address;
}

static inline weir_handle listen_on(struct host *host, const weir_address *address, int backlog) {
    weir_handle handle = make_socket(host, address->family);
    assert_int_equal(call_bind(host, handle, address), 0);
    assert_int_equal(call_listen(host, handle, backlog), 0);
    return handle;
}

static inline weir_handle start_connect(struct host *host, struct op *op, const weir_address *address) {
    weir_handle handle = make_socket(host, address->family);
    *op = (struct op){.port = {.with.address = address}};
    assert_int_equal(submit(host, op, WEIR_PORT_CONNECT, handle), 0);
    return handle;
}

static inline weir_handle accept_one(struct host *host, weir_handle listener) {
    struct op op = {.acceptor = host};
    if (!host->spare) {
        assert_int_equal(submit(host, &op, WEIR_PORT_ACCEPT, listener), 0);
        while (!op.count)
            assert_int_equal(turn(host), 0);
        assert_true(op.result >= 0);
        cancel(host, &op);
        assert_int_equal(finish(host, &op), WEIR_ECANCELED);
    }
    return host->accepted[--host->spare];
}

/* Receives until the op ends; `*got` are the bytes, which go into `into`. */
static inline int64_t receive_all(struct host *host, weir_handle handle, void *into, size_t most, size_t *got) {
    struct op op = {.into = into, .most = most};
    assert_int_equal(submit(host, &op, WEIR_PORT_RECEIVE, handle), 0);
    finish(host, &op);
    *got = op.got;
    return op.result;
}

static inline int64_t send_some(struct host *host, weir_handle handle, const void *bytes, size_t n) {
    struct op op = {.segments = {{.bytes = (uint8_t *)(uintptr_t)bytes, .size = n}}};
    op.port.with.segments = op.segments;
    assert_int_equal(submit(host, &op, WEIR_PORT_SEND, handle), 0);
    return finish(host, &op);
}

/* A connected pair, over whatever `kind` says. */
struct pair {
    struct net net;
    struct host *left_host, *right_host;
    weir_handle left, right, listener;
};

enum { TCP, UNIX, LOOPBACK };

static inline struct pair pair_open(int kind, const weir_sim_options *options, struct pair *p) {
    weir_address address = kind == TCP ? ip("10.0.0.2", 7000) : kind == UNIX ? path("/run/x") : ip("127.0.0.1", 7000);
    struct op op;
    *p = (struct pair){.net = net_open(options)};
    net_start(&p->net);
    p->left_host = &p->net.a;
    p->right_host = kind == TCP ? &p->net.b : &p->net.a;
    p->listener = listen_on(p->right_host, &address, 0);
    p->left = start_connect(p->left_host, &op, &address);
    assert_int_equal(finish(p->left_host, &op), 0);
    p->right = accept_one(p->right_host, p->listener);
    return *p;
}

static inline void pair_close(struct pair *p) {
    if (p->left >= 0) call_close(p->left_host, p->left, 0);
    if (p->right >= 0) call_close(p->right_host, p->right, 0);
    call_close(p->right_host, p->listener, 0);
    net_close(&p->net);
}

static inline void fill(uint8_t *bytes, size_t n) {
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(i * 131 + (i >> 8) * 17 + (i >> 16));
}

#endif
