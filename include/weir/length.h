/* SPDX-License-Identifier: MIT
 *
 * Messages with their size before them, as a number of 1, 2, 4 or 8 bytes that does not count itself. The number is
 * held against the limit as soon as it is there; memory follows the bytes that arrive, not the size that was
 * announced. See weir/framing.h for the rest; `take_rest` means nothing here. Requirement 124 of docs/seeds.md. */
#ifndef WEIR_LENGTH_H
#define WEIR_LENGTH_H

#include <weir/framing.h>

WEIR_BEGIN

typedef struct weir_length {
    weir_framing framing;
    unsigned width;     /* bytes of the number: 1, 2, 4 or 8; any other fails the transport with WEIR_EINVAL */
    bool little_endian; /* else the first byte is the highest, as networks have it */
} weir_length;

/* To be given to a transport with a weir_length as `self`. */
WEIR_API extern const weir_protocol weir_length_protocol;

/* Writes one message, without copying it together with its size first. Returns as weir_transport_write_sequence;
 * WEIR_EMSGSIZE also when the number has no room for `n`, WEIR_EINVAL when there is no such width. Any callback. */
WEIR_API int weir_length_write(const weir_length *length, weir_transport *t, const void *bytes, size_t n);

WEIR_END

#endif
