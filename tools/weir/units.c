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
    case 'T':
    case 't': return 40;
    default: return 0;
    }
}

/* The digits at the beginning; NULL: there are none, or too many. */
static const char *parse_digits(uint64_t *ret, const char *text) {
    uint64_t n = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (n > (UINT64_MAX - digit) / 10) return NULL;
        n = n * 10 + digit;
    }
    *ret = n;
    return at == text ? NULL : at;
}

bool units_parse(uint64_t *ret, const char *text) {
    uint64_t n;
    const char *at = parse_digits(&n, text);
    if (!at) return false;
    unsigned shift = shift_of(*at);
    if (shift) at++;
    if (*at || n > UINT64_MAX >> shift) return false;
    *ret = n << shift;
    return true;
}

bool units_parse_duration(uint64_t *ret_ns, const char *text) {
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {{"ns", 1},
                 {"us", 1000},
                 {"ms", 1000000},
                 {"s", 1000000000},
                 {"min", UINT64_C(60000000000)},
                 {"h", UINT64_C(3600000000000)}};
    uint64_t n;
    const char *at = parse_digits(&n, text);
    for (size_t i = 0; at && i < sizeof units / sizeof *units; i++) {
        if (strcmp(at, units[i].name) != 0 || n > UINT64_MAX / units[i].ns) continue;
        *ret_ns = n * units[i].ns;
        return true;
    }
    return false;
}

bool units_parse_count(unsigned *ret, const char *text, unsigned most) {
    uint64_t n;
    const char *at = parse_digits(&n, text);
    if (!at || *at || n > most) return false;
    *ret = (unsigned)n;
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

const char *units_rate(double bytes_per_second, char *text, size_t size) {
    static const char *const names[] = {"B/s", "kB/s", "MB/s", "GB/s", "TB/s"};
    double value = bytes_per_second;
    size_t unit = 0;
    while (value >= 999.5 && unit + 1 < sizeof names / sizeof *names) {
        value /= 1000;
        unit++;
    }
    int digits = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    snprintf(text, size, "%.*f %s", digits, value, names[unit]);
    return text;
}

const char *units_clock(uint64_t seconds, char *text, size_t size) {
    uint64_t minutes = seconds / 60, hours = minutes / 60;
    if (hours > 0)
        snprintf(text, size, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64, hours, minutes % 60, seconds % 60);
    else
        snprintf(text, size, "%" PRIu64 ":%02" PRIu64, minutes, seconds % 60);
    return text;
}

const char *units_count(uint64_t n, const char *noun, char *text, size_t size) {
    snprintf(text, size, "%" PRIu64 " %s%s", n, noun, n == 1 ? "" : "s");
    return text;
}
