/* SPDX-License-Identifier: MIT
 *
 * The ring: liburing makes and maps it and fills entries; entering is ours, because liburing's own waiting forgets
 * what it had to submit when it is interrupted, and takes two calls where one does.
 *
 * Entries are taken strictly in order, so the place of an entry in the queue is its index, counted without end. With
 * DEFER_TASKRUN completions appear only during an enter; the older COOP_TASKRUN posts them in any system call of the
 * thread, which the floors above do not mind. */
#include "backend/io_uring/ring.h"

#include <errno.h>
#include <unistd.h>

#include <weir/limits.h>

#define WEIR_FEAT_MIN_TIMEOUT (1U << 15)

int weir_ring_open(struct weir_ring *r, unsigned sq_entries, unsigned cq_entries, bool disabled) {
    static const unsigned ways[] = {IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
                                    IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN};
    int status = -EINVAL;
    for (size_t i = 0; i < sizeof ways / sizeof *ways && status == -EINVAL; i++) {
        struct io_uring_params p = {.flags = ways[i] | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE |
                                             IORING_SETUP_CLAMP | (disabled ? IORING_SETUP_R_DISABLED : 0),
                                    .cq_entries = cq_entries};
        status = io_uring_queue_init_params(sq_entries, &r->io, &p);
    }
    r->open = status >= 0;
    if (r->open) io_uring_ring_dontfork(&r->io);
    r->enabled = !disabled;
    r->registered = false;
    return status;
}

void weir_ring_close(struct weir_ring *r, bool forked) {
    if (!r->open) return;
    r->open = false;
    if (forked)
        close(r->io.ring_fd);
    else
        io_uring_queue_exit(&r->io);
}

int weir_ring_enable(struct weir_ring *r) {
    int status = io_uring_register((unsigned)r->io.ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
    *r->calls += 2;
    if (status < 0) return status;
    r->enabled = true;
    r->registered = io_uring_register_ring_fd(&r->io) == 1;
    return 0;
}

/* Shows the kernel every entry that was filled. Returns how many it has not taken. */
static unsigned publish(struct io_uring_sq *sq) {
    unsigned tail = *sq->ktail;
    for (; tail != sq->sqe_tail; tail++)
        sq->array[tail & sq->ring_mask] = tail & sq->ring_mask;
    sq->sqe_head = tail;
    io_uring_smp_store_release(sq->ktail, tail);
    return tail - io_uring_smp_load_acquire(sq->khead);
}

/* Under load completions come in crowds, with stragglers between them that would take an enter each. So after an enter
 * that brought MANY a patient one waits for as many, but at most PATIENCE (Linux 6.12; older ones return at the
 * first). */
enum { MANY = 8, PATIENCE_US = 20 };

/* struct io_uring_getevents_arg, whose third member has changed its name. */
struct waiting {
    uint64_t mask;
    uint32_t mask_size;
    uint32_t min_wait_us;
    uint64_t timeout;
};

static int enter(struct weir_ring *r, unsigned submit, unsigned wait, unsigned flags, uint64_t timeout_ns) {
    struct __kernel_timespec ts = {.tv_sec = (long long)(timeout_ns / 1000000000),
                                   .tv_nsec = (long long)(timeout_ns % 1000000000)};
    struct waiting arg = {.min_wait_us = wait > 1 ? PATIENCE_US : 0,
                          .timeout = timeout_ns == WEIR_FOREVER ? 0 : (uint64_t)(uintptr_t)&ts};
    flags |= IORING_ENTER_EXT_ARG | (r->registered ? IORING_ENTER_REGISTERED_RING : 0);
    ++*r->calls;
    return io_uring_enter2((unsigned)r->io.enter_ring_fd, submit, wait, flags, (void *)&arg, sizeof arg);
}

struct io_uring_sqe *weir_ring_sqe(struct weir_ring *r) {
    if (r->fork_mark && !*r->fork_mark) return NULL;
    struct io_uring_sqe *sqe = io_uring_get_sqe(&r->io);
    if (sqe || !r->enabled) return sqe;
    enter(r, publish(&r->io.sq), 0, 0, WEIR_FOREVER);
    return io_uring_get_sqe(&r->io);
}

static unsigned wanted(const struct weir_ring *r, bool patient) {
    return patient && r->many && (r->io.features & WEIR_FEAT_MIN_TIMEOUT) ? MANY : 1;
}

int weir_ring_enter(struct weir_ring *r, uint64_t timeout_ns, bool patient) {
    const unsigned before = weir_ring_tail(r), wait = timeout_ns > 0 ? wanted(r, patient) : 0;
    int status = enter(r, publish(&r->io.sq), wait, IORING_ENTER_GETEVENTS, timeout_ns);
    r->many = weir_ring_tail(r) - before >= MANY;
    if (status == -EBUSY) status = enter(r, 0, 0, IORING_ENTER_GETEVENTS, 0); /* room first, then submission */
    switch (status) {
    case -ETIME:
    case -EINTR:
    case -EAGAIN:
    case -EBUSY: return 0;
    default: return status < 0 ? status : 0;
    }
}
