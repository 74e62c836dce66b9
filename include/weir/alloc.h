/* SPDX-License-Identifier: MIT
 *
 * The allocator of a loop. weir takes every byte of its own from the one given in `weir_loop_options`; without one,
 * from realloc and free. It may refuse any request: each function says what it then returns, and nothing is lost. */
#ifndef WEIR_ALLOC_H
#define WEIR_ALLOC_H

#include <weir/export.h>

WEIR_BEGIN

/* `resize(user, old, old_size, new_size)`: like realloc, with the old size told. `old` NULL: a new piece; `new_size`
 * zero: give back, return NULL. Returns memory aligned as malloc's, or NULL, which leaves `old` as it was. Called on
 * the loop's thread, and in `weir_loop_open` and `weir_loop_close` on theirs. `user` must outlive the loop. */
typedef struct weir_allocator {
    void *(*resize)(void *user, void *old, size_t old_size, size_t new_size);
    void *user;
} weir_allocator;

WEIR_END

#endif
