/* SPDX-License-Identifier: MIT
 *
 * Loops as the tool makes and ends them. */
#ifndef TOOL_LOOPING_H
#define TOOL_LOOPING_H

#include <weir/loop.h>

/* Whether `name` (NULL: any) is a backend of this build; says so if not. */
bool looping_known(const char *name);

/* Whether a loop on `name` (NULL: what the environment says, or the best) reaches other processes; says so if not. */
bool looping_reaches_others(const char *name);

/* A loop on `backend` (NULL: the best), with the log to stderr. 0, or WEIR_E... with a message. */
int looping_open(weir_loop **ret, const char *backend);

/* Aborts whatever is open, waits until it is gone, and frees the loop. */
void looping_end(weir_loop *loop);

/* Aborts whatever is open. */
void looping_abort(weir_loop *loop);

#endif
