/* SPDX-License-Identifier: MIT
 *
 * Netstrings: "5:hello,", the size in decimal before the bytes. The size is digits only, without leading zeros, and is
 * held against the limit digit by digit, before any byte of the message has come; memory follows the bytes that arrive,
 * not the size that was announced. What is malformed is WEIR_EPROTO. See weir/framing.h for the rest; `take_rest` means
 * nothing here.
 *
 * Source: D. J. Bernstein, "Netstrings", 1997; requirement 124 of docs/seeds.md. */
#ifndef WEIR_NETSTRING_H
#define WEIR_NETSTRING_H

#include <weir/framing.h>

WEIR_BEGIN

typedef struct weir_netstring {
    weir_framing framing;
} weir_netstring;

/* To be given to a transport with a weir_netstring as `self`. */
WEIR_API extern const weir_protocol weir_netstring_protocol;

/* Writes one netstring, without copying it together first. Returns as weir_transport_write_sequence. Any callback. */
WEIR_API int weir_netstring_write(weir_transport *t, const void *bytes, size_t n);

WEIR_END

#endif
