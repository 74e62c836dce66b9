/* SPDX-License-Identifier: MIT
 *
 * What `relay` and `serve` have in common: a loop, listeners, sessions, signals, a summary and an exit status. */
#ifndef TOOL_SERVICE_H
#define TOOL_SERVICE_H

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

/* Zero it, set `ways` and `stopping`. */
struct service {
    const char *ways[2];                       /* what is said after the bytes of each way; NULL: there is none */
    void (*stopping)(struct service *service); /* the verb's own part of stopping; may be NULL, may be called twice */
    const struct options *options;
    weir_loop *loop;
    struct session sessions; /* the head of the ring */
    struct door doors[2];
    unsigned door_count;
    bool lasting; /* stays for whoever comes: to be stopped is its normal end */
    bool draining;
    uint64_t opened, failures;
    uint64_t closed;  /* sessions closed in order, because they were idle when we had to stop */
    uint64_t aborted; /* sessions cut off */
    uint64_t bytes[2];
    uint64_t begun_ns, ended_ns, stopped_ns;
    weir_timer look;
    struct stop stop;
};

/* Opens the loop and takes the signals. 0, or an exit status, with a message; then there is nothing to run. */
int service_open(struct service *service, const struct options *options);

/* Runs until nothing is left, says what there is to say, frees everything, returns the exit status. `status` not 0:
 * setting up has failed with it; what was set up is undone. */
int service_run(struct service *service, int status);

/* Parses an endpoint of the command line. 0, or EXIT_USAGE with a message. */
int service_parse(weir_endpoint *ret, const char *text);

/* Listens (stdio: is accepted at once). `accepted` is called with `user`. 0, or EXIT_FAILED with a message. */
int service_listen(struct service *service, const weir_endpoint *endpoint, weir_accept_fn *accepted, void *user);

/* Says where it listens: once everything is ready. */
void service_say_listening(const struct service *service);

/* Listens no more. */
void service_shut_doors(struct service *service);

/* Connects, with nobody as its protocol yet. NULL, with a message, when it could not even begin: a failure. */
weir_transport *service_connect(struct service *service, const weir_endpoint *endpoint);

/* For session.c: `session` is about to be freed. */
void service_session_ended(struct service *service, const struct session *session, const uint64_t bytes[2]);

/* "3 bytes A to B, 1 byte B to A". Returns `text`. */
const char *service_ways(const struct service *service, const uint64_t bytes[2], char *text, size_t size);
enum { SERVICE_WAYS_MAX = 128 };

/* For stop.h, with the service as `user`; see drain.c. */
void service_drain(void *user);
void service_abort(void *user);

#endif
