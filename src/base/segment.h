/* SPDX-License-Identifier: MIT
 *
 * A segment: some bytes in a row, in memory of its own (from the pool) or in memory lent by a user. Chains of them are
 * write queues; a single one holds the unread bytes of a transport. A backend reads chains, and never changes them.
 *
 * The pool hands out segments of a few sizes, last returned first, so that a busy loop works in warm memory and asks
 * the allocator for nothing. It keeps up to POOL_KEEP bytes for later; the rest goes back to the allocator. */
#ifndef WEIR_BASE_SEGMENT_H
#define WEIR_BASE_SEGMENT_H

#include "base/memory.h"

struct weir_op;

#define WEIR_SEGMENT_SCRATCH 56

struct weir_segment {
    struct weir_segment *next;
    uint8_t *bytes;         /* the first byte in use */
    size_t size;            /* bytes in use */
    size_t capacity;        /* of the storage behind this head; 0: the bytes are lent */
    struct weir_op *lender; /* the borrowed write they belong to */
    /* For whoever sends the chain that begins here: an idle connection needs no memory for sending. */
    union {
        void *align;
        unsigned char bytes[WEIR_SEGMENT_SCRATCH];
    } scratch;
};

#define WEIR_SEGMENT_CLASSES 4

struct weir_pool {
    struct weir_memory *memory;
    struct weir_segment *idle[WEIR_SEGMENT_CLASSES];
    size_t kept; /* bytes in `idle` */
};

static inline uint8_t *weir_segment_storage(struct weir_segment *s) { return (uint8_t *)(s + 1); }

/* Bytes that can still be appended behind those in use. */
static inline size_t weir_segment_room(const struct weir_segment *s) {
    const uint8_t *end = (const uint8_t *)(s + 1) + s->capacity;
    return s->capacity ? (size_t)(end - (s->bytes + s->size)) : 0;
}

void weir_pool_init(struct weir_pool *pool, struct weir_memory *memory);

/* Gives all idle segments back to the allocator. */
void weir_pool_drain(struct weir_pool *pool);

/* An empty segment with at least `size` bytes of storage, or NULL. */
struct weir_segment *weir_segment_take(struct weir_pool *pool, size_t size);
void weir_segment_give(struct weir_pool *pool, struct weir_segment *segment);

#endif
