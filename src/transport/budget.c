/* SPDX-License-Identifier: MIT
 *
 * Charging what transports hold, and what happens when the budget is spent: whoever overdrew it stops receiving; bytes
 * that come back let one of them go on, round robin; and if nothing came back for the stall time, the largest holder is
 * failed, since it holds what all the others wait for. */
#include "transport/base.h"
#include "transport/listener.h"

static size_t charged(const weir_transport *t, size_t held) {
    size_t floor = weir_floor_of(t);
    return held > floor ? held : floor;
}

void weir_starve(weir_transport *t) {
    weir_loop *loop = loop_of(t);
    if (t->holds & WEIR_HOLD_BUDGET) return;
    weir_transport_hold(t, WEIR_HOLD_BUDGET, true);
    loop->starved++;
    weir_starve_watch(loop, t->scope->limits.stall_ns);
}

void weir_starve_forget(weir_transport *t) {
    if (!(t->holds & WEIR_HOLD_BUDGET)) return;
    t->holds &= (uint8_t)~WEIR_HOLD_BUDGET;
    if (--loop_of(t)->starved == 0) weir_deadline_stop(loop_of(t), &loop_of(t)->starving);
}

bool weir_charge(weir_transport *t, size_t before, size_t now, bool force) {
    size_t was = charged(t, before), is = charged(t, now);
    if (is > was && !weir_budget_take(&t->scope->budget, is - was)) {
        if (!force) return false;
        weir_budget_overdraw(&t->scope->budget, is - was);
        weir_starve(t);
    }
    if (is < was) {
        weir_budget_give(&t->scope->budget, was - is);
        weir_starve_relief(loop_of(t));
        weir_listeners_budget_back(loop_of(t));
    }
    return true;
}

static bool starves(const weir_transport *t) { return (t->holds & WEIR_HOLD_BUDGET) != 0; }

void weir_charge_carried(weir_transport *t, size_t before, size_t now) {
    weir_budget_overdraw(&t->scope->budget, charged(t, now) - charged(t, before));
}

/* The one that has waited longest goes on and becomes the last in the list. */
static void relieve(weir_loop *loop, weir_transport *t) {
    weir_object_remove(&loop->transports, &t->object);
    weir_object_add(&loop->transports, &t->object);
    weir_starve_forget(t);
    weir_transport_step_later(t);
}

static void relieve_next(weir_loop *loop) {
    struct weir_object *head = &loop->transports.head;
    for (struct weir_object *o = head->next; o != head; o = o->next) {
        weir_transport *t = weir_transport_of(o);
        if (!starves(t) || !weir_budget_room(&t->scope->budget)) continue;
        relieve(loop, t);
        loop->relieved = o;
        loop->relief_turns--;
        return;
    }
}

/* Each of those that wait now gets one turn at most: who still cannot go on must not keep the loop awake. */
void weir_starve_relief(weir_loop *loop) {
    if (!loop->starved) return;
    loop->starve_relieved = true;
    loop->relief_turns = loop->starved;
    relieve_next(loop);
}

/* `t` may have no use for what came back. */
void weir_starve_pass_on(weir_transport *t) {
    weir_loop *loop = loop_of(t);
    if (loop->relieved != &t->object) return;
    loop->relieved = NULL;
    if (loop->relief_turns && loop->starved) relieve_next(loop);
}

static weir_transport *largest_holder(weir_loop *loop) {
    weir_transport *largest = NULL;
    struct weir_object *head = &loop->transports.head;
    for (struct weir_object *o = head->next; o != head; o = o->next) {
        weir_transport *t = weir_transport_of(o);
        if (t->state == WEIR_GONE) continue;
        if (!largest || weir_transport_held(t) > weir_transport_held(largest)) largest = t;
    }
    return largest;
}

static void still_starving(weir_loop *loop, struct weir_timer_node *node) {
    (void)node;
    weir_transport *t = loop->starve_relieved ? NULL : largest_holder(loop);
    if (t) weir_transport_fail(t, WEIR_EBUDGET, WEIR_STAGE_READ, 0);
    weir_starve_watch(loop, loop->scope.limits.stall_ns);
}

void weir_starve_watch(weir_loop *loop, uint64_t stall_ns) {
    if (loop->starving.next) return;
    loop->starve_relieved = false;
    loop->starving.expire = still_starving;
    weir_deadline_start(loop, &loop->starving, weir_after_ns(loop->now_ns, stall_ns));
}
