/* SPDX-License-Identifier: MIT
 *
 * The immediate acts of the port on a POSIX system: one switch over sys/, shared by every backend that has real
 * descriptors. */
#ifndef WEIR_BACKEND_READY_CALL_H
#define WEIR_BACKEND_READY_CALL_H

#include "core/backend.h"

/* Does `call`, counting system calls and open handles in `state`. `nonblocking`: how sockets and pipes are made. */
int weir_ready_call(struct weir_backend_state *state, struct weir_call *call, bool nonblocking);

#endif
