/* SPDX-License-Identifier: MIT
 *
 * A pair of transports in memory: what is written to one is received by the other, with the flow control, half-close
 * and reset of any transport, and no descriptor. For tests, and to join two protocols within a program. */
#ifndef WEIR_MEM_H
#define WEIR_MEM_H

#include <weir/transport.h>

WEIR_BEGIN

/* Makes the pair `ret[0]`, `ret[1]`; give each a protocol with `weir_transport_set_protocol`, whose `connected` follows.
 * `limits` (copied; NULL: the loop's) hold for both. Returns 0, WEIR_ENOMEM, WEIR_EBUDGET, WEIR_EINVAL. */
WEIR_API int weir_mem_pair(weir_loop *loop, const weir_limits *limits, weir_transport *ret[2]);

WEIR_END

#endif
