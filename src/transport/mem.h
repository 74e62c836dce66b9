/* SPDX-License-Identifier: MIT
 *
 * One end of a pair in memory, for those who make them: pairs, and connections by name. */
#ifndef WEIR_TRANSPORT_MEM_H
#define WEIR_TRANSPORT_MEM_H

#include <weir/mem.h>

#include "transport/base.h"

struct weir_mem {
    weir_transport base;
    struct weir_mem *peer;   /* NULL once that one has let go, and while it waits in a line */
    struct weir_turn pull;   /* bytes or news from the peer are waiting */
    weir_listener *line;     /* where it waits to be accepted */
    struct weir_mem *behind; /* it in that line */
    bool receiving;
    bool recalled;      /* the base wants its queue back */
    bool peer_finished; /* its end-of-stream comes after its queue */
    bool peer_reset;
};

/* A new end; open ones must be joined at once, and told of by a step. */
int weir_mem_end(struct weir_scope *scope, weir_transport_state state, const weir_protocol *protocol, void *self,
                 struct weir_mem **ret);
void weir_mem_join(struct weir_mem *a, struct weir_mem *b);

/* Takes one out of the line it waits in, if it does. */
void weir_mem_leave_line(struct weir_mem *m);

#endif
