/* SPDX-License-Identifier: MIT
 *
 * Transports that stand on each other: who is over whom, and what the lower one owes the layer between them. A layer
 * that must see so many bytes at once to use any gets them: the receive limit below is at least that, and the floor
 * covers all but the last of them and one delivery, so that no lack of budget keeps a unit from becoming whole.
 *
 * A stack is one connection to whoever counts: first its bottom, and when that is gone what stood on it. */
#include "transport/base.h"

static unsigned height_of(const weir_transport *t) {
    unsigned n = 0;
    for (; t; t = weir_rare_if_any(t) ? weir_rare_if_any(t)->under : NULL)
        n++;
    return n;
}

weir_transport *weir_stack_top(weir_transport *t) {
    while (weir_rare_if_any(t) && weir_rare_if_any(t)->over)
        t = weir_rare_if_any(t)->over;
    return t;
}

static bool is_taken(const weir_transport *t) {
    const struct weir_extras *e = t->extras;
    return t->own_protocol || (e && (e->reader || e->producer || (e->rare && e->rare->over)));
}

int weir_stack_check(const weir_transport *below) {
    if (!below || height_of(below) >= WEIR_STACK_MAX) return WEIR_EINVAL;
    if (below->state > WEIR_OPEN) return WEIR_ECLOSED;
    return is_taken(below) ? WEIR_EBUSY : 0;
}

size_t weir_floor_of(const weir_transport *t) {
    const struct weir_rare *rare = weir_rare_if_any(t);
    size_t floor = t->scope->limits.floor;
    return rare && rare->floor > floor ? rare->floor : floor;
}

size_t weir_receive_limit(const weir_transport *t) {
    const struct weir_rare *rare = weir_rare_if_any(t);
    size_t limit = t->scope->limits.receive;
    return rare && rare->need > limit ? rare->need : limit;
}

/* A new floor is charged as far as it goes beyond what is charged already. */
static int raise_floor(weir_transport *t, struct weir_rare *rare, size_t floor) {
    size_t held = weir_transport_held(t), was = weir_floor_of(t) > held ? weir_floor_of(t) : held;
    size_t is = floor > was ? floor : was;
    if (!weir_budget_take(&t->scope->budget, is - was)) return WEIR_EBUDGET;
    rare->floor = floor;
    return 0;
}

static int need(weir_transport *t, size_t bytes) {
    struct weir_rare *rare = t->extras->rare;
    size_t unit = t->driver->unit ? t->driver->unit : 1;
    if (bytes <= 1) return 0;
    if (raise_floor(t, rare, bytes - 1 + unit) < 0) return WEIR_EBUDGET;
    rare->need = bytes;
    return 0;
}

/* What a layer can do is what is below, and it may have an end of its own that close waits for. */
static unsigned caps_on(const weir_transport *above, const weir_transport *below) {
    return (above->driver->caps & (WEIR_STANDS | WEIR_LINGERS)) | below->caps;
}

int weir_stack_join(weir_transport *above, weir_transport *below, size_t bytes) {
    struct weir_rare *over = weir_rare_of(above), *under = weir_rare_of(below);
    int status = over && under ? need(below, bytes) : WEIR_ENOMEM;
    if (status < 0) return status;
    over->under = below;
    under->over = above;
    above->caps = caps_on(above, below) & 63u;
    above->half_closed = above->finished = below->half_closed;
    return 0;
}

void weir_stack_part(weir_transport *t) {
    struct weir_rare *rare = weir_rare_if_any(t);
    if (!rare) return;
    if (rare->over) {
        weir_rare_if_any(rare->over)->under = NULL;
        rare->over->counted = t->counted;
        t->counted = 0;
    }
    if (rare->under) weir_rare_if_any(rare->under)->over = NULL;
    rare->over = rare->under = NULL;
}
