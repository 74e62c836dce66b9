/* SPDX-License-Identifier: MIT
 *
 * The ends of a session, joined. */
#ifndef TOOL_JOIN_H
#define TOOL_JOIN_H

#include "session.h"

/* Both ends are there: what one gives the other takes, as far as they can. When it cannot be done the session fails. */
void join_ends(struct session *session);

/* The only end is there: it gets back what it gives. */
void join_echo(struct session *session);

#endif
