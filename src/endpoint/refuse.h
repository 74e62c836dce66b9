/* SPDX-License-Identifier: MIT
 *
 * Saying no in words. A hint is one line of printable ASCII that fits weir_error, whatever the text was. */
#ifndef WEIR_ENDPOINT_REFUSE_H
#define WEIR_ENDPOINT_REFUSE_H

#include <weir/error.h>

/* Fills `error` (may be NULL) at WEIR_STAGE_PARSE. Returns `code`. */
int weir_refuse(weir_error *error, int code, const char *format, ...) WEIR_PRINTF(3, 4);

/* Puts "byte N: " before the hint. */
void weir_refuse_at(weir_error *error, size_t byte);

/* Says what the text was. */
void weir_refuse_text(weir_error *error, const char *text);

/* A piece of somebody's text, fit for a hint: printable, and cut with "..." when it is long. */
struct weir_quoted {
    char text[36];
};
const char *weir_quote(struct weir_quoted *q, const char *bytes, size_t n);

#endif
