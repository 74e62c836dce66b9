/* SPDX-License-Identifier: MIT
 *
 * Stream sockets: TCP over IPv4 and IPv6, and UNIX streams by path or abstract name; which of them, the address says.
 * TCP_NODELAY is on, descriptors are close-on-exec, SIGPIPE is never raised. */
#ifndef WEIR_SOCKET_H
#define WEIR_SOCKET_H

#include <weir/handle.h>
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

/* Listens on `address` (port 0: any free one). A socket file that nobody listens on any more is replaced; a live one,
 * or a file of another kind, is WEIR_EADDRINUSE. `options` may be NULL. Accepting never spins and never dies: out of
 * descriptors or memory (WEIR_EMFILE, WEIR_ENOMEM, ...) it backs off for WEIR_ACCEPT_BACKOFF_NS, says so once to the
 * log, and goes on; out of budget it waits until enough is free. A few connections that were accepted just when memory
 * or budget went are kept until it is back; those beyond are reset. Returns 0, or WEIR_EADDRINUSE, WEIR_EADDRNOTAVAIL,
 * WEIR_EACCES, WEIR_ENOENT, WEIR_ENAMETOOLONG, WEIR_ENOMEM, WEIR_EMFILE, WEIR_EINVAL, WEIR_ENOTSUP; WEIR_ECLOSED while
 * the loop drains (weir/drain.h). Any callback of the loop, as all functions here. */
WEIR_API int weir_socket_listen(weir_loop *loop, const weir_address *address, const weir_listen_options *options,
                                weir_accept_fn *accepted, void *user, weir_listener **ret);

#define WEIR_ACCEPT_BACKOFF_NS ((uint64_t)100 * 1000000)

/* Listens on a descriptor that listens already: inherited, handed over, or made by other means. `owner` says whose it
 * is. WEIR_TAKE makes it non-blocking and close-on-exec; WEIR_BORROW and WEIR_DUP change none of its flags, and so need
 * one that does not block. Closing the listener leaves a socket file alone, since others may share it. Of the options
 * `backlog`, `reuse_port` and `ipv6_only` were decided by whoever made the socket, and are not looked at. Returns 0, or
 * WEIR_ENOTSUP with the reason in weir_loop_last_error's hint (no stream socket that listens; it blocks; a simulated
 * loop), WEIR_ENOENT (no such descriptor), WEIR_EINVAL, WEIR_ENOMEM, WEIR_EMFILE, WEIR_ECLOSED. A descriptor given with
 * WEIR_TAKE is closed when the call fails, but for WEIR_EINVAL and on a simulated loop. */
WEIR_API int weir_listener_adopt(weir_loop *loop, int fd, weir_ownership owner, const weir_listen_options *options,
                                 weir_accept_fn *accepted, void *user, weir_listener **ret);

/* Socket activation, as sd_listen_fds(3): listens on the inherited descriptor whose name is `name`, the first if
 * several bear it, or, if `name` is a bare number, on the descriptor of that index, counted from 0. Reads LISTEN_PID,
 * LISTEN_FDS and LISTEN_FDNAMES from the environment and leaves them there; numbers in them are strict. The descriptor
 * becomes close-on-exec and non-blocking; the listener works on a duplicate, so that it may be closed and opened
 * again. Returns as weir_listener_adopt; WEIR_ENOENT, with the names that are there as the hint, when none is `name`
 * or the environment is for another process. */
WEIR_API int weir_systemd_listen(weir_loop *loop, const char *name, const weir_listen_options *options,
                                 weir_accept_fn *accepted, void *user, weir_listener **ret);

/* Stops and goes on accepting; connections wait in the system's backlog meanwhile. */
WEIR_API int weir_listener_pause(weir_listener *listener);
WEIR_API int weir_listener_resume(weir_listener *listener);

/* Stops listening; accepted transports live on. `closed` follows, and the pointer is invalid after it. A socket file
 * it made is removed. Connections that nobody accepted yet are reset by the system: weir_drain takes those in first,
 * and weir_handover_offer leaves them to a successor. WEIR_EALREADY the second time. Needs no memory. */
WEIR_API int weir_listener_close(weir_listener *listener);

/* The address in force, with the real port; family WEIR_FAMILY_NONE for one in memory. */
WEIR_API int weir_listener_address(const weir_listener *listener, weir_address *ret);

/* What became of the connections that came in. */
typedef struct weir_listener_stats {
    uint64_t accepted; /* became transports and were given a protocol */
    uint64_t refused;  /* reset: no protocol was given, or neither memory nor budget for them */
    uint64_t backoffs; /* times it waited for descriptors or memory */
} weir_listener_stats;

/* Copies them to `*ret`. */
WEIR_API void weir_listener_stats_get(const weir_listener *listener, weir_listener_stats *ret);

/* Accepted transports that are alive. */
WEIR_API size_t weir_listener_connections(const weir_listener *listener);

/* The user pointer given with `accepted`. */
WEIR_API void *weir_listener_user(const weir_listener *listener);

WEIR_END

#endif
