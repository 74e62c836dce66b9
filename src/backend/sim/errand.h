/* SPDX-License-Identifier: MIT
 *
 * Errands: what a real system does off the loop's thread, that is reads and writes of files, calls that may block, and
 * work. An errand waits for a drawn while, does all of its deed at once, on the one thread there is, and comes back
 * after another while. So errands take time and overtake each other, as many at once as there are; only work begins in
 * the order in which it was submitted.
 *
 * A cancel prevents what has not begun, and changes nothing of the rest. */
#ifndef WEIR_SIM_ERRAND_H
#define WEIR_SIM_ERRAND_H

#include "backend/sim/port.h"

static inline bool weir_sim_is_errand(const struct weir_port_op *op) { return op->kind >= WEIR_PORT_READ_AT; }

/* 0, WEIR_EINVAL (no such handle), WEIR_ENOTSUP (it is no file), WEIR_ENOMEM. */
int weir_sim_errand_start(struct weir_sim_port *port, struct weir_port_op *op);
void weir_sim_errand_cancel(struct weir_sim_port *port, const struct weir_port_op *op);

/* Lets `take` have those that have come back by now. */
void weir_sim_errand_gather(struct weir_sim_port *port);

/* One of those; false when there is none, or, by chance, while `others` completions could come before it. */
bool weir_sim_errand_take(struct weir_sim_port *port, uint32_t others, struct weir_completion *ret);

/* Forgets all that are under way and gives their memory back. */
void weir_sim_errands_free(struct weir_sim_port *port);

#endif
