/* SPDX-License-Identifier: MIT
 *
 * A short run of printable bytes is told as it is, a long one by its length and whether it is what the pattern has at
 * that place of the stream. */
#include "support/trace.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/bytes.h"

static void reserve(struct trace *trace, size_t n) {
    if (trace->length + n + 1 <= trace->capacity) return;
    trace->capacity = 2 * (trace->length + n + 1);
    trace->text = realloc(trace->text, trace->capacity);
    if (!trace->text) abort();
}

static void add(struct trace *trace, const char *text, size_t n) {
    reserve(trace, n);
    memcpy(trace->text + trace->length, text, n);
    trace->text[trace->length += n] = 0;
}

static void add_line(struct trace *trace, const char *name, const char *words) {
    add(trace, name, strlen(name));
    add(trace, " ", 1);
    add(trace, words, strlen(words));
    add(trace, "\n", 1);
}

static bool printable(const char *bytes, uint64_t n) {
    for (uint64_t i = 0; i < n; i++)
        if (!isprint((unsigned char)bytes[i])) return false;
    return true;
}

void trace_settle(struct trace *trace, const char *name) {
    char words[96];
    if (!trace->run) return;
    if (trace->run <= sizeof trace->head && printable(trace->head, trace->run))
        snprintf(words, sizeof words, "received \"%.*s\"", (int)trace->run, trace->head);
    else if (!trace->strange)
        snprintf(words, sizeof words, "received %" PRIu64 " of the pattern", trace->run);
    else
        snprintf(words, sizeof words, "received %" PRIu64 " #%016" PRIx64, trace->run, trace->digest);
    add_line(trace, name, words);
    trace->stream += trace->run;
    trace->run = 0;
    trace->strange = false;
    trace->digest = 0;
}

void trace_line(struct trace *trace, const char *name, const char *format, ...) {
    char words[256];
    va_list arguments;
    trace_settle(trace, name);
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    add_line(trace, name, words);
}

void trace_received(struct trace *trace, const uint8_t *bytes, size_t n) {
    for (size_t i = 0; i < n && trace->run + i < sizeof trace->head; i++)
        trace->head[trace->run + i] = (char)bytes[i];
    if (!pattern_matches(bytes, trace->stream + trace->run, n)) trace->strange = true;
    for (size_t i = 0; i < n && trace->run + i < 4096; i++)
        trace->digest = (trace->digest ^ bytes[i]) * 0x100000001B3u;
    trace->run += n;
}

void trace_append(struct trace *trace, const struct trace *other) {
    if (other->length) add(trace, other->text, other->length);
}

void trace_free(struct trace *trace) {
    free(trace->text);
    *trace = (struct trace){0};
}

const char *trace_code(int code) { return code ? weir_error_name(code) : "in order"; }
