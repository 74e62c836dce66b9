/* SPDX-License-Identifier: MIT
 *
 * Netstrings. The size is read anew at each offer, which is twenty bytes at most, and skipped as long as the message is
 * known not to be whole: `looked` is how many bytes it takes. */
#include <weir/netstring.h>

#include <stdio.h>

#include "protocol/framing.h"

#define OVERHEAD 3 /* of the shortest: "0:," */

/* Adds a digit. False when the number would exceed `max`. */
static bool add_digit(size_t *number, uint8_t digit, size_t max) {
    size_t d = (size_t)(digit - '0');
    if (d > max || *number > (max - d) / 10) return false;
    *number = *number * 10 + d;
    return true;
}

/* Reads digits and the colon. Returns how many bytes these are, 0: not whole yet or refused. */
static size_t read_size(const uint8_t *bytes, size_t n, size_t max, size_t *size, struct weir_message *ret) {
    *size = 0;
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == ':' && i) return i + 1;
        if (bytes[i] < '0' || bytes[i] > '9' || (i && !*size)) return weir_framing_refuse(ret, WEIR_EPROTO);
        if (!add_digit(size, bytes[i], max)) return weir_framing_refuse(ret, WEIR_EMSGSIZE);
    }
    return 0;
}

static size_t find(weir_framing *f, size_t room, const uint8_t *bytes, size_t n, struct weir_message *ret) {
    size_t size, head;
    if (n < f->looked) return 0;
    head = read_size(bytes, n, weir_framing_max(f, room, OVERHEAD), &size, ret);
    if (!head) return 0;
    if (size > weir_framing_max(f, room, head + 1)) return weir_framing_refuse(ret, WEIR_EMSGSIZE);
    f->looked = head + size + 1;
    if (n < f->looked) return 0;
    if (bytes[head + size] != ',') return weir_framing_refuse(ret, WEIR_EPROTO);
    *ret = (struct weir_message){.bytes = bytes + head, .size = size};
    return head + size + 1;
}

static const struct weir_cut cut = {.find = find};

static size_t received(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    return weir_framing_received(self, t, bytes, n, &cut);
}

static void ended(void *self, weir_transport *t) { weir_framing_ended(self, t, &cut); }

const weir_protocol weir_netstring_protocol = WEIR_FRAMING_PROTOCOL(received, ended);

int weir_netstring_write(weir_transport *t, const void *bytes, size_t n) {
    char head[32];
    int size = snprintf(head, sizeof head, "%zu:", n);
    const weir_slice slices[] = {{head, (size_t)size}, {bytes, n}, {",", 1}};
    return weir_transport_write_sequence(t, slices, 3);
}
