/* SPDX-License-Identifier: MIT
 *
 * What a service has done, counted; those of several workers add up. */
#ifndef TOOL_TALLY_H
#define TOOL_TALLY_H

#include <weir/loop.h>

#include <stdbool.h>

struct tally {
    uint64_t opened, failures, retries;
    uint64_t closed;  /* sessions closed in order, because they were idle when we had to stop */
    uint64_t aborted; /* sessions cut off */
    uint64_t bytes[2];
    uint64_t begun_ns, ended_ns; /* the first connection, and the end of the last */
    uint64_t stalls, stalled_ns;
    char first_failure[512]; /* empty: there was none */
    char backend[16];
    weir_loop_stats loop; /* as the loop was left */
    bool drained;         /* it was told to stop */
};

void tally_add(struct tally *into, const struct tally *from);

#endif
