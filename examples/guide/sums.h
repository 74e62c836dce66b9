/* SPDX-License-Identifier: MIT
 *
 * A protocol: numbers come, one a line, and after each the sum so far goes back. It knows nothing of sockets. */
#ifndef SUMS_H
#define SUMS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weir/weir.h>

/* [sums] */
struct sums {
    weir_line line; /* first: what the protocol is given */
    long sum;
};

static void on_number(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    struct sums *s = self;
    char text[32] = "";
    memcpy(text, bytes, n < sizeof text ? n : sizeof text - 1);
    s->sum += strtol(text, NULL, 10);
    snprintf(text, sizeof text, "%ld", s->sum);
    weir_line_write(&s->line, t, text, strlen(text));
}

static void on_refused(void *self, weir_transport *t, int code) {
    struct sums *s = self;
    const char *text = weir_error_text(code);
    weir_line_write(&s->line, t, text, strlen(text));
    weir_transport_close(t);
}

static const weir_message_handler sums_handler = {.message = on_number, .refused = on_refused};
static const struct sums sums = {.line = {.framing = {.handler = &sums_handler, .max = 20}, .ending = WEIR_LINE_LF}};
/* [/sums] */

#endif
