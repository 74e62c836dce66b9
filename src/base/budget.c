/* SPDX-License-Identifier: MIT
 *
 * `used` never passes `limit` by a take; an overdraft may, and then there is no room until enough was given back.
 * WEIR_UNBOUNDED is the largest size_t, so an unbounded node refuses nothing that memory could hold, and needs no case
 * of its own; no addition here can wrap, since room is always asked first. */
#include "base/budget.h"

#include <assert.h>

static size_t own_room(const struct weir_budget *b) { return b->limit > b->used ? b->limit - b->used : 0; }

size_t weir_budget_room(const struct weir_budget *budget) {
    size_t room = SIZE_MAX;
    for (const struct weir_budget *b = budget; b; b = b->parent)
        if (own_room(b) < room) room = own_room(b);
    return room;
}

bool weir_budget_take(struct weir_budget *budget, size_t n) {
    if (n > weir_budget_room(budget)) return false;
    for (struct weir_budget *b = budget; b; b = b->parent)
        b->used += n;
    return true;
}

void weir_budget_overdraw(struct weir_budget *budget, size_t n) {
    for (struct weir_budget *b = budget; b; b = b->parent) {
        assert(n <= SIZE_MAX - b->used);
        b->used += n;
    }
}

void weir_budget_give(struct weir_budget *budget, size_t n) {
    for (struct weir_budget *b = budget; b; b = b->parent) {
        assert(b->used >= n);
        b->used -= n;
    }
}
