/* SPDX-License-Identifier: MIT
 *
 * The life of a transport, from init to its last callback. Everything that has consequences is done by `advance`, which
 * looks at what is the case and does what follows from it, so that it does not matter in which order things were
 * noted. Only here does the state change. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "transport/base.h"
#include "transport/drain.h"
#include "transport/handover.h"
#include "transport/listener.h"

const weir_protocol weir_nobody = {0};

static const char *const state_names[] = {"connecting", "open", "closing", "gone"};

/* Whom or what it is open to, or nothing. */
static void name_peer(const weir_transport *t, const weir_transport_info *info, char *text, size_t size) {
    if (info->peer.family)
        weir_address_format(&info->peer, text, size);
    else if (t->driver->label)
        t->driver->label(t, text, size);
}

static void describe(const struct weir_object *object, char *text, size_t size) {
    const weir_transport *t =
        (const weir_transport *)(const void *)((const char *)object - offsetof(weir_transport, object));
    weir_transport_info info;
    char peer[WEIR_ADDRESS_TEXT_MAX] = "";
    weir_transport_info_get(t, &info);
    name_peer(t, &info, peer, sizeof peer);
    snprintf(text, size, "%s %s%s(%s)", t->driver->name, peer, *peer ? " " : "", state_names[t->state]);
}

static void *publish(struct weir_object *object) { return weir_transport_of(object); }

static void discard(struct weir_object *object) {
    weir_transport *t = weir_transport_of(object);
    weir_transport_forget(t);
    weir_handover_forget(t);
    weir_send_drop_queue(t);
    weir_transport_free(t);
}

static void run_step(struct weir_task *task) {
    weir_transport_advance((weir_transport *)(void *)((char *)task - offsetof(weir_transport, step)));
}

static void run_flush(struct weir_task *task) {
    weir_send_flush((weir_transport *)(void *)((char *)task - offsetof(weir_transport, flush)));
}

static void join(weir_loop *loop, weir_transport *t) {
    loop->transports.describe = describe;
    loop->transports.publish = publish;
    loop->transports.discard = discard;
    loop->steps.run = run_step;
    loop->flushes.run = run_flush;
    weir_object_add(&loop->transports, &t->object);
}

int weir_transport_init(weir_transport *t, const struct weir_driver *driver, struct weir_scope *scope,
                        weir_transport_state state, const weir_protocol *protocol, void *self) {
    t->driver = driver;
    t->caps = driver->caps & 63;
    t->counted = !(t->caps & WEIR_STANDS);
    t->scope = scope;
    if (weir_pace_init(t) < 0) return WEIR_ENOMEM;
    if (!weir_budget_take(&scope->budget, scope->limits.floor)) {
        weir_extras_free(t);
        return WEIR_EBUDGET;
    }
    t->state = (unsigned)state & 3;
    t->protocol = protocol ? protocol : &weir_nobody;
    t->self = self;
    t->fresh = 1;
    t->deadline.expire = weir_deadline_expire;
    t->sent_at = t->received_at = weir_slot_now(t);
    weir_scope_hold(scope);
    join(scope->loop, t);
    return 0;
}

void weir_transport_free(weir_transport *t) {
    struct weir_scope *scope = t->scope;
    weir_loop *loop = scope->loop;
    weir_deadline_stop(loop, &t->deadline);
    weir_starve_forget(t);
    weir_receive_forget_unread(t);
    weir_starve_pass_on(t);
    if (t->driver->fini) t->driver->fini(t);
    weir_budget_give(&scope->budget, weir_floor_of(t));
    weir_stack_part(t);
    bool counted = t->counted;
    weir_object_remove(&loop->transports, &t->object);
    weir_extras_free(t);
    weir_memory_free(&loop->memory, t, t->driver->size);
    weir_starve_relief(loop);
    weir_listeners_budget_back(loop);
    if (counted && scope->left) scope->left(scope);
    weir_scope_drop(scope);
}

const weir_error *weir_transport_reason(const weir_transport *t, weir_error *storage) {
    weir_transport_info info;
    if (!t->code) return NULL;
    *storage = (weir_error){.code = t->code, .stage = (weir_stage)t->stage, .os_code = t->os_code};
    storage->unsent = t->queued + (t->dropped ? t->unacked : 0);
    weir_transport_info_get(t, &info);
    name_peer(t, &info, storage->peer, sizeof storage->peer);
    weir_pace_hint(t, storage->hint, sizeof storage->hint);
    return storage;
}

/* The last callbacks: ops, producer, protocol; then nothing is left. */
static void bury(weir_transport *t) {
    weir_error storage;
    const weir_error *reason = weir_transport_reason(t, &storage);
    struct weir_extras *extras = t->extras;
    weir_drain_left(t);
    weir_starve_forget(t); /* or the bytes it gives back would wake it */
    weir_op_fail_reader(t, t->code ? t->code : WEIR_ECLOSED);
    weir_send_drop_queue(t);
    weir_op_run_finished(t);
    if (extras && extras->producer && extras->producer->stop) extras->producer->stop(extras->producer_self, t, reason);
    if (t->protocol->disconnected) t->protocol->disconnected(t->self, t, reason);
    weir_transport_free(t);
}

/* What stands on another is dropped in two steps: closed in order, and then, if that takes too long, at once. */
static bool may_drop(const weir_transport *t) {
    return !t->dropped || ((t->caps & WEIR_STANDS) && !t->hurried && !t->gone);
}

static void drop(weir_transport *t, bool reset) {
    if (!may_drop(t)) return;
    t->hurried = t->dropped || reset;
    t->dropped = 1;
    t->unacked = 0;
    if (reset && t->driver->unsent && t->stage != WEIR_STAGE_CONNECT) t->unacked = (uint32_t)t->driver->unsent(t);
    if (t->hurried || !(t->caps & WEIR_STANDS)) weir_deadline_stop(loop_of(t), &t->deadline);
    t->driver->drop(t, reset);
}

/* What nobody used is given up first, while the driver still has what it came from. */
static void lose(weir_transport *t) {
    weir_receive_drop_unread(t);
    t->state = WEIR_GONE;
    drop(t, true);
}

void weir_transport_gone(weir_transport *t) {
    t->state = WEIR_GONE;
    t->gone = 1;
    weir_transport_step_later(t);
}

void weir_transport_note(weir_transport *t, int code, weir_stage stage, int os_code) {
    if (t->code) return;
    t->code = (int8_t)code;
    t->stage = (unsigned)stage & 15;
    t->os_code = os_code;
}

void weir_transport_linger_over(weir_transport *t, bool lost) {
    if (lost) weir_transport_note(t, WEIR_ETIMEDOUT, WEIR_STAGE_CLOSE, 0);
    drop(t, lost);
    if (t->caps & WEIR_STANDS) drop(t, lost);
}

static void note_failure(weir_transport *t, int code, weir_stage stage, int os_code) {
    weir_transport_note(t, code, stage, os_code);
    weir_transport_step_later(t);
}

void weir_transport_fail(weir_transport *t, int code, weir_stage stage, int os_code) {
    t->read_dead = t->send_dead = t->fatal = 1;
    note_failure(t, code, stage, os_code);
}

void weir_transport_read_failed(weir_transport *t, int code, int os_code) {
    if (t->dropped) return;
    t->read_dead = 1;
    t->receiving = 0;
    note_failure(t, code, t->state == WEIR_CLOSING ? WEIR_STAGE_CLOSE : WEIR_STAGE_READ, os_code);
}

void weir_transport_write_failed(weir_transport *t, int code, int os_code) {
    t->send_dead = 1;
    note_failure(t, code, WEIR_STAGE_WRITE, os_code);
}

/* Whether bytes of the peer may still be given to somebody before a failure is told. */
static bool something_to_read(const weir_transport *t) {
    if (t->state != WEIR_OPEN || t->fatal || !weir_receive_has_reader(t)) return false;
    if ((t->unread && !t->offered) || (t->holds & WEIR_HOLD_OFFER)) return t->read_dead || (t->caps & WEIR_DRAINS);
    return !t->read_dead && !t->peer_ended && (t->caps & WEIR_DRAINS);
}

/* A direction has failed. Whoever paused receiving because the queue was full must hear that it need not wait. */
static void go_on_failing(weir_transport *t) {
    if (!something_to_read(t))
        lose(t);
    else if (t->send_dead && t->above && (t->holds & WEIR_HOLD_OFFER))
        weir_send_tell_resume(t);
}

/* After close: flushed, then end-of-stream, then the peer's end, then gone. */
static void go_on_closing(weir_transport *t) {
    if (t->queued || t->dropped) return;
    if (!t->finished) {
        t->finished = 1;
        t->driver->finish(t);
    }
    if (t->peer_ended || t->read_dead || !(t->caps & WEIR_LINGERS)) drop(t, false);
}

static void go_on_half_closing(weir_transport *t) {
    if (!t->half_closed || t->finished || t->queued || t->send_dead) return;
    t->finished = 1;
    t->driver->finish(t);
}

void weir_transport_greet(weir_transport *t) {
    while (t->fresh && t->state == WEIR_OPEN) {
        t->fresh = 0;
        t->offered = 0;
        weir_deadline_review(t);
        if (t->protocol->connected) t->protocol->connected(t->self, t);
        if (!t->fresh) weir_send_greet(t);
    }
}

/* What an op has read comes before what is told to its successor. */
static void advance_open(weir_transport *t) {
    if (t->fresh) weir_op_run_finished(t);
    weir_transport_greet(t);
    weir_send_tell_marks(t);
    weir_receive_offer(t);
    weir_receive_tell_end(t);
    if (t->state == WEIR_OPEN) go_on_half_closing(t);
}

/* The driver has let go; but a queue that still knows the transport must have come to it first. */
static void go_on_leaving(weir_transport *t) {
    if (weir_task_queued(&t->flush) || weir_task_queued(&t->step))
        weir_transport_step_later(t);
    else
        bury(t);
}

void weir_transport_advance(weir_transport *t) {
    if (t->gone) {
        go_on_leaving(t);
        return;
    }
    if (t->state == WEIR_OPEN) advance_open(t);
    if ((t->send_dead || t->read_dead) && t->state != WEIR_GONE) go_on_failing(t);
    if (t->state == WEIR_CLOSING) go_on_closing(t);
    if (t->state != WEIR_GONE) weir_receive_update(t);
    weir_starve_pass_on(t);
    weir_op_run_finished(t);
}

void weir_transport_connected(weir_transport *t) {
    t->state = WEIR_OPEN;
    weir_deadline_stop(loop_of(t), &t->deadline);
    t->sent_at = t->received_at = weir_slot_now(t);
    if (t->queued) weir_task_push(&loop_of(t)->flushes, &t->flush);
    weir_deadline_review(t);
    weir_transport_advance(t);
}

int weir_transport_close(weir_transport *t) {
    if (!t) return WEIR_EINVAL;
    if (t->state == WEIR_CLOSING || t->state == WEIR_GONE) return WEIR_EALREADY;
    if (t->state == WEIR_CONNECTING) return weir_transport_abort(t);
    t->state = WEIR_CLOSING;
    t->half_closed = 1;
    weir_starve_forget(t);
    t->holds = 0;
    weir_receive_drop_unread(t);
    weir_op_fail_reader(t, WEIR_ECLOSED);
    weir_deadline_set(t, t->scope->limits.linger_ns);
    if (t->queued) weir_task_push(&loop_of(t)->flushes, &t->flush);
    weir_transport_step_later(t);
    return 0;
}

int weir_transport_abort(weir_transport *t) {
    if (!t) return WEIR_EINVAL;
    if (t->state == WEIR_GONE) return WEIR_EALREADY;
    note_failure(t, WEIR_ECANCELED, t->state == WEIR_CONNECTING ? WEIR_STAGE_CONNECT : WEIR_STAGE_CLOSE, 0);
    lose(t);
    return 0;
}

int weir_transport_half_close(weir_transport *t) {
    if (!t) return WEIR_EINVAL;
    if (t->state == WEIR_CLOSING || t->state == WEIR_GONE) return WEIR_ECLOSED;
    if (!(t->caps & WEIR_CAN_HALF_CLOSE)) return WEIR_ENOTSUP;
    if (t->half_closed) return WEIR_EALREADY;
    t->half_closed = 1;
    weir_transport_step_later(t);
    return 0;
}
