/* SPDX-License-Identifier: MIT
 *
 * The two ops of a system of one stream. A send is tried after the wait that follows it, unless the medium has just
 * refused bytes; a receive only when the medium says that there is something. */
#include "backend/blocking/one.h"

enum place { WAITING, CANCELED };

static struct weir_one *of(struct weir_backend_state *state) { return (struct weir_one *)state; }

/* Accepts and connects have no place here, nor has a second stream. */
int weir_one_submit(struct weir_backend_state *state, struct weir_port_op *op) {
    struct weir_one *one = of(state);
    if (op->kind != WEIR_PORT_RECEIVE && op->kind != WEIR_PORT_SEND) return WEIR_ENOTSUP;
    struct weir_one_side *side = op->kind == WEIR_PORT_RECEIVE ? &one->in : &one->out;
    if (side->op) return WEIR_EBUSY;
    op->state = WAITING;
    *side = (struct weir_one_side){.op = op, .ready = op->kind == WEIR_PORT_SEND && !op->stalled};
    return 0;
}

void weir_one_cancel(struct weir_backend_state *state, struct weir_port_op *op) {
    (void)state;
    op->state = CANCELED;
}

static bool is_cancelled(const struct weir_one_side *side) { return side->op && side->op->state == CANCELED; }

static bool may_try(const struct weir_one_side *side) { return side->op && (side->ready || is_cancelled(side)); }

bool weir_one_busy(const struct weir_one *one) { return may_try(&one->in) || may_try(&one->out); }

static int64_t attempt(struct weir_one *one, const struct weir_port_op *op, struct weir_completion *ret) {
    if (op->state == CANCELED) return WEIR_ECANCELED;
    if (op->kind == WEIR_PORT_SEND) return one->send(one, op->with.segments, &ret->os_code);
    return one->receive(one, &ret->bytes, &ret->os_code);
}

static bool deliver(struct weir_one *one, struct weir_one_side *side, struct weir_completion *ret) {
    if (!may_try(side)) return false;
    side->ready = false;
    *ret = (struct weir_completion){.op = side->op};
    ret->result = attempt(one, side->op, ret);
    if (ret->result == WEIR_EAGAIN) return false;
    ret->last = side->op->kind == WEIR_PORT_SEND || ret->result <= 0;
    if (ret->last) side->op = NULL;
    return true;
}

bool weir_one_next(struct weir_backend_state *state, struct weir_completion *ret) {
    struct weir_one *one = of(state);
    return deliver(one, &one->in, ret) || deliver(one, &one->out, ret);
}

void weir_one_release(struct weir_backend_state *state, const struct weir_completion *completion) {
    (void)state;
    (void)completion;
}

void weir_one_wake(struct weir_backend_state *state) { (void)state; }

weir_handle weir_one_handle(struct weir_backend_state *state) {
    (void)state;
    return WEIR_NO_HANDLE;
}
