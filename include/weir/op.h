/* SPDX-License-Identifier: MIT
 *
 * An op: one operation in flight on a transport (`weir_transport_read`, `weir_transport_write_borrowed`).
 *
 * The struct is yours: zero it, set `done`, embed it where you like. It must stay where it is, and it owns the buffer
 * it was given, from the call that starts it until `done` begins; then both are yours again, to free or to start anew.
 * An accepted op ends exactly once: with a count, an error, WEIR_ETIMEDOUT or WEIR_ECANCELED. If the starting call
 * returned an error, `done` is not called. `done` never runs inside the call that starts or cancels. */
#ifndef WEIR_OP_H
#define WEIR_OP_H

#include <weir/timer.h>

WEIR_BEGIN

struct weir_transport;
typedef struct weir_op weir_op;

/* `result`: bytes moved, or WEIR_E... `op->moved` is the bytes moved either way. On the loop's thread. */
typedef void weir_op_fn(weir_op *op, int64_t result);

struct weir_op {
    weir_op_fn *done;
    void *user;          /* yours */
    uint64_t timeout_ns; /* one deadline for the whole op, from its start; 0: none */
    size_t moved;        /* out: bytes moved so far */
    /* private */
    struct weir_op *next;
    struct weir_transport *transport;
    uint8_t *bytes;
    size_t size, least;
    int64_t result;
    weir_timer timer;
    int state;
};

/* Asks a started op to end: `done` follows in a later tick, with WEIR_ECANCELED, or with what it had come to already.
 * No byte is lost: what was read stays in the op's buffer and is counted in `moved`; what a borrowed write had moved is
 * counted too, and the buffer is yours only when `done` runs. Zero also for an op that is idle or cancelled already.
 * Needs no memory. */
WEIR_API int weir_op_cancel(weir_op *op);

/* Whether it is started and `done` has not begun. */
WEIR_API bool weir_op_active(const weir_op *op);

WEIR_END

#endif
