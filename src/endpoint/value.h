/* SPDX-License-Identifier: MIT
 *
 * Numbers in words: counts, sizes with K, M, G and T, times with their units. Each number has one shortest spelling. */
#ifndef WEIR_ENDPOINT_VALUE_H
#define WEIR_ENDPOINT_VALUE_H

#include "endpoint/registry.h"

enum { WEIR_VALUE_TEXT_MAX = 24 };

/* Whether values of this kind are numbers. */
static inline bool weir_value_is_number(enum weir_option_kind kind) {
    return kind == WEIR_OPTION_NUMBER || kind == WEIR_OPTION_SIZE || kind == WEIR_OPTION_TIME;
}

/* Decimal digits without leading zeros, up to `most`: their number, and how many of the `n` bytes they are; 0: none. */
size_t weir_value_digits(const char *text, size_t n, uint64_t most, uint64_t *ret);

/* Reads a value of a numeric option, within its bounds. 0, or WEIR_EINVAL. */
int weir_value_read(const struct weir_option_spec *option, const char *text, size_t n, uint64_t *ret,
                    weir_error *error);

/* Whether `number` is within the bounds of the option, or its "unbounded". */
bool weir_value_is_legal(const struct weir_option_spec *option, uint64_t number);

/* Why not: WEIR_EINVAL. */
int weir_value_refuse(const struct weir_option_spec *option, const char *text, size_t n, weir_error *error);

/* The shortest spelling. Returns `text`. */
const char *weir_value_write(const struct weir_option_spec *option, uint64_t number, char text[WEIR_VALUE_TEXT_MAX]);

#endif
