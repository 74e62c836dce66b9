/* SPDX-License-Identifier: MIT
 *
 * Scopes are counted: the last one to let go frees it. The loop's own is part of the loop. */
#include "core/scope.h"

#include "core/loop.h"

struct weir_scope *weir_scope_new(weir_loop *loop, const weir_limits *limits, size_t budget) {
    struct weir_scope *scope = weir_memory_new(&loop->memory, sizeof *scope);
    if (!scope) return NULL;
    scope->loop = loop;
    scope->limits = weir_limits_fill(limits, &loop->scope.limits);
    scope->budget.parent = &loop->scope.budget;
    scope->budget.limit = budget ? budget : WEIR_UNBOUNDED;
    scope->holders = 1;
    scope->size = sizeof *scope;
    return scope;
}

struct weir_scope *weir_scope_for(weir_loop *loop, const weir_limits *limits) {
    if (limits) return weir_scope_new(loop, limits, 0);
    weir_scope_hold(&loop->scope);
    return &loop->scope;
}

void weir_scope_hold(struct weir_scope *scope) { scope->holders++; }

void weir_scope_drop(struct weir_scope *scope) {
    if (--scope->holders == 0 && scope->size) weir_memory_free(&scope->loop->memory, scope, scope->size);
}
