/* SPDX-License-Identifier: MIT
 *
 * What the parts of a move share: move.c runs it, move_media.c sets up its transports, move_ends.c says what A and D
 * do and joins B and C. */
#ifndef TOOL_MOVE_WIRING_H
#define TOOL_MOVE_WIRING_H

#include "feed.h"
#include "move.h"

#include <weir/endpoint.h>
#include <weir/pipe.h>
#include <weir/timer.h>

struct move_wiring {
    weir_loop *loop;
    struct feed feed;
    uint64_t offset; /* in the file */
    weir_endpoint doors[2];
    weir_listener *listeners[2];
    struct weir_flow flow[2];
    struct hash hash;
    weir_timer guard;
    uint64_t arrived; /* when the guard last looked */
    char buffer[256 * 1024];
};

/* Ends the move; the first one is told. Once aborted, the loop comes to its end by itself. */
void move_fail(struct move *move, const char *what);
void move_fail_for(struct move *move, const weir_error *reason);
void move_fail_with(struct move *move, int code, weir_stage stage);

/* What A and D do, with the move as their self. */
extern const weir_protocol move_source, move_sink;

/* B to C, and back where there is a way. */
void move_join(struct move *move, weir_transport *b, weir_transport *c);

#endif
