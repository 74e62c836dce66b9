/* SPDX-License-Identifier: MIT
 *
 * The deadlines of a transport on one timer: connecting, lingering, or, while open, the nearest of stall, idle and
 * what pace.c watches. The timer is lazy: progress only notes the time, and a timer that comes up looks at what was
 * noted and is armed again for the rest. So a busy connection never touches the wheel. Stall and idle are matters of
 * the bottom of a stack, where the peer is; a linger time is that of the top. */
#include "transport/base.h"

void weir_deadline_set(weir_transport *t, uint64_t delay_ns) {
    weir_deadline_stop(loop_of(t), &t->deadline);
    if (delay_ns != WEIR_FOREVER)
        weir_deadline_start(loop_of(t), &t->deadline, weir_after_ns(loop_of(t)->now_ns, delay_ns));
}

uint64_t weir_elapsed_ns(const weir_transport *t, uint32_t since) {
    return (uint64_t)(uint32_t)(weir_slot_now(t) - since) * WEIR_TIMER_GRANULARITY_NS;
}

uint64_t weir_rest_ns(uint64_t limit_ns, uint64_t elapsed_ns) {
    if (limit_ns == WEIR_FOREVER) return WEIR_FOREVER;
    return elapsed_ns > limit_ns ? 0 : weir_after_ns(limit_ns - elapsed_ns, WEIR_TIMER_GRANULARITY_NS);
}

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* What is left of the stall time; for ever when nothing is being refused. */
static uint64_t stall_rest(const weir_transport *t) {
    if (!t->sending || (t->caps & WEIR_STANDS)) return WEIR_FOREVER;
    return weir_rest_ns(t->scope->limits.stall_ns, weir_elapsed_ns(t, t->sent_at));
}

static uint64_t idle_rest(const weir_transport *t) {
    if (t->caps & WEIR_STANDS) return WEIR_FOREVER;
    uint64_t silence_ns = least(weir_elapsed_ns(t, t->sent_at), weir_elapsed_ns(t, t->received_at));
    return weir_rest_ns(t->scope->limits.idle_ns, silence_ns);
}

void weir_deadline_review(weir_transport *t) {
    if (t->state != WEIR_OPEN) return;
    uint64_t rest = least(least(stall_rest(t), idle_rest(t)), weir_pace_rest_ns(t));
    bool earlier = !t->deadline.next || weir_after_ns(loop_of(t)->now_ns, rest) < t->deadline.deadline_ns;
    if (rest != WEIR_FOREVER && earlier) weir_deadline_set(t, rest);
}

/* The linger deadline: whatever the peer's system has not acknowledged counts as not delivered. */
static void stop_lingering(weir_transport *t) {
    weir_transport_linger_over(t, t->queued > 0 || (t->driver->unsent && t->driver->unsent(t) > 0));
}

/* What stands on a connection that is there already is in its handshake. */
static weir_stage stage_before_open(const weir_transport *t) {
    const struct weir_rare *rare = weir_rare_if_any(t);
    return rare && rare->under && rare->under->state == WEIR_OPEN ? WEIR_STAGE_HANDSHAKE : WEIR_STAGE_CONNECT;
}

static void expire_open(weir_transport *t) {
    if (!stall_rest(t))
        weir_transport_fail(t, WEIR_ETIMEDOUT, WEIR_STAGE_WRITE, 0);
    else if (!idle_rest(t))
        weir_transport_fail(t, WEIR_ETIMEDOUT, WEIR_STAGE_READ, 0);
    else if (!weir_pace_judge(t))
        weir_deadline_review(t);
}

void weir_deadline_expire(weir_loop *loop, struct weir_timer_node *node) {
    weir_transport *t = (weir_transport *)(void *)((char *)node - offsetof(weir_transport, deadline));
    (void)loop;
    if (t->state == WEIR_CONNECTING)
        weir_transport_fail(t, WEIR_ETIMEDOUT, stage_before_open(t), 0);
    else if (t->state == WEIR_CLOSING)
        stop_lingering(t);
    else if (t->state == WEIR_OPEN)
        expire_open(t);
}
