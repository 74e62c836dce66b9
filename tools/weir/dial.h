/* SPDX-License-Identifier: MIT
 *
 * A connection that is tried again when it fails, as often as --retry says. */
#ifndef TOOL_DIAL_H
#define TOOL_DIAL_H

#include <weir/endpoint.h>
#include <weir/timer.h>

struct service;

/* Zero it, set `done`; must stay where it is from dial_start until `done` begins, which may free it. */
struct dial {
    /* Exactly once, from the loop: a transport that is connected, without a protocol; or NULL and why (NULL: it was
     * given up). */
    void (*done)(struct dial *dial, weir_transport *t, const weir_error *reason);
    void *user;
    /* private */
    struct service *service;
    const weir_endpoint *endpoint;
    weir_transport *t; /* on its way; NULL: the timer is armed */
    weir_timer timer;  /* for the next try, or for `done` when `over` */
    weir_error error;  /* the last */
    unsigned failed;
    bool over, given_up;
};

/* `endpoint` must outlive it. */
void dial_start(struct dial *dial, struct service *service, const weir_endpoint *endpoint);

/* No more tries: one that waits for the next fails now, with its last failure; one under way may still succeed. */
void dial_hurry(struct dial *dial);

/* Gives it up; `done` follows. */
void dial_abort(struct dial *dial);

#endif
