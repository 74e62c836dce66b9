/* SPDX-License-Identifier: MIT
 *
 * The select backend's table. */
#ifndef WEIR_BACKEND_SELECT_SELECT_H
#define WEIR_BACKEND_SELECT_SELECT_H

#include "core/backend.h"

extern const struct weir_backend weir_backend_select;

#endif
