/* SPDX-License-Identifier: MIT
 *
 * A system of one stream: the smallest backend there can be. It knows one receive and one send at a time, whatever
 * their handles say, and has no descriptor, no table and no queue of its own. How bytes come and go is its medium's:
 * memory here, descriptors in blocking.h. Transports do not notice, and so flow control is written once.
 *
 * Invariant: `ready` of a side says that its op may be tried once before the next wait. An op that was cancelled
 * needs no such leave. */
#ifndef WEIR_BACKEND_BLOCKING_ONE_H
#define WEIR_BACKEND_BLOCKING_ONE_H

#include "core/backend.h"

struct weir_one_side {
    struct weir_port_op *op; /* NULL: none is active */
    bool ready;
};

struct weir_one {
    struct weir_backend_state state; /* first */
    struct weir_one_side in, out;
    /* Tries once, not sleeping. receive: > 0 bytes, at `*bytes` until the next receive; 0: the end; WEIR_EAGAIN,
     * WEIR_E... send: at least 1; WEIR_EAGAIN, WEIR_E... */
    int64_t (*receive)(struct weir_one *one, const uint8_t **bytes, int *os_code);
    int64_t (*send)(struct weir_one *one, const struct weir_segment *chain, int *os_code);
};

/* Slots of `struct weir_backend`. */
int weir_one_submit(struct weir_backend_state *state, struct weir_port_op *op);
void weir_one_cancel(struct weir_backend_state *state, struct weir_port_op *op);
bool weir_one_next(struct weir_backend_state *state, struct weir_completion *ret);
void weir_one_release(struct weir_backend_state *state, const struct weir_completion *completion);
void weir_one_wake(struct weir_backend_state *state); /* nobody else is there to wake it */
weir_handle weir_one_handle(struct weir_backend_state *state);
#define WEIR_ONE_SLOTS                                                                                                 \
    .submit = weir_one_submit, .cancel = weir_one_cancel, .next = weir_one_next, .release = weir_one_release,          \
    .wake = weir_one_wake, .handle = weir_one_handle

/* Whether `next` may have something without a wait; and what of it still depends on the world. */
bool weir_one_busy(const struct weir_one *one);
static inline bool weir_one_waits(const struct weir_one_side *side) { return side->op && !side->ready; }

#endif
