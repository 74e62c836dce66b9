/* SPDX-License-Identifier: MIT
 *
 * Deferred work: what must not run inside the call that asked for it. A task is part of the object it belongs to, so
 * queueing it cannot fail. A queue is run in one go; tasks queued meanwhile, also the same one again, wait for the next
 * go. That is what keeps the stack flat and every phase of a tick finite. */
#ifndef WEIR_CORE_TASK_H
#define WEIR_CORE_TASK_H

#include <stdbool.h>
#include <stddef.h>

struct weir_task {
    void (*run)(struct weir_task *task);
    struct weir_task *next; /* NULL: not queued; the last one points to itself */
};

struct weir_task_queue {
    struct weir_task *first, *last;
};

static inline bool weir_task_queued(const struct weir_task *task) { return task->next != NULL; }

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

/* Runs what is queued now. Returns how many ran. */
static inline unsigned weir_task_run_all(struct weir_task_queue *queue) {
    struct weir_task_queue batch = *queue;
    struct weir_task *task;
    unsigned ran = 0;
    *queue = (struct weir_task_queue){NULL, NULL};
    for (; (task = weir_task_pop(&batch)); ran++) task->run(task);
    return ran;
}

#endif
