/* SPDX-License-Identifier: MIT
 *
 * Stream sockets: TCP over IPv4 and IPv6, and UNIX streams by path or abstract name; which of them, the address says.
 * TCP_NODELAY is on, descriptors are close-on-exec, SIGPIPE is never raised. */
#ifndef WEIR_SOCKET_H
#define WEIR_SOCKET_H

#include <weir/transport.h>

WEIR_BEGIN

typedef struct weir_listener weir_listener;

typedef struct weir_connect_options {
    const weir_limits *limits; /* copied; NULL: the loop's */
    uint64_t timeout_ns;       /* for the connection to come about, else WEIR_ETIMEDOUT; 0: the system's own */
} weir_connect_options;

/* Begins a connection and returns its transport at once. Then `connected`, or `disconnected` alone with the reason
 * (WEIR_EREFUSED, WEIR_EUNREACH, WEIR_ETIMEDOUT, WEIR_ENOENT, ... at WEIR_STAGE_CONNECT), never both missing. `options`
 * may be NULL. Returns 0, or, and then no callback comes: WEIR_ENOMEM, WEIR_EBUDGET, WEIR_EMFILE, WEIR_EINVAL,
 * WEIR_ENOTSUP (a family this system lacks). Any callback of the loop. */
WEIR_API int weir_socket_connect(weir_loop *loop, const weir_address *peer, const weir_connect_options *options,
                                 const weir_protocol *protocol, void *self, weir_transport **ret);

/* A connection came in. Give it a protocol here (`connected` follows at once); left without one it is aborted. */
typedef void weir_accept_fn(weir_transport *t, void *user);

/* All fields may be zero. */
typedef struct weir_listen_options {
    int backlog;               /* connections the system may hold; 0: the system's largest */
    size_t max_connections;    /* accepted and alive at most, then the listener waits; 0: no bound */
    size_t budget;             /* bytes all its transports may hold; 0: what the loop's budget allows */
    const weir_limits *limits; /* for accepted transports; copied; NULL: the loop's */
    bool reuse_port;           /* SO_REUSEPORT: several listeners on one address share the connections */
    bool ipv6_only;            /* an IPv6 listener takes no IPv4 connections */
    /* The listener is gone, after weir_listener_close (`reason` NULL) or a failure it cannot survive. Exactly once. */
    void (*closed)(weir_listener *listener, void *user, const weir_error *reason);
} weir_listen_options;

/* Listens on `address` (port 0: any free one). A socket file that nobody listens on any more is replaced; a live one, or
 * a file of another kind, is WEIR_EADDRINUSE. `options` may be NULL. Accepting never spins and never dies: out of
 * descriptors or memory (WEIR_EMFILE, WEIR_ENOMEM, ...) it backs off for WEIR_ACCEPT_BACKOFF_NS, says so once to the
 * log, and goes on; out of budget it waits until enough is free (a connection
 * that was accepted just when the budget went is reset). Returns 0, or WEIR_EADDRINUSE, WEIR_EADDRNOTAVAIL,
 * WEIR_EACCES, WEIR_ENOENT, WEIR_ENAMETOOLONG, WEIR_ENOMEM, WEIR_EMFILE, WEIR_EINVAL, WEIR_ENOTSUP. */
WEIR_API int weir_socket_listen(weir_loop *loop, const weir_address *address, const weir_listen_options *options,
                                weir_accept_fn *accepted, void *user, weir_listener **ret);

#define WEIR_ACCEPT_BACKOFF_NS ((uint64_t)100 * 1000000)

/* Stops and goes on accepting; connections wait in the system's backlog meanwhile. */
WEIR_API int weir_listener_pause(weir_listener *listener);
WEIR_API int weir_listener_resume(weir_listener *listener);

/* Stops listening; accepted transports live on. `closed` follows, and the pointer is invalid after it. A socket file
 * it made is removed. WEIR_EALREADY the second time. Needs no memory. */
WEIR_API int weir_listener_close(weir_listener *listener);

/* The address in force, with the real port. */
WEIR_API int weir_listener_address(const weir_listener *listener, weir_address *ret);

/* Accepted transports that are alive. */
WEIR_API size_t weir_listener_connections(const weir_listener *listener);

WEIR_API void *weir_listener_user(const weir_listener *listener);

WEIR_END

#endif
