/* SPDX-License-Identifier: MIT
 *
 * Lines. An LF ends each of them in every mode; what stands before it, and what must not stand elsewhere, is the
 * mode's. A line is looked at once when its LF has come, so that what is refused, and why, does not depend on how it
 * came.
 *
 * Known weakness: a peer that sends a CR alone is found out only when an LF, or the limit, has come. */
#include <weir/line.h>

#include <string.h>

#include "protocol/framing.h"

static weir_line *line_of(weir_framing *f) { return (weir_line *)(void *)f; }

static size_t ending_max(const weir_line *l) { return l->ending == WEIR_LINE_LF ? 1 : 2; }

static bool is_clean(const weir_line *l, const uint8_t *bytes, size_t n, bool cr) {
    if (!n) return true;
    return (cr || !memchr(bytes, '\r', n)) && (l->allow_nul || !memchr(bytes, 0, n));
}

/* Checks what stands before the LF, a CR that belongs to it taken away. */
static void check_line(const weir_line *l, bool had_cr, size_t max, struct weir_message *m) {
    if (l->ending == WEIR_LINE_CRLF && !had_cr)
        m->code = WEIR_EPROTO;
    else if (!is_clean(l, m->bytes, m->size, l->ending == WEIR_LINE_LF))
        m->code = WEIR_EPROTO;
    else if (m->size > max)
        m->code = WEIR_EMSGSIZE;
}

static size_t find(weir_framing *f, size_t room, const uint8_t *bytes, size_t n, struct weir_message *ret) {
    const weir_line *l = line_of(f);
    size_t max = weir_framing_max(f, room, ending_max(l)), most = max + ending_max(l), window = n < most ? n : most;
    const uint8_t *lf = f->looked < window ? memchr(bytes + f->looked, '\n', window - f->looked) : NULL;
    f->looked = n;
    if (!lf) return window < most ? 0 : weir_framing_refuse(ret, WEIR_EMSGSIZE);
    size_t size = (size_t)(lf - bytes);
    bool had_cr = l->ending != WEIR_LINE_LF && size && lf[-1] == '\r';
    *ret = (struct weir_message){.bytes = bytes, .size = had_cr ? size - 1 : size};
    check_line(l, had_cr, max, ret);
    return ret->code ? 0 : size + 1;
}

/* A CR at the very end stands alone, and so is not clean. */
static void rest(weir_framing *f, const uint8_t *bytes, size_t n, struct weir_message *ret) {
    const weir_line *l = line_of(f);
    *ret = (struct weir_message){.bytes = bytes, .size = n};
    check_line(l, true, f->max ? f->max : n, ret);
}

static const struct weir_cut cut = {.find = find, .rest = rest};

static size_t received(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    return weir_framing_received(self, t, bytes, n, &cut);
}

static void ended(void *self, weir_transport *t) { weir_framing_ended(self, t, &cut); }

const weir_protocol weir_line_protocol = WEIR_FRAMING_PROTOCOL(received, ended);

int weir_line_write(const weir_line *line, weir_transport *t, const void *bytes, size_t n) {
    if (!line || (!bytes && n)) return WEIR_EINVAL;
    if (n && (memchr(bytes, '\n', n) || !is_clean(line, bytes, n, false))) return WEIR_EINVAL;
    bool crlf = line->ending == WEIR_LINE_CRLF;
    const weir_slice slices[] = {{bytes, n}, {crlf ? "\r\n" : "\n", crlf ? 2 : 1}};
    return weir_transport_write_sequence(t, slices, 2);
}
