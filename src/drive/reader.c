/* SPDX-License-Identifier: MIT
 *
 * The reader. Buffered bytes lie between `begin` and `end`; they move to the front only when there is no room behind
 * them. `looked` of them are known not to contain the delimiter whose hash is `looked_for`, so that a line that comes
 * byte by byte is not searched from its beginning each time. A hash, since the caller may change what it points to. */
#include <weir/reader.h>

#include "base/find.h"
#include "sys/plain.h"

static uint8_t *bytes_of(const weir_reader *r) { return (uint8_t *)r->buffer + r->begin; }

static size_t held(const weir_reader *r) { return r->end - r->begin; }

static void use(weir_reader *r, size_t n) {
    r->begin += n;
    r->looked = 0;
    if (r->begin == r->end) r->begin = r->end = 0;
}

/* One system call. WEIR_EEND at the end. */
static int64_t read_some(weir_reader *r, void *bytes, size_t n) {
    r->os_code = 0;
    int64_t got = weir_sys_read(r->fd, bytes, n, &r->os_code);
    return got ? got : WEIR_EEND;
}

/* Adds to the buffer. Returns 0, WEIR_EMSGSIZE when it is full, or why nothing came. */
static int fill(weir_reader *r) {
    if (r->end == r->size && r->begin) {
        memmove(r->buffer, bytes_of(r), held(r));
        r->end -= r->begin;
        r->begin = 0;
    }
    if (r->end == r->size) return WEIR_EMSGSIZE;
    int64_t got = read_some(r, (uint8_t *)r->buffer + r->end, r->size - r->end);
    if (got < 0) return (int)got;
    r->end += (size_t)got;
    return 0;
}

static bool is_valid(const weir_reader *r) { return r && r->buffer && r->size; }

/* What fills at least a buffer needs none. */
int64_t weir_reader_read(weir_reader *reader, void *bytes, size_t n) {
    if (!is_valid(reader) || !bytes || !n) return WEIR_EINVAL;
    if (!held(reader) && n >= reader->size) return read_some(reader, bytes, n);
    int status = held(reader) ? 0 : fill(reader);
    if (status < 0) return status;
    size_t k = held(reader) < n ? held(reader) : n;
    memcpy(bytes, bytes_of(reader), k);
    use(reader, k);
    return (int64_t)k;
}

static void give(const weir_reader *r, size_t n, const char **ret, size_t *ret_size) {
    *ret = (const char *)bytes_of(r);
    *ret_size = n;
}

/* FNV-1a. */
static uint64_t hash_of(const uint8_t *bytes, size_t n) {
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ bytes[i]) * 1099511628211u;
    return hash;
}

/* What was searched for something else was not searched. */
static void look_for(weir_reader *r, const void *delimiter, size_t size) {
    uint64_t hash = hash_of(delimiter, size);
    if (r->looked_for != hash) r->looked = 0;
    r->looked_for = hash;
}

int weir_reader_chunk(weir_reader *reader, const void *delimiter, size_t delimiter_size, const char **ret,
                      size_t *ret_size) {
    const uint8_t *at;
    if (!is_valid(reader) || !delimiter || !delimiter_size || !ret || !ret_size) return WEIR_EINVAL;
    look_for(reader, delimiter, delimiter_size);
    while (!(at = weir_find_further(bytes_of(reader), held(reader), reader->looked, delimiter, delimiter_size))) {
        reader->looked = held(reader);
        int status = fill(reader);
        if (status == WEIR_EEND && held(reader)) {
            give(reader, held(reader), ret, ret_size);
            return WEIR_ETRUNCATED;
        }
        if (status < 0) return status;
    }
    give(reader, (size_t)(at - bytes_of(reader)), ret, ret_size);
    use(reader, *ret_size + delimiter_size);
    return 0;
}

int weir_reader_line(weir_reader *reader, const char **ret, size_t *ret_size) {
    static const char lf[] = {'\n'};
    int status = weir_reader_chunk(reader, lf, 1, ret, ret_size);
    if (status == 0 && *ret_size && (*ret)[*ret_size - 1] == '\r') --*ret_size;
    return status;
}

int weir_reader_exactly(weir_reader *reader, void *bytes, size_t n) {
    if (!is_valid(reader) || (!bytes && n) || n < reader->filled) return WEIR_EINVAL;
    while (reader->filled < n) {
        int64_t got = weir_reader_read(reader, (uint8_t *)bytes + reader->filled, n - reader->filled);
        if (got == WEIR_EEND && reader->filled) return WEIR_ETRUNCATED;
        if (got < 0) return (int)got;
        reader->filled += (size_t)got;
    }
    reader->filled = 0;
    return 0;
}
