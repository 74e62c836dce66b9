/* SPDX-License-Identifier: MIT
 *
 * Work off the loop's thread: a function that may block or compute runs on another thread, and its result comes back as
 * a callback of the loop. On a simulated loop it is an event of the world, which runs on the one thread there is.
 *
 * Requirements 61 and 62 of docs/seeds.md: submit_work(callable, cb). */
#ifndef WEIR_WORK_H
#define WEIR_WORK_H

#include <weir/loop.h>

WEIR_BEGIN

/* Yours; zero it, set `run` and `done`. It must stay where it is from weir_work_submit until `done` begins, and may
 * then be freed or submitted again. */
typedef struct weir_work {
    /* On another thread. It may block, and must not call anything of the loop but post, stop and wake. What it returns
     * becomes the result; negative values are best kept to WEIR_E... */
    int64_t (*run)(void *user);
    /* On the loop's thread, once, never inside submit or cancel: what `run` returned, or WEIR_ECANCELED when it was
     * cancelled before it began. */
    void (*done)(struct weir_work *work, int64_t result);
    void *user; /* yours; given to `run` */
    /* private */
    union {
        void *align;
        uint64_t wide;
        unsigned char bytes[160];
    } inside;
} weir_work;

/* Hands `work` to another thread. Works begin in the order in which they were submitted, several at a time, on a few
 * threads that the loop makes when they are first needed and keeps. While one is under way weir_run does not return
 * and weir_loop_close answers WEIR_EBUSY: nothing is freed under a running function. Returns 0; WEIR_EINVAL (no `run`
 * or `done`), WEIR_EBUSY (submitted already), WEIR_ENOMEM (also when the system gives no thread), WEIR_ENOTSUP (the
 * loop of a drive), WEIR_EFORKED. On failure `done` is not called. May be called from any callback of the loop. */
WEIR_API int weir_work_submit(weir_loop *loop, weir_work *work);

/* Takes back work that has not begun: 0, and `done` follows with WEIR_ECANCELED; `run` will not be called. WEIR_EBUSY:
 * it has begun, and runs to its end. Zero also for idle or cancelled work. Needs no memory. The loop's thread. */
WEIR_API int weir_work_cancel(weir_work *work);

/* Whether it was submitted and `done` has not begun. */
WEIR_API bool weir_work_active(const weir_work *work);

WEIR_END

#endif
