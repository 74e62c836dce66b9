/* SPDX-License-Identifier: MIT
 *
 * A session: one connection that is served, or the two that a relay joins.
 *
 * It waits for a number of parts, one for each end, whose last callback (the end of a flow, a `disconnected`, or the
 * `done` of a dial) must still come, and is freed with the last. The first failure in it is the one that is told; later
 * ones are its echo. */
#ifndef TOOL_SESSION_H
#define TOOL_SESSION_H

#include "dial.h"

#include <weir/pipe.h>

struct service;

/* Begins a larger struct of the verb's, made by session_new. */
struct session {
    struct session *next, *prev; /* in a ring, whose head is no session */
    struct service *service;
    uint64_t number;                        /* from 1; those of several workers interlock */
    weir_transport *ends[2];                /* NULL: gone, not yet, or never there */
    struct dial *dials[2];                  /* of those that we are still connecting */
    struct weir_flow flow[2];               /* flow[i] is from ends[i] */
    uint64_t bytes[2];                      /* each way, where no flow counts them */
    void (*drain)(struct session *session); /* the verb's own part of session_drain; may be NULL */
    weir_address peers[2];                  /* asked for when they were there: a failed end cannot tell any more */
    const char *media[2];                   /* "tcp" */
    unsigned parts;
    bool joined, failed;
    bool ended[2];               /* by the peer, of an end that no flow reads */
    bool closed, aborted;        /* by us, to stop */
    weir_error failure;          /* the first, if failed */
    uint64_t moved, moved_at_ns; /* when a drain last looked */
};

/* A zeroed session of `size` bytes; NULL when out of memory, which is told and counts as a failure. */
struct session *session_new(struct service *service, size_t size);

/* `t`, which has nobody yet, becomes ends[i], below the layers that were asked for, and is served by `protocol` with
 * the session as its self. False: it could not; `t` is aborted, and the session is gone if it had no other part. */
bool session_take(struct session *session, int i, weir_transport *t, const weir_protocol *protocol);

/* The same for an end that is to be joined to the other; it waits, unread, until that is there. */
bool session_bring(struct session *session, int i, weir_transport *t);

/* The same for one still to be connected: it comes, or the session fails. */
bool session_dial(struct session *session, int i, const weir_endpoint *endpoint);

/* The same for one that is joined to itself: an echo. */
bool session_echo(struct session *session, weir_transport *t);

/* Keeps the failure, if it is the first. */
void session_fail(struct session *session, const weir_error *reason);

/* The `disconnected` of a protocol whose self is the session. */
void session_left(void *self, weir_transport *t, const weir_error *reason);

/* ends[i] is gone, and with it one part: perhaps the session. */
void session_end(struct session *session, int i, const weir_error *reason);

/* Is to come to its end by itself: what is not connected yet is not tried again. */
void session_drain(struct session *session);

/* Closes it in order although its peers have not ended. */
void session_close(struct session *session);
void session_abort(struct session *session);

/* Bytes moved so far, all and each way; `*held` are those that wait in weir, or may. */
uint64_t session_look(const struct session *session, size_t *held);
uint64_t session_moved(const struct session *session, int way);

#endif
