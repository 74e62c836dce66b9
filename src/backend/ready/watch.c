/* SPDX-License-Identifier: MIT
 *
 * The table of descriptors grows to the largest number seen and never shrinks: numbers are given out lowest first, so
 * it is as long as the loop was ever busy. Entries may move when it grows; nobody keeps a pointer to one. Only entries
 * below `known` have been written to, so that what doubling adds costs no memory before it is used. */
#include "backend/ready/watch.h"

#include <string.h>

enum { first_capacity = 64 };

static int grow(struct weir_ready *ready, size_t least) {
    size_t capacity = ready->capacity ? ready->capacity : first_capacity, size = sizeof *ready->entries;
    while (capacity < least)
        capacity *= 2;
    struct weir_ready_entry *entries =
        weir_memory_resize(ready->state.env.memory, ready->entries, ready->capacity * size, capacity * size);
    if (!entries) return WEIR_ENOMEM;
    ready->entries = entries;
    ready->capacity = capacity;
    return 0;
}

int weir_watch_reserve(struct weir_ready *ready, int fd) {
    size_t least = (size_t)fd + 1;
    if (least <= ready->known) return 0;
    if (least > ready->capacity && grow(ready, least) < 0) return WEIR_ENOMEM;
    memset(ready->entries + ready->known, 0, (least - ready->known) * sizeof *ready->entries);
    ready->known = least;
    return 0;
}

int weir_watch_set(struct weir_ready *ready, int fd, unsigned interest) {
    struct weir_ready_entry *entry = &ready->entries[fd];
    if (entry->interest == interest) return 0;
    int status = ready->poller->watch(ready, fd, entry->interest, interest, weir_watch_cookie(ready, fd));
    if (status < 0) return status;
    entry->interest = (uint8_t)interest;
    return 0;
}

void weir_watch_forget(struct weir_ready *ready, int fd) {
    struct weir_ready_entry *entry = &ready->entries[fd];
    weir_watch_set(ready, fd, 0);
    entry->generation++;
    entry->interest = 0;
    entry->ours = false;
}
