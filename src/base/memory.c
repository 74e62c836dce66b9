/* SPDX-License-Identifier: MIT
 *
 * Every request goes through weir_memory_resize, so that counting stands in one place. A refused request changes no
 * count. The counts believe the sizes that callers tell; telling a wrong one is our own error. */
#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void *system_resize(void *user, void *old, size_t old_size, size_t new_size) {
    (void)user, (void)old_size;
    if (new_size > 0) return realloc(old, new_size);
    free(old);
    return NULL;
}

void weir_memory_init(struct weir_memory *m, const weir_allocator *allocator) {
    *m = (struct weir_memory){.allocator = {.resize = system_resize}};
    if (allocator) m->allocator = *allocator;
}

void *weir_memory_resize(struct weir_memory *m, void *old, size_t old_size, size_t new_size) {
    assert(m->held >= old_size);
    assert(old || old_size == 0);
    if (new_size > old_size) m->requests++;
    void *piece = m->allocator.resize(m->allocator.user, old, old_size, new_size);
    if (!piece && new_size > 0) return NULL;
    m->held = m->held - old_size + new_size;
    if (m->held > m->peak) m->peak = m->held;
    return piece;
}

void *weir_memory_new(struct weir_memory *m, size_t size) {
    assert(size > 0);
    void *piece = weir_memory_resize(m, NULL, 0, size);
    return piece ? memset(piece, 0, size) : NULL;
}

void weir_memory_free(struct weir_memory *m, void *piece, size_t size) {
    if (piece) weir_memory_resize(m, piece, size, 0);
}
