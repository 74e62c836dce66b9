/* SPDX-License-Identifier: MIT
 *
 * A scope: the limits and the budget that a group of transports shares. A loop has one, a listener has one for what it
 * accepts, a transport with limits of its own has one to itself. It lives while anybody holds it. */
#ifndef WEIR_CORE_SCOPE_H
#define WEIR_CORE_SCOPE_H

#include <weir/limits.h>

#include "base/budget.h"

struct weir_scope {
    struct weir_loop *loop;
    struct weir_budget budget; /* its parent is the loop's */
    weir_limits limits;        /* filled in */
    size_t holders;
    /* A member gave its floor back. NULL: nobody asks. */
    void (*left)(struct weir_scope *scope);
    void *owner;
    size_t size; /* 0: part of something larger, not freed with the last holder */
};

/* A new scope with one holder, or NULL. `limits` NULL: the loop's; `budget` 0: no bound of its own. */
struct weir_scope *weir_scope_new(struct weir_loop *loop, const weir_limits *limits, size_t budget);

/* A scope for one transport: of its own for limits of its own, else the loop's, held either way. */
struct weir_scope *weir_scope_for(struct weir_loop *loop, const weir_limits *limits);

void weir_scope_hold(struct weir_scope *scope);
void weir_scope_drop(struct weir_scope *scope);

#endif
