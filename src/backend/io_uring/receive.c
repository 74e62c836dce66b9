/* SPDX-License-Identifier: MIT
 *
 * Receiving has two ways. A socket begins with one multishot request that draws a provided buffer whenever bytes are
 * there: no system call and no entry per receive. When a buffer comes full there is more to be had than that way moves
 * well, and the op turns to bulk: one poll, then a plain receive into one large buffer that never leaves the cache.
 * Some small receives in a row turn it back. What is no socket, or is borrowed and may be set to non-blocking, is
 * always bulk; a file is not even polled.
 *
 * Bytes keep their order because the ways never overlap: on the way to bulk the multishot request is cancelled, and
 * the poll is asked for only after the last completion of that request, all of whose bytes were delivered.
 *
 * A request that found no buffer is repeated at once: by the next enter every buffer delivered so far is back, since a
 * receiver holds one only until the next completion. */
#include "backend/io_uring/uring.h"

#include <errno.h>
#include <poll.h>

#include "backend/ready/draw.h"

enum { small_receive = 2048, small_in_a_row = 8 };

static bool always_bulk(const struct weir_port_op *op) {
    return !weir_sys_is(op->handle, WEIR_HANDLE_SOCKET) || weir_sys_is(op->handle, WEIR_HANDLE_BORROWED);
}

static void ask(struct weir_uring *u, struct weir_port_op *op) {
    struct io_uring_sqe *sqe = weir_uring_entry(u, op);
    if (!sqe) return;
    io_uring_prep_recv_multishot(sqe, weir_sys_fd(op->handle), NULL, 0, 0);
    io_uring_sqe_set_flags(sqe, IOSQE_BUFFER_SELECT);
    sqe->buf_group = WEIR_BUFFER_GROUP;
    weir_uring_seal(u, sqe, op, WEIR_URING_ASKED);
}

void weir_uring_receive(struct weir_uring *u, struct weir_port_op *op) {
    if (weir_sys_is(op->handle, WEIR_HANDLE_FILE)) {
        op->state = WEIR_URING_DUE;
        weir_port_push(&u->ready, op);
    } else if (weir_uring_flag(u, op, WEIR_SLOT_BULK) || op->large || always_bulk(op)) {
        weir_uring_poll(u, op, POLLIN | POLLRDHUP);
    } else {
        ask(u, op);
    }
}

static void turn_to_bulk(struct weir_uring *u, struct weir_port_op *op, bool more) {
    struct weir_slot *slot = weir_uring_slot(u, op);
    if (slot->flags & (WEIR_SLOT_BULK | WEIR_SLOT_CANCELED)) return;
    slot->flags |= WEIR_SLOT_BULK;
    slot->small = 0;
    if (more) weir_uring_revoke(u, op);
}

static bool deliver(struct weir_uring *u, struct weir_port_op *op, const struct io_uring_cqe *cqe,
                    struct weir_completion *ret) {
    const bool more = (cqe->flags & IORING_CQE_F_MORE) != 0;
    uint16_t id;
    weir_buffer_in(cqe, &id);
    if (cqe->res == (int)WEIR_BUFFER_SIZE) turn_to_bulk(u, op, more);
    if (!more) op->state = WEIR_URING_LENT;
    weir_uring_report(op, cqe->res, ret);
    ret->bytes = weir_buffer(&u->buffers, id);
    ret->lent = id + 1U;
    return true;
}

/* The multishot request has ended without bytes: for a reason of our own it goes on, else the op ends too. */
static bool settle(struct weir_uring *u, struct weir_port_op *op, int error, struct weir_completion *ret) {
    if (error == 0) return weir_uring_end(u, op, 0, 0, ret);
    if (weir_uring_flag(u, op, WEIR_SLOT_CANCELED)) return weir_uring_fail(u, op, error, ret);
    if (error == EAGAIN) turn_to_bulk(u, op, false); /* made non-blocking by somebody */
    const bool left = error == ECANCELED && weir_uring_flag(u, op, WEIR_SLOT_BULK);
    if (left || error == ENOBUFS || error == EAGAIN || error == EINTR) {
        weir_uring_receive(u, op);
        return false;
    }
    return weir_uring_fail(u, op, error, ret);
}

bool weir_uring_received(struct weir_uring *u, struct weir_port_op *op, const struct io_uring_cqe *cqe,
                         struct weir_completion *ret) {
    uint16_t id;
    const bool drew = weir_buffer_in(cqe, &id);
    if (cqe->res > 0 && drew) return deliver(u, op, cqe, ret);
    if (drew) weir_buffer_give(&u->buffers, id);
    return settle(u, op, -cqe->res, ret);
}

static void choose_way(struct weir_slot *slot, size_t n) {
    slot->small = (uint8_t)(n < small_receive ? slot->small + 1 : 0);
    if (slot->small < small_in_a_row) return;
    slot->small = 0;
    slot->flags &= (uint8_t)~WEIR_SLOT_BULK;
}

bool weir_uring_readable(struct weir_uring *u, struct weir_port_op *op, struct weir_completion *ret) {
    size_t size, moved = 0;
    int os_code = 0;
    if (weir_uring_flag(u, op, WEIR_SLOT_CANCELED)) return weir_uring_end(u, op, WEIR_ECANCELED, 0, ret);
    uint8_t *bytes = weir_buffers_scratch(&u->buffers, &size);
    u->base.system_calls++;
    int64_t n = weir_ready_draw(&u->conduit, op, bytes, size, &moved, &os_code);
    if (n == WEIR_EAGAIN) {
        weir_uring_receive(u, op);
        return false;
    }
    if (n <= 0 && !moved) return weir_uring_end(u, op, n, n < 0 ? os_code : 0, ret);
    choose_way(weir_uring_slot(u, op), (size_t)n + moved);
    op->state = WEIR_URING_LENT;
    weir_uring_report(op, n, ret);
    ret->moved = moved;
    ret->bytes = bytes;
    return true;
}
