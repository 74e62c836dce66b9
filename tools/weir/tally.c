/* SPDX-License-Identifier: MIT
 *
 * Stalls are counted by one worker for all, and so add up to what that one saw. Of loops only what is a sum is added:
 * what is open "now" is not, when all is over. */
#include "tally.h"

#include <stdio.h>
#include <string.h>

static void add_loop(weir_loop_stats *into, const weir_loop_stats *from) {
    into->ticks += from->ticks;
    into->completions += from->completions;
    into->system_calls += from->system_calls;
    into->allocations += from->allocations;
    into->memory_peak += from->memory_peak;
}

static uint64_t earlier(uint64_t a, uint64_t b) { return a == 0 || (b != 0 && b < a) ? b : a; }

void tally_add(struct tally *into, const struct tally *from) {
    into->opened += from->opened;
    into->failures += from->failures;
    into->retries += from->retries;
    into->closed += from->closed;
    into->aborted += from->aborted;
    into->stalls += from->stalls;
    into->stalled_ns += from->stalled_ns;
    for (int way = 0; way < 2; way++)
        into->bytes[way] += from->bytes[way];
    into->begun_ns = earlier(into->begun_ns, from->begun_ns);
    if (from->ended_ns > into->ended_ns) into->ended_ns = from->ended_ns;
    if (!*into->first_failure) memcpy(into->first_failure, from->first_failure, sizeof into->first_failure);
    snprintf(into->backend, sizeof into->backend, "%s", from->backend);
    into->drained |= from->drained;
    add_loop(&into->loop, &from->loop);
}
