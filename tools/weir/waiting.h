/* SPDX-License-Identifier: MIT
 *
 * Connections that wait for a partner, in order of arrival. */
#ifndef TOOL_WAITING_H
#define TOOL_WAITING_H

#include <weir/transport.h>

#include <stdbool.h>

/* Zero it; must stay where it is while anybody waits. */
struct waiting_line {
    struct waiting *first, **last; /* `last` means nothing while nobody waits */
};

/* `t` waits, unread, behind the others. False: out of memory, and nothing was done. */
bool waiting_add(struct waiting_line *line, weir_transport *t);

/* The one that has waited longest, and is not on its way out; without a protocol. NULL: there is none. */
weir_transport *waiting_take(struct waiting_line *line);

void waiting_abort(struct waiting_line *line);

#endif
