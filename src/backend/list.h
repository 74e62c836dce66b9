/* SPDX-License-Identifier: MIT
 *
 * Every backend of this build, best first. */
#ifndef WEIR_BACKEND_LIST_H
#define WEIR_BACKEND_LIST_H

#include "core/backend.h"

/* NULL past the last. */
const struct weir_backend *weir_backend_at(size_t index);

#endif
