/* SPDX-License-Identifier: MIT
 *
 * Port ops in a row, linked through themselves, for the backends. An op is in one queue at a time. */
#ifndef WEIR_CORE_PORT_QUEUE_H
#define WEIR_CORE_PORT_QUEUE_H

#include "core/backend.h"

struct weir_port_queue {
    struct weir_port_op *first, *last;
};

static inline void weir_port_push(struct weir_port_queue *q, struct weir_port_op *op) {
    op->next = NULL;
    if (q->first)
        q->last->next = op;
    else
        q->first = op;
    q->last = op;
}

static inline struct weir_port_op *weir_port_pop(struct weir_port_queue *q) {
    struct weir_port_op *op = q->first;
    if (op) q->first = op->next;
    return op;
}

/* Takes all of them. */
static inline struct weir_port_queue weir_port_take(struct weir_port_queue *q) {
    struct weir_port_queue all = *q;
    *q = (struct weir_port_queue){NULL, NULL};
    return all;
}

/* Adds all of `more`, in order. */
static inline void weir_port_append(struct weir_port_queue *q, struct weir_port_queue more) {
    if (!more.first) return;
    if (q->first)
        q->last->next = more.first;
    else
        q->first = more.first;
    q->last = more.last;
}

/* Takes one out of the middle: walks there, so only for what is rare. */
static inline void weir_port_drop(struct weir_port_queue *q, struct weir_port_op *op) {
    struct weir_port_queue all = weir_port_take(q);
    for (struct weir_port_op *each; (each = weir_port_pop(&all));) {
        if (each != op) weir_port_push(q, each);
    }
}

#endif
