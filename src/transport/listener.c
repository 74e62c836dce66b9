/* SPDX-License-Identifier: MIT
 *
 * Listeners: an accept op that repeats, and the reasons not to have one: paused, full, out of budget, backing off,
 * closing. `update` compares what is wanted with what is, and is run by a task whenever one of the reasons changed.
 * Connections wait in the system's backlog meanwhile, where they cost us nothing.
 *
 * Invariant: the number of connections is exact where it is bounded (accepts are then taken one by one), and an accepted
 * handle always becomes a transport or is closed. */
#include "transport/listener.h"

#include <stdio.h>

#include "transport/socket.h"

struct weir_listener {
    struct weir_object object;
    struct weir_task retry;
    struct weir_port_op accept;
    struct weir_timer_node backoff;
    struct weir_scope *scope;
    size_t connections, max_connections;
    weir_accept_fn *accepted;
    void (*closed)(weir_listener *listener, void *user, const weir_error *reason);
    void *user;
    weir_address address;
    int code, os_code; /* what it died of */
    bool paused, closing, complained;
};

static weir_loop *loop_of_listener(const weir_listener *l) { return l->scope->loop; }

static void update_later(weir_listener *l) { weir_task_push(&loop_of_listener(l)->retries, &l->retry); }

static bool has_budget(const weir_listener *l) { return weir_budget_room(&l->scope->budget) >= l->scope->limits.floor; }

static bool is_full(const weir_listener *l) { return l->max_connections && l->connections >= l->max_connections; }

static bool wants(const weir_listener *l) {
    return !l->closing && !l->paused && !l->backoff.next && !is_full(l) && has_budget(l);
}

static void free_listener(weir_listener *l) {
    weir_loop *loop = loop_of_listener(l);
    l->scope->left = NULL;
    weir_deadline_stop(loop, &l->backoff);
    weir_object_remove(&loop->listeners, &l->object);
    weir_scope_drop(l->scope);
    weir_memory_free(&loop->memory, l, sizeof *l);
}

static void close_handle(weir_listener *l) {
    struct weir_call close = {.kind = WEIR_CALL_CLOSE, .handle = l->accept.handle};
    struct weir_call unlink = {.kind = WEIR_CALL_UNLINK, .address = &l->address};
    if (l->address.family == WEIR_FAMILY_UNIX) weir_port_call(loop_of_listener(l), &unlink);
    weir_port_call(loop_of_listener(l), &close);
}

static void finish(weir_listener *l) {
    weir_error reason = {.code = l->code, .stage = WEIR_STAGE_ACCEPT, .os_code = l->os_code};
    close_handle(l);
    weir_address_format(&l->address, reason.peer, sizeof reason.peer);
    if (l->closed) l->closed(l, l->user, l->code ? &reason : NULL);
    free_listener(l);
}

static void die(weir_listener *l, int code, int os_code) {
    if (!l->code) {
        l->code = code;
        l->os_code = os_code;
    }
    l->closing = true;
    update_later(l);
}

static void back_off(weir_listener *l, int code) {
    weir_loop *loop = loop_of_listener(l);
    char text[WEIR_ADDRESS_TEXT_MAX];
    if (!l->complained)
        weir_loop_log(loop, WEIR_LOG_WARN, "accept on %s: %s; trying again every %u ms",
                      weir_address_format(&l->address, text, sizeof text), weir_error_text(code),
                      (unsigned)(WEIR_ACCEPT_BACKOFF_NS / 1000000));
    l->complained = true;
    weir_deadline_start(loop, &l->backoff, weir_after_ns(loop->now_ns, WEIR_ACCEPT_BACKOFF_NS));
}

static void backoff_over(weir_loop *loop, struct weir_timer_node *node) {
    (void)loop;
    update_later((weir_listener *)(void *)((char *)node - offsetof(weir_listener, backoff)));
}

/* Exact where a bound is near: one by one. */
static void start_accepting(weir_listener *l) {
    l->accept.once = l->max_connections || weir_budget_room(&l->scope->budget) / 1024 < l->scope->limits.floor;
    int status = weir_port_submit(loop_of_listener(l), &l->accept);
    if (status < 0) back_off(l, status);
}

static void update(weir_listener *l) {
    if (l->closing && !l->accept.active)
        finish(l);
    else if (l->accept.active && !wants(l))
        weir_port_cancel(loop_of_listener(l), &l->accept);
    else if (!l->accept.active && wants(l))
        start_accepting(l);
    else if (!l->accept.active && !has_budget(l))
        loop_of_listener(l)->floor_awaited = true;
}

static void run_retry(struct weir_task *task) {
    update((weir_listener *)(void *)((char *)task - offsetof(weir_listener, retry)));
}

static void member_left(struct weir_scope *scope) {
    weir_listener *l = scope->owner;
    l->connections--;
    if (!l->accept.active) update_later(l);
}

void weir_listeners_budget_back(weir_loop *loop) {
    if (!loop->floor_awaited) return;
    loop->floor_awaited = false;
    struct weir_object *head = &loop->listeners.head;
    for (struct weir_object *o = head->next; o != head; o = o->next) {
        weir_listener *l = (weir_listener *)(void *)((char *)o - offsetof(weir_listener, object));
        if (l->accept.active) continue;
        if (has_budget(l))
            update_later(l);
        else
            loop->floor_awaited = true;
    }
}

/* The user gives it a protocol now or never. */
static void introduce(weir_listener *l, weir_transport *t) {
    l->accepted(t, l->user);
    if (t->protocol == &weir_nobody && !weir_receive_has_reader(t)) weir_transport_abort(t);
    weir_transport_advance(t);
}

static void take_in(weir_listener *l, weir_handle handle) {
    struct weir_call refuse = {.kind = WEIR_CALL_CLOSE, .handle = handle, .value = 1};
    const struct weir_driver *driver = weir_socket_driver(l->address.family);
    weir_transport *t;
    int status =
        l->closing ? WEIR_ECLOSED : weir_socket_adopt(l->scope, driver, handle, handle, WEIR_OPEN, NULL, NULL, &t);
    if (status < 0) {
        weir_port_call(loop_of_listener(l), &refuse);
        if (status != WEIR_ECLOSED && !l->backoff.next) back_off(l, status);
        return;
    }
    l->connections++;
    l->complained = false;
    introduce(l, t);
}

static bool passes_by_itself(int code) {
    return code == WEIR_EMFILE || code == WEIR_ENOMEM || code == WEIR_EUNREACH || code == WEIR_EACCES;
}

static void accepted(struct weir_port_op *op, const struct weir_completion *c) {
    weir_listener *l = (weir_listener *)(void *)((char *)op - offsetof(weir_listener, accept));
    if (c->result >= 0)
        take_in(l, c->result);
    else if (passes_by_itself((int)c->result))
        back_off(l, (int)c->result);
    else if (c->result != WEIR_ECANCELED && c->result != WEIR_EABORTED)
        die(l, (int)c->result, c->os_code);
    if (c->last || !wants(l)) update_later(l);
}

static void describe(const struct weir_object *object, char *text, size_t size) {
    const weir_listener *l =
        (const weir_listener *)(const void *)((const char *)object - offsetof(weir_listener, object));
    char address[WEIR_ADDRESS_TEXT_MAX];
    snprintf(text, size, "listener %s (%s)", weir_address_format(&l->address, address, sizeof address),
             l->closing  ? "closing"
             : l->paused ? "paused"
                         : "open");
}

static void *publish(struct weir_object *object) { return (char *)object - offsetof(weir_listener, object); }

static void discard(struct weir_object *object) { free_listener(publish(object)); }

static void join(weir_loop *loop, weir_listener *l) {
    loop->listeners.describe = describe;
    loop->listeners.publish = publish;
    loop->listeners.discard = discard;
    loop->retries.run = run_retry;
    weir_object_add(&loop->listeners, &l->object);
}

static int set_options(weir_loop *loop, weir_handle handle, const weir_address *address, const weir_listen_options *o) {
    struct weir_call reuse = {.kind = WEIR_CALL_OPTION, .handle = handle, .option = WEIR_OPTION_REUSEPORT, .value = 1};
    struct weir_call only = {.kind = WEIR_CALL_OPTION, .handle = handle, .option = WEIR_OPTION_IPV6_ONLY};
    int status = o->reuse_port ? weir_port_call(loop, &reuse) : 0;
    if (status < 0 || address->family != WEIR_FAMILY_IPV6) return status;
    only.value = o->ipv6_only;
    return weir_port_call(loop, &only);
}

/* Binds and listens; `*named` is the address in force. */
static int prepare(weir_loop *loop, weir_handle handle, const weir_address *address, const weir_listen_options *options,
                   weir_address *named, int *os_code) {
    struct weir_call bind = {.kind = WEIR_CALL_BIND, .handle = handle, .address = address};
    struct weir_call listen = {.kind = WEIR_CALL_LISTEN, .handle = handle, .value = options->backlog};
    struct weir_call local = {.kind = WEIR_CALL_LOCAL, .handle = handle, .named = named};
    int status = set_options(loop, handle, address, options);
    if (status >= 0) {
        status = weir_port_call(loop, &bind);
        *os_code = bind.os_code;
    }
    if (status >= 0) {
        status = weir_port_call(loop, &listen);
        *os_code = listen.os_code;
    }
    return status < 0 ? status : weir_port_call(loop, &local);
}

static weir_listener *new_listener(weir_loop *loop, const weir_listen_options *options) {
    weir_listener *l = weir_memory_new(&loop->memory, sizeof *l);
    if (!l) return NULL;
    l->scope = weir_scope_new(loop, options->limits, options->budget);
    if (!l->scope) {
        weir_memory_free(&loop->memory, l, sizeof *l);
        return NULL;
    }
    l->scope->owner = l;
    l->scope->left = member_left;
    l->max_connections = options->max_connections;
    l->closed = options->closed;
    l->backoff.expire = backoff_over;
    return l;
}

static void forget(weir_loop *loop, weir_listener *l) {
    weir_scope_drop(l->scope);
    weir_memory_free(&loop->memory, l, sizeof *l);
}

static int listen_on(weir_loop *loop, weir_listener *l, const weir_address *address, const weir_listen_options *options,
                     int *os_code) {
    struct weir_call open = {.kind = WEIR_CALL_SOCKET, .family = address->family};
    int status = weir_port_call(loop, &open);
    *os_code = open.os_code;
    if (status < 0) return status;
    status = prepare(loop, open.handle, address, options, &l->address, os_code);
    if (status < 0) {
        struct weir_call close = {.kind = WEIR_CALL_CLOSE, .handle = open.handle};
        weir_port_call(loop, &close);
        return status;
    }
    l->accept = (struct weir_port_op){.done = accepted, .handle = open.handle, .kind = WEIR_PORT_ACCEPT};
    return 0;
}

int weir_socket_listen(weir_loop *loop, const weir_address *address, const weir_listen_options *options,
                       weir_accept_fn *accept, void *user, weir_listener **ret) {
    static const weir_listen_options none = {0};
    const weir_listen_options *o = options ? options : &none;
    int os_code = 0;
    if (!loop || !address || !address->family || !accept || o->backlog < 0) return WEIR_EINVAL;
    weir_listener *l = new_listener(loop, o);
    int status = l ? listen_on(loop, l, address, o, &os_code) : WEIR_ENOMEM;
    if (status < 0) {
        if (l) forget(loop, l);
        return weir_loop_fail(loop, status, WEIR_STAGE_LISTEN, os_code, address);
    }
    l->accepted = accept;
    l->user = user;
    join(loop, l);
    update_later(l);
    if (ret) *ret = l;
    return 0;
}

int weir_listener_pause(weir_listener *listener) {
    if (!listener) return WEIR_EINVAL;
    listener->paused = true;
    if (!listener->closing) update_later(listener);
    return 0;
}

int weir_listener_resume(weir_listener *listener) {
    if (!listener) return WEIR_EINVAL;
    listener->paused = false;
    if (!listener->closing) update_later(listener);
    return 0;
}

int weir_listener_close(weir_listener *listener) {
    if (!listener) return WEIR_EINVAL;
    if (listener->closing) return WEIR_EALREADY;
    listener->closing = true;
    update_later(listener);
    return 0;
}

int weir_listener_address(const weir_listener *listener, weir_address *ret) {
    if (!listener || !ret) return WEIR_EINVAL;
    *ret = listener->address;
    return 0;
}

size_t weir_listener_connections(const weir_listener *listener) { return listener ? listener->connections : 0; }

void *weir_listener_user(const weir_listener *listener) { return listener ? listener->user : NULL; }
