/* SPDX-License-Identifier: MIT
 *
 * Limits as given, made whole: a zero means the default, and the marks are put in order (resume <= pause <= cap), so
 * that nobody who lowers one has to think of the others. */
#include "core/loop.h"

const weir_limits weir_limits_default = {
    .receive = WEIR_DEFAULT_RECEIVE,
    .pause_mark = WEIR_DEFAULT_PAUSE_MARK,
    .resume_mark = WEIR_DEFAULT_RESUME_MARK,
    .write_cap = WEIR_DEFAULT_WRITE_CAP,
    .floor = WEIR_DEFAULT_FLOOR,
    .linger_ns = WEIR_DEFAULT_LINGER_NS,
    .stall_ns = WEIR_DEFAULT_STALL_NS,
    .idle_ns = WEIR_FOREVER,
    .rate_window_ns = WEIR_DEFAULT_RATE_WINDOW_NS,
    .keepalive_ns = WEIR_DEFAULT_KEEPALIVE_NS,
};

static size_t size_or(size_t given, size_t otherwise) { return given ? given : otherwise; }

static uint64_t number_or(uint64_t given, uint64_t otherwise) { return given ? given : otherwise; }

static size_t at_most(size_t value, size_t bound) { return value < bound ? value : bound; }

weir_limits weir_limits_fill(const weir_limits *given, const weir_limits *defaults) {
    static const weir_limits none = {0};
    const weir_limits *g = given ? given : &none;
    weir_limits l = {
        .receive = size_or(g->receive, defaults->receive),
        .pause_mark = size_or(g->pause_mark, defaults->pause_mark),
        .resume_mark = size_or(g->resume_mark, defaults->resume_mark),
        .write_cap = size_or(g->write_cap, defaults->write_cap),
        .floor = size_or(g->floor, defaults->floor),
        .linger_ns = number_or(g->linger_ns, defaults->linger_ns),
        .stall_ns = number_or(g->stall_ns, defaults->stall_ns),
        .idle_ns = number_or(g->idle_ns, defaults->idle_ns),
        .rate_min = number_or(g->rate_min, defaults->rate_min),
        .send_rate_min = number_or(g->send_rate_min, defaults->send_rate_min),
        .rate_window_ns = number_or(g->rate_window_ns, defaults->rate_window_ns),
        .keepalive_ns = number_or(g->keepalive_ns, defaults->keepalive_ns),
    };
    l.pause_mark = at_most(l.pause_mark, l.write_cap);
    l.resume_mark = at_most(l.resume_mark, l.pause_mark);
    return l;
}
