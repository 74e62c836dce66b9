/* SPDX-License-Identifier: MIT
 *
 * Posts: the one way in from other threads. A post is pushed on a lock-free list; the first one on an empty list looks
 * whether the loop sleeps and only then pays for a wake-up. No wake-up is lost: the poster pushes and then reads
 * `asleep`; the loop sets `asleep` and then reads the list; both orders are sequentially consistent, so at least one of
 * the two sees the other. */
#include "core/loop.h"

int weir_loop_post(weir_loop *loop, weir_post *post) {
    if (!loop || !post || !post->run) return WEIR_EINVAL;
    if (loop->backend->turn && loop->maker != weir_thread_here()) return WEIR_ENOTSUP;
    if (weir_mpsc_push(&loop->door.posts, post) && atomic_exchange(&loop->door.asleep, false))
        loop->backend->wake(loop->state);
    return 0;
}

void weir_stop(weir_loop *loop) {
    if (!loop) return;
    atomic_store(&loop->stop, true);
    if (atomic_exchange(&loop->door.asleep, false)) loop->backend->wake(loop->state);
}
