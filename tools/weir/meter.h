/* SPDX-License-Identifier: MIT
 *
 * Figures of something that moves: how much, how fast lately, how long still, and whether it stands. Time and bytes are
 * told to it; it knows no clock. */
#ifndef TOOL_METER_H
#define TOOL_METER_H

#include <stdbool.h>
#include <stdint.h>

enum { METER_SAMPLES = 16 };

struct meter {
    uint64_t total;      /* bytes there will be; 0: not known */
    uint64_t bytes;      /* moved so far */
    uint64_t stalls;     /* how often it stood for METER_STALL_NS or longer */
    uint64_t stalled_ns; /* and for how long all in all */
    /* private */
    uint64_t moved_at_ns; /* when the last byte was seen to have moved */
    bool stalled;
    unsigned count; /* of samples ever taken */
    struct {
        uint64_t at_ns, bytes;
    } samples[METER_SAMPLES];
};

#define METER_STALL_NS ((uint64_t)1000000000)

void meter_begin(struct meter *meter, uint64_t total, uint64_t now_ns);

/* `bytes` have moved by `now_ns`. `expected`: somebody is there who could have moved some. */
void meter_sample(struct meter *meter, uint64_t bytes, bool expected, uint64_t now_ns);

/* Bytes a second, over the last samples. */
double meter_rate(const struct meter *meter);

/* Seconds to the end; UINT64_MAX: nobody knows. */
uint64_t meter_seconds_left(const struct meter *meter);

/* How long nothing has moved, in nanoseconds; 0: it moves, or nothing was expected to. */
uint64_t meter_standing_ns(const struct meter *meter, uint64_t now_ns);

#endif
