/* SPDX-License-Identifier: MIT
 *
 * What `relay` and `serve` have in common: a loop, listeners, sessions, signals, a summary and an exit status. */
#ifndef TOOL_SERVICE_H
#define TOOL_SERVICE_H

#include "monitor.h"
#include "options.h"
#include "session.h"
#include "stop.h"

#include <weir/endpoint.h>
#include <weir/socket.h>
#include <weir/timer.h>

/* A way in. */
struct door {
    struct service *service;
    weir_endpoint endpoint;
    weir_accept_fn *accepted;
    void *user;
    weir_listener *listener; /* NULL: not, or no more, listening */
};

/* Zero it, set what stands above the line. */
struct service {
    const char *ways[2];       /* what is said after the bytes of each way; NULL: there is no such */
    const char *directions[2]; /* of what comes from the first end, and of what goes to it */
    const char *keys[2];       /* the ways, as members of the statistics */
    const char *words[2];      /* and what follows the verb */
    void (*stopping)(struct service *service); /* the verb's own part of stopping; may be NULL, may be called twice */
    /* ---- */
    const struct options *options;
    weir_loop *loop;
    struct session sessions; /* the head of the ring */
    struct door doors[2];
    unsigned door_count;
    bool lasting; /* stays for whoever comes: to be stopped is its normal end */
    bool draining;
    uint64_t opened, alive, failures, retries;
    char first_failure[512];
    uint64_t closed;  /* sessions closed in order, because they were idle when we had to stop */
    uint64_t aborted; /* sessions cut off */
    uint64_t bytes[2];
    uint64_t begun_ns, ended_ns, stopped_ns;
    weir_timer look;
    struct monitor monitor;
    struct stop stop;
};

/* Opens the loop and takes the signals. 0, or an exit status, with a message; then there is nothing to run. */
int service_open(struct service *service, const struct options *options);

/* Runs until nothing is left, says what there is to say, frees everything, returns the exit status. `status` not 0:
 * setting up has failed with it; what was set up is undone. */
int service_run(struct service *service, int status);

/* How many bytes `way` will have, when that is known, for who watches. */
void service_watch(struct service *service, uint64_t total, int way);

/* Parses an endpoint of the command line. 0, or EXIT_USAGE with a message. */
int service_parse(weir_endpoint *ret, const char *text);

/* Listens (stdio: is accepted at once). `accepted` is called with `user`. 0, or EXIT_FAILED with a message. */
int service_listen(struct service *service, const weir_endpoint *endpoint, weir_accept_fn *accepted, void *user);

/* Says where it listens: once everything is ready. */
void service_say_listening(const struct service *service);

/* Listens no more. */
void service_shut_doors(struct service *service);

/* What an endpoint's transports may hold, and how long they may wait. */
weir_limits service_limits(const struct service *service, const weir_endpoint *endpoint);

/* Counts a failure, and says it, with `after` behind it. */
void service_fail(struct service *service, const weir_error *error, const char *after);

/* Bytes each way so far, of sessions that are alive too. */
void service_moved(const struct service *service, uint64_t ret[2]);

/* For session.c: one that is in the ring no more has moved so many bytes. */
void service_session_ended(struct service *service, const uint64_t bytes[2]);

/* "3 bytes A to B, 1 byte B to A". Returns `text`. */
const char *service_ways(const struct service *service, const uint64_t bytes[2], char *text, size_t size);
enum { SERVICE_WAYS_MAX = 128 };

/* For stop.h, with the service as `user`; see drain.c. */
void service_drain(void *user);
void service_abort(void *user);

#endif
