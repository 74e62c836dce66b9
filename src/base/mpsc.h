/* SPDX-License-Identifier: MIT
 *
 * A lock-free list of posts: any thread pushes, one takes everything at once. Posts of one thread come out in the order
 * in which they were pushed. It owns nothing and allocates nothing; all zero is an empty one.
 *
 * Push, take and empty are sequentially consistent, so this wakes nobody in vain and loses no wake-up: the consumer
 * says that it sleeps and then asks whether the list is empty; a pusher that found it empty then asks whether the
 * consumer sleeps. */
#ifndef WEIR_BASE_MPSC_H
#define WEIR_BASE_MPSC_H

#include <stdatomic.h>

#include <weir/loop.h>

struct weir_mpsc {
    _Atomic(struct weir_post *) head; /* the last one pushed; linked backwards by `next` */
};

/* Any thread. Whether the list was empty: then the consumer may be asleep, and the caller is the one to wake it. */
bool weir_mpsc_push(struct weir_mpsc *q, struct weir_post *post);

/* The consumer only: all posts, oldest first, linked by `next`; NULL when there are none. */
struct weir_post *weir_mpsc_take_all(struct weir_mpsc *q);

static inline bool weir_mpsc_empty(const struct weir_mpsc *q) { return !atomic_load(&q->head); }

#endif
