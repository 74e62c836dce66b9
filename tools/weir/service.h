/* SPDX-License-Identifier: MIT
 *
 * What `relay` and `serve` have in common: listeners and sessions on one loop, until nothing is left. Who runs it, and
 * what is said and counted in the end, is crew.h's. */
#ifndef TOOL_SERVICE_H
#define TOOL_SERVICE_H

#include "monitor.h"
#include "options.h"
#include "session.h"
#include "stop.h"
#include "tally.h"

#include <weir/endpoint.h>
#include <weir/socket.h>
#include <weir/timer.h>

struct service;

/* What one verb has that others have not. */
struct kind {
    const char *ways[2];       /* what is said after the bytes of each way; NULL: there is no such */
    const char *directions[2]; /* of what comes from the first end, and of what goes to it */
    const char *keys[2];       /* the ways, as members of the statistics */
    const char *words[2];      /* and what follows the verb */
    size_t size;               /* of the verb's struct, which begins with the service */
    /* Listens, or begins what there is to do. `first` is the service of the first worker, and set up already, or is
     * `service`. 0, or an exit status, with a message. */
    int (*set_up)(struct service *service, const struct service *first);
    void (*stopping)(struct service *service); /* the verb's own part of stopping; may be NULL, may be called twice */
};

/* A way in. */
struct door {
    struct service *service;
    const weir_endpoint *endpoint;
    weir_accept_fn *accepted;
    void *user;
    weir_listener *listener; /* NULL: not, or no more, listening */
    bool listens;            /* it was not opened at once, as what is there only once */
};

/* Zero it, set `kind`. */
struct service {
    const struct kind *kind;
    /* private to the files that make up the service */
    const struct options *options;
    struct service *first; /* of `count` in a row, this one the `index`-th */
    unsigned index, count;
    weir_loop *loop;
    struct session sessions; /* the head of the ring */
    struct door doors[2];
    unsigned door_count;
    bool lasting; /* stays for whoever comes: to be stopped is its normal end */
    bool draining;
    bool running; /* may be told to stop; under the lock of stop.h */
    uint64_t alive;
    uint64_t stopped_ns;
    struct tally tally;
    weir_timer look;
    weir_post stops[2]; /* for the first signal, and the second */
    struct monitor monitor;
};

/* Makes it ready for its set-up, on its loop. */
void service_begin(struct service *service, weir_loop *loop);

/* The run has returned `code`. */
void service_ran(struct service *service, int code);

/* Aborts what is left, and completes the tally. */
void service_end(struct service *service);

/* Any thread, with the lock of stop.h: drains it, or the second time aborts it, if it runs. */
void service_stop(struct service *service, int times);

/* How many bytes `way` will have, when that is known, for who watches. */
void service_watch(struct service *service, uint64_t total, int way);

/* Listens (what does not listen is accepted when it is open). `accepted` is called with `user`. The endpoint, which
 * must stay, gets the real port. 0, or EXIT_FAILED with a message. */
int service_listen(struct service *service, weir_endpoint *endpoint, weir_accept_fn *accepted, void *user);

/* Says where it listens: once everything is ready. */
void service_say_listening(const struct service *service);

/* Listens no more. */
void service_shut_doors(struct service *service);

/* Counts a failure, and says it, with `after` behind it. */
void service_fail(struct service *service, const weir_error *error, const char *after);

/* Bytes each way so far, of sessions that are alive too. */
void service_moved(const struct service *service, uint64_t ret[2]);

/* For session.c: one that is in the ring no more has moved so many bytes. */
void service_session_ended(struct service *service, const uint64_t bytes[2]);

/* See drain.c. */
void service_drain(struct service *service);
void service_abort(struct service *service);

#endif
