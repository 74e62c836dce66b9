/* SPDX-License-Identifier: MIT
 *
 * Chunks: messages that end with a delimiter, of one byte or of many. A chunk ends at the first delimiter in it, so one
 * that overlaps with itself ("aab" after "a") is found too. Looking for it takes at most the bytes of the stream times
 * those of the delimiter. See weir/framing.h for the rest.
 *
 *     weir_chunk c = {.framing = {.handler = &handler, .self = me}, .delimiter = "\0", .delimiter_size = 1};
 *     weir_transport_set_protocol(t, &weir_chunk_protocol, &c);
 *
 * Requirements 119-121 of docs/seeds.md: the reactor list's ChunkProtocol. */
#ifndef WEIR_CHUNK_H
#define WEIR_CHUNK_H

#include <weir/framing.h>

WEIR_BEGIN

typedef struct weir_chunk {
    weir_framing framing;
    const void *delimiter; /* must live as long as the chunk */
    size_t delimiter_size; /* at least 1; with 0 the first byte fails the transport with WEIR_EINVAL */
} weir_chunk;

/* To be given to a transport with a weir_chunk as `self`. */
WEIR_API extern const weir_protocol weir_chunk_protocol;

/* Writes one chunk and the delimiter after it, by weir_transport_write_sequence, and returns as that does. WEIR_EINVAL
 * also when the other side would cut it elsewhere: it contains the delimiter, or forms one with the delimiter behind
 * it. Any callback. */
WEIR_API int weir_chunk_write(const weir_chunk *chunk, weir_transport *t, const void *bytes, size_t n);

WEIR_END

#endif
