/* SPDX-License-Identifier: MIT
 *
 * The graceful end of a loop: nothing new is let in, what is under way may finish, the rest is aborted at a deadline.
 *
 * Listeners take in the connections that already wait in their backlog (the system resets those left there when a
 * listening socket closes), at most WEIR_DRAIN_BACKLOG each, and close. Transports go on as before until they are idle:
 * open, nothing unread and nothing queued, receiving not paused by their user, not marked busy, and no byte moved in
 * either direction for the quiet time, which is WEIR_DRAIN_QUIET_NS or a quarter of the timeout, whichever is less. So
 * a request that is being read (bytes wait for the rest of it), answered (receiving is paused, or the transport is
 * busy) or sent (bytes are queued) is no idle time, and a connection that has just come in gets the time to ask.
 *
 * An idle transport is half-closed: its peer sees the end of the stream, closes in its turn, and its protocol hears
 * `ended` as always. It can still receive until then; what it writes from there on is WEIR_ECLOSED. Where half-closing
 * would lead nowhere (the medium has none, nobody receives, or the peer has ended already) it is closed. Of a stack of
 * layers only the top is asked; what is below follows it. */
#ifndef WEIR_DRAIN_H
#define WEIR_DRAIN_H

#include <weir/transport.h>

WEIR_BEGIN

#define WEIR_DRAIN_QUIET_NS ((uint64_t)200 * 1000000)
#define WEIR_DRAIN_BACKLOG 4096

/* What became of the transports that were alive at the beginning of a drain, or came to be during it. */
typedef struct weir_drained {
    size_t ended;   /* in order: all bytes were delivered as far as the platform can tell */
    size_t lost;    /* by a failure, or aborted by their own user */
    size_t aborted; /* by the drain, at its deadline */
} weir_drained;

typedef void weir_drain_fn(weir_loop *loop, const weir_drained *result, void *user);

/* Begins. `done` (may be NULL) is called exactly once, when no transport and no listener is left, which is at once if
 * there are none, and soon after the deadline at the latest; weir_run then returns after that tick, as by weir_stop.
 * Timers, posts and work of the user do not count: they are not waited for and stay as they are, so stop them in
 * `done` if the loop is to be closed. While it lasts new listeners are refused (WEIR_ECLOSED); new transports are not,
 * since work under way may need them, but they are drained like the others. `timeout_ns` 0 aborts at once;
 * WEIR_FOREVER never aborts. A drain cannot be cancelled. Returns 0; WEIR_EALREADY while one is under way;
 * WEIR_EINVAL. Needs no memory. Any callback of the loop. */
WEIR_API int weir_drain(weir_loop *loop, uint64_t timeout_ns, weir_drain_fn *done, void *user);

/* Whether the loop drains: a protocol that can tell its peer ("Connection: close") asks here. */
WEIR_API bool weir_draining(const weir_loop *loop);

/* Marks `t` as busy, or no longer: for protocols that owe an answer while they go on receiving. Not counted. A
 * transport starts not busy. Of no effect but on drains. Returns 0, or WEIR_EINVAL. */
WEIR_API int weir_transport_busy(weir_transport *t, bool busy);

WEIR_END

#endif
