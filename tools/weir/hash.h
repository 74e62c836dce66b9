/* SPDX-License-Identifier: MIT
 *
 * SHA-256 of a stream of bytes. */
#ifndef TOOL_HASH_H
#define TOOL_HASH_H

#include <stdbool.h>
#include <stddef.h>

enum { HASH_SIZE = 32 };

struct hash {
    void *context;
    bool failed;
};

/* False when libcrypto cannot: then nothing is to be ended. */
bool hash_begin(struct hash *hash);
void hash_add(struct hash *hash, const void *bytes, size_t n);

/* Frees what `hash` holds. False when any step of it failed. */
bool hash_end(struct hash *hash, unsigned char ret[HASH_SIZE]);

#endif
