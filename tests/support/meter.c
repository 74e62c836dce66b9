/* SPDX-License-Identifier: MIT
 *
 * Each piece carries its size in front, so that a wrong old size is found where it is told. */
#include "support/meter.h"

#include <stdlib.h>
#include <string.h>

#include "support/check.h"

union head {
    size_t size;
    max_align_t align;
};

static bool refuses(const struct meter *meter) {
    if (!meter->refuse_at) return false;
    return meter->refuse_on ? meter->requests >= meter->refuse_at : meter->requests == meter->refuse_at;
}

static void *give(struct meter *meter, size_t size) {
    union head *head = malloc(sizeof *head + size);
    if (!head) return NULL;
    head->size = size;
    memset(head + 1, 0xA5, size);
    meter->held += size;
    meter->pieces++;
    return head + 1;
}

static void take_back(struct meter *meter, void *piece) {
    union head *head = (union head *)piece - 1;
    meter->held -= head->size;
    meter->pieces--;
    memset(piece, 0x5A, head->size);
    free(head);
}

static void *resize(void *user, void *old, size_t old_size, size_t new_size) {
    struct meter *meter = user;
    if (old) check_int(old_size, ((union head *)old - 1)->size);
    if (new_size > old_size && (meter->requests++, refuses(meter))) {
        meter->refused++;
        return NULL;
    }
    void *piece = new_size ? give(meter, new_size) : NULL;
    if (old && (piece || !new_size)) {
        if (piece) memcpy(piece, old, old_size < new_size ? old_size : new_size);
        take_back(meter, old);
    }
    return piece;
}

weir_allocator meter_allocator(struct meter *meter) { return (weir_allocator){resize, meter}; }
