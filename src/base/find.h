/* SPDX-License-Identifier: MIT
 *
 * The first place of some bytes among others. At worst `n` times `size` steps, with memchr's speed where the first byte
 * is rare. */
#ifndef WEIR_BASE_FIND_H
#define WEIR_BASE_FIND_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* `size` > 0. NULL: nowhere. */
static inline const uint8_t *weir_find(const uint8_t *bytes, size_t n, const uint8_t *what, size_t size) {
    while (n >= size) {
        const uint8_t *at = memchr(bytes, what[0], n - size + 1);
        if (!at) return NULL;
        if (memcmp(at, what, size) == 0) return at;
        n -= (size_t)(at - bytes) + 1;
        bytes = at + 1;
    }
    return NULL;
}

/* The same, when the first `looked` bytes are known to contain none: only its tail can begin one. */
static inline const uint8_t *weir_find_further(const uint8_t *bytes, size_t n, size_t looked, const uint8_t *what,
                                               size_t size) {
    size_t from = looked > size - 1 ? looked - (size - 1) : 0;
    return from < n ? weir_find(bytes + from, n - from, what, size) : NULL;
}

#endif
