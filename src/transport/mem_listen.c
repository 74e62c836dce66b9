/* SPDX-License-Identifier: MIT
 *
 * Listeners in memory, known by name within one loop, and connecting to them. Whoever connects waits in the listener's
 * line, as WEIR_CONNECTING, until it is taken in; then the other end is made, and both are open. So the line is the
 * backlog, nothing is made before it is wanted, and a connection that is given up just leaves the line.
 *
 * Names are found by walking the loop's listeners: there are few. */
#include <stdio.h>
#include <string.h>

#include "transport/listener.h"
#include "transport/mem.h"

struct mem_listener {
    weir_listener base;
    struct weir_mem *first, *last; /* the line; base.in_hand of them */
    size_t backlog;
    char name[WEIR_MEM_NAME_MAX + 1];
};

static struct mem_listener *of(weir_listener *l) { return (struct mem_listener *)(void *)l; }

/* ---- the line ---------------------------------------------------------------------------------------------------- */

static void join_line(struct mem_listener *l, struct weir_mem *m) {
    m->line = &l->base;
    if (l->last)
        l->last->behind = m;
    else
        l->first = m;
    l->last = m;
    l->base.in_hand++;
    weir_listener_look(&l->base);
}

void weir_mem_leave_line(struct weir_mem *m) {
    struct mem_listener *l = m->line ? of(m->line) : NULL;
    struct weir_mem *before = NULL;
    if (!l) return;
    for (struct weir_mem *each = l->first; each != m; each = each->behind)
        before = each;
    if (before)
        before->behind = m->behind;
    else
        l->first = m->behind;
    if (l->last == m) l->last = before;
    l->base.in_hand--;
    m->line = NULL;
    m->behind = NULL;
}

static void refuse(struct weir_mem *m) { weir_transport_fail(&m->base, WEIR_EREFUSED, WEIR_STAGE_CONNECT, 0); }

/* ---- the kind ---------------------------------------------------------------------------------------------------- */

static int start(weir_listener *l) {
    (void)l; /* who comes joins the line, and that is looked after */
    return 0;
}

static void stop(weir_listener *l) { (void)l; }

/* One that has failed and does not know yet is still in the line. */
static int next(weir_listener *l) {
    struct weir_mem *client = of(l)->first, *server;
    if (!client) return WEIR_EAGAIN;
    if (client->base.fatal) {
        weir_mem_leave_line(client);
        return 0;
    }
    int status = weir_mem_end(l->scope, WEIR_OPEN, NULL, NULL, &server);
    if (status < 0) return status;
    weir_mem_leave_line(client);
    weir_mem_join(client, server);
    weir_listener_let_in(l, &server->base);
    if (client->base.state == WEIR_CONNECTING) weir_transport_connected(&client->base);
    return 0;
}

static void shut(weir_listener *l, bool keep) {
    (void)keep;
    for (struct weir_mem *m; (m = of(l)->first);) {
        weir_mem_leave_line(m);
        refuse(m);
        l->stats.refused++;
    }
}

static const char *text(const weir_listener *l, bool whole, char *ret, size_t size) {
    (void)whole;
    snprintf(ret, size, "mem:%s", ((const struct mem_listener *)(const void *)l)->name);
    return ret;
}

static const struct weir_listener_kind kind = {
    .size = sizeof(struct mem_listener), .start = start, .stop = stop, .next = next, .shut = shut, .text = text};

/* ---- the public calls -------------------------------------------------------------------------------------------- */

static struct mem_listener *find(weir_loop *loop, const char *name) {
    struct weir_object *head = &loop->listeners.head;
    for (struct weir_object *o = head->next; o != head; o = o->next) {
        weir_listener *l = weir_listener_of(o);
        if (l->kind == &kind && !l->closing && strcmp(of(l)->name, name) == 0) return of(l);
    }
    return NULL;
}

static int check_name(const char *name) {
    if (!name || !*name) return WEIR_EINVAL;
    return strlen(name) > WEIR_MEM_NAME_MAX ? WEIR_ENAMETOOLONG : 0;
}

int weir_mem_listen(weir_loop *loop, const char *name, const weir_listen_options *options, weir_accept_fn *accepted,
                    void *user, weir_listener **ret) {
    weir_listener *l;
    int status = check_name(name);
    if (!loop || !accepted || (options && options->backlog < 0)) return WEIR_EINVAL;
    if (status >= 0 && find(loop, name)) status = WEIR_EADDRINUSE;
    if (status >= 0) status = weir_listener_new(loop, &kind, options, accepted, user, &l);
    if (status < 0) return weir_loop_fail(loop, status, WEIR_STAGE_LISTEN, 0, NULL);
    memcpy(of(l)->name, name, strlen(name));
    of(l)->backlog = options && options->backlog ? (size_t)options->backlog : WEIR_MEM_BACKLOG;
    weir_listener_open(l);
    if (ret) *ret = l;
    return 0;
}

static int connect_in(struct weir_scope *scope, const char *name, const weir_connect_options *options,
                      const weir_protocol *protocol, void *self, weir_transport **ret) {
    struct weir_mem *m;
    int status = weir_mem_end(scope, WEIR_CONNECTING, protocol, self, &m);
    if (status < 0) return status;
    struct mem_listener *l = find(scope->loop, name);
    if (l && l->base.in_hand < l->backlog)
        join_line(l, m);
    else
        refuse(m);
    if (options && options->timeout_ns) weir_deadline_set(&m->base, options->timeout_ns);
    *ret = &m->base;
    return 0;
}

int weir_mem_connect(weir_loop *loop, const char *name, const weir_connect_options *options,
                     const weir_protocol *protocol, void *self, weir_transport **ret) {
    weir_transport *t;
    int status = check_name(name);
    if (!loop) return WEIR_EINVAL;
    struct weir_scope *scope = status < 0 ? NULL : weir_scope_for(loop, options ? options->limits : NULL);
    if (status >= 0) status = scope ? connect_in(scope, name, options, protocol, self, ret ? ret : &t) : WEIR_ENOMEM;
    if (scope) weir_scope_drop(scope);
    return status < 0 ? weir_loop_fail(loop, status, WEIR_STAGE_CONNECT, 0, NULL) : 0;
}
