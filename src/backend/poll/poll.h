/* SPDX-License-Identifier: MIT
 *
 * The poll backend's table. */
#ifndef WEIR_BACKEND_POLL_POLL_H
#define WEIR_BACKEND_POLL_POLL_H

#include "core/backend.h"

extern const struct weir_backend weir_backend_poll;

#endif
