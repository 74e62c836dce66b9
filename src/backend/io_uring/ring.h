/* SPDX-License-Identifier: MIT
 *
 * A ring of the kernel: filling its submission queue, and entering the kernel with it. Knows nothing of ops.
 *
 * Whatever an enter fails with, the entries that the kernel did not take stay in the queue and go with the next enter:
 * each enter counts anew what lies there. So an interruption loses nothing and hangs nothing. */
#ifndef WEIR_BACKEND_IO_URING_RING_H
#define WEIR_BACKEND_IO_URING_RING_H

#include <liburing.h>
#include <stdbool.h>

struct weir_ring {
    uint64_t *calls;                /* counts system calls */
    const unsigned char *fork_mark; /* as in the backend's state; the ring's memory is not there in a child */
    struct io_uring io;
    bool many; /* the last enter brought many completions */
    bool open, enabled, registered;
};

/* Makes a ring in `r`, whose first two fields are set; disabled until weir_ring_enable when `disabled`. 0 or -errno;
 * -EINVAL: the kernel is too old. */
int weir_ring_open(struct weir_ring *r, unsigned sq_entries, unsigned cq_entries, bool disabled);

/* Takes one that is not open, too. `forked`: only closes; a child never had the memory of the ring. */
void weir_ring_close(struct weir_ring *r, bool forked);

/* Ties the ring to the calling thread, which from then on is the only one to enter it. 0 or -errno. */
int weir_ring_enable(struct weir_ring *r);

/* An entry to fill, or NULL when the queue is full and the kernel takes none at the moment, or in a child. */
struct io_uring_sqe *weir_ring_sqe(struct weir_ring *r);

/* Submits everything and collects what is done, sleeping for something to be done until `timeout_ns` is over (0: no
 * sleep; WEIR_FOREVER); `patient`: under load, for several things. 0, also when interrupted or when the kernel took
 * only a part; -errno when the ring is lost. */
int weir_ring_enter(struct weir_ring *r, uint64_t timeout_ns, bool patient);

/* Place of the entry got last, and whether the kernel has taken the one at `place`. */
static inline unsigned weir_ring_place(const struct weir_ring *r) { return r->io.sq.sqe_tail - 1; }
static inline bool weir_ring_taken(const struct weir_ring *r, unsigned place) {
    return (int)(io_uring_smp_load_acquire(r->io.sq.khead) - place) > 0;
}

/* Whether entries wait for an enter, and whether completions wait in the kernel because the queue was full. */
static inline bool weir_ring_pending(const struct weir_ring *r) { return io_uring_sq_ready(&r->io) > 0; }
static inline bool weir_ring_overflown(const struct weir_ring *r) { return io_uring_cq_has_overflow(&r->io); }

/* Completions lie at the places from head to tail. */
static inline unsigned weir_ring_tail(const struct weir_ring *r) { return io_uring_smp_load_acquire(r->io.cq.ktail); }
static inline unsigned weir_ring_head(const struct weir_ring *r) { return *r->io.cq.khead; }
static inline const struct io_uring_cqe *weir_ring_cqe(const struct weir_ring *r, unsigned place) {
    return &r->io.cq.cqes[place & r->io.cq.ring_mask];
}

#endif
