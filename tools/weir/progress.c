/* SPDX-License-Identifier: MIT
 *
 * Drawn ten times a second at most, with nothing but a carriage return and "erase to the end of the line": no colours. */
#include "progress.h"

#include "usage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BAR = 32, LABEL = 24 };
static const uint64_t DRAW_NS = (uint64_t)100 * 1000000;

/* A terminal that says it is dumb does not know how to erase. */
static bool stderr_is_terminal(void) {
    const char *term = getenv("TERM");
    return isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
}

void progress_begin(struct progress *progress, const char *label, uint64_t total, bool quiet) {
    uint64_t now_ns = usage_now_ns();
    *progress =
        (struct progress){.label = label, .total = total, .begun_ns = now_ns, .drawn_ns = now_ns, .quiet = quiet};
    progress->terminal = stderr_is_terminal();
}

void progress_update(struct progress *progress, uint64_t done) {
    char bar[BAR + 1];
    uint64_t now_ns = usage_now_ns();
    if (progress->quiet || !progress->terminal || now_ns - progress->drawn_ns < DRAW_NS) return;
    progress->drawn_ns = now_ns;
    double part = progress->total ? (double)done / (double)progress->total : 1;
    int full = part < 1 ? (int)(part * BAR) : BAR;
    memset(bar, '#', sizeof bar - 1);
    memset(bar + full, '.', (size_t)(BAR - full));
    bar[BAR] = 0;
    fprintf(stderr, "\r  %-*s [%s] %3.0f%%  %.2f GB/s\033[K", LABEL, progress->label, bar, part * 100,
            (double)done / (double)(now_ns - progress->begun_ns));
    fflush(stderr);
}

void progress_end(struct progress *progress, const char *result) {
    if (progress->quiet) return;
    fprintf(stderr, "%s  %-*s %s%s\n", progress->terminal ? "\r" : "", LABEL, progress->label, result,
            progress->terminal ? "\033[K" : "");
}
