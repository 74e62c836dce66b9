/* SPDX-License-Identifier: MIT
 *
 * How far something is: a line that is drawn over on a terminal, one line at the end elsewhere. On stderr. */
#ifndef TOOL_PROGRESS_H
#define TOOL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *label;
    uint64_t total, begun_ns, drawn_ns;
    bool quiet, terminal;
};

void progress_begin(struct progress *progress, const char *label, uint64_t total, bool quiet);

/* Cheap enough to be called for every piece. */
void progress_update(struct progress *progress, uint64_t done);

/* `result` stands where the figures were. */
void progress_end(struct progress *progress, const char *result);

#endif
