/* SPDX-License-Identifier: MIT
 *
 * Peers that are not silent, but too slow: a least rate over windows of time, in each direction, and the whole message
 * that must have come by then. A window of the receiving side is open while the driver receives, and shifts by the time
 * that it does not; one of the sending side is open while bytes wait for the peer.
 *
 * A system takes sent bytes in steps as large as its buffer, so that a fair but slow reader may seem to stand still for
 * longer than a window. Therefore a sending side that seems too slow is measured by what the peer's system has
 * acknowledged, over one more window: it is found out after two. */
#include <inttypes.h>
#include <stdio.h>

#include "transport/base.h"

static bool watches(const weir_limits *l) { return l->rate_min || l->send_rate_min; }

int weir_pace_init(weir_transport *t) {
    if (!watches(&t->scope->limits) || (t->caps & WEIR_STANDS)) return 0;
    return weir_rare_of(t) ? 0 : WEIR_ENOMEM;
}

/* Bytes of one window, at least 1. */
static uint64_t demanded(uint64_t rate, uint64_t window_ns) {
    uint64_t ms = window_ns / 1000000 ? window_ns / 1000000 : 1;
    uint64_t n = rate > UINT64_MAX / ms ? UINT64_MAX : rate * ms;
    return n < 1000 ? 1 : n / 1000;
}

static void begin(const weir_transport *t, struct weir_window *w) {
    w->open = true;
    w->held = w->measured = false;
    w->moved = 0;
    w->since = weir_slot_now(t);
}

void weir_pace_receiving(weir_transport *t, bool on) {
    struct weir_rare *rare = weir_rare_if_any(t);
    if (!rare) return;
    struct weir_window *w = &rare->in;
    if (!on && w->open && !w->held) {
        w->held = true;
        w->held_at = weir_slot_now(t);
    } else if (on && !w->open) {
        begin(t, w);
    } else if (on && w->held) {
        w->held = false;
        w->since += weir_slot_now(t) - w->held_at;
    }
    if (on) weir_deadline_review(t);
}

void weir_pace_sending(weir_transport *t) {
    struct weir_rare *rare = weir_rare_if_any(t);
    if (!rare) return;
    if (!t->sending || t->send_dead)
        rare->out.open = false;
    else if (!rare->out.open) {
        begin(t, &rare->out);
        weir_deadline_review(t);
    }
}

static bool judges_receiving(const weir_transport *t, const struct weir_rare *rare) {
    if (t->caps & WEIR_STANDS) return false;
    return t->scope->limits.rate_min && t->receiving && rare->in.open && !rare->in.held && !rare->not_owed;
}

static bool judges_sending(const weir_transport *t, const struct weir_rare *rare) {
    if (t->caps & WEIR_STANDS) return false;
    return t->scope->limits.send_rate_min && t->sending && rare->out.open;
}

static uint64_t window_rest(const weir_transport *t, const struct weir_window *w) {
    return weir_rest_ns(t->scope->limits.rate_window_ns, weir_elapsed_ns(t, w->since));
}

static uint64_t due_rest(const weir_transport *t, const struct weir_rare *rare) {
    uint64_t now_ns = loop_of(t)->now_ns;
    if (rare->due_ns == WEIR_FOREVER) return WEIR_FOREVER;
    return rare->due_ns > now_ns ? rare->due_ns - now_ns : 0;
}

uint64_t weir_pace_rest_ns(const weir_transport *t) {
    const struct weir_rare *rare = weir_rare_if_any(t);
    if (!rare) return WEIR_FOREVER;
    uint64_t rest = due_rest(t, rare);
    uint64_t in = judges_receiving(t, rare) ? window_rest(t, &rare->in) : WEIR_FOREVER;
    uint64_t out = judges_sending(t, rare) ? window_rest(t, &rare->out) : WEIR_FOREVER;
    if (in < rest) rest = in;
    return out < rest ? out : rest;
}

static bool fail(weir_transport *t, enum weir_why why) {
    if (!t->code) t->why = why;
    weir_transport_fail(t, WEIR_ETIMEDOUT, why == WEIR_WHY_SLOW_READER ? WEIR_STAGE_WRITE : WEIR_STAGE_READ, 0);
    return true;
}

static bool judge_receiving(weir_transport *t, struct weir_window *w) {
    const weir_limits *l = &t->scope->limits;
    if (w->moved < demanded(l->rate_min, l->rate_window_ns)) return fail(t, WEIR_WHY_SLOW);
    begin(t, w);
    return false;
}

static size_t unsent_of(const weir_transport *t) { return t->driver->unsent ? t->driver->unsent(t) : 0; }

static bool judge_sending(weir_transport *t, struct weir_window *w) {
    const weir_limits *l = &t->scope->limits;
    uint64_t least = demanded(l->send_rate_min, l->rate_window_ns), unsent, acknowledged;
    if (w->moved >= least) {
        begin(t, w);
        return false;
    }
    unsent = unsent_of(t);
    acknowledged = w->moved + w->unsent > unsent ? w->moved + w->unsent - unsent : 0;
    if (w->measured && acknowledged < least) return fail(t, WEIR_WHY_SLOW_READER);
    begin(t, w);
    w->measured = true;
    w->unsent = unsent;
    return false;
}

bool weir_pace_judge(weir_transport *t) {
    struct weir_rare *rare = weir_rare_if_any(t);
    if (!rare) return false;
    if (!due_rest(t, rare)) return fail(t, WEIR_WHY_LATE);
    if (judges_receiving(t, rare) && !window_rest(t, &rare->in) && judge_receiving(t, &rare->in)) return true;
    return judges_sending(t, rare) && !window_rest(t, &rare->out) && judge_sending(t, &rare->out);
}

void weir_pace_hint(const weir_transport *t, char *text, size_t size) {
    const weir_limits *l = &t->scope->limits;
    switch ((enum weir_why)t->why) {
    case WEIR_WHY_SLOW: snprintf(text, size, "slower than %" PRIu64 " bytes/s", l->rate_min); break;
    case WEIR_WHY_SLOW_READER: snprintf(text, size, "read slower than %" PRIu64 " bytes/s", l->send_rate_min); break;
    case WEIR_WHY_LATE: snprintf(text, size, "the message did not come whole in time"); break;
    case WEIR_WHY_PLAIN: break;
    }
}

/* The windows are at the bottom of a stack, where the peer is. */
static void owe(weir_transport *t, bool owed) {
    for (weir_transport *next; t; t = next) {
        struct weir_rare *rare = weir_rare_if_any(t);
        if (!rare) return;
        if (owed && rare->not_owed && rare->in.open) begin(t, &rare->in);
        rare->not_owed = !owed;
        weir_deadline_review(t);
        next = rare->under;
    }
}

void weir_pace_forget(weir_transport *t) {
    struct weir_rare *rare = weir_rare_if_any(t);
    if (!rare) return;
    rare->due_ns = WEIR_FOREVER;
    owe(t, true);
}

int weir_transport_expect(weir_transport *t, uint64_t within_ns) {
    if (!t) return WEIR_EINVAL;
    if (t->state > WEIR_OPEN) return WEIR_ECLOSED;
    struct weir_rare *rare = within_ns || weir_rare_if_any(t) ? weir_rare_of(t) : NULL;
    if (!rare) return within_ns ? WEIR_ENOMEM : 0;
    rare->due_ns = within_ns && within_ns != WEIR_FOREVER ? weir_after_ns(loop_of(t)->now_ns, within_ns) : WEIR_FOREVER;
    owe(t, within_ns != 0);
    return 0;
}
