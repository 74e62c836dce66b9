/* SPDX-License-Identifier: MIT
 *
 * Layers: transports that stand on another transport. To what is below a layer is a protocol, to the program it is a
 * transport like any other, with the same flow control, half-close, limits and errors; so layers stack, at most
 * WEIR_STACK_MAX high. Each byte waits in exactly one transport of a stack.
 *
 * Opening a layer takes `below` over: it must be of no other layer, flow, producer or read op, it may be connecting,
 * open or half way through its stream (what is unread there goes through the layer), and from then on it belongs to
 * the layer. Its protocol hears nothing more. `above` has the limits and the budget of `below` and a floor of its own;
 * `connected` comes when below is connected and the layer has done its part, in a later dispatch even if that is so
 * already. Closing or aborting `above` closes or aborts what is below, within one linger time for the whole stack; a
 * failure below is told above, at its stage; `disconnected` comes once, when everything below is gone. Idle, stall and
 * rates are watched at the bottom. Of the calls on `below` only info, pause, resume and abort are of use afterwards;
 * it is freed before `above` hears its `disconnected`.
 *
 * Both functions: on the loop's thread, any callback, calling back nothing. `protocol` as in
 * weir_transport_set_protocol (NULL: nobody yet). Return 0; WEIR_EINVAL (no `below`, or the stack would be higher than
 * WEIR_STACK_MAX), WEIR_ECLOSED (it is closing or gone), WEIR_EBUSY (it is somebody else's), WEIR_ENOMEM, WEIR_EBUDGET
 * (no floor for `above`); then `below` is as it was, and `*above` untouched.
 *
 * Sources: PEP 3153 (a transport that is a protocol to another: "TLS is both"). */
#ifndef WEIR_LAYER_H
#define WEIR_LAYER_H

#include <weir/transport.h>

WEIR_BEGIN

/* ---- trace: what passes, told to a function ---------------------------------------------------------------------- */

typedef enum weir_trace_kind {
    WEIR_TRACE_CONNECTED,
    WEIR_TRACE_RECEIVED,    /* bytes on their way up, as they come */
    WEIR_TRACE_SENT,        /* bytes on their way down, when the transport below has taken them */
    WEIR_TRACE_PEER_ENDED,  /* the peer's end-of-stream */
    WEIR_TRACE_ENDED,       /* our own, after all bytes */
    WEIR_TRACE_DISCONNECTED /* the last one; also of a connection that never came about */
} weir_trace_kind;

typedef struct weir_trace_event {
    weir_trace_kind kind;
    uint64_t at_ns;           /* weir_now_ns of the tick */
    uint64_t offset;          /* of the first byte in its direction; at the ends, the bytes that came before */
    const uint8_t *bytes;     /* received, sent: valid during the call */
    size_t size;              /* of them, > 0 */
    const weir_error *reason; /* disconnected: NULL for an orderly close */
} weir_trace_event;

/* On the loop's thread, and also from within a call that writes: it must not call weir. */
typedef void weir_trace_fn(void *user, const weir_trace_event *event);

typedef struct weir_trace_options {
    weir_trace_fn *traced;
    void *user;
    /* `user` is not used any more: after WEIR_TRACE_DISCONNECTED, or without any in the child of a fork. May be NULL;
     * as `traced` it must not call weir. */
    void (*freed)(void *user);
} weir_trace_options;

/* Tells `options->traced` of everything that passes, and changes nothing of it. `options` are copied. Also WEIR_EINVAL
 * without `traced`. */
WEIR_API int weir_trace_open(weir_transport *below, const weir_trace_options *options, const weir_protocol *protocol,
                             void *self, weir_transport **above);

/* ---- throttle: so many bytes a second ---------------------------------------------------------------------------- */

/* A token bucket. Yours: set `rate` and `burst`, zero the rest, and keep it until all that use it are disconnected.
 * Many connections of one loop may share it, and then are served in the order in which they asked. Both numbers may be
 * changed at any time; a change counts from the next bytes on. */
typedef struct weir_bucket {
    uint64_t rate;  /* bytes per second; 0: no bound */
    uint64_t burst; /* bytes that may pass at once after a silence; 0: a tenth of a second's, at least 1 */
    /* private */
    uint64_t paid_ns; /* all bytes let through are paid for then */
} weir_bucket;

/* Takes `n` bytes out of the bucket at `now_ns`, and returns in how many nanoseconds they may pass: 0, now. Later ones
 * come after them. Computes with saturation: no rate, burst, time or count overflows; WEIR_FOREVER is beyond all time.
 * Any thread that owns the bucket; calls nothing. */
WEIR_API uint64_t weir_bucket_take(weir_bucket *bucket, uint64_t now_ns, uint64_t n);

/* All fields may be zero, which bounds nothing. */
typedef struct weir_throttle_options {
    uint64_t receive_rate, send_rate; /* bytes per second of this connection; 0: no bound */
    uint64_t burst;                   /* of each, as in weir_bucket */
    weir_bucket *receive, *send;      /* buckets shared with others, instead of a rate of its own; NULL: none */
} weir_throttle_options;

/* Lets bytes pass no faster than that. What has to wait waits where it is: received bytes unread below, so that the
 * peer is held up, and written bytes queued above. Ends and failures come after the bytes before them. Waiting for its
 * turn is no stall, but a linger time goes on. `options` are copied; NULL: none. */
WEIR_API int weir_throttle_open(weir_transport *below, const weir_throttle_options *options,
                                const weir_protocol *protocol, void *self, weir_transport **above);

WEIR_END

#endif
