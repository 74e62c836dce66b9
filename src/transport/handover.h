/* SPDX-License-Identifier: MIT
 *
 * What listeners and transports tell a hand-over that they are part of. */
#ifndef WEIR_TRANSPORT_HANDOVER_H
#define WEIR_TRANSPORT_HANDOVER_H

#include <weir/handover.h>

/* `listener` is about to be freed, and no longer on offer. */
void weir_handover_left(weir_handover *offer, const weir_listener *listener);

/* The protocol of a successor's connection; forget frees its state when the connection is freed without a word. */
extern const weir_protocol weir_handover_taker;
void weir_handover_forget(weir_transport *t);

#endif
