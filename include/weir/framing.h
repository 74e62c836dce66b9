/* SPDX-License-Identifier: MIT
 *
 * Framing: how a stream of bytes is cut into messages. What all framings of this library (weir/chunk.h, weir/line.h,
 * weir/netstring.h, weir/length.h) have in common: who is told of messages, how long one may be, and the raw mode.
 *
 * A framing is a protocol (weir/protocol.h) and never performs I/O. It keeps no byte: a message is given to you where
 * it lies, whole, and one that is not yet complete waits in the transport, which remembers the bytes, while the
 * framing remembers how far it looked, so that the total work is linear however the bytes come. It allocates nothing.
 *
 * Limits. A message, with what frames it, must fit the transport's receive limit (weir/limits.h), since that is where
 * it waits, also one that happens to come whole; `max` can only make it smaller. Whether a message is taken or
 * refused, and what comes before, never depends on how the stream was split. One message is offered at a time and a
 * bounded number of them in a turn, so that 100000 in one packet do not keep a loop from its other work.
 *
 * Requirements 119-121 of docs/seeds.md: messages to a callable, no subclassing, a raw mode. */
#ifndef WEIR_FRAMING_H
#define WEIR_FRAMING_H

#include <weir/transport.h>

WEIR_BEGIN

/* Who is told. Every slot may be NULL. All are called on the loop's thread, outside of any call of the library, with
 * the `self` of the framing; in each of them closing, aborting, pausing, writing, the raw mode and set_protocol are
 * legal and take effect before the next message. The framing is not touched after a callback in which set_protocol
 * was called, so it may be freed there, as in `disconnected`. */
typedef struct weir_message_handler {
    void (*connected)(void *self, weir_transport *t);

    /* One whole message, without what frames it; `n` may be zero. The bytes are valid during the call. */
    void (*message)(void *self, weir_transport *t, const uint8_t *bytes, size_t n);

    /* Bytes in raw mode, `n` > 0, as they come: how they are split means nothing. */
    void (*raw)(void *self, weir_transport *t, const uint8_t *bytes, size_t n);

    /* The peer ended its direction, at a border of messages. NULL: the transport is closed. */
    void (*ended)(void *self, weir_transport *t);

    /* The peer broke the rules: `code` is WEIR_EMSGSIZE (a message too long), WEIR_EPROTO (malformed), or
     * WEIR_ETRUNCATED (its end came within a message); or you: WEIR_EINVAL (a framing that makes no sense). This is
     * the moment to write why and to close, which sends what is queued. If it leaves the transport open, or is NULL,
     * the transport fails with `code` at once (WEIR_ETRUNCATED: is closed, as by a protocol without `ended`). Either
     * way `disconnected` gets `code` as its reason. */
    void (*refused)(void *self, weir_transport *t, int code);

    /* As in weir_protocol, but for a NULL `pause`: then no message is given out until the queue has drained to its
     * resume mark, so that who answers each message is never made to queue answers for a peer that does not read. */
    void (*pause)(void *self, weir_transport *t);
    void (*resume)(void *self, weir_transport *t);
    void (*disconnected)(void *self, weir_transport *t, const weir_error *reason);
} weir_message_handler;

/* The head of every framing. Yours, one for each transport; zero it, fill the public fields, give it to the transport
 * with the protocol of its kind, and keep it until `disconnected` or set_protocol. It may be used again after that. */
typedef struct weir_framing {
    const weir_message_handler *handler;
    void *self; /* given to the handler; NULL: the framing itself */
    size_t max; /* bytes of a message at most; 0: whatever fits the receive limit */
    /* Chunks and lines: bytes without a delimiter at the end of the stream are a message too, not WEIR_ETRUNCATED. */
    bool take_rest;
    /* private */
    bool ending;
    size_t looked;
    size_t raw_left;
} weir_framing;

/* The next `n` bytes (WEIR_UNBOUNDED: all that come) are no messages: they go to `raw` as they come and wait nowhere;
 * then messages go on. In a callback "next" is what follows the bytes given to it. Zero, also before `n` is used up,
 * is the end of the raw mode. If the stream ends before `n` (not WEIR_UNBOUNDED) that is WEIR_ETRUNCATED. Legal
 * outside of callbacks too, from `connected` on and while `framing` is the protocol of `t`. Returns 0, WEIR_ECLOSED,
 * WEIR_EINVAL. */
WEIR_API int weir_framing_raw(weir_framing *framing, weir_transport *t, size_t n);

/* Gives `t` the framing `protocol` with a copy of `framing`, `size` bytes that begin with the struct of its kind and
 * may go on with fields of your own: for connections that are all alike. The copy is taken from the loop's allocator,
 * is the `self` of the handler if there is no other, and is freed when `disconnected`, or the callback in which
 * another protocol took over, has returned (outside of callbacks: within set_protocol). Returns as
 * weir_transport_set_protocol, or WEIR_ENOMEM. */
WEIR_API int weir_framing_attach(weir_transport *t, const weir_protocol *protocol, const void *framing, size_t size);

WEIR_END

#endif
