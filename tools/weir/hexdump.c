/* SPDX-License-Identifier: MIT
 *
 * One head line for each piece, and below it rows of offset, bytes and characters; sixteen bytes a row, fewer where the
 * terminal is narrow:
 *
 *   #1 0.000213 A to B: 6 bytes
 *   00000000  68 65 6c 6c 6f 0a                                 hello.
 *
 * The offset is that in the stream of that direction. The time is seconds since the first connection. A colour for each
 * direction, where colours are welcome. A known weakness: it is written in the call, so a slow terminal holds up the
 * bytes. */
#include "hexdump.h"

#include "page.h"
#include "say.h"
#include "service.h"
#include "terminal.h"
#include "units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ROW_MOST = 16, ROW_TEXT = 160, BLOCK = 8192, HANG = 3 };

struct block {
    char text[BLOCK];
    size_t used;
};

static void flush(struct block *block) {
    say_block(block->text, block->used);
    block->used = 0;
}

static void add_line(struct block *block, const char *colour, const char *line) {
    if (block->used + ROW_TEXT + 32 > BLOCK) flush(block);
    block->used += (size_t)snprintf(block->text + block->used, BLOCK - block->used, "%s%s%s\n", colour, line,
                                    *colour ? "\033[0m" : "");
}

/* As many as fit, and a power of two. */
static size_t bytes_in_row(void) {
    unsigned columns = terminal_columns(STDERR_FILENO);
    size_t n = ROW_MOST;
    while (columns && n > 4 && 8 + 2 + 4 * n + 1 > columns)
        n /= 2;
    return n;
}

static const char *format_row(char *line, uint64_t offset, const uint8_t *bytes, size_t n, size_t row) {
    size_t used = (size_t)snprintf(line, ROW_TEXT, "%08" PRIx64 " ", offset);
    for (size_t i = 0; i < row; i++)
        used += (size_t)snprintf(line + used, ROW_TEXT - used, i < n ? " %02x" : "   ", i < n ? bytes[i] : 0U);
    line[used++] = ' ';
    line[used++] = ' ';
    for (size_t i = 0; i < n; i++)
        line[used++] = bytes[i] >= 0x20 && bytes[i] < 0x7f ? (char)bytes[i] : '.';
    line[used] = 0;
    return line;
}

static void add_bytes(struct block *block, const char *colour, const weir_trace_event *event) {
    char line[ROW_TEXT];
    size_t row = bytes_in_row();
    for (size_t at = 0; at < event->size; at += row) {
        size_t n = event->size - at < row ? event->size - at : row;
        add_line(block, colour, format_row(line, event->offset + at, event->bytes + at, n, row));
    }
}

/* 0: received. */
static int way_of(weir_trace_kind kind) { return kind == WEIR_TRACE_SENT || kind == WEIR_TRACE_ENDED; }

static void describe(const weir_trace_event *event, const char *way, char *text, size_t size) {
    char count[UNITS_TEXT_MAX], reason[ROW_TEXT / 2];
    switch (event->kind) {
    case WEIR_TRACE_RECEIVED:
    case WEIR_TRACE_SENT:
        snprintf(text, size, "%s: %s", way, units_count(event->size, "byte", count, sizeof count));
        return;
    case WEIR_TRACE_PEER_ENDED:
    case WEIR_TRACE_ENDED:
        snprintf(text, size, "%s: the end, after %s", way, units_count(event->offset, "byte", count, sizeof count));
        return;
    case WEIR_TRACE_CONNECTED: snprintf(text, size, "connected"); return;
    case WEIR_TRACE_DISCONNECTED:
        if (event->reason) weir_error_format(event->reason, reason, sizeof reason);
        snprintf(text, size, "gone%s%s", event->reason ? ": " : "", event->reason ? reason : "");
        return;
    }
}

void hexdump_event(void *user, const weir_trace_event *event) {
    static const char *const colours[] = {"\033[36m", "\033[33m"};
    const struct session *s = user;
    int way = way_of(event->kind);
    bool bytes = event->kind == WEIR_TRACE_RECEIVED || event->kind == WEIR_TRACE_SENT;
    const char *colour = bytes && terminal_colours(STDERR_FILENO) ? colours[way] : "";
    struct block block = {.used = 0};
    char what[ROW_TEXT - 48], head[ROW_TEXT], wrapped[ROW_TEXT + 16];
    describe(event, s->service->kind->directions[way], what, sizeof what);
    snprintf(head, sizeof head, "#%" PRIu64 " %.6f %s", s->number,
             (double)(event->at_ns - s->service->tally.begun_ns) / 1e9, what);
    page_wrap_hanging(wrapped, sizeof wrapped, head, terminal_columns(STDERR_FILENO), HANG);
    add_line(&block, colour, wrapped);
    if (bytes) add_bytes(&block, colour, event);
    flush(&block);
}
