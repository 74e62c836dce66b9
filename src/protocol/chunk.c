/* SPDX-License-Identifier: MIT
 *
 * Chunks. A delimiter may lie across two deliveries, so the search goes back by one byte less than its length, never
 * further. It stops at the longest chunk and its delimiter: a longer chunk is refused wherever its delimiter is. */
#include <weir/chunk.h>

#include "base/find.h"
#include "protocol/framing.h"

static size_t find(weir_framing *f, size_t room, const uint8_t *bytes, size_t n, struct weir_message *ret) {
    const weir_chunk *c = (const weir_chunk *)(const void *)f;
    size_t d = c->delimiter_size, most = weir_framing_max(f, room, d) + d, window = n < most ? n : most;
    if (!d) return weir_framing_refuse(ret, WEIR_EINVAL);
    const uint8_t *at = weir_find_further(bytes, window, f->looked, c->delimiter, d);
    f->looked = n;
    if (!at) return window < most ? 0 : weir_framing_refuse(ret, WEIR_EMSGSIZE);
    *ret = (struct weir_message){.bytes = bytes, .size = (size_t)(at - bytes)};
    return ret->size + d;
}

static void rest(weir_framing *f, const uint8_t *bytes, size_t n, struct weir_message *ret) {
    *ret = (struct weir_message){.bytes = bytes, .size = n};
    if (f->max && n > f->max) weir_framing_refuse(ret, WEIR_EMSGSIZE);
}

static const struct weir_cut cut = {.find = find, .rest = rest};

static size_t received(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    return weir_framing_received(self, t, bytes, n, &cut);
}

static void ended(void *self, weir_transport *t) { weir_framing_ended(self, t, &cut); }

const weir_protocol weir_chunk_protocol = WEIR_FRAMING_PROTOCOL(received, ended);

/* Whether the last `k` of `n` bytes and the delimiter behind them form a delimiter that begins earlier. */
static bool forms_one(const uint8_t *bytes, size_t n, size_t k, const uint8_t *delimiter, size_t size) {
    return memcmp(bytes + n - k, delimiter, k) == 0 && memcmp(delimiter, delimiter + k, size - k) == 0;
}

/* Whether whoever looks for the delimiter finds the one behind the bytes, and none before. */
static bool fits(const weir_chunk *c, const uint8_t *bytes, size_t n) {
    size_t size = c->delimiter_size;
    if (weir_find(bytes, n, c->delimiter, size)) return false;
    for (size_t k = 1; k < size && k <= n; k++)
        if (forms_one(bytes, n, k, c->delimiter, size)) return false;
    return true;
}

int weir_chunk_write(const weir_chunk *chunk, weir_transport *t, const void *bytes, size_t n) {
    if (!chunk || !chunk->delimiter || !chunk->delimiter_size || (!bytes && n)) return WEIR_EINVAL;
    if (n && !fits(chunk, bytes, n)) return WEIR_EINVAL;
    const weir_slice slices[] = {{bytes, n}, {chunk->delimiter, chunk->delimiter_size}};
    return weir_transport_write_sequence(t, slices, 2);
}
