/* SPDX-License-Identifier: MIT
 *
 * Requests: the entries that ops put into the ring, the cancels sent after them, and the ends of ops. Nothing here
 * fails: what finds no entry waits in `hungry` for the next wait.
 *
 * A cancel is silent when it worked. When it found nothing, either the request had ended, and its completion was there
 * first; or the kernel was just moving it from one list to another, and the cancel is sent once more. */
#include "backend/io_uring/uring.h"

#include <assert.h>
#include <errno.h>

static unsigned tag_of(const struct weir_port_op *op) {
    return op->state == WEIR_URING_POLLED ? WEIR_TAG_POLL : WEIR_TAG_KIND + op->kind;
}

struct io_uring_sqe *weir_uring_entry(struct weir_uring *u, struct weir_port_op *op) {
    struct io_uring_sqe *sqe = weir_ring_sqe(&u->ring);
    if (!sqe) {
        op->state = WEIR_URING_HUNGRY;
        weir_port_push(&u->hungry, op);
    }
    return sqe;
}

void weir_uring_seal(struct weir_uring *u, struct io_uring_sqe *sqe, struct weir_port_op *op,
                     enum weir_uring_place at) {
    op->state = (uint8_t)at;
    sqe->user_data = weir_slot_name(&u->slots, op, tag_of(op));
}

void weir_uring_poll(struct weir_uring *u, struct weir_port_op *op, unsigned events) {
    struct io_uring_sqe *sqe = weir_uring_entry(u, op);
    if (!sqe) return;
    io_uring_prep_poll_add(sqe, weir_sys_fd(op->handle), events);
    weir_uring_seal(u, sqe, op, WEIR_URING_POLLED);
}

void weir_uring_revoke(struct weir_uring *u, struct weir_port_op *op) {
    assert(op->state == WEIR_URING_ASKED || op->state == WEIR_URING_POLLED);
    struct io_uring_sqe *sqe = weir_ring_sqe(&u->ring);
    if (sqe) {
        io_uring_prep_cancel64(sqe, weir_slot_name(&u->slots, op, tag_of(op)), 0);
        io_uring_sqe_set_flags(sqe, IOSQE_CQE_SKIP_SUCCESS);
        sqe->user_data = weir_slot_name(&u->slots, op, WEIR_TAG_REVOKE);
    } else {
        weir_uring_slot(u, op)->flags |= WEIR_SLOT_UNREVOKED;
        weir_port_push(&u->hungry, op);
    }
}

bool weir_uring_unwanted(const struct weir_uring *u, const struct weir_port_op *op) {
    const unsigned leaving = op->kind == WEIR_PORT_RECEIVE ? WEIR_SLOT_BULK : 0;
    if (op->state == WEIR_URING_POLLED) return weir_uring_flag(u, op, WEIR_SLOT_CANCELED);
    if (op->state != WEIR_URING_ASKED || op->kind == WEIR_PORT_SEND) return false;
    return weir_uring_flag(u, op, WEIR_SLOT_CANCELED | leaving);
}

void weir_uring_over(struct weir_uring *u, struct weir_port_op *op) {
    struct weir_slot *slot = weir_uring_slot(u, op);
    if (!(slot->flags & WEIR_SLOT_UNREVOKED)) return;
    slot->flags &= (uint8_t)~WEIR_SLOT_UNREVOKED;
    weir_port_drop(&u->hungry, op);
}

void weir_uring_end_later(struct weir_uring *u, struct weir_port_op *op, int64_t result, int os_code) {
    struct weir_slot *slot = weir_uring_slot(u, op);
    if (op->kind == WEIR_PORT_CONNECT) weir_uring_connect_free(u, slot);
    slot->with.result = result;
    slot->os_code = os_code;
    op->state = WEIR_URING_READY;
    weir_port_push(&u->ready, op);
}

bool weir_uring_end(struct weir_uring *u, struct weir_port_op *op, int64_t result, int os_code,
                    struct weir_completion *ret) {
    if (op->kind == WEIR_PORT_CONNECT && op->state != WEIR_URING_READY)
        weir_uring_connect_free(u, weir_uring_slot(u, op));
    *ret = (struct weir_completion){.op = op, .result = result, .os_code = os_code, .last = true};
    weir_slots_give(&u->slots, op);
    return true;
}

bool weir_uring_report(struct weir_port_op *op, int64_t result, struct weir_completion *ret) {
    *ret = (struct weir_completion){.op = op, .result = result};
    return true;
}

bool weir_uring_fail(struct weir_uring *u, struct weir_port_op *op, int error, struct weir_completion *ret) {
    bool unwanted = error == ECANCELED || error == EINTR || error == EAGAIN || error == ENOBUFS;
    if (unwanted && weir_uring_flag(u, op, WEIR_SLOT_CANCELED)) return weir_uring_end(u, op, WEIR_ECANCELED, 0, ret);
    return weir_uring_end(u, op, weir_sys_error(error), error, ret);
}
