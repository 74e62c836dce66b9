/* SPDX-License-Identifier: MIT
 *
 * A pair of transports in memory: what is written to one is received by the other, with the flow control, half-close
 * and reset of any transport, and no descriptor. For tests, and to join two protocols within a program. Or the same by
 * name: a listener in memory, and connections to it from within its loop. */
#ifndef WEIR_MEM_H
#define WEIR_MEM_H

#include <weir/socket.h>

WEIR_BEGIN

/* Makes the pair `ret[0]`, `ret[1]`; give each a protocol with `weir_transport_set_protocol`, whose `connected`
 * follows. `limits` (copied; NULL: the loop's) hold for both. Returns 0, WEIR_ENOMEM, WEIR_EBUDGET, WEIR_EINVAL. */
WEIR_API int weir_mem_pair(weir_loop *loop, const weir_limits *limits, weir_transport *ret[2]);

/* Listens under `name` (copied; 1 to WEIR_MEM_NAME_MAX bytes, any but zero), which is known within this loop only. As
 * any listener, with its limits, budget, pause and close; `backlog` bounds the connections that wait to be accepted
 * (0: WEIR_MEM_BACKLOG), `reuse_port` and `ipv6_only` are not looked at. Returns 0, WEIR_EADDRINUSE, WEIR_EINVAL,
 * WEIR_ENAMETOOLONG, WEIR_ENOMEM; WEIR_ECLOSED while the loop drains. Any callback of the loop, as the next one. */
WEIR_API int weir_mem_listen(weir_loop *loop, const char *name, const weir_listen_options *options,
                             weir_accept_fn *accepted, void *user, weir_listener **ret);

#define WEIR_MEM_NAME_MAX 107
#define WEIR_MEM_BACKLOG 4096

/* Connects to the listener of that name. Returns the transport at once; `connected` follows when it was accepted,
 * which a listener that is paused or full puts off, or `disconnected` alone with WEIR_EREFUSED (nobody listens, the
 * backlog is full, or the listener was closed), WEIR_ETIMEDOUT. `options` may be NULL. Returns 0, WEIR_EINVAL,
 * WEIR_ENAMETOOLONG, WEIR_ENOMEM, WEIR_EBUDGET. */
WEIR_API int weir_mem_connect(weir_loop *loop, const char *name, const weir_connect_options *options,
                              const weir_protocol *protocol, void *self, weir_transport **ret);

WEIR_END

#endif
