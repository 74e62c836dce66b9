/* SPDX-License-Identifier: MIT
 *
 * Whether this kernel does what the backend relies on: not by its version but by a trial. On a small ring of its own a
 * socket pair must show, in this order, that a send which cannot be taken whole says how much was, that a multishot
 * receive draws buffers and stays armed, that a whole send is silent, and that the end comes last. That takes some
 * tens of microseconds per loop, and everything that may forbid io_uring on a machine shows up in it: an old kernel,
 * seccomp, the sysctl, limits. */
#include "backend/io_uring/uring.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { name_send = 1, name_receive = 2, sent_size = 8192 };

struct trial {
    struct weir_ring ring;
    struct weir_buffers *buffers;
    int pair[2]; /* written, read */
    /* the completion taken last */
    uint64_t name;
    uint32_t flags;
    int result;
};

static const char *hint(int error) {
    switch (error) {
    case EPERM:
    case EACCES: return " (seccomp or io_uring_disabled)";
    case ENOSYS: return " (no io_uring in this kernel)";
    case EINVAL: return " (the kernel is older than 6.0)";
    case ENOMEM: return " (RLIMIT_MEMLOCK)";
    default: return "";
    }
}

int weir_uring_refuse(const struct weir_backend_env *env, const char *what, int error) {
    snprintf(env->reason, env->reason_size, "%s: %s%s", what, strerror(error), hint(error));
    return error == EMFILE || error == ENFILE ? WEIR_EMFILE : WEIR_ENOTSUP;
}

/* Waits for the next completion and gives back its buffer; false when there is none within a second. */
static bool take(struct trial *t) {
    const unsigned head = weir_ring_head(&t->ring);
    for (int i = 0; i < 100 && weir_ring_tail(&t->ring) == head; i++) {
        if (weir_ring_enter(&t->ring, 10 * 1000000, false) < 0) return false;
    }
    if (weir_ring_tail(&t->ring) == head) return false;
    const struct io_uring_cqe *cqe = weir_ring_cqe(&t->ring, head);
    uint16_t id;
    if (weir_buffer_in(cqe, &id)) weir_buffer_give(t->buffers, id);
    t->name = cqe->user_data;
    t->flags = cqe->flags;
    t->result = cqe->res;
    io_uring_cq_advance(&t->ring.io, 1);
    return true;
}

static void send_silently(struct trial *t, const uint8_t *bytes, size_t size) {
    struct io_uring_sqe *sqe = weir_ring_sqe(&t->ring);
    io_uring_prep_send(sqe, t->pair[0], bytes, size, MSG_NOSIGNAL | MSG_WAITALL | MSG_DONTWAIT);
    io_uring_sqe_set_flags(sqe, IOSQE_CQE_SKIP_SUCCESS);
    sqe->user_data = name_send;
}

static void receive(struct trial *t) {
    struct io_uring_sqe *sqe = weir_ring_sqe(&t->ring);
    io_uring_prep_recv_multishot(sqe, t->pair[1], NULL, 0, 0);
    io_uring_sqe_set_flags(sqe, IOSQE_BUFFER_SELECT);
    sqe->buf_group = WEIR_BUFFER_GROUP;
    sqe->user_data = name_receive;
}

static bool refused_part(struct trial *t, const uint8_t *bytes) {
    send_silently(t, bytes, sent_size);
    return take(t) && t->name == name_send && t->result > 0 && t->result < sent_size;
}

static bool comes_in(struct trial *t, int size) {
    const unsigned armed = IORING_CQE_F_BUFFER | IORING_CQE_F_MORE;
    for (; size > 0; size -= t->result) {
        if (!take(t) || t->name != name_receive || t->result <= 0 || (t->flags & armed) != armed) return false;
    }
    return size == 0;
}

static bool ends(struct trial *t) {
    shutdown(t->pair[0], SHUT_WR);
    return take(t) && t->name == name_receive && t->result == 0;
}

static bool succeeds(struct trial *t) {
    const uint8_t bytes[sent_size] = {0};
    const int smallest = 1;
    setsockopt(t->pair[0], SOL_SOCKET, SO_SNDBUF, &smallest, sizeof smallest);
    if (!refused_part(t, bytes)) return false;
    receive(t);
    if (!comes_in(t, t->result)) return false;
    send_silently(t, bytes, 1);
    return comes_in(t, 1) && ends(t);
}

static bool has_opcodes(struct io_uring *io) {
    static const int needed[] = {IORING_OP_RECV,     IORING_OP_SEND,         IORING_OP_ACCEPT, IORING_OP_CONNECT,
                                 IORING_OP_POLL_ADD, IORING_OP_ASYNC_CANCEL, IORING_OP_READ,   IORING_OP_WRITE};
    union {
        struct io_uring_probe probe;
        uint8_t room[sizeof(struct io_uring_probe) + 256 * sizeof(struct io_uring_probe_op)];
    } all = {.room = {0}};
    if (io_uring_register_probe(io, &all.probe, 256) < 0) return false;
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (!io_uring_opcode_supported(&all.probe, needed[i])) return false;
    }
    return true;
}

static int on_ring(struct trial *t, const struct weir_backend_env *env) {
    const unsigned features = IORING_FEAT_EXT_ARG | IORING_FEAT_NODROP | IORING_FEAT_CQE_SKIP;
    if ((t->ring.io.features & features) != features || !has_opcodes(&t->ring.io))
        return weir_uring_refuse(env, "io_uring", EINVAL);
    const int status = weir_buffers_register(t->buffers, &t->ring);
    if (status < 0) return weir_uring_refuse(env, "io_uring buffer ring", -status);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, t->pair) < 0)
        return weir_uring_refuse(env, "socketpair", errno);
    const bool good = succeeds(t);
    close(t->pair[0]);
    close(t->pair[1]);
    return good ? 0 : weir_uring_refuse(env, "io_uring trial of send and receive", EOPNOTSUPP);
}

int weir_uring_probe(struct weir_buffers *buffers, const struct weir_backend_env *env, uint64_t *calls) {
    struct trial t = {.ring = {.calls = calls}, .buffers = buffers};
    int status = weir_ring_open(&t.ring, 8, 64, false);
    if (status < 0) return weir_uring_refuse(env, "io_uring_setup", -status);
    status = on_ring(&t, env);
    weir_buffers_unregister(&t.ring);
    weir_ring_close(&t.ring, false);
    return status;
}
