/* SPDX-License-Identifier: MIT
 *
 * The ops that are done off the loop's thread, on a POSIX system: what backend/offload/ runs for every backend that has
 * real descriptors. Two halves, since only the loop's thread may count. */
#ifndef WEIR_BACKEND_READY_PERFORM_H
#define WEIR_BACKEND_READY_PERFORM_H

#include "core/backend.h"

/* Does a READ_AT, WRITE_AT, CALL or WORK to its end, on a thread that may block (a weir_offload_fn). */
int64_t weir_ready_perform(struct weir_port_op *op, int *os_code);

/* Whether it was cancelled before it began. A system that says "cancelled" has a number for it. */
static inline bool weir_ready_undone(const struct weir_completion *completion) {
    return completion->result == WEIR_ECANCELED && completion->os_code == 0;
}

/* Its completion was taken: counts in `state` the system call and the handles that were made or are gone. */
void weir_ready_performed(struct weir_backend_state *state, const struct weir_completion *completion);

#endif
