/* SPDX-License-Identifier: MIT
 *
 * Listeners on sockets: an accept op that repeats. Exact where a bound is near: connections are then accepted one by
 * one.
 *
 * Known weakness: the budget may go while an accept that repeats is armed, and what the system accepts until that is
 * cancelled cannot be given back to the backlog. IN_HAND of them are kept, the others are reset. */
#include <assert.h>
#include <stdio.h>

#include "transport/listener.h"
#include "transport/socket.h"

#define IN_HAND 16

struct socket_listener {
    weir_listener base;
    struct weir_port_op accept;
    weir_address address;
    weir_handle held[IN_HAND]; /* the oldest first */
};

static struct socket_listener *of(weir_listener *l) { return (struct socket_listener *)(void *)l; }

static const struct socket_listener *of_const(const weir_listener *l) {
    return (const struct socket_listener *)(const void *)l;
}

/* ---- what came --------------------------------------------------------------------------------------------------- */

static void refuse(struct socket_listener *s, weir_handle handle) {
    struct weir_call close = {.kind = WEIR_CALL_CLOSE, .handle = handle, .value = 1};
    weir_port_call(loop_of_listener(&s->base), &close);
    s->base.stats.refused++;
}

/* Nothing has happened to `handle` when this fails. */
static int take_in(struct socket_listener *s, weir_handle handle) {
    const struct weir_driver *driver = weir_socket_driver(s->address.family);
    weir_transport *t;
    int status = weir_socket_adopt(s->base.scope, driver, handle, handle, WEIR_OPEN, NULL, NULL, &t);
    if (status == 0) weir_listener_let_in(&s->base, t);
    return status;
}

static void hold(struct socket_listener *s, weir_handle handle) {
    if (s->base.in_hand < IN_HAND)
        s->held[s->base.in_hand++] = handle;
    else
        refuse(s, handle);
}

static void came(struct socket_listener *s, weir_handle handle) {
    weir_listener *l = &s->base;
    if (l->closing && !l->last_call) {
        refuse(s, handle);
        return;
    }
    int status = l->in_hand ? WEIR_EAGAIN : take_in(s, handle);
    if (status == 0) return;
    hold(s, handle);
    if (status != WEIR_EAGAIN) weir_listener_failed(l, status, 0);
}

static void accepted(struct weir_port_op *op, const struct weir_completion *c) {
    struct socket_listener *s =
        (struct socket_listener *)(void *)((char *)op - offsetof(struct socket_listener, accept));
    if (c->last) s->base.accepting = false;
    if (c->result >= 0)
        came(s, c->result);
    else
        weir_listener_failed(&s->base, (int)c->result, c->os_code);
    if (c->last || !weir_listener_takes(&s->base)) weir_listener_look(&s->base);
}

/* ---- the kind ---------------------------------------------------------------------------------------------------- */

static int start(weir_listener *l) {
    struct socket_listener *s = of(l);
    s->accept.once = l->max_connections || weir_budget_room(&l->scope->budget) / 1024 < l->scope->limits.floor;
    int status = weir_port_submit(loop_of_listener(l), &s->accept);
    l->accepting = status == 0;
    return status;
}

static void stop(weir_listener *l) { weir_port_cancel(loop_of_listener(l), &of(l)->accept); }

static void drop_first(struct socket_listener *s) {
    s->base.in_hand--;
    for (size_t i = 0; i < s->base.in_hand; i++)
        s->held[i] = s->held[i + 1];
}

static int next_in_hand(struct socket_listener *s) {
    weir_handle handle = s->held[0];
    drop_first(s);
    int status = take_in(s, handle);
    if (status == 0) return 0;
    for (size_t i = s->base.in_hand++; i > 0; i--)
        s->held[i] = s->held[i - 1];
    s->held[0] = handle;
    return status;
}

static int next(weir_listener *l) {
    struct socket_listener *s = of(l);
    struct weir_call accept = {.kind = WEIR_CALL_ACCEPT, .handle = s->accept.handle};
    if (l->in_hand) return next_in_hand(s);
    int status = weir_port_call(loop_of_listener(l), &accept);
    if (status < 0) return status;
    status = take_in(s, accept.other);
    if (status < 0) hold(s, accept.other);
    return status;
}

static void shut(weir_listener *l, bool keep) {
    struct socket_listener *s = of(l);
    struct weir_call close = {.kind = WEIR_CALL_CLOSE, .handle = s->accept.handle};
    struct weir_call unlink = {.kind = WEIR_CALL_UNLINK, .address = &s->address};
    for (; l->in_hand; drop_first(s))
        refuse(s, s->held[0]);
    if (!keep && s->address.family == WEIR_FAMILY_UNIX) weir_port_call(loop_of_listener(l), &unlink);
    weir_port_call(loop_of_listener(l), &close);
}

static const char *text(const weir_listener *l, bool whole, char *ret, size_t size) {
    char address[WEIR_LISTENER_TEXT_MAX];
    const weir_address *a = &of_const(l)->address;
    const char *scheme = !whole ? "" : a->family == WEIR_FAMILY_UNIX ? "unix:" : "tcp://";
    snprintf(ret, size, "%s%s", scheme, weir_address_format(a, address, sizeof address));
    return ret;
}

const struct weir_listener_kind weir_socket_listener_kind = {
    .size = sizeof(struct socket_listener), .start = start, .stop = stop, .next = next, .shut = shut, .text = text};

bool weir_listener_handle(const weir_listener *l, weir_handle *ret) {
    if (l->kind != &weir_socket_listener_kind) return false;
    *ret = of_const(l)->accept.handle;
    return true;
}

int weir_listener_address(const weir_listener *listener, weir_address *ret) {
    static const weir_address none = {.family = WEIR_FAMILY_NONE};
    if (!listener || !ret) return WEIR_EINVAL;
    *ret = listener->kind == &weir_socket_listener_kind ? of_const(listener)->address : none;
    return 0;
}

/* ---- making one -------------------------------------------------------------------------------------------------- */

int weir_listener_on(weir_listener *l, weir_handle handle, bool keep) {
    struct socket_listener *s = of(l);
    struct weir_call local = {.kind = WEIR_CALL_LOCAL, .handle = handle, .named = &s->address};
    assert(l->kind == &weir_socket_listener_kind);
    int status = weir_port_call(loop_of_listener(l), &local);
    if (status < 0) return status;
    l->keep = keep;
    s->accept = (struct weir_port_op){.done = accepted, .handle = handle, .kind = WEIR_PORT_ACCEPT};
    return 0;
}

struct wish {
    const weir_address *address;
    const weir_listen_options *options;
    bool private_file;
};

static int set(weir_loop *loop, weir_handle handle, enum weir_call_option option, int value) {
    struct weir_call call = {.kind = WEIR_CALL_OPTION, .handle = handle, .option = option, .value = value};
    return weir_port_call(loop, &call);
}

static int set_options(weir_loop *loop, weir_handle handle, const struct wish *wish) {
    bool shares = wish->options->reuse_port || (loop->shares_ports && wish->address->family != WEIR_FAMILY_UNIX);
    int status = shares ? set(loop, handle, WEIR_OPTION_REUSEPORT, 1) : 0;
    if (status >= 0 && wish->private_file) status = set(loop, handle, WEIR_OPTION_PRIVATE, 1);
    if (status < 0 || wish->address->family != WEIR_FAMILY_IPV6) return status;
    return set(loop, handle, WEIR_OPTION_IPV6_ONLY, wish->options->ipv6_only);
}

static int call_for(weir_loop *loop, struct weir_call call, int *os_code) {
    int status = weir_port_call(loop, &call);
    *os_code = call.os_code;
    return status;
}

static int bind_and_listen(weir_listener *l, weir_handle handle, const struct wish *wish, int *os_code) {
    weir_loop *loop = loop_of_listener(l);
    struct weir_call bind = {.kind = WEIR_CALL_BIND, .handle = handle, .address = wish->address};
    struct weir_call listen = {.kind = WEIR_CALL_LISTEN, .handle = handle, .value = wish->options->backlog};
    weir_socket_keepalive(loop, handle, wish->address->family, &l->scope->limits);
    int status = set_options(loop, handle, wish);
    if (status >= 0) status = call_for(loop, bind, os_code);
    if (status >= 0) status = call_for(loop, listen, os_code);
    return status < 0 ? status : weir_listener_on(l, handle, false);
}

static int make_socket(weir_listener *l, const struct wish *wish, int *os_code) {
    weir_loop *loop = loop_of_listener(l);
    struct weir_call open = {.kind = WEIR_CALL_SOCKET, .family = wish->address->family};
    int status = weir_port_call(loop, &open);
    *os_code = open.os_code;
    if (status < 0) return status;
    status = bind_and_listen(l, open.handle, wish, os_code);
    if (status >= 0) return 0;
    struct weir_call close = {.kind = WEIR_CALL_CLOSE, .handle = open.handle};
    weir_port_call(loop, &close);
    return status;
}

int weir_socket_listen_as(weir_loop *loop, const weir_address *address, bool private_file,
                          const weir_listen_options *options, weir_accept_fn *accept, void *user, weir_listener **ret) {
    static const weir_listen_options none = {0};
    const struct wish wish = {address, options ? options : &none, private_file};
    weir_listener *l = NULL;
    int os_code = 0;
    if (!loop || !address || !address->family || !accept || wish.options->backlog < 0) return WEIR_EINVAL;
    int status = weir_listener_new(loop, &weir_socket_listener_kind, options, accept, user, &l);
    if (status >= 0) status = make_socket(l, &wish, &os_code);
    if (status < 0) {
        if (l) weir_listener_forget(l);
        return weir_loop_fail(loop, status, WEIR_STAGE_LISTEN, os_code, address);
    }
    weir_listener_open(l);
    if (ret) *ret = l;
    return 0;
}

int weir_socket_listen(weir_loop *loop, const weir_address *address, const weir_listen_options *options,
                       weir_accept_fn *accept, void *user, weir_listener **ret) {
    return weir_socket_listen_as(loop, address, false, options, accept, user, ret);
}
