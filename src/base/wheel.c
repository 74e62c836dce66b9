/* SPDX-License-Identifier: MIT
 *
 * Slots are numbered from the clock's zero. Written in base 64 such a number has eight digits; a node lies at the level
 * of the highest digit in which its slot differs from `slot_now`, at that digit. So the levels stand one behind the
 * other in time: everything at a level comes up before the first slot of the next coarser one begins, and the earliest
 * event is the lowest bit of the lowest level that has one. That is why empty stretches cost nothing, however long.
 *
 * At a level only digits above that of `slot_now` are in use, with one exception: slot `slot_now` itself at level 0,
 * which has come up and is empty, takes the nodes whose deadline has passed already, in arming order.
 *
 * A bit of `occupied` is set exactly when its slot holds a node. Deadlines that no time can reach share the slot that
 * follows the last one of the clock, which is a slot of the last level like another, and never comes up.
 *
 * Known weaknesses: weir_wheel_next_ns tells the beginning of a coarse slot, so a lone distant timer wakes its loop
 * once per level on the way; and a coarse slot is spread in one go, so a million nodes in it are one long pause. */
#include "base/wheel.h"

#include <assert.h>

#define DIGIT_BITS 6
#define LAST_SLOT (UINT64_MAX / WEIR_TIMER_GRANULARITY_NS)

_Static_assert(1 << DIGIT_BITS == WEIR_WHEEL_SLOTS, "a digit is a slot");
_Static_assert((LAST_SLOT + 1) >> (DIGIT_BITS * (WEIR_WHEEL_LEVELS - 1)) < WEIR_WHEEL_SLOTS,
               "the levels cover the clock");

static void empty(struct weir_timer_node *head) { head->next = head->prev = head; }

/* Moves all of `from`, which is not empty, behind the end of `to`. */
static void splice(struct weir_timer_node *to, struct weir_timer_node *from) {
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    empty(from);
}

/* The first slot that begins at or after `deadline_ns`. */
static uint64_t slot_of(uint64_t deadline_ns) {
    return deadline_ns / WEIR_TIMER_GRANULARITY_NS + (deadline_ns % WEIR_TIMER_GRANULARITY_NS != 0);
}

static unsigned highest_digit(uint64_t n) { return (unsigned)(63 - __builtin_clzll(n | 1)) / DIGIT_BITS; }

static unsigned digit(uint64_t slot, unsigned level) {
    return (unsigned)(slot >> (DIGIT_BITS * level)) % WEIR_WHEEL_SLOTS;
}

/* Appends `node` to the list of `slot`, or of the present one where that has come up. */
static void file(struct weir_wheel *wheel, struct weir_timer_node *node, uint64_t slot) {
    if (slot < wheel->slot_now) slot = wheel->slot_now;
    unsigned level = highest_digit(slot ^ wheel->slot_now);
    weir_wheel_append(&wheel->slots[level][digit(slot, level)], node);
    wheel->occupied[level] |= (uint64_t)1 << digit(slot, level);
}

/* Files the nodes of a coarse slot, which has just begun, into the finer ones. Most of the time goes into waiting for
 * memory, one node after the other; a second walk, from the end, halves that by fetching what the first will need. */
static void spread(struct weir_wheel *wheel, struct weir_timer_node *head) {
    struct weir_timer_node *node = head->next, *ahead = head->prev;
    empty(head);
    while (node != head) {
        struct weir_timer_node *next = node->next;
        ahead = ahead->prev;
        __builtin_prefetch(ahead);
        file(wheel, node, slot_of(node->deadline_ns));
        node = next;
    }
}

void weir_wheel_vacate(struct weir_wheel *wheel, const struct weir_timer_node *head) {
    uintptr_t at = (uintptr_t)head - (uintptr_t)wheel->slots;
    if (at >= sizeof wheel->slots) return;
    size_t i = at / sizeof *head;
    wheel->occupied[i / WEIR_WHEEL_SLOTS] &= ~((uint64_t)1 << i % WEIR_WHEEL_SLOTS);
}

/* The level of the slot that comes up first, and when it begins. WEIR_WHEEL_LEVELS when no slot is occupied. */
static unsigned earliest(const struct weir_wheel *wheel, uint64_t *slot) {
    for (unsigned level = 0; level < WEIR_WHEEL_LEVELS; level++) {
        if (!wheel->occupied[level]) continue;
        uint64_t index = (wheel->slot_now >> (DIGIT_BITS * level)) - digit(wheel->slot_now, level);
        *slot = (index + (unsigned)__builtin_ctzll(wheel->occupied[level])) << (DIGIT_BITS * level);
        return level;
    }
    return WEIR_WHEEL_LEVELS;
}

void weir_wheel_init(struct weir_wheel *wheel, uint64_t now_ns) {
    *wheel = (struct weir_wheel){.slot_now = now_ns / WEIR_TIMER_GRANULARITY_NS};
    for (unsigned level = 0; level < WEIR_WHEEL_LEVELS; level++)
        for (unsigned i = 0; i < WEIR_WHEEL_SLOTS; i++)
            empty(&wheel->slots[level][i]);
    empty(&wheel->row);
}

void weir_wheel_add(struct weir_wheel *wheel, struct weir_timer_node *node) {
    file(wheel, node, slot_of(node->deadline_ns));
    wheel->count++;
}

void weir_wheel_settle(struct weir_wheel *wheel, uint64_t now_ns) {
    struct weir_timer_node *node = wheel->row.next;
    empty(&wheel->row);
    wheel->unsettled = 0;
    while (node != &wheel->row) {
        struct weir_timer_node *next = node->next;
        node->deadline_ns = weir_after_ns(now_ns, node->deadline_ns);
        file(wheel, node, slot_of(node->deadline_ns));
        node = next;
    }
}

uint64_t weir_wheel_next_ns(const struct weir_wheel *wheel) {
    uint64_t slot;
    bool any = earliest(wheel, &slot) < WEIR_WHEEL_LEVELS;
    return any && slot <= LAST_SLOT ? slot * WEIR_TIMER_GRANULARITY_NS : UINT64_MAX;
}

void weir_wheel_expire(struct weir_wheel *wheel, uint64_t now_ns, struct weir_timer_node *due) {
    uint64_t target = now_ns / WEIR_TIMER_GRANULARITY_NS, slot;
    unsigned level;
    assert(target >= wheel->slot_now);
    while ((level = earliest(wheel, &slot)) < WEIR_WHEEL_LEVELS && slot <= target) {
        struct weir_timer_node *head = &wheel->slots[level][digit(slot, level)];
        wheel->occupied[level] &= wheel->occupied[level] - 1; /* its bit is the lowest */
        wheel->slot_now = slot;
        if (level > 0)
            spread(wheel, head);
        else
            splice(due, head);
    }
    wheel->slot_now = target;
}
