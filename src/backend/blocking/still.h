/* SPDX-License-Identifier: MIT
 *
 * A system of one stream over memory, in which nothing moves by itself: neither bytes nor time. It makes no system
 * call. Whoever has it fills in the fields below and ticks the loop until `quiet`. */
#ifndef WEIR_BACKEND_BLOCKING_STILL_H
#define WEIR_BACKEND_BLOCKING_STILL_H

#include "backend/blocking/one.h"

struct weir_still {
    struct weir_one one; /* first */
    uint64_t now_ns;     /* the clock */
    uint64_t next_ns;    /* out: the next deadline of its loop, as of the last wait */
    bool quiet;          /* out: nothing is due, as of the last wait */
    const uint8_t *fed;  /* bytes to be received, and */
    size_t fed_size;     /* how many of them were not received yet */
    bool ended, reset;   /* what comes after them; nothing more is sent after a reset */
    uint8_t *room;       /* where sent bytes go, and */
    size_t room_size;    /* how many more of them */
};

extern const struct weir_backend weir_backend_still;

static inline struct weir_still *weir_still_of(struct weir_backend_state *state) { return (struct weir_still *)state; }

#endif
