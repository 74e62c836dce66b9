/* SPDX-License-Identifier: MIT
 *
 * The pool of segments. A segment of a class fills a piece of memory of a round size, head included; a larger one comes
 * from the allocator and goes straight back, with a storage of a power of two so that growing buffers settle.
 *
 * A segment is known by its capacity alone. Capacity 0 is a lent segment: a head of the smallest class whose capacity
 * was set to zero by whoever lent it the bytes.
 *
 * Known weakness: what is kept is not balanced between the classes, so a program that changes from small to large
 * segments pays for the large ones once POOL_KEEP is full of small ones. */
#include "base/segment.h"

#include <assert.h>

#define POOL_KEEP ((size_t)1024 * 1024)

static const size_t class_sizes[WEIR_SEGMENT_CLASSES] = {512, 4096, 16384, 65536};

/* The smallest class with `capacity` bytes of storage; WEIR_SEGMENT_CLASSES when none has. */
static size_t class_of(size_t capacity) {
    size_t c = 0;
    while (c < WEIR_SEGMENT_CLASSES && class_sizes[c] - sizeof(struct weir_segment) < capacity)
        c++;
    return c;
}

/* Head and storage together. */
static size_t whole(const struct weir_segment *s) {
    size_t c = class_of(s->capacity);
    return c < WEIR_SEGMENT_CLASSES ? class_sizes[c] : sizeof *s + s->capacity;
}

static struct weir_segment *emptied(struct weir_segment *s, size_t capacity) {
    *s = (struct weir_segment){.bytes = weir_segment_storage(s), .capacity = capacity};
    return s;
}

static struct weir_segment *take_large(struct weir_pool *pool, size_t size) {
    size_t capacity = class_sizes[WEIR_SEGMENT_CLASSES - 1];
    while (capacity < size && capacity <= SIZE_MAX / 4)
        capacity *= 2;
    if (capacity < size) return NULL;
    struct weir_segment *s = weir_memory_resize(pool->memory, NULL, 0, sizeof *s + capacity);
    return s ? emptied(s, capacity) : NULL;
}

static struct weir_segment *pop(struct weir_pool *pool, size_t c) {
    struct weir_segment *s = pool->idle[c];
    pool->idle[c] = s->next;
    pool->kept -= class_sizes[c];
    return s;
}

void weir_pool_init(struct weir_pool *pool, struct weir_memory *memory) {
    *pool = (struct weir_pool){.memory = memory};
}

void weir_pool_drain(struct weir_pool *pool) {
    for (size_t c = 0; c < WEIR_SEGMENT_CLASSES; c++)
        while (pool->idle[c])
            weir_memory_free(pool->memory, pop(pool, c), class_sizes[c]);
    assert(pool->kept == 0);
}

struct weir_segment *weir_segment_take(struct weir_pool *pool, size_t size) {
    size_t c = class_of(size);
    if (c == WEIR_SEGMENT_CLASSES) return take_large(pool, size);
    struct weir_segment *s = pool->idle[c] ? pop(pool, c) : weir_memory_resize(pool->memory, NULL, 0, class_sizes[c]);
    return s ? emptied(s, class_sizes[c] - sizeof *s) : NULL;
}

void weir_segment_give(struct weir_pool *pool, struct weir_segment *segment) {
    size_t c = class_of(segment->capacity), size = whole(segment);
    if (c == WEIR_SEGMENT_CLASSES || size > POOL_KEEP - pool->kept) {
        weir_memory_free(pool->memory, segment, size);
        return;
    }
    segment->next = pool->idle[c];
    pool->idle[c] = segment;
    pool->kept += size;
}
