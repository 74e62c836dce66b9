/* SPDX-License-Identifier: MIT
 *
 * The word that was probably meant. */
#ifndef WEIR_ENDPOINT_NEAREST_H
#define WEIR_ENDPOINT_NEAREST_H

#include <stddef.h>

/* The one of `words` (NULL after the last) that is nearest to the `n` bytes at `text`, if near enough to be worth
 * saying; else NULL. */
const char *weir_nearest(const char *text, size_t n, const char *const *words);

#endif
