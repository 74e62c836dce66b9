/* SPDX-License-Identifier: MIT
 *
 * Keepalive: a connection whose peer has been silent for too long ends with WEIR_ETIMEDOUT. Probes between hosts that
 * reach each other change nothing that a program sees, so there are none: only while the way is cut an end waits for
 * its time, which is that of TCP_KEEPIDLE = S, TCP_KEEPINTVL = max(1, S / 4) and TCP_KEEPCNT = 4, counted from the
 * cut. A world with nothing cut therefore comes to rest, whatever keepalive its connections have.
 *
 * As in Linux an end with bytes, or its end of stream, on the way sends no probes. */
#ifndef WEIR_SIM_KEEPALIVE_H
#define WEIR_SIM_KEEPALIVE_H

#include "backend/sim/stream.h"

/* `seconds` 0: never; more than Linux takes: what it takes. WEIR_ENOTSUP (no TCP), WEIR_EINVAL (negative). */
int weir_sim_keepalive_set(struct weir_sim_socket *socket, int seconds);

/* Something of what it depends on may have changed: the setting, the way, the connection. */
void weir_sim_keepalive_check(struct weir_sim_end *end);

#endif
