/* SPDX-License-Identifier: MIT
 *
 * What the rest of the floor tells a drain. Both do nothing when there is none. */
#ifndef WEIR_TRANSPORT_DRAIN_H
#define WEIR_TRANSPORT_DRAIN_H

#include <weir/drain.h>

/* Something has left: perhaps it was the last. */
void weir_drain_look(weir_loop *loop);

/* `t` is about to have its last callback; counts it. */
void weir_drain_left(const weir_transport *t);

#endif
