/* SPDX-License-Identifier: MIT
 *
 * The simulated system, asked through the port by a loop that does nothing of its own: ops are started here, and the
 * world turns until they have ended. What is expected is what Linux answers. */
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

/* ---- a loop that only collects ------------------------------------------------------------------------------------ */

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

static int host_tick(weir_loop *loop) {
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

static bool host_wants(const weir_loop *loop) { return !((const struct host *)loop)->idle; }

static void host_open(struct host *host) {
    struct weir_backend_env env = {.memory = &host->memory,
                                   .host = host->place,
                                   .loop = (weir_loop *)host,
                                   .tick = host_tick,
                                   .wants = host_wants};
    host->deadline_ns = WEIR_FOREVER;
    if (!host->memory.allocator.resize) weir_memory_init(&host->memory, NULL);
    assert_int_equal(weir_backend_sim.open(&host->state, &env), 0);
}

static void host_close(struct host *host) {
    assert_int_equal(host->state->handles, 0);
    weir_backend_sim.close(host->state, false);
    assert_int_equal(host->memory.held, 0);
}

static struct net net_open(const weir_sim_options *options) {
    struct net net = {0};
    assert_int_equal(weir_sim_open(&net.sim, options), 0);
    assert_int_equal(weir_sim_host_add(net.sim, "a", "10.0.0.1", &net.a.place), 0);
    assert_int_equal(weir_sim_host_add(net.sim, "b", "10.0.0.2", &net.b.place), 0);
    return net;
}

static void net_start(struct net *net) {
    host_open(&net->a);
    host_open(&net->b);
}

static void net_close(struct net *net) {
    host_close(&net->a);
    host_close(&net->b);
    assert_int_equal(weir_sim_close(net->sim), 0);
}

static void op_done(struct weir_port_op *port, const struct weir_completion *c) {
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

static int act(struct host *host, struct weir_call *call) { return weir_backend_sim.call(host->state, call); }

static int submit(struct host *host, struct op *op, enum weir_port_kind kind, weir_handle handle) {
    op->port.kind = (uint8_t)kind;
    op->port.handle = handle;
    op->port.done = op_done;
    op->ended = false;
    return weir_backend_sim.submit(host->state, &op->port);
}

static void cancel(struct host *host, struct op *op) { weir_backend_sim.cancel(host->state, &op->port); }

static int turn(struct host *host) { return weir_backend_sim.turn(host->state, UINT64_MAX); }

/* Turns until the op has ended. */
static int64_t finish(struct host *host, struct op *op) {
    while (!op->ended)
        assert_int_equal(turn(host), 0);
    return op->result;
}

/* Turns until nothing happens any more. */
static void settle(struct host *host) {
    int result;
    while ((result = turn(host)) == 0) {
    }
    assert_int_equal(result, WEIR_ESTALLED);
}

static weir_handle make_socket(struct host *host, uint8_t family) {
    struct weir_call call = {.kind = WEIR_CALL_SOCKET, .family = family};
    assert_int_equal(act(host, &call), 0);
    return call.handle;
}

static int call_close(struct host *host, weir_handle handle, int reset) {
    struct weir_call call = {.kind = WEIR_CALL_CLOSE, .handle = handle, .value = reset};
    return act(host, &call);
}

static int call_bind(struct host *host, weir_handle handle, const weir_address *address) {
    struct weir_call call = {.kind = WEIR_CALL_BIND, .handle = handle, .address = address};
    return act(host, &call);
}

static int call_listen(struct host *host, weir_handle handle, int backlog) {
    struct weir_call call = {.kind = WEIR_CALL_LISTEN, .handle = handle, .value = backlog};
    return act(host, &call);
}

static int call_on(struct host *host, enum weir_call_kind kind, weir_handle handle) {
    struct weir_call call = {.kind = kind, .handle = handle};
    return act(host, &call);
}

static int call_option(struct host *host, weir_handle handle, enum weir_call_option option) {
    struct weir_call call = {.kind = WEIR_CALL_OPTION, .handle = handle, .option = option, .value = 1};
    return act(host, &call);
}

static weir_address call_name(struct host *host, enum weir_call_kind kind, weir_handle handle) {
    weir_address name = {0};
    struct weir_call call = {.kind = kind, .handle = handle, .named = &name};
    assert_int_equal(act(host, &call), 0);
    return name;
}

static size_t call_unsent(struct host *host, weir_handle handle) {
    struct weir_call call = {.kind = WEIR_CALL_UNSENT, .handle = handle};
    assert_int_equal(act(host, &call), 0);
    return call.count;
}

static int64_t call_send(struct host *host, weir_handle handle, const void *bytes, size_t n) {
    struct weir_segment segment = {.bytes = (uint8_t *)(uintptr_t)bytes, .size = n};
    struct weir_call call = {.kind = WEIR_CALL_TRY_SEND, .handle = handle, .segments = &segment};
    int result = act(host, &call);
    return result < 0 ? result : (int64_t)call.count;
}

static weir_address ip(const char *text, uint16_t port) {
    weir_address address;
    assert_int_equal(weir_address_ip(&address, text, port), 0);
    return address;
}

static weir_address path(const char *text) {
    weir_address address;
    assert_int_equal(weir_address_unix(&address, text, strlen(text)), 0);
    return address;
}

static weir_handle listen_on(struct host *host, const weir_address *address, int backlog) {
    weir_handle handle = make_socket(host, address->family);
    assert_int_equal(call_bind(host, handle, address), 0);
    assert_int_equal(call_listen(host, handle, backlog), 0);
    return handle;
}

static weir_handle start_connect(struct host *host, struct op *op, const weir_address *address) {
    weir_handle handle = make_socket(host, address->family);
    *op = (struct op){.port = {.with.address = address}};
    assert_int_equal(submit(host, op, WEIR_PORT_CONNECT, handle), 0);
    return handle;
}

static weir_handle accept_one(struct host *host, weir_handle listener) {
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
static int64_t receive_all(struct host *host, weir_handle handle, void *into, size_t most, size_t *got) {
    struct op op = {.into = into, .most = most};
    assert_int_equal(submit(host, &op, WEIR_PORT_RECEIVE, handle), 0);
    finish(host, &op);
    *got = op.got;
    return op.result;
}

static int64_t send_some(struct host *host, weir_handle handle, const void *bytes, size_t n) {
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

static struct pair pair_open(int kind, const weir_sim_options *options, struct pair *p) {
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

static void pair_close(struct pair *p) {
    if (p->left >= 0) call_close(p->left_host, p->left, 0);
    if (p->right >= 0) call_close(p->right_host, p->right, 0);
    call_close(p->right_host, p->listener, 0);
    net_close(&p->net);
}

static void fill(uint8_t *bytes, size_t n) {
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(i * 131 + (i >> 8) * 17 + (i >> 16));
}

/* ---- bytes -------------------------------------------------------------------------------------------------------- */

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

/* ---- ends --------------------------------------------------------------------------------------------------------- */

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

/* ---- connecting --------------------------------------------------------------------------------------------------- */

static void refusals(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    net_start(&net);
    const struct {
        weir_address address;
        int result;
        uint64_t least_ns;
    } cases[] = {
        {ip("10.0.0.2", 7), WEIR_EREFUSED, 20000},
        {ip("127.0.0.1", 7), WEIR_EREFUSED, 20000},
        {ip("10.9.9.9", 7), WEIR_EUNREACH, 3000000000},
        {path("/none"), WEIR_ENOENT, 1},
        {path("@none"), WEIR_EREFUSED, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct op op;
        uint64_t before = weir_sim_now_ns(net.sim);
        weir_handle handle = start_connect(&net.a, &op, &cases[i].address);
        assert_int_equal(finish(&net.a, &op), cases[i].result);
        assert_true(weir_sim_now_ns(net.sim) - before >= cases[i].least_ns);
        /* The socket is as new. */
        assert_int_equal(submit(&net.a, &op, WEIR_PORT_CONNECT, handle), 0);
        assert_int_equal(finish(&net.a, &op), cases[i].result);
        call_close(&net.a, handle, 0);
    }
    net_close(&net);
}

static void a_dead_socket_file_refuses_and_is_replaced(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    weir_address file = path("/run/x");
    struct op op;
    net_start(&net);
    weir_handle first = listen_on(&net.a, &file, 1), second = make_socket(&net.a, WEIR_FAMILY_UNIX);
    assert_int_equal(call_bind(&net.a, second, &file), WEIR_EADDRINUSE);
    call_close(&net.a, first, 0);
    weir_handle client = start_connect(&net.a, &op, &file);
    assert_int_equal(finish(&net.a, &op), WEIR_EREFUSED);
    assert_int_equal(call_bind(&net.a, second, &file), 0);
    struct weir_call unlink = {.kind = WEIR_CALL_UNLINK, .address = &file};
    assert_int_equal(act(&net.a, &unlink), 0);
    assert_int_equal(act(&net.a, &unlink), WEIR_ENOENT);
    call_close(&net.a, second, 0);
    call_close(&net.a, client, 0);
    net_close(&net);
}

static void a_full_backlog_makes_others_wait(void **state) {
    (void)state;
    const weir_address address = ip("10.0.0.1", 7000);
    struct net net = net_open(NULL);
    struct op ops[4];
    weir_handle clients[4], servers[3];
    net_start(&net);
    weir_handle listener = listen_on(&net.a, &address, 1);
    for (int k = 0; k < 4; k++) {
        clients[k] = start_connect(&net.a, &ops[k], &address);
        settle(&net.a);
        assert_int_equal(ops[k].ended, k < 2);
    }
    cancel(&net.a, &ops[3]);
    assert_int_equal(finish(&net.a, &ops[3]), WEIR_ECANCELED);
    servers[0] = accept_one(&net.a, listener);
    assert_int_equal(finish(&net.a, &ops[2]), 0);
    servers[1] = accept_one(&net.a, listener);
    servers[2] = accept_one(&net.a, listener);
    for (int k = 0; k < 4; k++)
        call_close(&net.a, clients[k], 0);
    for (int k = 0; k < 3; k++)
        call_close(&net.a, servers[k], 0);
    call_close(&net.a, listener, 0);
    net_close(&net);
}

static void a_full_unix_backlog_refuses(void **state) {
    (void)state;
    const weir_address address = path("@x");
    struct net net = net_open(NULL);
    struct op ops[3];
    weir_handle clients[3];
    net_start(&net);
    weir_handle listener = listen_on(&net.a, &address, 1);
    for (int k = 0; k < 3; k++) {
        clients[k] = start_connect(&net.a, &ops[k], &address);
        assert_int_equal(finish(&net.a, &ops[k]), k < 2 ? 0 : WEIR_EREFUSED);
    }
    call_close(&net.a, listener, 0);
    for (int k = 0; k < 3; k++)
        call_close(&net.a, clients[k], 0);
    net_close(&net);
}

static void a_listener_that_goes_resets_its_backlog(void **state) {
    (void)state;
    const weir_address address = ip("10.0.0.1", 7000);
    struct net net = net_open(NULL);
    struct op made, waits;
    char into[4];
    size_t got;
    net_start(&net);
    weir_handle listener = listen_on(&net.a, &address, 1);
    weir_handle client = start_connect(&net.a, &made, &address);
    settle(&net.a);
    weir_handle second = start_connect(&net.a, &waits, &address);
    settle(&net.a);
    weir_handle late = start_connect(&net.a, &waits, &address);
    settle(&net.a);
    assert_int_equal(made.result, 0);
    assert_false(waits.ended);
    call_close(&net.a, listener, 0);
    assert_int_equal(finish(&net.a, &waits), WEIR_EREFUSED);
    assert_int_equal(receive_all(&net.a, client, into, sizeof into, &got), WEIR_ERESET);
    call_close(&net.a, client, 0);
    call_close(&net.a, second, 0);
    call_close(&net.a, late, 0);
    net_close(&net);
}

static void a_connection_reset_in_the_backlog_is_accepted(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    weir_address address = ip("10.0.0.2", 7000);
    struct op op;
    char into[16];
    size_t got;
    net_start(&net);
    weir_handle listener = listen_on(&net.b, &address, 5);
    weir_handle client = start_connect(&net.a, &op, &address);
    assert_int_equal(finish(&net.a, &op), 0);
    assert_int_equal(call_send(&net.a, client, "bytes", 5), 5);
    settle(&net.a);
    call_close(&net.a, client, 1);
    settle(&net.a);
    weir_handle server = accept_one(&net.b, listener);
    assert_int_equal(receive_all(&net.b, server, into, sizeof into, &got), WEIR_ERESET);
    assert_int_equal(got, 5);
    call_close(&net.b, server, 0);
    call_close(&net.b, listener, 0);
    net_close(&net);
}

static void accept_at_the_limit_of_handles(void **state) {
    (void)state;
    struct net net = net_open(&(weir_sim_options){.handle_limit = 3});
    weir_address address = ip("10.0.0.2", 7000);
    struct op connects[2], op = {0};
    net_start(&net);
    weir_handle listener = listen_on(&net.b, &address, 5);
    weir_handle spare = make_socket(&net.b, WEIR_FAMILY_IPV4), other = make_socket(&net.b, WEIR_FAMILY_IPV4);
    struct weir_call call = {.kind = WEIR_CALL_SOCKET, .family = WEIR_FAMILY_IPV4, .handle = 77};
    assert_int_equal(act(&net.b, &call), WEIR_EMFILE);
    assert_int_equal(call.handle, 77);
    weir_handle client = start_connect(&net.a, &connects[0], &address);
    assert_int_equal(finish(&net.a, &connects[0]), 0);
    assert_int_equal(submit(&net.b, &op, WEIR_PORT_ACCEPT, listener), 0);
    assert_int_equal(finish(&net.b, &op), WEIR_EMFILE);
    call_close(&net.b, spare, 0);
    call.kind = WEIR_CALL_PIPE;
    assert_int_equal(act(&net.b, &call), WEIR_EMFILE);
    weir_handle server = accept_one(&net.b, listener);
    call_close(&net.b, other, 0);
    call_close(&net.b, server, 0);
    call_close(&net.b, listener, 0);
    call_close(&net.a, client, 0);
    net_close(&net);
}

static void accepts_come_sixteen_at_a_time(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    weir_address address = path("@many");
    struct op connects[40], op = {0};
    weir_handle clients[40];
    net_start(&net);
    weir_handle listener = listen_on(&net.a, &address, 0);
    for (int i = 0; i < 40; i++)
        clients[i] = start_connect(&net.a, &connects[i], &address);
    settle(&net.a);
    assert_int_equal(submit(&net.a, &op, WEIR_PORT_ACCEPT, listener), 0);
    const unsigned counts[] = {16, 32, 40, 40};
    for (int i = 0; i < 4; i++) {
        struct weir_completion c;
        weir_backend_sim.wait(net.a.state, 0);
        while (weir_backend_sim.next(net.a.state, &c)) {
            call_close(&net.a, c.result, 0);
            op.count++;
        }
        assert_int_equal(op.count, counts[i]);
    }
    cancel(&net.a, &op);
    finish(&net.a, &op);
    for (int i = 0; i < 40; i++)
        call_close(&net.a, clients[i], 0);
    call_close(&net.a, listener, 0);
    net_close(&net);
}

/* ---- names -------------------------------------------------------------------------------------------------------- */

static void addresses_in_use(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    net_start(&net);
    const struct {
        const char *first, *second;
        bool share, only6;
        int result;
    } cases[] = {
        {"127.0.0.1", "127.0.0.1", false, false, WEIR_EADDRINUSE},
        {"127.0.0.1", "127.0.0.1", true, false, 0},
        {"127.0.0.1", "10.0.0.1", false, false, 0},
        {"0.0.0.0", "10.0.0.1", false, false, WEIR_EADDRINUSE},
        {"10.0.0.1", "0.0.0.0", false, false, WEIR_EADDRINUSE},
        {"::", "127.0.0.1", false, false, WEIR_EADDRINUSE},
        {"::", "127.0.0.1", false, true, 0},
        {"::1", "127.0.0.1", false, false, 0},
        {"127.0.0.1", "10.0.0.2", false, false, WEIR_EADDRNOTAVAIL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        weir_address a = ip(cases[i].first, 7000), b = ip(cases[i].second, 7000);
        weir_handle first = make_socket(&net.a, a.family), second = make_socket(&net.a, b.family);
        if (cases[i].share) call_option(&net.a, first, WEIR_OPTION_REUSEPORT);
        if (cases[i].share) call_option(&net.a, second, WEIR_OPTION_REUSEPORT);
        if (cases[i].only6) call_option(&net.a, first, WEIR_OPTION_IPV6_ONLY);
        assert_int_equal(call_bind(&net.a, first, &a), 0);
        assert_int_equal(call_bind(&net.a, second, &b), cases[i].result);
        call_close(&net.a, first, 0);
        call_close(&net.a, second, 0);
    }
    net_close(&net);
}

static void names_of_a_connection(void **state) {
    (void)state;
    struct pair p;
    weir_address expected = ip("10.0.0.2", 7000), client = ip("10.0.0.1", 0);
    pair_open(TCP, NULL, &p);
    weir_address peer = call_name(p.left_host, WEIR_CALL_PEER, p.left);
    assert_true(weir_address_equal(&peer, &expected));
    peer = call_name(p.right_host, WEIR_CALL_LOCAL, p.right);
    assert_true(weir_address_equal(&peer, &expected));
    weir_address local = call_name(p.left_host, WEIR_CALL_LOCAL, p.left);
    peer = call_name(p.right_host, WEIR_CALL_PEER, p.right);
    assert_true(weir_address_equal(&peer, &local));
    client.port = peer.port;
    assert_true(weir_address_equal(&peer, &client) && peer.port >= 49152);
    pair_close(&p);
}

static void ipv6_listeners_take_ipv4(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    weir_address any = ip("::", 0), mapped = ip("::ffff:127.0.0.1", 0);
    struct op op;
    net_start(&net);
    weir_handle listener = listen_on(&net.a, &any, 0);
    weir_address name = call_name(&net.a, WEIR_CALL_LOCAL, listener);
    assert_int_equal(name.port, 49152);
    weir_address target = ip("127.0.0.1", name.port);
    weir_handle client = start_connect(&net.a, &op, &target);
    assert_int_equal(finish(&net.a, &op), 0);
    weir_handle server = accept_one(&net.a, listener);
    weir_address local = call_name(&net.a, WEIR_CALL_LOCAL, server);
    mapped.port = name.port;
    assert_true(weir_address_equal(&local, &mapped));
    call_close(&net.a, client, 0);
    call_close(&net.a, server, 0);
    call_close(&net.a, listener, 0);
    net_close(&net);
}

static weir_handle connect_to(struct host *host, const weir_address *address) {
    struct op op;
    weir_handle handle = start_connect(host, &op, address);
    assert_int_equal(finish(host, &op), 0);
    return handle;
}

static void wildcard_and_mapped_targets_lead_home(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    net_start(&net);
    weir_handle listener = make_socket(&net.a, WEIR_FAMILY_IPV4), nameless = make_socket(&net.a, WEIR_FAMILY_UNIX);
    weir_address none = call_name(&net.a, WEIR_CALL_LOCAL, nameless);
    assert_true(none.family == WEIR_FAMILY_UNIX && none.length == 0);
    assert_int_equal(call_listen(&net.a, nameless, 0), WEIR_EINVAL);
    assert_int_equal(call_listen(&net.a, listener, 0), 0); /* without a name: any port */
    uint16_t port = call_name(&net.a, WEIR_CALL_LOCAL, listener).port;
    const weir_address targets[] = {ip("0.0.0.0", port), ip("::ffff:10.0.0.1", port), ip("10.0.0.1", port)};
    for (size_t i = 0; i < 3; i++) {
        weir_handle client = connect_to(&net.a, &targets[i]), server = accept_one(&net.a, listener);
        weir_address peer = call_name(&net.a, WEIR_CALL_PEER, server), own = ip(i ? "10.0.0.1" : "127.0.0.1", 0);
        own.port = peer.port;
        assert_true(weir_address_equal(&peer, &own));
        call_close(&net.a, client, 0);
        call_close(&net.a, server, 0);
    }
    call_close(&net.a, listener, 0);
    call_close(&net.a, nameless, 0);
    net_close(&net);
}

static void a_shared_port_shares_its_connections(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    weir_address address = ip("10.0.0.1", 7000);
    weir_handle listeners[2], clients[20];
    unsigned taken[2] = {0, 0};
    net_start(&net);
    for (int i = 0; i < 2; i++) {
        listeners[i] = make_socket(&net.a, WEIR_FAMILY_IPV4);
        assert_int_equal(call_option(&net.a, listeners[i], WEIR_OPTION_REUSEPORT), 0);
        assert_int_equal(call_bind(&net.a, listeners[i], &address), 0);
        assert_int_equal(call_listen(&net.a, listeners[i], 0), 0);
    }
    for (int i = 0; i < 20; i++)
        clients[i] = connect_to(&net.b, &address);
    for (int i = 0; i < 2; i++) {
        struct op op = {.acceptor = &net.a};
        assert_int_equal(submit(&net.a, &op, WEIR_PORT_ACCEPT, listeners[i]), 0);
        do {
            settle(&net.a);
            while (net.a.spare)
                call_close(&net.a, net.a.accepted[--net.a.spare], 0);
            if (taken[i] == op.count) break;
            taken[i] = op.count;
        } while (true);
        cancel(&net.a, &op);
        finish(&net.a, &op);
        call_close(&net.a, listeners[i], 0);
    }
    assert_int_equal(taken[0] + taken[1], 20);
    assert_true(taken[0] > 2 && taken[1] > 2);
    for (int i = 0; i < 20; i++)
        call_close(&net.b, clients[i], 0);
    net_close(&net);
}

static void a_stale_handle_is_found_out(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    net_start(&net);
    weir_handle first = make_socket(&net.a, WEIR_FAMILY_IPV4);
    call_close(&net.a, first, 0);
    weir_handle second = make_socket(&net.a, WEIR_FAMILY_IPV4);
    assert_true(first != second);
    assert_int_equal(call_close(&net.a, first, 0), WEIR_EINVAL);
    assert_int_equal(call_close(&net.a, WEIR_NO_HANDLE, 0), WEIR_EINVAL);
    call_close(&net.a, second, 0);
    net_close(&net);
}

/* ---- the world ---------------------------------------------------------------------------------------------------- */

static void a_cut_way_holds_bytes_and_connects(void **state) {
    (void)state;
    struct pair p;
    char into[16];
    struct op connect, receive = {.into = (uint8_t *)into, .most = sizeof into};
    weir_address address = ip("10.0.0.2", 7000);
    pair_open(TCP, NULL, &p);
    assert_int_equal(weir_sim_partition(p.net.sim, p.net.a.place, p.net.b.place, true), 0);
    assert_int_equal(weir_sim_partition(p.net.sim, p.net.b.place, p.net.a.place, true), 0);
    assert_int_equal(weir_sim_partition(p.net.sim, p.net.a.place, p.net.a.place, true), WEIR_EINVAL);
    assert_int_equal(call_send(p.left_host, p.left, "one", 3), 3);
    assert_int_equal(call_send(p.left_host, p.left, "two", 3), 3);
    assert_int_equal(call_on(p.left_host, WEIR_CALL_SHUTDOWN, p.left), 0);
    weir_handle client = start_connect(p.left_host, &connect, &address);
    assert_int_equal(submit(p.right_host, &receive, WEIR_PORT_RECEIVE, p.right), 0);
    settle(p.left_host);
    assert_false(receive.ended || connect.ended);
    assert_int_equal(receive.got, 0);
    assert_int_equal(call_unsent(p.left_host, p.left), 6);
    assert_int_equal(weir_sim_partition(p.net.sim, p.net.b.place, p.net.a.place, false), 0);
    assert_int_equal(finish(p.right_host, &receive), 0);
    assert_int_equal(receive.got, 6);
    assert_memory_equal(into, "onetwo", 6);
    assert_int_equal(finish(p.left_host, &connect), 0);
    call_close(p.left_host, client, 0);
    pair_close(&p);
}

static void a_crash_resets_both_sides(void **state) {
    (void)state;
    struct pair p;
    char into[16];
    size_t got;
    pair_open(TCP, NULL, &p);
    assert_int_equal(call_send(p.left_host, p.left, "lost", 4), 4);
    assert_int_equal(weir_sim_reset(p.net.sim, p.net.b.place), 0);
    assert_int_equal(receive_all(p.left_host, p.left, into, sizeof into, &got), WEIR_ERESET);
    assert_int_equal(receive_all(p.right_host, p.right, into, sizeof into, &got), WEIR_ERESET);
    assert_int_equal(got, 0);
    pair_close(&p);

    pair_open(LOOPBACK, NULL, &p); /* what stays within the host is not touched */
    assert_int_equal(weir_sim_reset(p.net.sim, p.net.a.place), 0);
    assert_int_equal(call_send(p.left_host, p.left, "kept", 4), 4);
    pair_close(&p);
}

static void time_is_the_deadlines(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    net_start(&net);
    settle(&net.a);
    uint64_t start = weir_backend_sim.now_ns(net.a.state);
    assert_true(start > weir_sim_now_ns(net.sim));
    net.a.deadline_ns = start + 5000000;
    weir_backend_sim.wake(net.a.state);
    unsigned ticks = net.a.ticks, others = net.b.ticks;
    while (weir_backend_sim.now_ns(net.a.state) < net.a.deadline_ns)
        assert_int_equal(turn(&net.a), 0);
    assert_int_equal(weir_backend_sim.now_ns(net.a.state), net.a.deadline_ns);
    assert_in_range(net.a.ticks - ticks, 1, 4); /* it is woken, asked again before the leap, and that is all */
    assert_in_range(net.b.ticks - others, 0, 2);
    net.a.deadline_ns = WEIR_FOREVER;
    settle(&net.a);

    net.b.deadline_ns = weir_backend_sim.now_ns(net.b.state) + 1000000000;
    assert_int_equal(weir_sim_run(net.sim, weir_sim_now_ns(net.sim) + 1000), 0);
    uint64_t until = weir_sim_now_ns(net.sim) + 500000000;
    assert_int_equal(weir_sim_run(net.sim, until), 0);
    assert_int_equal(weir_sim_now_ns(net.sim), until);
    net.b.idle = net.a.idle = true;
    assert_int_equal(weir_sim_run(net.sim, UINT64_MAX), 0);
    assert_int_equal(weir_sim_now_ns(net.sim), until);
    net_close(&net);
}

static void the_doors_of_a_world(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    weir_sim_host *host;
    weir_sim *sim;
    struct host again = {0};
    assert_int_equal(weir_sim_host_add(net.sim, "c", "10.0.0.2", &host), WEIR_EEXIST);
    assert_int_equal(weir_sim_host_add(net.sim, "c", "10.0.0", &host), WEIR_EINVAL);
    assert_int_equal(weir_sim_host_add(net.sim, "c", "127.0.0.1", &host), WEIR_EINVAL);
    assert_int_equal(weir_sim_host_add(net.sim, "c", "::", &host), WEIR_EINVAL);
    assert_int_equal(weir_sim_host_add(net.sim, "c", "fd00::1", &host), 0);
    assert_int_equal(weir_sim_open(&sim, &(weir_sim_options){.latency_min_ns = 2, .latency_max_ns = 1}), WEIR_EINVAL);
    assert_int_equal(weir_sim_open(&sim, &(weir_sim_options){.short_io_percent = 101}), WEIR_EINVAL);
    net_start(&net);
    again.place = net.a.place;
    struct weir_backend_env env = {.memory = &again.memory, .host = again.place};
    assert_int_equal(weir_backend_sim.open(&again.state, &env), WEIR_EBUSY);
    assert_int_equal(weir_sim_close(net.sim), WEIR_EBUSY);
    struct weir_call call = {.kind = WEIR_CALL_STDIO};
    assert_int_equal(act(&net.a, &call), WEIR_ENOTSUP);
    assert_int_equal(weir_backend_sim.handle(net.a.state), WEIR_NO_HANDLE);
    net_close(&net);

    again.place = NULL;
    host_open(&again); /* without a host: a world of its own */
    weir_handle handle = make_socket(&again, WEIR_FAMILY_IPV6);
    call_close(&again, handle, 0);
    host_close(&again);
}

static void chance_comes_from_the_world(void **state) {
    (void)state;
    uint8_t first[16], second[16];
    for (int i = 0; i < 2; i++) {
        struct net net = net_open(&(weir_sim_options){.seed = 5});
        net_start(&net);
        struct weir_call call = {.kind = WEIR_CALL_RANDOM, .bytes = i ? second : first, .count = sizeof first};
        assert_int_equal(act(&net.a, &call), 0);
        net_close(&net);
    }
    assert_memory_equal(first, second, sizeof first);
    assert_memory_not_equal(first, first + 8, 8);
}

static void a_world_ends_with_what_is_under_way(void **state) {
    (void)state;
    struct pair p;
    weir_sim_host *third;
    pair_open(TCP, NULL, &p);
    assert_int_equal(weir_sim_host_add(p.net.sim, "c", "10.0.0.3", &third), 0);
    assert_int_equal(weir_sim_partition(p.net.sim, p.net.a.place, p.net.b.place, true), 0);
    assert_int_equal(weir_sim_partition(p.net.sim, p.net.b.place, third, true), 0);
    assert_int_equal(weir_sim_partition(p.net.sim, p.net.b.place, third, false), 0);
    assert_int_equal(weir_sim_partition(p.net.sim, p.net.b.place, third, true), 0);
    assert_int_equal(call_send(p.left_host, p.left, "never", 5), 5);
    settle(p.left_host);
    weir_backend_sim.close(p.net.a.state, true); /* as in a forked child: with what is open */
    weir_backend_sim.close(p.net.b.state, true);
    assert_int_equal(p.net.a.memory.held, 0);
    assert_int_equal(p.net.b.memory.held, 0);
    assert_int_equal(weir_sim_close(p.net.sim), 0);
}

/* ---- chance ------------------------------------------------------------------------------------------------------- */

/* Random connections between random places, with random ends: whatever arrives is a prefix of what was sent, all of it
 * when the end says so, and everything ends. */
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

/* ---- out of memory ------------------------------------------------------------------------------------------------ */

struct meagre {
    unsigned left; /* requests that are still granted */
    bool refused;
};

static void *meagre_resize(void *user, void *old, size_t old_size, size_t new_size) {
    struct meagre *meagre = user;
    if (new_size > old_size && meagre->left-- == 0) {
        meagre->left = 0;
        meagre->refused = true;
        return NULL;
    }
    if (new_size) return realloc(old, new_size);
    free(old);
    return NULL;
}

/* One exchange, in which each step may be refused and is then tried again with plenty. */
static int retry(struct host *host, struct op *op, enum weir_port_kind kind, weir_handle handle,
                 struct meagre *meagre) {
    int result = submit(host, op, kind, handle);
    if (result == 0) return 0;
    assert_int_equal(result, WEIR_ENOMEM);
    assert_true(meagre->refused);
    meagre->left = UINT32_MAX;
    return submit(host, op, kind, handle);
}

static int retry_call(struct host *host, struct weir_call *call, struct meagre *meagre) {
    int result = act(host, call);
    if (result == 0) return 0;
    assert_int_equal(result, WEIR_ENOMEM);
    assert_true(meagre->refused);
    meagre->left = UINT32_MAX;
    return act(host, call);
}

static void meagre_exchange(struct net *net, struct meagre *meagre, weir_address address) {
    static uint8_t bytes[20000], into[20000];
    struct weir_call listener = {.kind = WEIR_CALL_SOCKET, .family = address.family}, client = listener;
    struct op accept = {0}, connect = {.port = {.with.address = &address}};
    size_t got = 0, sent = 0;
    struct host *b = address.family == WEIR_FAMILY_UNIX ? &net->a : &net->b;

    assert_int_equal(retry_call(b, &listener, meagre), 0);
    struct weir_call bind = {.kind = WEIR_CALL_BIND, .handle = listener.handle, .address = &address};
    assert_int_equal(retry_call(b, &bind, meagre), 0);
    assert_int_equal(call_listen(b, listener.handle, 0), 0);
    assert_int_equal(retry_call(&net->a, &client, meagre), 0);
    assert_int_equal(retry(&net->a, &connect, WEIR_PORT_CONNECT, client.handle, meagre), 0);
    assert_int_equal(finish(&net->a, &connect), 0);
    assert_int_equal(submit(b, &accept, WEIR_PORT_ACCEPT, listener.handle), 0);
    while (!accept.count)
        assert_int_equal(turn(b), 0);
    weir_handle server = accept.result;
    if (server < 0) { /* refused, and still in the backlog */
        assert_int_equal(server, WEIR_ENOMEM);
        assert_true(accept.ended && meagre->refused);
        meagre->left = UINT32_MAX;
        server = accept_one(b, listener.handle);
    } else {
        cancel(b, &accept);
        finish(b, &accept);
    }
    fill(bytes, sizeof bytes);
    while (sent < sizeof bytes) { /* a refusal is only a smaller buffer */
        int64_t n = send_some(&net->a, client.handle, bytes + sent, sizeof bytes - sent);
        assert_true(n > 0);
        sent += (size_t)n;
        struct op receive = {.into = into + got, .most = sizeof into - got};
        assert_int_equal(submit(b, &receive, WEIR_PORT_RECEIVE, server), 0);
        while (!receive.count)
            assert_int_equal(turn(b), 0);
        cancel(b, &receive);
        finish(b, &receive);
        got += receive.got;
    }
    call_close(&net->a, client.handle, 0);
    size_t rest;
    assert_int_equal(receive_all(b, server, into + got, sizeof into - got, &rest), 0);
    assert_int_equal(got + rest, sizeof bytes);
    assert_memory_equal(bytes, into, sizeof bytes);
    call_close(b, server, 0);
    call_close(b, listener.handle, 0);
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    const weir_address addresses[] = {ip("10.0.0.2", 7000), path("/run/x")};
    for (size_t i = 0; i < 2; i++) {
        struct meagre meagre = {.refused = true};
        for (unsigned n = 0; meagre.refused; n++) {
            weir_allocator allocator = {meagre_resize, &meagre};
            meagre = (struct meagre){.left = UINT32_MAX};
            struct net net = net_open(&(weir_sim_options){.allocator = &allocator, .seed = n});
            weir_memory_init(&net.a.memory, &allocator);
            weir_memory_init(&net.b.memory, &allocator);
            net_start(&net);
            meagre.left = n;
            meagre_exchange(&net, &meagre, addresses[i]);
            meagre.left = UINT32_MAX;
            net_close(&net);
        }
    }
}

static void a_world_that_cannot_be_made(void **state) {
    (void)state;
    struct meagre meagre = {.refused = true};
    for (unsigned n = 0; meagre.refused; n++) {
        weir_allocator allocator = {meagre_resize, &meagre};
        struct host host = {.deadline_ns = WEIR_FOREVER};
        struct weir_backend_env env = {
            .memory = &host.memory, .loop = (weir_loop *)&host, .tick = host_tick, .wants = host_wants};
        meagre = (struct meagre){.left = n};
        weir_memory_init(&host.memory, &allocator);
        int result = weir_backend_sim.open(&host.state, &env);
        assert_int_equal(result, meagre.refused ? WEIR_ENOMEM : 0);
        if (result == 0) weir_backend_sim.close(host.state, false);
        assert_int_equal(host.memory.held, 0);
    }
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
        cmocka_unit_test(refusals),
        cmocka_unit_test(a_dead_socket_file_refuses_and_is_replaced),
        cmocka_unit_test(a_full_backlog_makes_others_wait),
        cmocka_unit_test(a_full_unix_backlog_refuses),
        cmocka_unit_test(a_listener_that_goes_resets_its_backlog),
        cmocka_unit_test(a_connection_reset_in_the_backlog_is_accepted),
        cmocka_unit_test(accept_at_the_limit_of_handles),
        cmocka_unit_test(accepts_come_sixteen_at_a_time),
        cmocka_unit_test(addresses_in_use),
        cmocka_unit_test(names_of_a_connection),
        cmocka_unit_test(ipv6_listeners_take_ipv4),
        cmocka_unit_test(wildcard_and_mapped_targets_lead_home),
        cmocka_unit_test(a_shared_port_shares_its_connections),
        cmocka_unit_test(a_stale_handle_is_found_out),
        cmocka_unit_test(a_cut_way_holds_bytes_and_connects),
        cmocka_unit_test(a_crash_resets_both_sides),
        cmocka_unit_test(time_is_the_deadlines),
        cmocka_unit_test(the_doors_of_a_world),
        cmocka_unit_test(chance_comes_from_the_world),
        cmocka_unit_test(a_world_ends_with_what_is_under_way),
        cmocka_unit_test(a_thousand_schedules),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(a_world_that_cannot_be_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
