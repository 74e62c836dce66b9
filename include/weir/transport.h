/* SPDX-License-Identifier: MIT
 *
 * A transport: ordered bytes between two ends, over TCP, a UNIX socket, a pipe, memory, a simulated network. This is
 * the whole interface, the same for all of them. A transport is freed after its `disconnected` callback returned; do
 * not use the pointer after that. Until then every function here is legal in every state and in every callback, on the
 * loop's thread only, and none calls back.
 *
 * Sources: PEP 3153 (write, write_sequence, pause, resume, close, half-close, abort; consumers and producers),
 * PEP 3156 (transports are tied to a loop); "maybe a dozen methods" is the wish of the lists of 2012. */
#ifndef WEIR_TRANSPORT_H
#define WEIR_TRANSPORT_H

#include <weir/address.h>
#include <weir/limits.h>
#include <weir/loop.h>
#include <weir/op.h>
#include <weir/protocol.h>

WEIR_BEGIN

/* One piece of a gathered write. */
typedef struct weir_slice {
    const void *bytes;
    size_t size;
} weir_slice;

typedef enum weir_direction { WEIR_RECEIVE = 1, WEIR_SEND = 2, WEIR_BOTH = 3 } weir_direction;

/* Queues bytes and sends them: small ones are copied and leave at the end of the tick, gathered; from 8 KiB on, with an
 * empty queue, the kernel is tried at once and what it refuses is copied. All or nothing is queued. Returns the room
 * left until the hard cap (at most INT_MAX), or, and then nothing is queued: WEIR_ENOBUFS (the queue is too full) and
 * WEIR_EBUDGET (the loop's or listener's budget is spent), each of which promises a `pause` and then a `resume` when it
 * is worth trying again; WEIR_EMSGSIZE (more than the cap or a whole budget), WEIR_ENOMEM, WEIR_ECLOSED (closed, aborted,
 * half-closed, or sending has failed), WEIR_ENOTSUP (a receive-only transport), WEIR_EINVAL. Before `connected` bytes may
 * be queued already. `n` zero is legal and does nothing but answer. */
WEIR_API int weir_transport_write(weir_transport *t, const void *bytes, size_t n);

/* The same for `count` pieces, which reach the kernel in one gathered call where it takes them. */
WEIR_API int weir_transport_write_sequence(weir_transport *t, const weir_slice *slices, size_t count);

/* Queues bytes without copying them. They belong to the transport until `op->done`, whose result is `n`, or an error
 * with the bytes moved in `op->moved`. Counted in the queue like any other. `n` > 0. Returns as write does; also
 * WEIR_EBUSY (the op is active) and WEIR_EINVAL (no `done`). Cancel drops what has not yet been given to the kernel,
 * unless part of it has: a stream cannot take back its middle, so then WEIR_EBUSY is ignored and it runs to its end. */
WEIR_API int weir_transport_write_borrowed(weir_transport *t, weir_op *op, const void *bytes, size_t n);

/* Reads at least `least` and at most `size` bytes into `buffer`, for a transport whose protocol has no `received`.
 * Ends with the bytes read; WEIR_EEND when the peer ended its direction first (`op->moved` tells the bytes before it);
 * WEIR_ETIMEDOUT, WEIR_ECANCELED, or what the transport was lost with. Bytes beyond stay in the transport. Returns 0, or
 * WEIR_EBUSY (a protocol or another read op receives; the op is active), WEIR_ECLOSED, WEIR_EINVAL. */
WEIR_API int weir_transport_read(weir_transport *t, weir_op *op, void *buffer, size_t least, size_t size);

/* PEP 3153's pause and resume. Paused WEIR_RECEIVE: `received` is not called, and neither the end nor a reset of that
 * direction is reported. Paused WEIR_SEND: what is written waits in the queue. Not counted: one resume undoes any
 * number of pauses. Returns 0, or WEIR_ECLOSED after close. */
WEIR_API int weir_transport_pause(weir_transport *t, weir_direction direction);
WEIR_API int weir_transport_resume(weir_transport *t, weir_direction direction);

/* Says that a whole message is due: unless it is called again within `within_ns` from now, the transport fails with
 * WEIR_ETIMEDOUT at WEIR_STAGE_READ. A protocol calls it when a message begins (or `connected`) and with 0 when it has
 * come whole, and no peer can drag a message out by sending a byte now and then. 0: nothing is due, also by the limit
 * `rate_min`, until the next call. WEIR_FOREVER: something is due, by that limit alone. Time in which receiving is held
 * counts too. The last call holds; set_protocol undoes it. Returns 0, WEIR_ENOMEM (nothing has changed), WEIR_ECLOSED. */
WEIR_API int weir_transport_expect(weir_transport *t, uint64_t within_ns);

/* Sends end-of-stream after all queued bytes; receiving goes on. WEIR_ENOTSUP where the medium has none;
 * WEIR_EALREADY the second time; WEIR_ECLOSED. */
WEIR_API int weir_transport_half_close(weir_transport *t);

/* Stops receiving, drops unread bytes, flushes, sends end-of-stream, discards what arrives until the peer ends or the
 * linger deadline passes, then `disconnected`. Undoes a pause of WEIR_SEND. Before `connected` there is nobody to flush
 * to: the connection is given up, as by abort. Only `disconnected` and the ends of ops follow. WEIR_EALREADY the second
 * time. Needs no memory. */
WEIR_API int weir_transport_close(weir_transport *t);

/* Drops everything and resets the connection, then `disconnected` with WEIR_ECANCELED and the unsent bytes. Also after
 * close. WEIR_EALREADY the second time. Needs no memory. */
WEIR_API int weir_transport_abort(weir_transport *t);

/* Gives the transport to another protocol, from the moment when the running callback has returned and its count is
 * applied: the old one hears nothing more, and its state is the caller's. The new one gets `connected`, `pause` if the
 * queue is above its mark, then the unread bytes. A pause by the user is undone. WEIR_ECLOSED; WEIR_EBUSY while a read
 * op is active and the new protocol receives. `protocol` must outlive its use; NULL: nobody. */
WEIR_API int weir_transport_set_protocol(weir_transport *t, const weir_protocol *protocol, void *self);

/* The user pointer given with the protocol in force. */
WEIR_API void *weir_transport_self(const weir_transport *t);

/* The loop it lives in. */
WEIR_API weir_loop *weir_transport_loop(const weir_transport *t);

/* PEP 3153's producer: who writes to this transport and can be told to slow down. All slots may be NULL. */
typedef struct weir_producer {
    void (*half_registered)(void *self,
                            weir_transport *consumer); /* during weir_transport_register, before it counts */
    void (*pause)(void *self, weir_transport *consumer);
    void (*resume)(void *self, weir_transport *consumer);
    /* No more is wanted: the consumer is lost or closing. `reason` as in `disconnected`. Last, at most once. */
    void (*stop)(void *self, weir_transport *consumer, const weir_error *reason);
} weir_producer;

/* Registers the one producer of `t`, which then gets pause and resume instead of the protocol. NULL unregisters, in
 * every state. WEIR_EBUSY when another, or a flow, is registered; WEIR_ECLOSED; WEIR_ENOMEM. */
WEIR_API int weir_transport_register(weir_transport *t, const weir_producer *producer, void *self);

#define WEIR_STACK_MAX 8

typedef enum weir_transport_state {
    WEIR_CONNECTING, /* not yet `connected` */
    WEIR_OPEN,
    WEIR_CLOSING, /* close was called: flushing or lingering */
    WEIR_GONE     /* aborted or lost: `disconnected` is on its way */
} weir_transport_state;

typedef struct weir_transport_info {
    const char *stack[WEIR_STACK_MAX]; /* "tcp"; a layered one from the top, NULL after the last */
    weir_transport_state state;
    weir_address peer, local; /* family WEIR_FAMILY_NONE where there is none */
    bool can_receive, can_send, can_half_close;
    bool peer_ended, half_closed;
    size_t unread, queued; /* bytes waiting here */
    weir_limits limits;    /* in force, defaults filled in */
} weir_transport_info;

/* Asks the system for the addresses: not for the hot path. */
WEIR_API void weir_transport_info_get(const weir_transport *t, weir_transport_info *ret);

WEIR_END

#endif
