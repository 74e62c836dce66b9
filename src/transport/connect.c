/* SPDX-License-Identifier: MIT
 *
 * Connecting: a transport from the first moment, so that it can be written to, paused, closed and cancelled like any
 * other. The address is kept until the connection stands, to name whom a failure concerns. */
#include "transport/connect.h"

bool weir_connect_active(const weir_transport *t) {
    const struct weir_connecting *connecting = weir_connecting_of(t);
    return connecting && connecting->op.active;
}

void weir_connect_cancel(weir_transport *t) {
    struct weir_connecting *connecting = weir_connecting_of(t);
    if (connecting) weir_port_cancel(loop_of(t), &connecting->op);
}

void weir_connect_forget(weir_transport *t) {
    struct weir_connecting *connecting = weir_connecting_of(t);
    weir_memory_free(&loop_of(t)->memory, connecting, sizeof *connecting);
    if (connecting) t->extras->connecting = NULL;
}

static void connected(struct weir_port_op *op, const struct weir_completion *c) {
    struct weir_connecting *connecting = (struct weir_connecting *)(void *)op;
    struct weir_socket *s = connecting->socket;
    if (s->base.dropped) {
        weir_socket_release(s);
    } else if (c->result < 0) {
        weir_transport_fail(&s->base, (int)c->result, WEIR_STAGE_CONNECT, c->os_code);
    } else {
        weir_connect_forget(&s->base);
        weir_transport_connected(&s->base);
    }
}

static int begin(struct weir_socket *s, const weir_address *peer) {
    weir_loop *loop = loop_of(&s->base);
    struct weir_extras *extras = weir_extras_of(&s->base);
    struct weir_connecting *connecting = extras ? weir_memory_new(&loop->memory, sizeof *connecting) : NULL;
    if (!connecting) return WEIR_ENOMEM;
    extras->connecting = connecting;
    connecting->socket = s;
    connecting->peer = *peer;
    connecting->op = (struct weir_port_op){
        .done = connected, .handle = s->receive.handle, .with.address = &connecting->peer, .kind = WEIR_PORT_CONNECT};
    return weir_port_submit(loop, &connecting->op);
}

static int open_socket(weir_loop *loop, uint8_t family, weir_handle *ret) {
    struct weir_call call = {.kind = WEIR_CALL_SOCKET, .family = family};
    int status = weir_port_call(loop, &call);
    if (status >= 0) *ret = call.handle;
    return status;
}

static void close_socket(weir_loop *loop, weir_handle handle) {
    struct weir_call call = {.kind = WEIR_CALL_CLOSE, .handle = handle};
    weir_port_call(loop, &call);
}

static int connect_in(struct weir_scope *scope, const weir_address *peer, const weir_connect_options *options,
                      const weir_protocol *protocol, void *self, weir_transport **ret) {
    weir_handle handle = WEIR_NO_HANDLE;
    weir_transport *t;
    int status = open_socket(scope->loop, peer->family, &handle);
    if (status < 0) return status;
    weir_socket_keepalive(scope->loop, handle, peer->family, &scope->limits);
    status =
        weir_socket_adopt(scope, weir_socket_driver(peer->family), handle, handle, WEIR_CONNECTING, protocol, self, &t);
    if (status >= 0 && (status = begin((struct weir_socket *)(void *)t, peer)) < 0) weir_transport_free(t);
    if (status < 0) {
        close_socket(scope->loop, handle);
        return status;
    }
    if (options && options->timeout_ns) weir_deadline_set(t, options->timeout_ns);
    *ret = t;
    return 0;
}

int weir_socket_connect(weir_loop *loop, const weir_address *peer, const weir_connect_options *options,
                        const weir_protocol *protocol, void *self, weir_transport **ret) {
    weir_transport *t;
    if (!loop || !peer || !peer->family) return WEIR_EINVAL;
    struct weir_scope *scope = weir_scope_for(loop, options ? options->limits : NULL);
    if (!scope) return weir_loop_fail(loop, WEIR_ENOMEM, WEIR_STAGE_CONNECT, 0, peer);
    int status = connect_in(scope, peer, options, protocol, self, ret ? ret : &t);
    weir_scope_drop(scope);
    return status < 0 ? weir_loop_fail(loop, status, WEIR_STAGE_CONNECT, 0, peer) : 0;
}
