/* SPDX-License-Identifier: MIT
 *
 * A hierarchical timing wheel: timers in slots of WEIR_TIMER_GRANULARITY_NS, eight levels of 64 slots, each level 64
 * times coarser than the one below, so that together they cover the whole range of the clock. Adding and removing are
 * O(1); a timer moves down at most seven times in its life.
 *
 * Invariants: a node is due no earlier than its deadline (deadlines are rounded up to a slot); nodes of one slot come
 * out in the order they were added, since a coarse slot is spread, in order, before anything can be added to the finer
 * slots it covers. A deadline whose slot lies beyond the clock's range, as UINT64_MAX does, never comes up.
 * Data only: the caller brings the time, which never goes back. */
#ifndef WEIR_BASE_WHEEL_H
#define WEIR_BASE_WHEEL_H

#include <weir/timer.h>

#define WEIR_WHEEL_LEVELS 8
#define WEIR_WHEEL_SLOTS 64

struct weir_wheel {
    uint64_t slot_now;                    /* slots up to and including this one have come up */
    uint64_t occupied[WEIR_WHEEL_LEVELS]; /* bit per slot that holds a node */
    size_t count;
    struct weir_timer_node slots[WEIR_WHEEL_LEVELS][WEIR_WHEEL_SLOTS]; /* heads of circular lists */
};

void weir_wheel_init(struct weir_wheel *wheel, uint64_t now_ns);

/* Adds `node`, whose deadline_ns is set and which is in no list. A deadline that has passed comes up next time. */
void weir_wheel_add(struct weir_wheel *wheel, struct weir_timer_node *node);

/* Removes `node` from the wheel or from the due list it came up in; leaves it unlinked (next NULL). */
void weir_wheel_remove(struct weir_wheel *wheel, struct weir_timer_node *node);

/* No call of weir_wheel_expire before this time would do anything; UINT64_MAX when nothing can. */
uint64_t weir_wheel_next_ns(const struct weir_wheel *wheel);

/* Moves every node that is due at `now_ns` to the end of `due` (a circular list head), in time and arming order. They
 * count as removed once taken from there with weir_wheel_remove. */
void weir_wheel_expire(struct weir_wheel *wheel, uint64_t now_ns, struct weir_timer_node *due);

#endif
