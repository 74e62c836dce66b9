/* SPDX-License-Identifier: MIT
 *
 * Moves a file through a medium, twice, with a pipe of weir's in between, on one loop:
 *
 *     file -> A ~~~ B -> weir_pipe -> C ~~~ D -> SHA-256         ~~~ the medium */
#ifndef TOOL_MOVE_H
#define TOOL_MOVE_H

#include "progress.h"
#include "sample.h"

struct move;

struct medium {
    const char *name;
    int (*begin)(struct move *move); /* 0, or WEIR_E... */
};

extern const struct medium media[];
enum { MEDIA = 4 };

/* Set what is above the line; the rest is zero. */
struct move {
    const char *backend;
    const struct medium *medium;
    const struct sample *sample;
    struct progress *progress;
    /* out */
    uint64_t arrived;
    unsigned char digest[HASH_SIZE];
    char problem[512]; /* empty: it went well */
    /* private */
    struct move_wiring *wiring;
};

/* True: all bytes arrived and `digest` is theirs. Otherwise `problem` says what went wrong, and at which stage. */
bool move_run(struct move *move);

#endif
