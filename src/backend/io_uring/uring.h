/* SPDX-License-Identifier: MIT
 *
 * The io_uring backend from inside. Each kind of op has a file; they share the state, the queues and the ways to end.
 *
 * Where an op is, and who moves it on:
 *
 *             +-> ASKED ---+       the kernel works on it: connect, accept, receive, send, read_at, write_at
 *   submit ---+-> POLLED --+       the kernel waits for readiness, then we make the call
 *     ^  |    +-> HUNGRY --+       no entry was free: asked again in the next wait
 *     |  |                 |
 *     |  +----> READY -----+--> ended     known to us alone, delivered by the next round
 *     |  +----> DUE -------+    a receive of a file: tried when its turn comes
 *     +-------- LENT <-----+    its bytes are with the receiver; goes on at release
 *
 * At most one request of an op is in the kernel at a time, besides the one that cancels it. An op ends by that
 * request's own completion, never by its cancel's.
 *
 * Calls that may block, and work, have no place here: they go to the threads of backend/offload/. The kernel could
 * open and close files itself, but only on a worker of its own, which is a thread too. */
#ifndef WEIR_BACKEND_IO_URING_URING_H
#define WEIR_BACKEND_IO_URING_URING_H

#include "backend/io_uring/buffers.h"
#include "backend/io_uring/ring.h"
#include "backend/io_uring/slots.h"
#include "backend/offload/offload.h"
#include "core/backend.h"
#include "core/port_queue.h"
#include "sys/sys.h"

extern const struct weir_backend weir_backend_io_uring;

enum weir_uring_place {
    WEIR_URING_ASKED,
    WEIR_URING_POLLED,
    WEIR_URING_HUNGRY,
    WEIR_URING_READY,
    WEIR_URING_DUE,
    WEIR_URING_LENT
};

enum weir_slot_flags {
    WEIR_SLOT_CANCELED = 1 << 0,  /* the owner wants no more */
    WEIR_SLOT_BULK = 1 << 1,      /* receive: polled; while it is ASKED still, that request is being cancelled */
    WEIR_SLOT_ANSWERED = 1 << 2,  /* send: not taken whole, its completion says what was */
    WEIR_SLOT_UNREVOKED = 1 << 3, /* in `hungry` because its cancel found no entry */
    WEIR_SLOT_AWAITED = 1 << 4    /* send: in the ring, and somebody waits for it */
};

struct weir_uring {
    struct weir_backend_state base;
    struct weir_ring ring;
    struct weir_slots slots;
    struct weir_buffers buffers;
    struct weir_offload offload;
    struct weir_conduit conduit; /* for large receives that go onward */
    struct weir_port_queue ready;  /* to be delivered after the next wait */
    struct weir_port_queue ripe;   /* to be delivered now */
    struct weir_port_queue flying; /* sends in the ring, in its order */
    struct weir_port_queue hungry; /* wanting an entry */
    size_t awaited;                /* how many of `flying` somebody waits for */
    unsigned until;                /* completions before this place are for `next` */
    unsigned turn;                 /* of `next`, counted from the wait */
    bool listening;                /* `wake_fd` is being polled */
    bool short_of_handles;         /* the last accept was refused */
    int wake_fd;
};

/* The sizes of the rings and the number of buffers; `open` has its own. */
struct weir_uring_shape {
    unsigned sq_entries, cq_entries, buffers;
};
int weir_uring_open(struct weir_backend_state **ret, const struct weir_backend_env *env, struct weir_uring_shape shape);

/* probe.c: whether this kernel does what we rely on. 0, or WEIR_E... with the reason said. */
int weir_uring_probe(struct weir_buffers *buffers, const struct weir_backend_env *env, uint64_t *calls);
int weir_uring_refuse(const struct weir_backend_env *env, const char *what, int error);

/* request.c: asking the kernel, and ending. */

/* An entry to fill for `op`; NULL: none is free, and the op was put into `hungry`. */
struct io_uring_sqe *weir_uring_entry(struct weir_uring *u, struct weir_port_op *op);

/* Names a filled entry. */
void weir_uring_seal(struct weir_uring *u, struct io_uring_sqe *sqe, struct weir_port_op *op, enum weir_uring_place at);

void weir_uring_poll(struct weir_uring *u, struct weir_port_op *op, unsigned events);

/* Whether the op has a request in the kernel that is to be cancelled; a send in the ring ends by itself. */
bool weir_uring_unwanted(const struct weir_uring *u, const struct weir_port_op *op);

/* Has the op's request in the kernel cancelled. */
void weir_uring_revoke(struct weir_uring *u, struct weir_port_op *op);

/* The op's request in the kernel is over: a cancel of it that was not sent yet is dropped. */
void weir_uring_over(struct weir_uring *u, struct weir_port_op *op);

/* Lets the op end with `result` in the next round; now; or report and go on. The latter two fill `ret`, return true. */
void weir_uring_end_later(struct weir_uring *u, struct weir_port_op *op, int64_t result, int os_code);
bool weir_uring_end(struct weir_uring *u, struct weir_port_op *op, int64_t result, int os_code,
                    struct weir_completion *ret);
bool weir_uring_report(struct weir_port_op *op, int64_t result, struct weir_completion *ret);

/* Ends with what the kernel said: as cancelled, if it was, and this is how the kernel tells it. */
bool weir_uring_fail(struct weir_uring *u, struct weir_port_op *op, int error, struct weir_completion *ret);

/* receive.c, send.c, accept.c, connect.c, file.c: `start` begins or goes on; `done` takes the completion of the op's
 * own request, `polled` that of its poll. They return whether `ret` was filled. */
void weir_uring_receive(struct weir_uring *u, struct weir_port_op *op);
bool weir_uring_received(struct weir_uring *u, struct weir_port_op *op, const struct io_uring_cqe *cqe,
                         struct weir_completion *ret);
bool weir_uring_readable(struct weir_uring *u, struct weir_port_op *op, struct weir_completion *ret);

void weir_uring_send(struct weir_uring *u, struct weir_port_op *op);
bool weir_uring_sent(struct weir_uring *u, struct weir_port_op *op, const struct io_uring_cqe *cqe,
                     struct weir_completion *ret);
bool weir_uring_writable(struct weir_uring *u, struct weir_port_op *op, struct weir_completion *ret);

/* Somebody waits for a send that is in the ring. */
void weir_uring_await(struct weir_uring *u, struct weir_port_op *op);

/* After an enter: finds out which sends were taken whole. */
void weir_uring_land(struct weir_uring *u, unsigned from, unsigned until);

void weir_uring_accept(struct weir_uring *u, struct weir_port_op *op);
bool weir_uring_accepted(struct weir_uring *u, struct weir_port_op *op, const struct io_uring_cqe *cqe,
                         struct weir_completion *ret);
bool weir_uring_acceptable(struct weir_uring *u, struct weir_port_op *op, struct weir_completion *ret);

/* Keeps the address while the kernel may read it. 0 or WEIR_ENOMEM. */
int weir_uring_connect_prepare(struct weir_uring *u, struct weir_port_op *op);
void weir_uring_connect(struct weir_uring *u, struct weir_port_op *op);
void weir_uring_connect_free(struct weir_uring *u, struct weir_slot *slot);
bool weir_uring_connected(struct weir_uring *u, struct weir_port_op *op, const struct io_uring_cqe *cqe,
                          struct weir_completion *ret);
bool weir_uring_connectable(struct weir_uring *u, struct weir_port_op *op, struct weir_completion *ret);

void weir_uring_move(struct weir_uring *u, struct weir_port_op *op);
bool weir_uring_moved(struct weir_uring *u, struct weir_port_op *op, const struct io_uring_cqe *cqe,
                      struct weir_completion *ret);

static inline struct weir_slot *weir_uring_slot(const struct weir_uring *u, const struct weir_port_op *op) {
    return weir_slot_of(&u->slots, op);
}
static inline bool weir_uring_flag(const struct weir_uring *u, const struct weir_port_op *op, unsigned flag) {
    return (weir_uring_slot(u, op)->flags & flag) != 0;
}

#endif
