/* SPDX-License-Identifier: MIT
 *
 * Bounded text; see text.h. */
#include "endpoint/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct weir_text weir_text_begin(char *buffer, size_t size) {
    if (size) *buffer = 0;
    return (struct weir_text){buffer, size, 0};
}

/* A piece of `n` bytes was to be written at `at`. */
static void advance(struct weir_text *t, size_t n) {
    size_t step = n < t->room ? n : t->room ? t->room - 1 : 0;
    t->length += n;
    if (step) t->at += step; /* a writer that only measures has no buffer */
    t->room = step < n ? 0 : t->room - step;
}

void weir_text_add(struct weir_text *t, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(t->room ? t->at : NULL, t->room, format, arguments);
    va_end(arguments);
    advance(t, n < 0 ? 0 : (size_t)n);
}

static bool is_printable(char c) { return c >= ' ' && c <= '~'; }

static void put(struct weir_text *t, char c, bool plain) {
    if (!plain && t->room < 4) t->room = 0;
    weir_text_add(t, plain ? "%c" : "%%%02X", (unsigned char)c);
}

void weir_text_encode(struct weir_text *t, const char *bytes, size_t n, const char *special) {
    for (size_t i = 0; i < n; i++)
        put(t, bytes[i], is_printable(bytes[i]) && bytes[i] != '%' && !strchr(special, bytes[i]));
}

void weir_text_show(struct weir_text *t, const char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++)
        put(t, bytes[i], is_printable(bytes[i]));
}
