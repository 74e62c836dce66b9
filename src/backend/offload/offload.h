/* SPDX-License-Identifier: MIT
 *
 * Threads for what may block: the ops of the port that a system cannot do by itself without holding up the loop. One
 * pool belongs to one backend state, which embeds it. It has no thread until the first op comes, then as many as are
 * wanted at once, up to WEIR_OFFLOAD_THREADS; they stay until it is closed.
 *
 * Life of an op here:
 *
 *     submit -> WAITING --a thread is free--> BEGUN --run returned--> FINISHED --collect, next--> completed
 *                  |                                                     ^
 *                  +---------------- cancel: WEIR_ECANCELED -------------+
 *
 * Everything here is called on the loop's thread, and nothing but the close in a forked child, where the threads are
 * not and one of them may have held the lock. Only `run` is called on another thread, and touches the op, what it
 * points to and nothing else: what has to be counted in the backend state is counted when the op is taken by `next`.
 * While an op is here, its `slot` and `next` belong to the pool; its `state` stays the backend's.
 *
 * How a backend uses it: open and close with its own; in `submit` and `cancel` for ops that are here; and in `wait`
 *
 *     if (weir_offload_pending(&offload)) timeout = 0;
 *     ... the system's own sleep ...
 *     weir_offload_collect(&offload);
 *
 * so that what finished is handed out by `weir_offload_next` until the next wait. The first op to finish after a
 * collect calls the backend's `wake`, asleep or not: a foreign loop may be the one that sleeps.
 *
 * Known weakness: a pool has one queue. Work that takes minutes, WEIR_OFFLOAD_THREADS of it at once, holds up the
 * files of that loop, though never the loop itself. A close waits for what has begun. */
#ifndef WEIR_BACKEND_OFFLOAD_OFFLOAD_H
#define WEIR_BACKEND_OFFLOAD_OFFLOAD_H

#include "base/mpsc.h"
#include "core/backend.h"
#include "sys/thread.h"

#define WEIR_OFFLOAD_THREADS 4

/* Does what `op` asks for, on a thread that may block. Returns the op's result; `*os_code` says more of a negative one,
 * and is 0 before. */
typedef int64_t weir_offload_fn(struct weir_port_op *op, int *os_code);

/* What an op is while it is here. */
struct weir_offload_job {
    struct weir_post finished;            /* first: its link once it has finished */
    struct weir_offload_job *next, *prev; /* in the row of those that wait; `next` also among the spare ones */
    struct weir_port_op *op;
    int64_t result;
    int os_code;
    uint32_t slot;
    bool waiting; /* under the lock */
};

struct weir_offload {
    /* The loop's thread only. */
    struct weir_backend_state *state;
    weir_offload_fn *run;
    struct weir_offload_job **jobs; /* by slot; made as they are wanted, and used again */
    struct weir_offload_job *spare;
    uint32_t known, capacity;
    size_t busy;               /* submitted, and not yet taken by `next` */
    struct weir_post *handing; /* what `collect` has taken in */
    unsigned threads;
    struct weir_sys_thread thread[WEIR_OFFLOAD_THREADS];

    /* Under the lock. */
    struct weir_sys_lock lock;
    struct weir_sys_signal change;         /* a job waits, or the pool closes */
    struct weir_offload_job *first, *last; /* waiting */
    bool closing;

    /* From any thread to the loop's. */
    struct weir_mpsc finished;
};

/* Starts nothing, and cannot fail. `state` gives the memory, and its `table->wake` is called by the threads. All of it
 * must stay where it is until the close. */
void weir_offload_open(struct weir_offload *offload, struct weir_backend_state *state, weir_offload_fn *run);

/* No op is here. Ends the threads and waits for them, so it comes before the backend closes what `wake` needs.
 * `forked`: this is a child process, the threads are the parent's, and only memory is given back, whatever is here.
 * Takes one that was never opened, all zero. */
void weir_offload_close(struct weir_offload *offload, bool forked);

/* Queues `op`. 0, or WEIR_ENOMEM and nothing is started: no memory, or no thread can be had and there is none yet. */
int weir_offload_submit(struct weir_offload *offload, struct weir_port_op *op);

/* One that has not begun ends with WEIR_ECANCELED, by the next `collect`; one that has begun runs to its end. Also
 * twice, and for one that has finished. Needs no memory. */
void weir_offload_cancel(struct weir_offload *offload, struct weir_port_op *op);

/* Whether something has finished, or is still to be handed out: then the backend must not sleep. */
bool weir_offload_pending(const struct weir_offload *offload);

/* After the sleep: takes in what has finished. Cheap when nothing is here. */
void weir_offload_collect(struct weir_offload *offload);

/* The next one that `collect` took in, oldest first: fills op, result, os_code and last, and nothing else is said; its
 * slot is free again. False: no more until the next `collect`. */
bool weir_offload_next(struct weir_offload *offload, struct weir_completion *ret);

#endif
