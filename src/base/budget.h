/* SPDX-License-Identifier: MIT
 *
 * The budget tree: transport -> listener -> loop. A node may use at most its limit, and what it uses its parent uses
 * too. Taking is all or nothing along the whole way up; giving back never fails. */
#ifndef WEIR_BASE_BUDGET_H
#define WEIR_BASE_BUDGET_H

#include <weir/export.h>

struct weir_budget {
    struct weir_budget *parent; /* NULL at the root */
    size_t limit, used;
};

/* Whether `n` more bytes fit, and if so takes them. */
bool weir_budget_take(struct weir_budget *budget, size_t n);

/* Takes `n` bytes that are there already, limit or not. */
void weir_budget_overdraw(struct weir_budget *budget, size_t n);

void weir_budget_give(struct weir_budget *budget, size_t n);

/* What could be taken now. */
size_t weir_budget_room(const struct weir_budget *budget);

#endif
