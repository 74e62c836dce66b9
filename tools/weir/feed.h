/* SPDX-License-Identifier: MIT
 *
 * Feeds a transport from memory, piece by piece, without a copy and without a queue: the next piece is asked for when
 * the last one has been taken. That is all the back-pressure there is to it. */
#ifndef TOOL_FEED_H
#define TOOL_FEED_H

#include <weir/transport.h>

/* Zero it, set `next`; must stay where it is until the transport's `disconnected`. */
struct feed {
    /* The next piece, which stays as it is until the following call; `*n` is its size, 0 after the last. NULL: it
     * cannot be had, and the transport is aborted. */
    const void *(*next)(struct feed *feed, size_t *n);
    void *user;
    uint64_t fed; /* bytes taken so far */
    int code;     /* out: why the transport was aborted, if it was, else 0 */
    /* private */
    weir_op op;
    weir_transport *to;
};

/* Begins; after the last piece the transport is closed. */
void feed_start(struct feed *feed, weir_transport *to);

#endif
