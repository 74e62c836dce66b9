/* SPDX-License-Identifier: MIT
 *
 * Messages behind their size. `looked` is how many bytes the message under way takes, once its size is known. */
#include <weir/length.h>

#include "protocol/framing.h"

#define WIDTH_MAX 8

static bool is_width(unsigned width) { return width == 1 || width == 2 || width == 4 || width == WIDTH_MAX; }

/* How far the byte at `i` is shifted. */
static unsigned shift_of(const weir_length *l, unsigned i) { return 8 * (l->little_endian ? i : l->width - 1 - i); }

static uint64_t read_number(const weir_length *l, const uint8_t *bytes) {
    uint64_t number = 0;
    for (unsigned i = 0; i < l->width; i++)
        number |= (uint64_t)bytes[i] << shift_of(l, i);
    return number;
}

static size_t find(weir_framing *f, size_t room, const uint8_t *bytes, size_t n, struct weir_message *ret) {
    const weir_length *l = (const weir_length *)(const void *)f;
    if (!is_width(l->width)) return weir_framing_refuse(ret, WEIR_EINVAL);
    if (n < l->width || n < f->looked) return 0;
    uint64_t size = read_number(l, bytes);
    if (size > weir_framing_max(f, room, l->width)) return weir_framing_refuse(ret, WEIR_EMSGSIZE);
    f->looked = l->width + (size_t)size;
    if (n < f->looked) return 0;
    *ret = (struct weir_message){.bytes = bytes + l->width, .size = (size_t)size};
    return l->width + (size_t)size;
}

static const struct weir_cut cut = {.find = find};

static size_t received(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    return weir_framing_received(self, t, bytes, n, &cut);
}

static void ended(void *self, weir_transport *t) { weir_framing_ended(self, t, &cut); }

const weir_protocol weir_length_protocol = WEIR_FRAMING_PROTOCOL(received, ended);

int weir_length_write(const weir_length *length, weir_transport *t, const void *bytes, size_t n) {
    uint8_t head[WIDTH_MAX];
    if (!length || !is_width(length->width)) return WEIR_EINVAL;
    if (length->width < WIDTH_MAX && (uint64_t)n >> 8 * length->width) return WEIR_EMSGSIZE;
    for (unsigned i = 0; i < length->width; i++)
        head[i] = (uint8_t)((uint64_t)n >> shift_of(length, i));
    const weir_slice slices[] = {{head, length->width}, {bytes, n}};
    return weir_transport_write_sequence(t, slices, 2);
}
