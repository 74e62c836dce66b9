/* SPDX-License-Identifier: MIT
 *
 * Slots: an array with its free ones chained, last freed first, so that a busy loop stays in few cache lines; those
 * never used are not written to, so that what doubling adds costs no memory before it is needed. A generation is
 * counted on when a slot is freed; after four thousand million uses of one slot names repeat, long after the last
 * completion that could be mistaken. */
#include "backend/io_uring/slots.h"

#include <assert.h>

static bool grow(struct weir_slots *slots) {
    const uint32_t old = slots->capacity, capacity = old ? 2 * old : 64;
    if (capacity > 1U << WEIR_SLOT_BITS) return false;
    struct weir_slot *table =
        weir_memory_resize(slots->memory, slots->table, old * sizeof *table, capacity * sizeof *table);
    if (!table) return false;
    slots->table = table;
    slots->capacity = capacity;
    return true;
}

/* A slot that was never used. */
static bool add(struct weir_slots *slots) {
    if (slots->known == slots->capacity && !grow(slots)) return false;
    slots->table[slots->known] = (struct weir_slot){.place = slots->free};
    slots->free = ++slots->known;
    return true;
}

struct weir_slot *weir_slots_take(struct weir_slots *slots, struct weir_port_op *op) {
    if (!slots->free && !add(slots)) return NULL;
    op->slot = slots->free - 1;
    struct weir_slot *slot = weir_slot_of(slots, op);
    assert(!slot->op);
    slots->free = slot->place;
    *slot = (struct weir_slot){.op = op, .generation = slot->generation};
    return slot;
}

void weir_slots_give(struct weir_slots *slots, struct weir_port_op *op) {
    struct weir_slot *slot = weir_slot_of(slots, op);
    assert(slot->op == op);
    *slot = (struct weir_slot){.generation = slot->generation + 1, .place = slots->free};
    slots->free = op->slot + 1;
}

void weir_slots_close(struct weir_slots *slots) {
    weir_memory_free(slots->memory, slots->table, slots->capacity * sizeof *slots->table);
}
