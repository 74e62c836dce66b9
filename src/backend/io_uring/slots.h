/* SPDX-License-Identifier: MIT
 *
 * The table between ops and the names that the kernel gives back for them. An op has a slot from submit to its last
 * completion; its name is the slot's number, the slot's generation, and what was asked for. A name that is no longer
 * anybody's finds nothing, so a late completion can do no harm.
 *
 * The table grows by doubling and keeps its size. Slots move when it grows: nobody keeps a pointer across a take. */
#ifndef WEIR_BACKEND_IO_URING_SLOTS_H
#define WEIR_BACKEND_IO_URING_SLOTS_H

#include "core/backend.h"

struct weir_slot {
    struct weir_port_op *op; /* NULL: free */
    uint32_t generation;
    uint32_t place; /* free: as `free` below; a send in the ring: its place there */
    union {
        int64_t result;              /* of an op that waits to be delivered */
        struct weir_peer_name *name; /* of a connect */
    } with;
    int os_code;   /* beside `result` */
    uint8_t flags; /* enum weir_slot_flags */
    uint8_t small; /* small receives in a row */
};

_Static_assert(sizeof(struct weir_slot) <= 32, "a slot is held for every idle connection");

struct weir_slots {
    struct weir_memory *memory;
    struct weir_slot *table;
    uint32_t capacity, known; /* slots there is memory for, and those ever used */
    uint32_t free;            /* the first free one below `known`, plus 1; 0: none */
};

/* What a name was asked for. Kept in it, so that even a name nobody knows any more tells what its result is. */
enum weir_slot_tag {
    WEIR_TAG_WAKE, /* of no slot */
    WEIR_TAG_REVOKE,
    WEIR_TAG_POLL,
    WEIR_TAG_KIND /* + enum weir_port_kind */
};

#define WEIR_SLOT_BITS 28

/* A slot for `op`, which learns its number; NULL without memory. */
struct weir_slot *weir_slots_take(struct weir_slots *slots, struct weir_port_op *op);
void weir_slots_give(struct weir_slots *slots, struct weir_port_op *op);
void weir_slots_close(struct weir_slots *slots);

static inline struct weir_slot *weir_slot_of(const struct weir_slots *slots, const struct weir_port_op *op) {
    return &slots->table[op->slot];
}

static inline uint64_t weir_slot_name(const struct weir_slots *slots, const struct weir_port_op *op, unsigned tag) {
    return (uint64_t)weir_slot_of(slots, op)->generation << 32 | tag << WEIR_SLOT_BITS | op->slot;
}

static inline unsigned weir_name_tag(uint64_t name) { return (uint32_t)name >> WEIR_SLOT_BITS; }

/* The slot of that name, or NULL when the op has ended. */
static inline struct weir_slot *weir_slot_find(const struct weir_slots *slots, uint64_t name) {
    uint32_t number = (uint32_t)name & ((1U << WEIR_SLOT_BITS) - 1);
    struct weir_slot *slot = number < slots->known ? &slots->table[number] : NULL;
    return slot && slot->op && slot->generation == name >> 32 ? slot : NULL;
}

#endif
