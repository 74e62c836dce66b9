/* SPDX-License-Identifier: MIT
 *
 * Sizes are powers of 1024 when they are asked for and when they are memory; rates are powers of 1000, as is the custom
 * for both. */
#include "units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static unsigned shift_of(char suffix) {
    switch (suffix) {
    case 'K':
    case 'k': return 10;
    case 'M':
    case 'm': return 20;
    case 'G':
    case 'g': return 30;
    default: return 0;
    }
}

bool units_parse(uint64_t *ret, const char *text) {
    uint64_t n = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (n > (UINT64_MAX - digit) / 10) return false;
        n = n * 10 + digit;
    }
    if (at == text) return false;
    unsigned shift = shift_of(*at);
    if (shift) at++;
    if (*at || n > UINT64_MAX >> shift) return false;
    *ret = n << shift;
    return true;
}

const char *units_bytes(uint64_t bytes, char *text, size_t size) {
    static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 1024 && unit + 1 < sizeof names / sizeof *names) {
        value /= 1024;
        unit++;
    }
    snprintf(text, size, "%.*f %s", unit > 0 && value < 100 ? 1 : 0, value, names[unit]);
    return text;
}

const char *units_count(uint64_t n, const char *noun, char *text, size_t size) {
    snprintf(text, size, "%" PRIu64 " %s%s", n, noun, n == 1 ? "" : "s");
    return text;
}
