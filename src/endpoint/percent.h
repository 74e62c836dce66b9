/* SPDX-License-Identifier: MIT
 *
 * %XX, and nothing else, stands for a byte. */
#ifndef WEIR_ENDPOINT_PERCENT_H
#define WEIR_ENDPOINT_PERCENT_H

#include <weir/error.h>

/* Decodes `n` bytes of `text` into `out`, which has `size`. Returns the bytes written, or WEIR_EINVAL,
 * WEIR_ENAMETOOLONG with the reason and the place in `*fault`. Bytes that must not stand in a text are refused. */
int weir_percent_decode(const char *text, size_t n, char *out, size_t size, const char **fault, weir_error *error);

#endif
