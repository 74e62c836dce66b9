/* SPDX-License-Identifier: MIT
 *
 * A stack that is taken whole, so the ABA problem cannot arise: a pusher only compares with the head and never follows
 * it. Turning it round costs one pass over memory that is about to be read anyway. */
#include "base/mpsc.h"

bool weir_mpsc_push(struct weir_mpsc *q, struct weir_post *post) {
    struct weir_post *head = atomic_load_explicit(&q->head, memory_order_relaxed);
    do
        post->next = head;
    while (!atomic_compare_exchange_weak(&q->head, &head, post));
    return !head;
}

struct weir_post *weir_mpsc_take_all(struct weir_mpsc *q) {
    struct weir_post *newest = atomic_exchange(&q->head, NULL), *oldest = NULL;
    while (newest) {
        struct weir_post *older = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = older;
    }
    return oldest;
}
