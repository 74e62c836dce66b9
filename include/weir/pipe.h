/* SPDX-License-Identifier: MIT
 *
 * Joining transports: what one receives, another sends, with exact half-close and back-pressure: no faster in than out,
 * and nothing lost. Between two TCP sockets the system splices the bytes of a large stream, without a copy. Two calls
 * with the ends swapped make a relay; `weir_pipe(t, t)` is an echo.
 *
 * Sources: PEP 3153's producers and consumers; requirement 126-139 of docs/seeds.md. */
#ifndef WEIR_PIPE_H
#define WEIR_PIPE_H

#include <weir/transport.h>

WEIR_BEGIN

/* One direction of a relay. Yours; zero it, and keep it until `ended` begins. */
typedef struct weir_flow {
    /* `from` is gone. `reason` NULL: it ended in order and every byte of it was taken by `to`. Otherwise what `from`
     * was lost with, or, when `to` was lost first, what that was lost with and the bytes it left unsent. */
    void (*ended)(struct weir_flow *flow, const weir_error *reason);
    void *user;     /* yours */
    uint64_t bytes; /* out: moved from `from` to `to` so far */
    /* private */
    weir_transport *from, *to;
    weir_error lost;
    bool stopped, owned;
} weir_flow;

/* Pipes `from` into `to`: becomes the protocol of `from` and the producer of `to`. End-of-stream of `from` half-closes
 * `to` (closes it, where the medium has no half-close), and `from` is closed once its own sending side has ended too.
 * When `from` is lost by an error `to` is aborted, so that a part is never taken for the whole (the peer of a UNIX
 * socket, whose system knows no reset, may see an orderly end all the same); when `to` is lost `from` is aborted.
 * Nothing is read from `from` while `to` is not yet connected. `flow` may be NULL. Returns 0; WEIR_EBUSY (`to` has a
 * producer, or `flow` is in use); WEIR_ENOTSUP (the directions do not exist); WEIR_ECLOSED; WEIR_EINVAL (two loops);
 * WEIR_ENOMEM. */
WEIR_API int weir_pipe(weir_transport *from, weir_transport *to);
WEIR_API int weir_pipe_flow(weir_transport *from, weir_transport *to, weir_flow *flow);

WEIR_END

#endif
