/* SPDX-License-Identifier: MIT
 *
 * Writing text into a bounded buffer, piece by piece. Once a piece was cut nothing more is added, but the length goes
 * on counting, so that a writer without a buffer measures. */
#ifndef WEIR_ENDPOINT_TEXT_H
#define WEIR_ENDPOINT_TEXT_H

#include <weir/export.h>

struct weir_text {
    char *at;
    size_t room;   /* the final zero included; 0: nothing is written */
    size_t length; /* of the whole, however much of it fitted */
};

struct weir_text weir_text_begin(char *buffer, size_t size);

void weir_text_add(struct weir_text *t, const char *format, ...) WEIR_PRINTF(2, 3);

/* Adds `n` bytes; what is not printable ASCII, '%', and each byte of `special` becomes %XX, which is never cut in its
 * middle. */
void weir_text_encode(struct weir_text *t, const char *bytes, size_t n, const char *special);

/* For people: only what is not printable ASCII becomes %XX. */
void weir_text_show(struct weir_text *t, const char *bytes, size_t n);

#endif
