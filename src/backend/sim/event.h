/* SPDX-License-Identifier: MIT
 *
 * The world's future: events in the order in which they fall due, those of one moment in the order in which they were
 * added. A pairing heap whose nodes are part of the objects they concern, so that adding and removing cannot fail. */
#ifndef WEIR_SIM_EVENT_H
#define WEIR_SIM_EVENT_H

#include <stdbool.h>
#include <stdint.h>

struct weir_sim_event {
    void (*run)(struct weir_sim_event *event);
    uint64_t due_ns, order;
    struct weir_sim_event *child, *next, *before; /* before: the elder sibling, or the parent of the eldest */
    bool queued;
};

struct weir_sim_queue {
    struct weir_sim_event *first; /* the one that is due next */
    uint64_t added;
};

/* `event` has its `run` set and is not queued. */
void weir_sim_queue_add(struct weir_sim_queue *queue, struct weir_sim_event *event, uint64_t due_ns);

/* Leaves an event that is not queued alone. */
void weir_sim_queue_remove(struct weir_sim_queue *queue, struct weir_sim_event *event);

#endif
