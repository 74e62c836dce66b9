/* SPDX-License-Identifier: MIT
 *
 * The allocator of a loop, counted. Everything a loop holds is taken here, so that what it holds at any moment is a
 * number (`held`), and zero of it is left when it closes. Sizes are told on return, as the user's allocator is told
 * them. Any request may be refused. */
#ifndef WEIR_BASE_MEMORY_H
#define WEIR_BASE_MEMORY_H

#include <weir/alloc.h>

struct weir_memory {
    weir_allocator allocator;
    size_t held, peak;
    uint64_t requests;
};

/* `allocator` may be NULL: realloc and free. */
void weir_memory_init(struct weir_memory *m, const weir_allocator *allocator);

/* `size` zeroed bytes, or NULL. */
void *weir_memory_new(struct weir_memory *m, size_t size);

/* As realloc: NULL leaves `old` as it was. New bytes are not zeroed. */
void *weir_memory_resize(struct weir_memory *m, void *old, size_t old_size, size_t new_size);

/* Takes NULL. */
void weir_memory_free(struct weir_memory *m, void *piece, size_t size);

#endif
