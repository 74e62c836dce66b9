/* SPDX-License-Identifier: MIT
 *
 * What one object went through: one line per callback, in order, in words that are the same on every backend. Adjacent
 * `received` are one line, an error is its code, and no port or address is told. */
#ifndef SUPPORT_TRACE_H
#define SUPPORT_TRACE_H

#include <weir/error.h>

struct trace {
    char *text;
    size_t length, capacity;
    /* Received bytes whose line is not written yet. */
    char head[40];
    uint64_t run, stream; /* bytes of the run, and of all before it */
    uint64_t digest;
    bool strange; /* the run is not what the pattern has there */
};

/* Adds "name words" and a newline. */
void trace_line(struct trace *trace, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Notes received bytes; their line is written when the next one is, or by trace_settle. */
void trace_received(struct trace *trace, const uint8_t *bytes, size_t n);
void trace_settle(struct trace *trace, const char *name);

void trace_append(struct trace *trace, const struct trace *other);
void trace_free(struct trace *trace);

/* "WEIR_ERESET", or "in order" for 0. */
const char *trace_code(int code);

#endif
