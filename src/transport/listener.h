/* SPDX-License-Identifier: MIT
 *
 * What the rest of the floor tells listeners. */
#ifndef WEIR_TRANSPORT_LISTENER_H
#define WEIR_TRANSPORT_LISTENER_H

#include "core/loop.h"

/* Something was given back to the loop's budget: listeners that wait for a floor may go on. */
void weir_listeners_budget_back(weir_loop *loop);

#endif
