/* SPDX-License-Identifier: MIT
 *
 * Listeners of every kind, and the reasons not to accept: paused, full, out of budget, backing off, closing. `update`
 * compares what is wanted with what is, and is run by a task whenever one of the reasons changed. Connections wait in
 * the backlog meanwhile, where they cost us nothing.
 *
 * Invariant: the number of connections is exact where it is bounded, and a connection that was accepted becomes a
 * transport, waits in hand for memory or budget, or is reset and counted.
 *
 * A listener that closes gracefully takes in what waits, paused or not, and goes then. What comes so late is bounded,
 * so that a crowd that never ends cannot keep a loop from its end. */
#include "transport/listener.h"

#include <stdio.h>

#include "transport/base.h"
#include "transport/drain.h"
#include "transport/handover.h"

#define TAKES 16 /* of those that wait, before others get their turn */

/* ---- what is the case -------------------------------------------------------------------------------------------- */

static bool has_budget(const weir_listener *l) { return weir_budget_room(&l->scope->budget) >= l->scope->limits.floor; }

static bool is_full(const weir_listener *l) { return l->max_connections && l->connections >= l->max_connections; }

static bool has_room(const weir_listener *l) { return !l->backoff.next && !is_full(l) && has_budget(l); }

bool weir_listener_takes(const weir_listener *l) { return !l->closing && !l->paused && !l->in_hand && has_room(l); }

void weir_listener_look(weir_listener *l) { weir_task_push(&loop_of_listener(l)->retries, &l->retry); }

/* ---- the end ----------------------------------------------------------------------------------------------------- */

static void free_listener(weir_listener *l) {
    weir_loop *loop = loop_of_listener(l);
    if (l->freed) l->freed(l);
    if (l->offer) weir_handover_left(l->offer, l);
    l->scope->left = NULL;
    weir_deadline_stop(loop, &l->backoff);
    weir_task_remove(&loop->retries, &l->retry);
    weir_object_remove(&loop->listeners, &l->object);
    weir_scope_drop(l->scope);
    weir_memory_free(&loop->memory, l, l->kind->size);
}

static void finish(weir_listener *l) {
    weir_error reason = {.code = l->code, .stage = WEIR_STAGE_ACCEPT, .os_code = l->os_code};
    weir_loop *loop = loop_of_listener(l);
    l->kind->text(l, false, reason.peer, sizeof reason.peer);
    l->kind->shut(l, l->keep);
    if (l->closed) l->closed(l, l->user, l->code ? &reason : NULL);
    free_listener(l);
    weir_drain_look(loop);
}

static void die(weir_listener *l, int code, int os_code) {
    if (!l->code) {
        l->code = code;
        l->os_code = os_code;
    }
    l->closing = true;
    l->last_call = WEIR_LAST_NONE;
    weir_listener_look(l);
}

/* ---- backing off ------------------------------------------------------------------------------------------------- */

static void back_off(weir_listener *l, int code) {
    weir_loop *loop = loop_of_listener(l);
    char text[WEIR_ADDRESS_TEXT_MAX];
    if (l->backoff.next) return;
    if (!l->complained)
        weir_loop_log(loop, WEIR_LOG_WARN, "accept on %s: %s; trying again every %u ms",
                      l->kind->text(l, false, text, sizeof text), weir_error_text(code),
                      (unsigned)(WEIR_ACCEPT_BACKOFF_NS / 1000000));
    l->complained = true;
    l->stats.backoffs++;
    weir_deadline_start(loop, &l->backoff, weir_after_ns(loop->now_ns, WEIR_ACCEPT_BACKOFF_NS));
}

static void backoff_over(weir_loop *loop, struct weir_timer_node *node) {
    (void)loop;
    weir_listener_look((weir_listener *)(void *)((char *)node - offsetof(weir_listener, backoff)));
}

static bool passes_by_itself(int code) {
    return code == WEIR_EMFILE || code == WEIR_ENOMEM || code == WEIR_EUNREACH || code == WEIR_EACCES ||
           code == WEIR_EBUDGET;
}

void weir_listener_failed(weir_listener *l, int code, int os_code) {
    if (passes_by_itself(code))
        back_off(l, code);
    else if (code != WEIR_ECANCELED && code != WEIR_EABORTED)
        die(l, code, os_code);
}

/* ---- going on ---------------------------------------------------------------------------------------------------- */

/* Those that wait in hand, or, with `all`, wherever. Whether there may be more. */
static bool take_waiting(weir_listener *l, bool all) {
    for (int i = 0; i < TAKES && has_room(l) && (l->in_hand || all); i++) {
        int status = l->kind->next(l);
        if (status == WEIR_EAGAIN) return false;
        if (status < 0) weir_listener_failed(l, status, 0);
        if (l->closing && ++l->late >= WEIR_DRAIN_BACKLOG) return false;
    }
    return l->in_hand || all;
}

/* Goes on as soon as there is room, which others tell: a member that left, the end of a back-off, budget. */
static void go_on_later(weir_listener *l) {
    if (has_room(l))
        weir_listener_look(l);
    else if (!has_budget(l))
        loop_of_listener(l)->floor_awaited = true;
}

static void go_on_closing(weir_listener *l) {
    if (l->accepting)
        l->kind->stop(l);
    else if (l->last_call && take_waiting(l, l->last_call == WEIR_LAST_BACKLOG) && l->last_call)
        go_on_later(l);
    else
        finish(l);
}

static void start_accepting(weir_listener *l) {
    int status = l->kind->start(l);
    if (status < 0) back_off(l, status);
}

static void go_on_open(weir_listener *l) {
    if (l->in_hand && !l->paused && take_waiting(l, false)) go_on_later(l);
    bool wanted = weir_listener_takes(l);
    if (l->accepting && !wanted)
        l->kind->stop(l);
    else if (!l->accepting && wanted)
        start_accepting(l);
    else if (!l->accepting && !has_budget(l))
        loop_of_listener(l)->floor_awaited = true;
}

static void run_retry(struct weir_task *task) {
    weir_listener *l = (weir_listener *)(void *)((char *)task - offsetof(weir_listener, retry));
    if (l->closing)
        go_on_closing(l);
    else
        go_on_open(l);
}

static void member_left(struct weir_scope *scope) {
    weir_listener *l = scope->owner;
    l->connections--;
    if (!l->accepting) weir_listener_look(l);
}

void weir_listeners_budget_back(weir_loop *loop) {
    if (!loop->floor_awaited) return;
    loop->floor_awaited = false;
    struct weir_object *head = &loop->listeners.head;
    for (struct weir_object *o = head->next; o != head; o = o->next) {
        weir_listener *l = weir_listener_of(o);
        if (l->accepting) continue;
        if (has_budget(l))
            weir_listener_look(l);
        else
            loop->floor_awaited = true;
    }
}

/* Gives the top of the stack over `t` to the user. Whether it has a protocol now. */
static bool introduce(weir_listener *l, weir_transport *t) {
    weir_transport *top = l->stack ? l->stack(l, t) : t;
    if (!top) return false;
    l->accepted(top, l->user);
    top = weir_stack_top(top);
    if (top->protocol != &weir_nobody || weir_receive_has_reader(top)) return true;
    weir_transport_abort(top);
    return false;
}

void weir_listener_let_in(weir_listener *l, weir_transport *t) {
    l->connections++;
    l->complained = false;
    if (introduce(l, t))
        l->stats.accepted++;
    else
        l->stats.refused++;
    weir_transport_advance(t);
}

/* ---- the object -------------------------------------------------------------------------------------------------- */

static void describe(const struct weir_object *object, char *text, size_t size) {
    const weir_listener *l =
        (const weir_listener *)(const void *)((const char *)object - offsetof(weir_listener, object));
    char address[WEIR_ADDRESS_TEXT_MAX];
    snprintf(text, size, "listener %s (%s)", l->kind->text(l, false, address, sizeof address),
             l->closing  ? "closing"
             : l->paused ? "paused"
                         : "open");
}

static void *publish(struct weir_object *object) { return weir_listener_of(object); }

static void discard(struct weir_object *object) { free_listener(weir_listener_of(object)); }

int weir_listener_new(weir_loop *loop, const struct weir_listener_kind *kind, const weir_listen_options *options,
                      weir_accept_fn *accepted, void *user, weir_listener **ret) {
    static const weir_listen_options none = {0};
    const weir_listen_options *o = options ? options : &none;
    if (weir_draining(loop)) return WEIR_ECLOSED;
    weir_listener *l = weir_memory_new(&loop->memory, kind->size);
    if (!l) return WEIR_ENOMEM;
    l->scope = weir_scope_new(loop, o->limits, o->budget);
    if (!l->scope) {
        weir_memory_free(&loop->memory, l, kind->size);
        return WEIR_ENOMEM;
    }
    l->kind = kind;
    l->scope->owner = l;
    l->scope->left = member_left;
    l->max_connections = o->max_connections;
    l->closed = o->closed;
    l->accepted = accepted;
    l->user = user;
    l->backoff.expire = backoff_over;
    *ret = l;
    return 0;
}

void weir_listener_open(weir_listener *l) {
    weir_loop *loop = loop_of_listener(l);
    loop->listeners.describe = describe;
    loop->listeners.publish = publish;
    loop->listeners.discard = discard;
    loop->retries.run = run_retry;
    weir_object_add(&loop->listeners, &l->object);
    weir_listener_look(l);
}

void weir_listener_forget(weir_listener *l) {
    struct weir_memory *memory = &loop_of_listener(l)->memory;
    weir_scope_drop(l->scope);
    weir_memory_free(memory, l, l->kind->size);
}

void weir_listener_end(weir_listener *l, enum weir_last_call last) {
    l->closing = true;
    if (!l->code) l->last_call = (uint8_t)last;
    weir_listener_look(l);
}

/* ---- the public calls -------------------------------------------------------------------------------------------- */

static int set_paused(weir_listener *l, bool paused) {
    if (!l) return WEIR_EINVAL;
    l->paused = paused;
    if (!l->closing) weir_listener_look(l);
    return 0;
}

int weir_listener_pause(weir_listener *listener) { return set_paused(listener, true); }

int weir_listener_resume(weir_listener *listener) { return set_paused(listener, false); }

int weir_listener_close(weir_listener *listener) {
    if (!listener) return WEIR_EINVAL;
    if (listener->closing) return WEIR_EALREADY;
    weir_listener_end(listener, WEIR_LAST_NONE);
    return 0;
}

void weir_listener_stats_get(const weir_listener *listener, weir_listener_stats *ret) { *ret = listener->stats; }

size_t weir_listener_connections(const weir_listener *listener) { return listener ? listener->connections : 0; }

void *weir_listener_user(const weir_listener *listener) { return listener ? listener->user : NULL; }
