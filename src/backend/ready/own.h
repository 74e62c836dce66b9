/* SPDX-License-Identifier: MIT
 *
 * Which descriptors are this backend's own: what it made, accepted, opened or was given for good. A child after fork
 * closes its copies of these, and no others. */
#ifndef WEIR_BACKEND_READY_OWN_H
#define WEIR_BACKEND_READY_OWN_H

#include "backend/ready/ready.h"

/* Takes open handles, counted already, into the table. All, or none, and then they are closed: WEIR_ENOMEM;
 * WEIR_EMFILE, since the poller cannot watch a number that high. */
int weir_ready_keep(struct weir_ready *ready, const weir_handle *handles, int count);

/* The same for whatever `call`, which succeeded, has made. */
int weir_ready_keep_made(struct weir_ready *ready, const struct weir_call *call);

/* Whether the next handle will be low enough to be kept. For a connection, which would be lost: it can wait where it
 * is. */
bool weir_ready_has_room(struct weir_ready *ready);

static inline bool weir_ready_closes(const struct weir_call *call) {
    return call->kind == WEIR_CALL_CLOSE || call->kind == WEIR_CALL_FINISH;
}

/* Before `handle` is closed, since its number may have another owner at once; and back again when it was not. */
void weir_ready_disown(struct weir_ready *ready, weir_handle handle);
void weir_ready_reown(struct weir_ready *ready, weir_handle handle);

/* In a child: else the peers would not see their ends before it ends itself. */
void weir_ready_close_copies(struct weir_ready *ready);

#endif
