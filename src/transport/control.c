/* SPDX-License-Identifier: MIT
 *
 * The rest of the dozen calls: who the protocol is, what is paused, who produces, what is known. */
#include "transport/base.h"

static bool is_closed(const weir_transport *t) { return t->state > WEIR_OPEN; }

static bool is_below(const weir_transport *t) { return weir_rare_if_any(t) && weir_rare_if_any(t)->over; }

int weir_transport_may_give(const weir_transport *t, bool reads) {
    if (is_closed(t)) return WEIR_ECLOSED;
    if (reads && t->extras && t->extras->reader) return WEIR_EBUSY;
    return is_below(t) ? WEIR_EBUSY : 0;
}

int weir_transport_set_protocol(weir_transport *t, const weir_protocol *protocol, void *self) {
    int status = t ? weir_transport_may_give(t, protocol && protocol->received) : WEIR_EINVAL;
    if (status == 0) weir_transport_give(t, protocol, self);
    return status;
}

void weir_transport_give(weir_transport *t, const weir_protocol *protocol, void *self) {
    if (t->own_protocol) ((const struct weir_own_protocol *)(const void *)t->protocol)->replaced(t);
    t->own_protocol = 0;
    t->protocol = protocol ? protocol : &weir_nobody;
    t->self = self;
    t->fresh = 1;
    t->offered = t->end_told = 0;
    t->holds &= WEIR_HOLD_BUDGET;
    weir_pace_forget(t);
    weir_transport_step_later(t);
    if (t->queued && t->state == WEIR_OPEN) weir_task_push(&loop_of(t)->flushes, &t->flush);
}

void weir_transport_hold(weir_transport *t, enum weir_hold hold, bool on) {
    uint8_t before = t->holds;
    t->holds = (uint8_t)(on ? before | hold : before & ~hold);
    if (t->holds == before) return;
    if (!on) t->offered = 0;
    weir_transport_step_later(t);
}

int weir_transport_pause(weir_transport *t, weir_direction direction) {
    if (!t || !(direction & WEIR_BOTH)) return WEIR_EINVAL;
    if (is_closed(t)) return WEIR_ECLOSED;
    weir_transport_hold(t, (enum weir_hold)(direction & WEIR_BOTH), true);
    return 0;
}

int weir_transport_resume(weir_transport *t, weir_direction direction) {
    if (!t || !(direction & WEIR_BOTH)) return WEIR_EINVAL;
    if (is_closed(t)) return WEIR_ECLOSED;
    weir_transport_hold(t, (enum weir_hold)(direction & WEIR_BOTH), false);
    if ((direction & WEIR_SEND) && t->queued && t->state == WEIR_OPEN) weir_task_push(&loop_of(t)->flushes, &t->flush);
    return 0;
}

void *weir_transport_self(const weir_transport *t) { return t ? t->self : NULL; }

weir_loop *weir_transport_loop(const weir_transport *t) { return t ? loop_of(t) : NULL; }

int weir_transport_read_by(weir_transport *t, const struct weir_own_protocol *own, void *self) {
    int status = weir_transport_set_protocol(t, &own->protocol, self);
    if (status == 0) t->own_protocol = 1;
    return status;
}

/* In every state: a producer may go when it likes. One of the library's own would not know. */
static int unregister(weir_transport *t) {
    if (weir_transport_has_producer(t) && t->extras->own_producer) return WEIR_EBUSY;
    if (weir_transport_has_producer(t)) weir_transport_unfeed(t);
    return 0;
}

int weir_transport_feed_by(weir_transport *t, const struct weir_own_producer *own, void *self) {
    int status = weir_transport_register(t, &own->producer, self);
    if (status == 0) t->extras->own_producer = true;
    return status;
}

/* A pause was the producer's: if it still holds, the protocol is to hear of its own. */
void weir_transport_unfeed(weir_transport *t) {
    t->extras->producer = NULL;
    t->above = t->owing = 0;
    if (t->queued && t->state == WEIR_OPEN) weir_task_push(&loop_of(t)->flushes, &t->flush);
}

void weir_transport_forget(weir_transport *t) {
    struct weir_extras *e = t->extras;
    if (weir_transport_has_producer(t) && e->own_producer)
        ((const struct weir_own_producer *)(const void *)e->producer)->forget(e->producer_self);
    if (t->own_protocol) ((const struct weir_own_protocol *)(const void *)t->protocol)->replaced(t);
}

int weir_transport_register(weir_transport *t, const weir_producer *producer, void *self) {
    if (!t) return WEIR_EINVAL;
    if (!producer) return unregister(t);
    if (is_closed(t)) return WEIR_ECLOSED;
    if (is_below(t) || (t->extras && t->extras->producer)) return WEIR_EBUSY;
    struct weir_extras *e = weir_extras_of(t);
    if (!e) return WEIR_ENOMEM;
    if (producer->half_registered) producer->half_registered(self, t);
    e->producer = producer;
    e->producer_self = self;
    e->own_producer = false;
    return 0;
}

void weir_transport_info_get(const weir_transport *t, weir_transport_info *ret) {
    unsigned caps = t->caps;
    *ret = (weir_transport_info){
        .stack = {t->driver->name},
        .state = (weir_transport_state)t->state,
        .can_receive = (caps & WEIR_CAN_RECEIVE) != 0,
        .can_send = (caps & WEIR_CAN_SEND) != 0,
        .can_half_close = (caps & WEIR_CAN_HALF_CLOSE) != 0,
        .peer_ended = t->peer_ended,
        .half_closed = t->half_closed,
        .unread = unread_of(t),
        .queued = t->queued,
        .limits = t->scope->limits,
    };
    if (t->driver->info) t->driver->info(t, ret);
}
