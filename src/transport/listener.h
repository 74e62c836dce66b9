/* SPDX-License-Identifier: MIT
 *
 * A listener from inside: what all kinds have in common, and what differs. A kind knows where connections come from and
 * makes transports of them; when it may, and everything else, is decided here. Connections that came when there was no
 * memory for them wait "in hand" and are taken in when there is. */
#ifndef WEIR_TRANSPORT_LISTENER_H
#define WEIR_TRANSPORT_LISTENER_H

#include <weir/socket.h>

#include "core/loop.h"

#define WEIR_LISTENER_TEXT_MAX (3 * WEIR_UNIX_PATH_MAX + 16) /* each byte of a path as %XX, after "unix:" */

/* What a closing listener still takes in. */
enum weir_last_call {
    WEIR_LAST_NONE,
    WEIR_LAST_IN_HAND, /* what it has accepted already */
    WEIR_LAST_BACKLOG  /* and what waits in the backlog */
};

/* None of them calls the user, but next. */
struct weir_listener_kind {
    size_t size; /* of the whole object, which begins with struct weir_listener */

    /* Starts accepting, and sets `accepting` if it may end later than stop. 0, or WEIR_E... */
    int (*start)(weir_listener *l);

    /* Asks it to end: `accepting` becomes false, and the listener is looked after, when it has. Also twice. */
    void (*stop)(weir_listener *l);

    /* Takes in one connection that waits, those in hand first. 0, WEIR_EAGAIN when none is there, or why it stays. */
    int (*next)(weir_listener *l);

    /* Lets go of whatever it listens with and resets what is in hand; `keep`: others go on with it. */
    void (*shut)(weir_listener *l, bool keep);

    /* "127.0.0.1:7000", and, with `whole`, as an endpoint: "tcp://127.0.0.1:7000",
     * which WEIR_LISTENER_TEXT_MAX holds. */
    const char *(*text)(const weir_listener *l, bool whole, char *text, size_t size);
};

struct weir_listener {
    const struct weir_listener_kind *kind;
    struct weir_object object;
    struct weir_task retry;
    struct weir_timer_node backoff;
    struct weir_scope *scope;
    size_t connections, max_connections;
    size_t in_hand; /* connections of this kind's that wait to be taken in */
    weir_accept_fn *accepted;
    void (*closed)(weir_listener *listener, void *user, const weir_error *reason);
    void (*freed)(weir_listener *listener); /* it is about to be; NULL: nobody asks */
    void *user;
    /* Puts the layers of an endpoint over what came in, and returns the top; NULL: it could not, and has aborted it.
     * The slot is NULL where there are none. */
    weir_transport *(*stack)(weir_listener *listener, weir_transport *t);
    void *layers;                /* for `stack` */
    struct weir_handover *offer; /* that it is part of */
    weir_listener_stats stats;
    int code, os_code; /* what it died of */
    unsigned late;     /* connections taken in while closing */
    uint8_t last_call; /* enum weir_last_call */
    bool accepting, paused, closing, complained;
    bool keep; /* what it listens with is others' too */
};

static inline weir_loop *loop_of_listener(const weir_listener *l) { return l->scope->loop; }

static inline weir_listener *weir_listener_of(struct weir_object *object) {
    return (weir_listener *)(void *)((char *)object - offsetof(weir_listener, object));
}

/* For the kinds. `options` may be NULL. 0, or WEIR_E...; `open` lets it begin, `forget` undoes a new one. */
int weir_listener_new(weir_loop *loop, const struct weir_listener_kind *kind, const weir_listen_options *options,
                      weir_accept_fn *accepted, void *user, weir_listener **ret);
void weir_listener_open(weir_listener *l);
void weir_listener_forget(weir_listener *l);

/* Something has changed: it is looked after soon. */
void weir_listener_look(weir_listener *l);

/* Whether a connection that comes now is wanted. */
bool weir_listener_takes(const weir_listener *l);

/* A connection has become `t`, which the user gives a protocol now or never. From dispatch. */
void weir_listener_let_in(weir_listener *l, weir_transport *t);

/* Accepting failed: what passes by itself is waited for, of anything else the listener dies. */
void weir_listener_failed(weir_listener *l, int code, int os_code);

/* For the end of a loop and for hand-over: as close, but takes in what `last` says before. Also on one that closes
 * already, where it changes what is taken in. */
void weir_listener_end(weir_listener *l, enum weir_last_call last);

/* Something was given back to the loop's budget: listeners that wait for a floor may go on. */
void weir_listeners_budget_back(weir_loop *loop);

/* A listener on a handle that listens; takes it when this succeeds. `keep`: others go on with it after close. */
int weir_listener_on(weir_listener *l, weir_handle handle, bool keep);

/* One for a socket that is not there yet. */
extern const struct weir_listener_kind weir_socket_listener_kind;

/* Whether `l` is on a socket, and which. */
bool weir_listener_handle(const weir_listener *l, weir_handle *ret);

/* weir_socket_listen; `private`: a socket file will be its owner's alone. */
int weir_socket_listen_as(weir_loop *loop, const weir_address *address, bool private_file,
                          const weir_listen_options *options, weir_accept_fn *accepted, void *user,
                          weir_listener **ret);

#endif
