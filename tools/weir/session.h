/* SPDX-License-Identifier: MIT
 *
 * A session: one connection that is served, or the two that a relay joins.
 *
 * It waits for a number of parts, each a callback that must still come (the end of a flow, or a `disconnected`), and is
 * freed with the last. The first failure in it is the one that is told; later ones are its echo. */
#ifndef TOOL_SESSION_H
#define TOOL_SESSION_H

#include <weir/pipe.h>

struct service;

/* Begins a larger struct of the verb's, made by session_new. */
struct session {
    struct session *next, *prev; /* in a ring, whose head is no session */
    struct service *service;
    weir_transport *ends[2];                /* NULL: gone, or never there */
    struct weir_flow flow[2];               /* flow[i] is from ends[i] */
    uint64_t bytes[2];                      /* each way, where no flow counts them */
    void (*drain)(struct session *session); /* is to come to an end; may be NULL */
    weir_address peers[2];                  /* asked for when they were there: a failed end cannot tell any more */
    const char *media[2];                   /* "tcp" */
    unsigned parts;
    bool joined, failed;
    bool closed, aborted;        /* by us, to stop */
    weir_error failure;          /* the first, if failed */
    uint64_t moved, moved_at_ns; /* when a drain last looked */
};

/* A zeroed session of `size` bytes; NULL when out of memory, which is told and counts as a failure. */
struct session *session_new(struct service *service, size_t size, unsigned parts);

/* `t` becomes ends[i]. */
void session_adopt(struct session *session, int i, weir_transport *t);

/* Joins ends[0] and ends[1] both ways, or ends[0] with itself: two parts, or one. May end the session at once. */
void session_join(struct session *session);

/* Keeps the failure, if it is the first. */
void session_fail(struct session *session, const weir_error *reason);

/* ends[i] is gone, and with it one part: perhaps the session. */
void session_end(struct session *session, int i, const weir_error *reason);

/* Closes it in order although its peers have not ended. */
void session_close(struct session *session);
void session_abort(struct session *session);

/* Bytes moved so far; `*held` are those that wait in weir. */
uint64_t session_look(const struct session *session, size_t *held);

#endif
