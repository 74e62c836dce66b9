/* SPDX-License-Identifier: MIT
 *
 * Deferred work: what must not run inside the call that asked for it. A task is a link in the object it belongs to, so
 * queueing it cannot fail; what to do with it is the queue's knowledge. A queue is run in one go; tasks queued
 * meanwhile, also the same one again, wait for the next go. That keeps the stack flat and every phase of a tick finite. */
#ifndef WEIR_CORE_TASK_H
#define WEIR_CORE_TASK_H

#include <stdbool.h>
#include <stddef.h>

struct weir_task {
    struct weir_task *next; /* NULL: not queued; the last one points to itself */
};

struct weir_task_queue {
    void (*run)(struct weir_task *task);
    struct weir_task *first, *last;
    struct weir_task_queue *batch; /* those that have been waiting for the go under way, and still are; NULL: none */
};

static inline bool weir_task_queued(const struct weir_task *task) { return task->next != NULL; }

/* A task that knows what to do itself, for the one queue of such. */
struct weir_turn {
    struct weir_task task;
    void (*run)(struct weir_turn *turn);
};

/* Queues `task` unless it is queued already. */
static inline void weir_task_push(struct weir_task_queue *queue, struct weir_task *task) {
    if (weir_task_queued(task)) return;
    task->next = task;
    if (queue->first)
        queue->last->next = task;
    else
        queue->first = task;
    queue->last = task;
}

/* Takes the oldest task; NULL when there is none. */
static inline struct weir_task *weir_task_pop(struct weir_task_queue *queue) {
    struct weir_task *task = queue->first;
    if (!task) return NULL;
    queue->first = task->next == task ? NULL : task->next;
    task->next = NULL;
    return task;
}

/* Whether it was there. The last one of a queue that ran empty is no longer in it. */
static inline bool weir_task_unlink(struct weir_task_queue *queue, struct weir_task *task) {
    struct weir_task **at = &queue->first, *before = NULL;
    while (*at != task) {
        if (!*at || *at == queue->last) return false;
        before = *at;
        at = &before->next;
    }
    if (queue->last == task) {
        queue->last = before;
        *at = before; /* the new last one points to itself; an empty queue has no first */
    } else {
        *at = task->next;
    }
    task->next = NULL;
    return true;
}

/* Takes `task` out, wherever it stands. For the end of an object: it walks the queue. */
static inline void weir_task_remove(struct weir_task_queue *queue, struct weir_task *task) {
    if (!weir_task_queued(task) || weir_task_unlink(queue, task)) return;
    if (queue->batch) weir_task_unlink(queue->batch, task);
}

/* Runs what is queued now. Returns how many ran. */
static inline unsigned weir_task_run_all(struct weir_task_queue *queue) {
    struct weir_task_queue batch = *queue;
    struct weir_task *task;
    unsigned ran = 0;
    queue->first = queue->last = NULL;
    queue->batch = &batch;
    for (; (task = weir_task_pop(&batch)); ran++)
        queue->run(task);
    queue->batch = NULL;
    return ran;
}

#endif
