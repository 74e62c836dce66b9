/* SPDX-License-Identifier: MIT
 *
 * A protocol: a const table of callbacks beside a pointer of the user's. It never performs I/O; bytes come to it and
 * it writes to the transport it is told of. The callbacks are not methods of the I/O object, and the same protocol
 * runs over any transport. Every slot may be NULL.
 *
 * All callbacks run on the loop's thread, one at a time, never inside a call of this library, in this order:
 * connected, then any of received / pause / resume, ended at most once, and disconnected exactly once and last. They
 * may call any function of their loop but run and close-the-loop; close and abort are legal in each.
 *
 * Sources: PEP 3153 (protocols that do not know their transport), PEP 3156 (connection_made ... connection_lost);
 * "the callback is not a method of the I/O object" is the reactor list's own words of 2012. */
#ifndef WEIR_PROTOCOL_H
#define WEIR_PROTOCOL_H

#include <weir/error.h>

WEIR_BEGIN

typedef struct weir_transport weir_transport;

typedef struct weir_protocol {
    /* The transport is open: connected, accepted, or given to this protocol by set_protocol. */
    void (*connected)(void *self, weir_transport *t);

    /* `n` > 0 unread bytes, the oldest first, valid during the call. Returns how many it used. Used some: the rest is
     * offered again in the same turn, within a quantum. Used none: they are offered again from the same position when
     * more has come, so a protocol may remember how far it looked, never the bytes. A protocol that cannot take bytes
     * now pauses. At the receive limit, not paused, nothing used: the transport fails with WEIR_EMSGSIZE. NULL:
     * receiving is off, and the end of the stream is not noticed. */
    size_t (*received)(void *self, weir_transport *t, const uint8_t *bytes, size_t n);

    /* The peer ended its direction and every byte was offered. NULL: the transport is closed, with WEIR_ETRUNCATED when
     * bytes were left unused. */
    void (*ended)(void *self, weir_transport *t);

    /* After a flush more bytes were refused by the other side than the pause mark: stop writing, if you can. */
    void (*pause)(void *self, weir_transport *t);

    /* The queue has drained to the resume mark. Always follows a pause, unless disconnected does. */
    void (*resume)(void *self, weir_transport *t);

    /* The transport is gone, and with it every op and buffer; it is freed when this returns. `reason` NULL: an orderly
     * close in which all bytes were delivered as far as the platform can tell. Also for a connect that failed (then
     * without `connected`). */
    void (*disconnected)(void *self, weir_transport *t, const weir_error *reason);
} weir_protocol;

WEIR_END

#endif
