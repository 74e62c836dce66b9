/* SPDX-License-Identifier: MIT
 *
 * Any bytes, through any framing: the first three choose it and how the rest is split. Whole, byte by byte, or in
 * pieces, the same is heard, and the last thing heard is `disconnected`. */
#include <stdlib.h>
#include <string.h>

#include <weir/weir.h>

#include "fuzz/fuzz.h"

/* What was heard, as a number: so that no input is too long to be compared. */
struct heard {
    uint64_t hash;
    unsigned gone;
};

static void note(struct heard *h, const void *bytes, size_t n) {
    for (size_t i = 0; i < n; i++)
        h->hash = (h->hash ^ ((const uint8_t *)bytes)[i]) * 1099511628211u;
}

/* A digit after an 'r' begins so many raw bytes. */
static void message(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    struct heard *h = weir_transport_self(t) ? ((weir_framing *)weir_transport_self(t))->self : NULL;
    must(h == self && !h->gone);
    note(h, "m", 1);
    note(h, &n, sizeof n);
    note(h, bytes, n);
    if (n == 2 && bytes[0] == 'r') must(weir_framing_raw(weir_transport_self(t), t, bytes[1] & 15) == 0);
    if (n == 1 && bytes[0] == 'q') weir_transport_close(t);
}

static void raw(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    (void)t;
    must(n > 0);
    note(self, bytes, n);
}

static void refused(void *self, weir_transport *t, int code) {
    (void)t;
    must(code == WEIR_EMSGSIZE || code == WEIR_EPROTO || code == WEIR_ETRUNCATED);
    note(self, &code, sizeof code);
}

static void gone(void *self, weir_transport *t, const weir_error *reason) {
    struct heard *h = self;
    int code = reason ? reason->code : 0;
    (void)t;
    must(!h->gone++);
    note(h, &code, sizeof code);
}

static const weir_message_handler handler = {.message = message, .raw = raw, .refused = refused, .disconnected = gone};

union framing {
    weir_framing framing;
    weir_chunk chunk;
    weir_line line;
    weir_netstring netstring;
    weir_length length;
};

static const weir_protocol *choose(union framing *f, uint8_t kind, uint8_t option) {
    static const char *const delimiters[] = {"a", "aab", "\r\n", "abab"};
    memset(f, 0, sizeof *f);
    switch (kind % 4) {
    case 0:
        f->chunk.delimiter = delimiters[option % 4];
        f->chunk.delimiter_size = strlen(delimiters[option % 4]);
        break;
    case 1:
        f->line.ending = (weir_line_ending)(option % 3);
        f->line.allow_nul = option & 4;
        break;
    case 2: break;
    default:
        f->length.width = 1u << option % 4;
        f->length.little_endian = option & 4;
        break;
    }
    f->framing.max = option & 32 ? option & 7 : 0;
    f->framing.take_rest = option & 64;
    f->framing.handler = &handler;
    static const weir_protocol *const protocols[] = {&weir_chunk_protocol, &weir_line_protocol,
                                                     &weir_netstring_protocol, &weir_length_protocol};
    return protocols[kind % 4];
}

static struct heard run(const uint8_t *head, const uint8_t *bytes, size_t n, size_t piece) {
    struct heard h = {.hash = 14695981039346656037u};
    union framing f;
    const weir_protocol *protocol = choose(&f, head[0], head[1]);
    const weir_loop_options options = {.limits = {.receive = 64}};
    weir_drive *drive;
    f.framing.self = &h;
    must(weir_drive_open(&drive, protocol, &f, &options) == 0);
    for (size_t at = 0; at < n && weir_drive_transport(drive); at += piece)
        if (weir_drive_feed(drive, bytes + at, piece < n - at ? piece : n - at) < 0) break;
    weir_drive_end(drive);
    must(h.gone == 1);
    must(weir_drive_close(drive) == 0);
    return h;
}

void fuzz_one(const uint8_t *bytes, size_t n) {
    if (n <= 3) return;
    struct heard whole = run(bytes, bytes + 3, n - 3, n);
    must(run(bytes, bytes + 3, n - 3, 1).hash == whole.hash);
    must(run(bytes, bytes + 3, n - 3, 2 + bytes[2] % 30).hash == whole.hash);
}
