/* SPDX-License-Identifier: MIT
 *
 * The immediate acts of the port on a POSIX system: one switch over sys/, shared by every backend that has real
 * descriptors. */
#ifndef WEIR_BACKEND_READY_CALL_H
#define WEIR_BACKEND_READY_CALL_H

#include "core/backend.h"

/* Does `call`, counting system calls and open handles in `state`. */
int weir_ready_call(struct weir_backend_state *state, struct weir_call *call);

/* The two halves of it: the act itself, which touches nothing but `call` and may be done on any thread; and the
 * counting of the handles that came or went with it, given what it returned. */
int weir_ready_do(struct weir_call *call);
void weir_ready_count(struct weir_backend_state *state, const struct weir_call *call, int status);

/* Whether a call of this kind makes handles. */
bool weir_ready_makes(enum weir_call_kind kind);

/* The handles that `call`, which succeeded, has made and that somebody must close. Returns how many. */
int weir_ready_made(const struct weir_call *call, weir_handle ret[2]);

#endif
