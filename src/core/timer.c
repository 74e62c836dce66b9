/* SPDX-License-Identifier: MIT
 *
 * Timers of a loop: the wheel, given the backend's time. Due timers move to the loop's `due` list and fire from there
 * one by one, so that one of them may still stop another of the same batch.
 *
 * A delay counts from the real time and not from the tick's, since a callback may have worked for long; but to ask for
 * the time costs more than all the rest. So timers that callbacks arm wait in a row for the end of the tick, or until
 * the row is long, and the time is asked for once: later than the call by what the tick still had to do, never
 * earlier. */
#include "core/loop.h"
#include "core/phases.h"

void weir_deadline_start(weir_loop *loop, struct weir_timer_node *node, uint64_t deadline_ns) {
    assert(weir_loop_is_ours(loop));
    if (node->next) weir_wheel_remove(&loop->wheel, node);
    node->deadline_ns = deadline_ns;
    weir_wheel_add(&loop->wheel, node);
}

void weir_deadline_stop(weir_loop *loop, struct weir_timer_node *node) {
    if (node->next) weir_wheel_remove(&loop->wheel, node);
}

#define ROW_MAX 64

void weir_loop_settle_timers(weir_loop *loop) {
    if (loop->wheel.unsettled) weir_wheel_settle(&loop->wheel, loop->backend->now_ns(loop->state));
}

static weir_timer *timer_of(struct weir_timer_node *node) {
    return (weir_timer *)(void *)((char *)node - offsetof(weir_timer, node));
}

/* The first deadline after `now_ns` that keeps the phase. */
static uint64_t next_deadline(const weir_timer *timer, uint64_t now_ns) {
    uint64_t deadline = timer->node.deadline_ns;
    uint64_t missed = now_ns > deadline ? (now_ns - deadline) / timer->repeat_ns : 0;
    if (missed >= (UINT64_MAX - deadline) / timer->repeat_ns) return UINT64_MAX;
    return deadline + (missed + 1) * timer->repeat_ns;
}

/* Those in the row were armed before, and so come before, in a slot that both fall into. */
static void repeat(weir_loop *loop, weir_timer *timer) {
    weir_loop_settle_timers(loop);
    weir_deadline_start(loop, &timer->node, next_deadline(timer, loop->now_ns));
}

static void expire(weir_loop *loop, struct weir_timer_node *node) {
    weir_timer *timer = timer_of(node);
    if (timer->repeat_ns) repeat(loop, timer);
    timer->fired(timer);
}

int weir_timer_start(weir_loop *loop, weir_timer *timer, uint64_t delay_ns, uint64_t repeat_ns) {
    if (!loop || !timer || !timer->fired) return WEIR_EINVAL;
    assert(weir_loop_is_ours(loop));
    if (timer->node.next) {
        if (timer->loop != loop) return WEIR_EINVAL;
        weir_wheel_remove(&loop->wheel, &timer->node);
    }
    timer->loop = loop;
    timer->repeat_ns = repeat_ns;
    timer->node.expire = expire;
    if (!delay_ns && !repeat_ns) { /* due at once needs no clock */
        weir_deadline_start(loop, &timer->node, 0);
        return 0;
    }
    timer->node.deadline_ns = delay_ns;
    weir_wheel_add_unsettled(&loop->wheel, &timer->node);
    if (!loop->in_tick || loop->wheel.unsettled >= ROW_MAX) weir_loop_settle_timers(loop);
    return 0;
}

void weir_timer_stop(weir_timer *timer) {
    if (!timer || !timer->node.next) return;
    assert(weir_loop_is_ours(timer->loop));
    weir_wheel_remove(&timer->loop->wheel, &timer->node);
}

bool weir_timer_armed(const weir_timer *timer) { return timer->node.next != NULL; }

unsigned weir_loop_run_timers(weir_loop *loop) {
    unsigned fired = 0;
    weir_wheel_expire(&loop->wheel, loop->now_ns, &loop->due);
    for (; loop->due.next != &loop->due; fired++) {
        struct weir_timer_node *node = loop->due.next;
        weir_deadline_stop(loop, node);
        node->expire(loop, node);
    }
    return fired;
}

static void each_in(struct weir_timer_node *head, void (*each)(void *user, weir_timer *timer), void *user) {
    for (struct weir_timer_node *node = head->next, *next; node && node != head; node = next) {
        next = node->next;
        if (node->expire == expire) each(user, timer_of(node));
    }
}

void weir_loop_each_timer(weir_loop *loop, void (*each)(void *user, weir_timer *timer), void *user) {
    weir_loop_settle_timers(loop);
    each_in(&loop->due, each, user);
    for (size_t level = 0; level < WEIR_WHEEL_LEVELS; level++)
        for (size_t slot = 0; slot < WEIR_WHEEL_SLOTS; slot++)
            each_in(&loop->wheel.slots[level][slot], each, user);
}
