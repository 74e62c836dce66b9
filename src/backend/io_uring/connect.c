/* SPDX-License-Identifier: MIT
 *
 * Connecting is one request. The address is kept beside the slot until the op ends, since the kernel may read it as
 * late as it likes. Our sockets are non-blocking, which no request minds but this one: a UNIX listener whose backlog
 * is full refuses at once, as everywhere else, and holds no thread of the kernel. */
#include "backend/io_uring/uring.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

struct weir_peer_name {
    struct sockaddr_storage address;
    unsigned size;
};

int weir_uring_connect_prepare(struct weir_uring *u, struct weir_port_op *op) {
    struct weir_peer_name *name = weir_memory_new(u->base.env.memory, sizeof *name);
    if (!name) return WEIR_ENOMEM;
    name->size = weir_sys_sockaddr(op->with.address, &name->address);
    weir_uring_slot(u, op)->with.name = name;
    return 0;
}

void weir_uring_connect_free(struct weir_uring *u, struct weir_slot *slot) {
    weir_memory_free(u->base.env.memory, slot->with.name, sizeof *slot->with.name);
}

void weir_uring_connect(struct weir_uring *u, struct weir_port_op *op) {
    struct io_uring_sqe *sqe = weir_uring_entry(u, op);
    if (!sqe) return;
    const struct weir_peer_name *name = weir_uring_slot(u, op)->with.name;
    io_uring_prep_connect(sqe, weir_sys_fd(op->handle), (const struct sockaddr *)&name->address, name->size);
    weir_uring_seal(u, sqe, op, WEIR_URING_ASKED);
}

/* Interrupted, or left to go on by itself: its result is there when the socket becomes writable. */
bool weir_uring_connected(struct weir_uring *u, struct weir_port_op *op, const struct io_uring_cqe *cqe,
                          struct weir_completion *ret) {
    const bool under_way = cqe->res == -EINPROGRESS || cqe->res == -EALREADY || cqe->res == -EINTR;
    if (cqe->res == 0) return weir_uring_end(u, op, 0, 0, ret);
    if (cqe->res == -EAGAIN) return weir_uring_end(u, op, WEIR_EREFUSED, EAGAIN, ret);
    if (!under_way || weir_uring_flag(u, op, WEIR_SLOT_CANCELED))
        return weir_uring_fail(u, op, under_way ? ECANCELED : -cqe->res, ret);
    weir_uring_poll(u, op, POLLOUT);
    return false;
}

bool weir_uring_connectable(struct weir_uring *u, struct weir_port_op *op, struct weir_completion *ret) {
    int os_code = 0;
    if (weir_uring_flag(u, op, WEIR_SLOT_CANCELED)) return weir_uring_end(u, op, WEIR_ECANCELED, 0, ret);
    u->base.system_calls++;
    const int status = weir_sys_connect_result(op->handle, &os_code);
    if (status != WEIR_EAGAIN) return weir_uring_end(u, op, status, status < 0 ? os_code : 0, ret);
    weir_uring_poll(u, op, POLLOUT);
    return false;
}
