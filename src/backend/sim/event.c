/* SPDX-License-Identifier: MIT
 *
 * A pairing heap. Invariant: no child is due before its parent; (due, order) is a total order, so what comes out does
 * not depend on the shape of the heap. Adding is O(1), removing O(log n) amortised. */
#include "backend/sim/event.h"

#include <assert.h>
#include <stddef.h>

static bool sooner(const struct weir_sim_event *a, const struct weir_sim_event *b) {
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->order < b->order;
}

/* Makes one heap of two; each may be NULL and neither has siblings. */
static struct weir_sim_event *meld(struct weir_sim_event *a, struct weir_sim_event *b) {
    if (!a) return b;
    if (!b) return a;
    if (sooner(b, a)) return meld(b, a);
    b->next = a->child;
    if (a->child) a->child->before = b;
    b->before = a;
    a->child = b;
    return a;
}

/* Makes one heap of siblings: in pairs first, which is what keeps it flat. */
static struct weir_sim_event *gather(struct weir_sim_event *eldest) {
    struct weir_sim_event *pairs = NULL, *all = NULL;
    while (eldest) {
        struct weir_sim_event *a = eldest, *b = a->next;
        eldest = b ? b->next : NULL;
        a->next = a->before = NULL;
        if (b) b->next = b->before = NULL;
        a = meld(a, b);
        a->next = pairs;
        pairs = a;
    }
    while (pairs) {
        struct weir_sim_event *pair = pairs;
        pairs = pair->next;
        pair->next = NULL;
        all = meld(all, pair);
    }
    return all;
}

void weir_sim_queue_add(struct weir_sim_queue *queue, struct weir_sim_event *event, uint64_t due_ns) {
    assert(event->run);
    assert(!event->queued);
    event->due_ns = due_ns;
    event->order = queue->added++;
    event->child = event->next = event->before = NULL;
    event->queued = true;
    queue->first = meld(queue->first, event);
}

static void detach(struct weir_sim_event *event) {
    struct weir_sim_event *before = event->before;
    if (before->child == event)
        before->child = event->next;
    else
        before->next = event->next;
    if (event->next) event->next->before = before;
}

void weir_sim_queue_remove(struct weir_sim_queue *queue, struct weir_sim_event *event) {
    if (!event->queued) return;
    event->queued = false;
    if (queue->first == event) {
        queue->first = gather(event->child);
    } else {
        detach(event);
        queue->first = meld(queue->first, gather(event->child));
    }
    event->child = event->next = event->before = NULL;
}
