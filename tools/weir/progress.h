/* SPDX-License-Identifier: MIT
 *
 * How far something is, on stderr: a line that is drawn over on a terminal that can, as wide as it is now. Elsewhere
 * nothing, or, if asked, a plain line every few seconds. */
#ifndef TOOL_PROGRESS_H
#define TOOL_PROGRESS_H

#include "meter.h"

#include <stddef.h>

/* Where there is nothing to draw on. */
enum progress_plain { PROGRESS_SILENT, PROGRESS_LINES };

struct progress {
    const char *label; /* may be changed between updates */
    struct meter meter;
    /* private */
    bool draws, tells;
    uint64_t sampled_ns, shown_ns;
};

/* `total` 0: not known. */
void progress_begin(struct progress *progress, const char *label, uint64_t total, enum progress_plain plain,
                    bool quiet);

/* Cheap enough to be called for every piece. `expected` as in meter_sample. */
void progress_update(struct progress *progress, uint64_t done, bool expected);

/* Erases the line. `result`, if not NULL, is said in its place, with the label. */
void progress_end(struct progress *progress, const char *result);

/* The line as it would be drawn in `columns`. Returns `text`. */
const char *progress_line(const struct progress *progress, unsigned columns, uint64_t now_ns, char *text, size_t size);

#endif
