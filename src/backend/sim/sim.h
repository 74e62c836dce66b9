/* SPDX-License-Identifier: MIT
 *
 * A host of a simulated world as a backend. */
#ifndef WEIR_SIM_SIM_H
#define WEIR_SIM_SIM_H

#include "core/backend.h"

extern const struct weir_backend weir_backend_sim;

#endif
