/* SPDX-License-Identifier: MIT
 *
 * Bytes of a regular file, by offset. The kernel tries each request without waiting, and what would wait it gives to
 * workers of its own, so that the loop never blocks on a disk. One request is one op: what it moved is the result, and
 * a part is as good as all.
 *
 * Two things are left to a worker from the start. A file that is set to non-blocking may refuse what would wait, and is
 * asked again there. A write under a limit on the size of files may raise SIGXFSZ for whoever makes it, which would end
 * the process; workers have signals blocked, and the write fails like any other.
 *
 * A cancel is sent once. It reaches a request that waits for a worker, and interrupts one that a worker has; what the
 * disk itself is at work on it does not find, and that ends when the disk has done. */
#include "backend/io_uring/uring.h"

#include <errno.h>
#include <sys/resource.h>

enum { largest = 1 << 30 };

static void ask(struct weir_uring *u, struct weir_port_op *op, unsigned flags) {
    const struct weir_piece *piece = op->with.piece;
    const unsigned size = piece->size < largest ? (unsigned)piece->size : largest;
    struct io_uring_sqe *sqe = weir_uring_entry(u, op);
    if (!sqe) return;
    /* WEIR_FILE_END is the kernel's own word for the file's position, which an appending file keeps at its end. */
    if (op->kind == WEIR_PORT_READ_AT)
        io_uring_prep_read(sqe, weir_sys_fd(op->handle), piece->bytes, size, piece->offset);
    else
        io_uring_prep_write(sqe, weir_sys_fd(op->handle), piece->bytes, size, piece->offset);
    io_uring_sqe_set_flags(sqe, flags);
    weir_uring_seal(u, sqe, op, WEIR_URING_ASKED);
}

static bool may_signal(struct weir_uring *u, const struct weir_port_op *op) {
    struct rlimit limit;
    if (op->kind != WEIR_PORT_WRITE_AT) return false;
    u->base.system_calls++;
    return getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur != RLIM_INFINITY;
}

void weir_uring_move(struct weir_uring *u, struct weir_port_op *op) {
    ask(u, op, may_signal(u, op) ? (unsigned)IOSQE_ASYNC : 0);
}

bool weir_uring_moved(struct weir_uring *u, struct weir_port_op *op, const struct io_uring_cqe *cqe,
                      struct weir_completion *ret) {
    const bool nothing = cqe->res == 0 && op->kind == WEIR_PORT_WRITE_AT; /* and the kernel does not say why */
    const bool again = cqe->res == -EAGAIN || cqe->res == -EINTR;
    if (nothing) return weir_uring_fail(u, op, EIO, ret);
    if (cqe->res >= 0) return weir_uring_end(u, op, cqe->res, 0, ret);
    if (!again || weir_uring_flag(u, op, WEIR_SLOT_CANCELED)) return weir_uring_fail(u, op, -cqe->res, ret);
    ask(u, op, IOSQE_ASYNC);
    return false;
}
