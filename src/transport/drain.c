/* SPDX-License-Identifier: MIT
 *
 * The graceful end. Listeners take their last calls by themselves; transports are looked at a few times per quiet time,
 * and those that are idle are told to end. Looking, rather than being told of every byte, keeps the way of a byte free
 * of it, and costs a walk over all transports now and then, at the end of a program's life.
 *
 * Part of the loop's own memory, so that beginning one cannot fail. The last one to leave calls for a look, which finds
 * nobody and ends the drain. An object that is moved in its list while the list is walked may be missed: the next look
 * finds it. */
#include "transport/drain.h"

#include "transport/base.h"
#include "transport/listener.h"

#define LOOKS_PER_QUIET 4

/* ---- one transport ----------------------------------------------------------------------------------------------- */

static bool is_top(const weir_transport *t) {
    const struct weir_rare *rare = weir_rare_if_any(t);
    return !rare || !rare->over;
}

/* A read op that has begun to fill is half a message. */
static bool reads_a_message(const weir_transport *t) {
    return t->unread || (t->extras && t->extras->reader && t->extras->reader->moved);
}

static bool is_idle(const weir_transport *t, uint64_t quiet_ns) {
    if (t->state != WEIR_OPEN || t->fresh || t->busy || t->queued || reads_a_message(t)) return false;
    if (t->holds & WEIR_HOLD_USER_RECEIVE) return false;
    return weir_elapsed_ns(t, t->sent_at) >= quiet_ns && weir_elapsed_ns(t, t->received_at) >= quiet_ns;
}

/* Half-closed, if somebody is there to hear the peer's answer to that. */
static void send_home(weir_transport *t) {
    bool hears = weir_receive_has_reader(t) && !t->peer_ended && (t->caps & WEIR_CAN_RECEIVE);
    if (!hears || !(t->caps & WEIR_CAN_HALF_CLOSE))
        weir_transport_close(t);
    else
        weir_transport_half_close(t);
}

static void cut(weir_transport *t) {
    if (t->state == WEIR_GONE) return;
    t->cut = 1;
    weir_transport_abort(t);
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

static void look_at_transports(weir_loop *loop, bool late) {
    struct weir_object *head = &loop->transports.head;
    for (struct weir_object *o = head->next, *next; o != head; o = next) {
        weir_transport *t = weir_transport_of(o);
        next = o->next;
        if (!is_top(t)) continue;
        if (late)
            cut(t);
        else if (is_idle(t, loop->drain.quiet_ns))
            send_home(t);
    }
}

/* One that its user closed keeps to that. */
static void end_listeners(weir_loop *loop, enum weir_last_call last) {
    struct weir_object *head = &loop->listeners.head;
    for (struct weir_object *o = head->next; o != head; o = o->next) {
        weir_listener *l = weir_listener_of(o);
        if (!l->closing || last == WEIR_LAST_NONE) weir_listener_end(l, last);
    }
}

static void finish(weir_loop *loop) {
    struct weir_drain drain = loop->drain;
    loop->drain.on = false;
    if (drain.done) drain.done(loop, &drain.result, drain.user);
    weir_stop(loop);
}

static void look(weir_loop *loop, struct weir_timer_node *node) {
    struct weir_drain *d = &loop->drain;
    bool late = loop->now_ns >= d->deadline_ns;
    if (!loop->transports.count && !loop->listeners.count) {
        finish(loop);
        return;
    }
    if (late) end_listeners(loop, WEIR_LAST_NONE);
    look_at_transports(loop, late);
    uint64_t next_ns = weir_after_ns(loop->now_ns, d->quiet_ns / LOOKS_PER_QUIET + WEIR_TIMER_GRANULARITY_NS);
    if (!late && next_ns > d->deadline_ns) next_ns = d->deadline_ns;
    weir_deadline_start(loop, node, next_ns);
}

void weir_drain_look(weir_loop *loop) {
    if (loop->drain.on && !loop->transports.count && !loop->listeners.count)
        weir_deadline_start(loop, &loop->drain.look, loop->now_ns);
}

/* It is still in the loop's list. */
void weir_drain_left(const weir_transport *t) {
    weir_loop *loop = loop_of(t);
    struct weir_drain *d = &loop->drain;
    if (!d->on || !is_top(t)) return;
    if (t->cut)
        d->result.aborted++;
    else if (t->code)
        d->result.lost++;
    else
        d->result.ended++;
    if (loop->transports.count == 1) weir_deadline_start(loop, &d->look, loop->now_ns);
}

/* ---- the public calls -------------------------------------------------------------------------------------------- */

int weir_drain(weir_loop *loop, uint64_t timeout_ns, weir_drain_fn *done, void *user) {
    if (!loop) return WEIR_EINVAL;
    if (loop->drain.on) return WEIR_EALREADY;
    uint64_t now_ns = loop->backend->now_ns(loop->state), part_ns = timeout_ns / 4;
    struct weir_drain *d = &loop->drain;
    d->on = true;
    d->deadline_ns = weir_after_ns(now_ns, timeout_ns);
    d->quiet_ns = part_ns < WEIR_DRAIN_QUIET_NS ? part_ns : WEIR_DRAIN_QUIET_NS;
    d->done = done;
    d->user = user;
    d->result = (weir_drained){0, 0, 0};
    d->look.expire = look;
    end_listeners(loop, timeout_ns ? WEIR_LAST_BACKLOG : WEIR_LAST_NONE);
    weir_deadline_start(loop, &d->look, now_ns);
    return 0;
}

bool weir_draining(const weir_loop *loop) { return loop && loop->drain.on; }

int weir_transport_busy(weir_transport *t, bool busy) {
    if (!t) return WEIR_EINVAL;
    t->busy = busy;
    return 0;
}
