/* SPDX-License-Identifier: MIT
 *
 * A hierarchical timing wheel: timers in slots of WEIR_TIMER_GRANULARITY_NS, eight levels of 64 slots, each level 64
 * times coarser than the one below, so that together they cover the whole range of the clock. Adding and removing are
 * O(1); a timer moves down at most seven times in its life.
 *
 * Invariants: a node is due no earlier than its deadline (deadlines are rounded up to a slot); nodes of one slot come
 * out in the order they were added, since a coarse slot is spread, in order, before anything can be added to the finer
 * slots it covers. A deadline whose slot lies beyond the clock's range, as UINT64_MAX does, never comes up.
 * Data only: the caller brings the time, which never goes back.
 *
 * Asking for the time costs more than filing a timer. So one may be added with a delay and no time: it waits in a row,
 * and when the row is settled, with a time that was asked for once, its delay counts from then. */
#ifndef WEIR_BASE_WHEEL_H
#define WEIR_BASE_WHEEL_H

#include <weir/timer.h>

#define WEIR_WHEEL_LEVELS 8
#define WEIR_WHEEL_SLOTS 64

/* now + delay, or never. */
static inline uint64_t weir_after_ns(uint64_t now_ns, uint64_t delay_ns) {
    return delay_ns > UINT64_MAX - now_ns ? UINT64_MAX : now_ns + delay_ns;
}

struct weir_wheel {
    uint64_t slot_now;                    /* slots up to and including this one have come up */
    uint64_t occupied[WEIR_WHEEL_LEVELS]; /* bit per slot that holds a node */
    size_t count;                         /* nodes in slots and in the row */
    unsigned unsettled;                   /* at most so many stand in the row: some may have been removed */
    struct weir_timer_node row;           /* head of the nodes that wait for a time, in arming order */
    struct weir_timer_node slots[WEIR_WHEEL_LEVELS][WEIR_WHEEL_SLOTS]; /* heads of circular lists */
};

void weir_wheel_init(struct weir_wheel *wheel, uint64_t now_ns);

/* Adds `node`, whose deadline_ns is set and which is in no list. A deadline that has passed comes up next time. */
void weir_wheel_add(struct weir_wheel *wheel, struct weir_timer_node *node);

/* The delays of the row count from `now_ns`: adds its nodes as weir_wheel_add does. */
void weir_wheel_settle(struct weir_wheel *wheel, uint64_t now_ns);

/* No call of weir_wheel_expire before this time would do anything; UINT64_MAX when nothing can. The row
 * is not asked. */
uint64_t weir_wheel_next_ns(const struct weir_wheel *wheel);

/* Moves every node that is due at `now_ns` to the end of `due` (a circular list head), in time and arming order. They
 * count as removed once taken from there with weir_wheel_remove. */
void weir_wheel_expire(struct weir_wheel *wheel, uint64_t now_ns, struct weir_timer_node *due);

/* What programs do most is here, to be inlined: it is a few instructions, and the fewer there are, the more of such
 * calls wait for memory at the same time. */

static inline void weir_wheel_append(struct weir_timer_node *head, struct weir_timer_node *node) {
    node->next = head;
    node->prev = head->prev;
    head->prev->next = node;
    head->prev = node;
}

/* Adds `node`, whose deadline_ns holds a delay and which is in no list, to the row. */
static inline void weir_wheel_add_unsettled(struct weir_wheel *wheel, struct weir_timer_node *node) {
    weir_wheel_append(&wheel->row, node);
    wheel->unsettled++;
    wheel->count++;
}

/* Marks the slot with the list `head` as empty, if it is one of the wheel's. For weir_wheel_remove. */
void weir_wheel_vacate(struct weir_wheel *wheel, const struct weir_timer_node *head);

/* Removes `node` from the wheel, from the row, or from the due list it came up in; leaves it unlinked (next NULL). */
static inline void weir_wheel_remove(struct weir_wheel *wheel, struct weir_timer_node *node) {
    struct weir_timer_node *next = node->next, *prev = node->prev;
    prev->next = next;
    next->prev = prev;
    if (next == prev) weir_wheel_vacate(wheel, next); /* only the head is left */
    node->next = node->prev = NULL;
    wheel->count--;
}

#endif
