/* SPDX-License-Identifier: MIT
 *
 * Accepting is one multishot request. Every descriptor it makes is delivered, also those that come after a cancel,
 * until its last completion; so none is ever without an owner.
 *
 * The kernel takes a descriptor before it looks for a connection, so out of descriptors it would refuse an accept that
 * nobody connects to. Therefore the first accept after such a refusal waits for a connection by a poll. */
#include "backend/io_uring/uring.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

static void ask(struct weir_uring *u, struct weir_port_op *op) {
    struct io_uring_sqe *sqe = weir_uring_entry(u, op);
    if (!sqe) return;
    const int fd = weir_sys_fd(op->handle), flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
    if (op->once)
        io_uring_prep_accept(sqe, fd, NULL, NULL, flags);
    else
        io_uring_prep_multishot_accept(sqe, fd, NULL, NULL, flags);
    weir_uring_seal(u, sqe, op, WEIR_URING_ASKED);
}

void weir_uring_accept(struct weir_uring *u, struct weir_port_op *op) {
    if (u->short_of_handles)
        weir_uring_poll(u, op, POLLIN);
    else
        ask(u, op);
}

bool weir_uring_acceptable(struct weir_uring *u, struct weir_port_op *op, struct weir_completion *ret) {
    if (weir_uring_flag(u, op, WEIR_SLOT_CANCELED)) return weir_uring_end(u, op, WEIR_ECANCELED, 0, ret);
    ask(u, op);
    return false;
}

/* The request has ended; the op goes on unless it was cancelled. */
static void go_on(struct weir_uring *u, struct weir_port_op *op) {
    if (weir_uring_flag(u, op, WEIR_SLOT_CANCELED))
        weir_uring_end_later(u, op, WEIR_ECANCELED, 0);
    else
        weir_uring_accept(u, op);
}

/* Errors of one connection rather than of the listener. */
static bool passing(int error) { return error == EINTR || error == EAGAIN || weir_sys_error(error) == WEIR_EABORTED; }

bool weir_uring_accepted(struct weir_uring *u, struct weir_port_op *op, const struct io_uring_cqe *cqe,
                         struct weir_completion *ret) {
    u->short_of_handles = cqe->res < 0 && cqe->res != -ECANCELED;
    if (cqe->res < 0 && !passing(-cqe->res)) return weir_uring_fail(u, op, -cqe->res, ret);
    if (cqe->res >= 0) u->base.handles++;
    if (cqe->res >= 0 && op->once) return weir_uring_end(u, op, weir_sys_handle(cqe->res, WEIR_HANDLE_SOCKET), 0, ret);
    if ((cqe->flags & IORING_CQE_F_MORE) == 0) go_on(u, op);
    if (cqe->res < 0) return false;
    return weir_uring_report(op, weir_sys_handle(cqe->res, WEIR_HANDLE_SOCKET), ret);
}
