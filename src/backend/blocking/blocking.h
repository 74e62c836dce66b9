/* SPDX-License-Identifier: MIT
 *
 * A system of one stream over descriptors: it sleeps in poll until one of its two, at most, can move bytes. */
#ifndef WEIR_BACKEND_BLOCKING_BLOCKING_H
#define WEIR_BACKEND_BLOCKING_BLOCKING_H

#include "core/backend.h"

extern const struct weir_backend weir_backend_blocking;

/* What the one stream receives from and sends to; either may be WEIR_NO_HANDLE, and nothing is closed. */
void weir_blocking_use(struct weir_backend_state *state, weir_handle in, weir_handle out);

#endif
