/* SPDX-License-Identifier: MIT
 *
 * The table of descriptors: what the poller watches, and for whom. */
#ifndef WEIR_BACKEND_READY_WATCH_H
#define WEIR_BACKEND_READY_WATCH_H

#include "backend/ready/ready.h"

/* Makes sure that `fd` has an entry: 0, or WEIR_ENOMEM. */
int weir_watch_reserve(struct weir_ready *ready, int fd);

/* Has the poller watch `fd`, which has an entry, for `interest` and nothing else. */
int weir_watch_set(struct weir_ready *ready, int fd, unsigned interest);

/* Before `fd` is closed: the poller forgets it, and events under way find nobody. */
void weir_watch_forget(struct weir_ready *ready, int fd);

/* What the poller reports with an event of `fd`, which is watched. */
static inline uint64_t weir_watch_cookie(const struct weir_ready *ready, int fd) {
    return (uint64_t)ready->entries[fd].generation << 32 | (uint32_t)fd;
}

/* The entry that `cookie` was made for; NULL when that one was closed. */
static inline struct weir_ready_entry *weir_watch_find(const struct weir_ready *ready, uint64_t cookie) {
    struct weir_ready_entry *entry = &ready->entries[(uint32_t)cookie];
    return entry->generation == cookie >> 32 ? entry : NULL;
}

#endif
