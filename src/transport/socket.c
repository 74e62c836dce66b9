/* SPDX-License-Identifier: MIT
 *
 * The driver over backend handles. One receive op that repeats, one send op at a time; a handle is closed only when
 * both have ended, so that no stale completion can meet its successor. A receive that was stopped and is wanted again
 * before its cancel has completed is simply submitted anew at that completion: bytes drawn meanwhile are delivered in
 * order. */
#include "transport/socket.h"

#include <assert.h>

#include "transport/connect.h"

#define KEEPALIVE_MAX 32767 /* seconds; more is refused by some systems */

static struct weir_socket *socket_of(weir_transport *t) { return (struct weir_socket *)(void *)t; }

struct sending {
    struct weir_port_op op;
    struct weir_socket *socket;
};

_Static_assert(sizeof(struct sending) <= WEIR_SEGMENT_SCRATCH, "the send op lives in a segment");

/* The op in flight, if any: the queue does not change at its front while it is. */
static struct weir_port_op *sending_of(const struct weir_socket *s) {
    struct sending *sending = s->base.first ? (void *)s->base.first->scratch.bytes : NULL;
    return sending && s->base.sending && sending->op.active ? &sending->op : NULL;
}

static weir_handle out_of(const struct weir_socket *s) {
    return s->base.driver == &weir_driver_stdio ? ((const struct weir_stdio *)(const void *)s)->out : s->receive.handle;
}

static void close_handle(weir_loop *loop, weir_handle handle, bool reset) {
    struct weir_call call = {.kind = WEIR_CALL_CLOSE, .handle = handle, .value = reset};
    if (handle != WEIR_NO_HANDLE) weir_port_call(loop, &call);
}

/* A reset may have come after the end that we saw, and then the last bytes did not arrive: only the socket's own error
 * tells, and only before it is closed (docs/decisions/0003, R6). */
static void look_for_late_reset(struct weir_socket *s) {
    weir_transport *t = &s->base;
    struct weir_call call = {.kind = WEIR_CALL_ERROR, .handle = s->receive.handle};
    if (t->reset || t->code || !(t->driver->caps & WEIR_LINGERS)) return;
    if (weir_port_call(loop_of(t), &call) < 0) weir_transport_note(t, WEIR_ERESET, WEIR_STAGE_CLOSE, call.os_code);
}

/* After drop: lets go when the last op has ended. */
void weir_socket_release(struct weir_socket *s) {
    if (!s->base.dropped || s->base.gone || s->receive.active || sending_of(s) || weir_connect_active(&s->base)) return;
    if (s->base.driver == &weir_driver_stdio && weir_stdio_busy((struct weir_stdio *)(void *)s)) return;
    weir_loop *loop = loop_of(&s->base);
    bool reset = s->base.reset && (s->base.driver->caps & WEIR_LINGERS);
    look_for_late_reset(s);
    if (out_of(s) != s->receive.handle) close_handle(loop, out_of(s), reset);
    close_handle(loop, s->receive.handle, reset);
    weir_transport_gone(&s->base);
}

static void received(struct weir_port_op *op, const struct weir_completion *c) {
    struct weir_socket *s = (struct weir_socket *)(void *)((char *)op - offsetof(struct weir_socket, receive));
    weir_transport *t = &s->base;
    if (c->moved) weir_flow_moved(t, c->moved);
    if (c->result > 0) weir_transport_deliver(t, c->bytes, (size_t)c->result);
    if (!c->last) return;
    if (t->dropped)
        weir_socket_release(s);
    else if (c->result == 0)
        weir_transport_ended(t);
    else if (c->result < 0 && c->result != WEIR_ECANCELED)
        weir_transport_read_failed(t, (int)c->result, c->os_code);
    else {
        bool wanted = t->receiving;
        t->receiving = 0;
        if (wanted) weir_receive_update(t);
    }
}

/* Between two TCP sockets that a flow joins. */
static weir_handle onward(const struct weir_port_op *op) {
    const struct weir_socket *s =
        (const struct weir_socket *)(const void *)((const char *)op - offsetof(struct weir_socket, receive));
    const weir_transport *to = weir_flow_shortcut(&s->base);
    if (!to || to->driver != &weir_driver_tcp) return WEIR_NO_HANDLE;
    return ((const struct weir_socket *)(const void *)to)->receive.handle;
}

int weir_socket_receive(weir_transport *t, bool on) {
    struct weir_socket *s = socket_of(t);
    if (!on) weir_port_cancel(loop_of(t), &s->receive);
    if (!on || s->receive.active) return 0;
    return weir_port_submit(loop_of(t), &s->receive);
}

static void sent(struct weir_port_op *op, const struct weir_completion *c) {
    struct weir_socket *s = ((struct sending *)(void *)op)->socket;
    weir_transport *t = &s->base;
    assert(c->last);
    size_t n = c->result > 0 ? (size_t)c->result : 0;
    t->stalled = n < t->queued;
    if (c->result < 0 && c->result != WEIR_ECANCELED) weir_transport_write_failed(t, (int)c->result, c->os_code);
    weir_transport_sent(t, n);
    weir_socket_release(s);
}

/* Large or gathered writes go straight to the system, on every backend; on readiness systems all do. */
static bool tries_first(const weir_transport *t, const struct weir_segment *chain) {
    return (loop_of(t)->state->caps & WEIR_CAP_TRY_FIRST) || chain->next || chain->size >= WEIR_DIRECT_SIZE;
}

static int64_t try_send(weir_transport *t, const struct weir_segment *chain, int *os_code) {
    struct weir_call call = {.kind = WEIR_CALL_TRY_SEND, .handle = out_of(socket_of(t)), .segments = chain};
    int status = weir_port_call(loop_of(t), &call);
    *os_code = call.os_code;
    if (status == WEIR_EAGAIN) return 0;
    return status < 0 ? status : (int64_t)call.count;
}

static size_t chain_size(const struct weir_segment *chain) {
    size_t n = 0;
    for (; chain; chain = chain->next)
        n += chain->size;
    return n;
}

/* Whether somebody waits for these bytes to leave. */
static bool is_awaited(const weir_transport *t) {
    return t->state != WEIR_OPEN || t->half_closed || t->above || t->owing || t->extras;
}

static int submit_send(struct weir_socket *s, struct weir_segment *chain) {
    struct sending *sending = (void *)chain->scratch.bytes;
    *sending = (struct sending){.socket = s};
    sending->op = (struct weir_port_op){.done = sent,
                                        .handle = out_of(s),
                                        .with.segments = chain,
                                        .kind = WEIR_PORT_SEND,
                                        .stalled = s->base.stalled,
                                        .quiet = !is_awaited(&s->base)};
    return weir_port_submit(loop_of(&s->base), &sending->op);
}

int64_t weir_socket_send(weir_transport *t, const struct weir_segment *chain, bool now, int *os_code) {
    struct weir_socket *s = socket_of(t);
    int64_t taken = 0;
    if (now || (!t->stalled && tries_first(t, chain))) {
        taken = try_send(t, chain, os_code);
        t->stalled = taken >= 0 && (size_t)taken < chain_size(chain);
        if (taken < 0 || now || !t->stalled) return taken;
    }
    if (taken) return taken;
    int status = submit_send(s, t->first);
    return status < 0 ? status : 0;
}

void weir_socket_recall(weir_transport *t) {
    struct weir_port_op *op = sending_of(socket_of(t));
    if (op) weir_port_cancel(loop_of(t), op);
}

/* A socket that is about to be closed, since its peer has ended, sends its end-of-stream by that. One that is lent is
 * given back as it is, unless its user half-closes it. */
static void finish(weir_transport *t) {
    struct weir_call call = {.kind = WEIR_CALL_SHUTDOWN, .handle = out_of(socket_of(t))};
    unsigned caps = t->driver->caps;
    bool closes_now = t->state == WEIR_CLOSING && (t->peer_ended || !(caps & WEIR_LINGERS));
    if ((caps & WEIR_CAN_HALF_CLOSE) && !closes_now) weir_port_call(loop_of(t), &call);
}

void weir_socket_stop(weir_transport *t, bool reset) {
    t->reset = reset;
    weir_connect_cancel(t);
    weir_port_cancel(loop_of(t), &socket_of(t)->receive);
    weir_socket_recall(t);
}

static void drop(weir_transport *t, bool reset) {
    weir_socket_stop(t, reset);
    weir_socket_release(socket_of(t));
}

static void info(const weir_transport *t, weir_transport_info *ret) {
    const struct weir_socket *s = (const struct weir_socket *)(const void *)t;
    struct weir_call local = {.kind = WEIR_CALL_LOCAL, .handle = s->receive.handle, .named = &ret->local};
    struct weir_call peer = {.kind = WEIR_CALL_PEER, .handle = s->receive.handle, .named = &ret->peer};
    const struct weir_connecting *connecting = weir_connecting_of(t);
    if (connecting) ret->peer = connecting->peer;
    if (t->gone || !(t->driver->caps & WEIR_CAN_HALF_CLOSE)) return;
    weir_port_call(loop_of(t), &local);
    if (!connecting) weir_port_call(loop_of(t), &peer);
}

static size_t unsent(const weir_transport *t) {
    struct weir_call call = {.kind = WEIR_CALL_UNSENT, .handle = out_of((const struct weir_socket *)(const void *)t)};
    return weir_port_call(loop_of(t), &call) < 0 ? 0 : call.count;
}

#define SOCKET_DRIVER(text, type, bits)                                                                                \
    {                                                                                                                  \
        .name = (text), .size = sizeof(type), .caps = (bits), .receive = weir_socket_receive,                          \
        .send = weir_socket_send, .recall = weir_socket_recall, .finish = finish, .drop = drop, .info = info,          \
        .unsent = unsent, .fini = weir_connect_forget                                                                  \
    }
#define STREAM (WEIR_CAN_RECEIVE | WEIR_CAN_SEND | WEIR_CAN_HALF_CLOSE | WEIR_LINGERS | WEIR_DRAINS)

const struct weir_driver weir_driver_tcp = SOCKET_DRIVER("tcp", struct weir_socket, STREAM);
const struct weir_driver weir_driver_unix = SOCKET_DRIVER("unix", struct weir_socket, STREAM);
const struct weir_driver weir_driver_pipe_reader = SOCKET_DRIVER("pipe", struct weir_socket, WEIR_CAN_RECEIVE);
const struct weir_driver weir_driver_pipe_writer = SOCKET_DRIVER("pipe", struct weir_socket, WEIR_CAN_SEND);
static const struct weir_driver fd_reader = SOCKET_DRIVER("fd", struct weir_socket, WEIR_CAN_RECEIVE),
                                fd_writer = SOCKET_DRIVER("fd", struct weir_socket, WEIR_CAN_SEND),
                                fd_both = SOCKET_DRIVER("fd", struct weir_socket, WEIR_CAN_RECEIVE | WEIR_CAN_SEND),
                                fd_socket = SOCKET_DRIVER("fd", struct weir_socket, STREAM),
                                fd_lent_socket = SOCKET_DRIVER("fd", struct weir_socket, STREAM & ~WEIR_LINGERS);

const struct weir_driver *weir_socket_driver(uint8_t family) {
    return family == WEIR_FAMILY_UNIX ? &weir_driver_unix : &weir_driver_tcp;
}

const struct weir_driver *weir_socket_adopted_driver(const struct weir_call *adopted) {
    bool reads = adopted->count & WEIR_ADOPTED_READS, writes = adopted->count & WEIR_ADOPTED_WRITES;
    bool socket = adopted->count & WEIR_ADOPTED_SOCKET;
    if (socket && adopted->owner != WEIR_TAKE) return &fd_lent_socket;
    if (socket) return adopted->family ? weir_socket_driver(adopted->family) : &fd_socket;
    return reads && writes ? &fd_both : reads ? &fd_reader : &fd_writer;
}

/* A system that lacks it is no worse than one in which the peer never answers: the idle time is there for both. */
void weir_socket_keepalive(weir_loop *loop, weir_handle handle, uint8_t family, const weir_limits *limits) {
    uint64_t seconds = limits->keepalive_ns / 1000000000;
    struct weir_call call = {.kind = WEIR_CALL_OPTION, .handle = handle, .option = WEIR_OPTION_KEEPALIVE};
    if (family == WEIR_FAMILY_UNIX || limits->keepalive_ns == WEIR_FOREVER) return;
    call.value = seconds > KEEPALIVE_MAX ? KEEPALIVE_MAX : seconds ? (int)seconds : 1;
    weir_port_call(loop, &call);
}

int weir_socket_adopt(struct weir_scope *scope, const struct weir_driver *driver, weir_handle in, weir_handle out,
                      weir_transport_state state, const weir_protocol *protocol, void *self, weir_transport **ret) {
    weir_loop *loop = scope->loop;
    struct weir_socket *s = weir_memory_new(&loop->memory, driver->size);
    if (!s) return WEIR_ENOMEM;
    int status = weir_transport_init(&s->base, driver, scope, state, protocol, self);
    if (status < 0) {
        weir_memory_free(&loop->memory, s, driver->size);
        return status;
    }
    s->receive = (struct weir_port_op){.done = received, .handle = in, .kind = WEIR_PORT_RECEIVE};
    if (driver == &weir_driver_tcp) s->receive.with.onward = onward;
    if (driver == &weir_driver_stdio) ((struct weir_stdio *)(void *)s)->out = out;
    *ret = &s->base;
    return 0;
}
