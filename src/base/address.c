/* SPDX-License-Identifier: MIT
 *
 * Addresses and their texts. The parsers are our own, since what the systems' take differs: four decimal numbers
 * without leading zeros for IPv4; RFC 4291 for IPv6, also with an IPv4 tail, and a scope that is a number. Texts are
 * written as RFC 5952 asks. Each parser returns where it stopped, or NULL, and the outermost insists on the end.
 *
 * The text of a path or name, decoded from %XX behind its first byte, names the same socket; therefore '%' is written
 * as %XX too, and so is '?', which would end it in an endpoint. A file name with '@' first is written "./@...". */
#include <weir/address.h>

#include <stdio.h>
#include <string.h>

#define IPV4_SIZE 4
#define IPV6_SIZE 16
#define IPV6_TEXT_MAX 46

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* The value of a hexadecimal digit, or -1. */
static int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* A decimal number up to `most`, without leading zeros. */
static const char *parse_decimal(const char *p, uint32_t most, uint32_t *ret) {
    uint64_t value = 0;
    if (!is_digit(*p)) return NULL;
    if (p[0] == '0' && is_digit(p[1])) return NULL;
    for (; is_digit(*p); p++) {
        value = value * 10 + (uint64_t)(*p - '0');
        if (value > most) return NULL;
    }
    *ret = (uint32_t)value;
    return p;
}

static const char *parse_ipv4(const char *p, uint8_t ret[IPV4_SIZE]) {
    for (int i = 0; i < IPV4_SIZE; i++) {
        uint32_t value;
        if (i > 0 && *p++ != '.') return NULL;
        if (!(p = parse_decimal(p, 255, &value))) return NULL;
        ret[i] = (uint8_t)value;
    }
    return p;
}

/* One to four hexadecimal digits. */
static const char *parse_group(const char *p, uint8_t ret[2]) {
    unsigned value = 0;
    int digits = 0;
    for (; hex_value(*p) >= 0; p++) {
        if (++digits > 4) return NULL;
        value = value * 16 + (unsigned)hex_value(*p);
    }
    ret[0] = (uint8_t)(value >> 8);
    ret[1] = (uint8_t)value;
    return digits ? p : NULL;
}

/* Opens the gap of "::" at `gap`, in an address of which `n` bytes were written. */
static void open_gap(uint8_t bytes[IPV6_SIZE], size_t gap, size_t n) {
    memmove(bytes + IPV6_SIZE - (n - gap), bytes + gap, n - gap);
    memset(bytes + gap, 0, IPV6_SIZE - n);
}

static const char *parse_ipv6(const char *p, uint8_t ret[IPV6_SIZE]) {
    const size_t no_gap = IPV6_SIZE + 1;
    size_t n = 0, gap = no_gap;
    bool more = hex_value(*p) >= 0;
    if (p[0] == ':' && p[1] == ':') {
        p += 2;
        gap = 0;
        more = hex_value(*p) >= 0; /* the gap may be the end */
    }
    while (more) {
        const char *tail = n <= IPV6_SIZE - IPV4_SIZE ? parse_ipv4(p, ret + n) : NULL;
        if (tail) {
            p = tail;
            n += IPV4_SIZE;
            break;
        }
        if (n == IPV6_SIZE || !(p = parse_group(p, ret + n))) return NULL;
        n += 2;
        more = *p == ':';
        if (more && *++p == ':') {
            if (gap != no_gap) return NULL;
            p++;
            gap = n;
            more = hex_value(*p) >= 0;
        }
    }
    if (gap == no_gap) return n == IPV6_SIZE ? p : NULL;
    if (n > IPV6_SIZE - 2) return NULL; /* a gap is at least one group */
    open_gap(ret, gap, n);
    return p;
}

/* "%2" or nothing. */
static const char *parse_scope(const char *p, uint32_t *ret) {
    if (*p != '%') return p;
    p = parse_decimal(p + 1, UINT32_MAX, ret);
    return p && *ret != 0 ? p : NULL;
}

int weir_address_ip(weir_address *ret, const char *host, uint16_t port) {
    weir_address a = {.port = port};
    if (!ret || !host) return WEIR_EINVAL;
    const char *end = parse_ipv4(host, a.bytes);
    if (end) {
        a.family = WEIR_FAMILY_IPV4;
        a.length = IPV4_SIZE;
    } else {
        a.family = WEIR_FAMILY_IPV6;
        a.length = IPV6_SIZE;
        end = parse_ipv6(host, a.bytes);
        if (end) end = parse_scope(end, &a.scope);
    }
    if (!end || *end) return WEIR_EINVAL;
    *ret = a;
    return 0;
}

int weir_address_unix(weir_address *ret, const char *path, size_t length) {
    weir_address a = {.family = WEIR_FAMILY_UNIX};
    if (!ret || !path || length == 0) return WEIR_EINVAL;
    bool abstract = path[0] == '@';
    if (abstract ? length == 1 : memchr(path, 0, length) != NULL) return WEIR_EINVAL;
    /* A path needs its final zero in the system's structure; an abstract name may fill it. */
    if (length > WEIR_UNIX_PATH_MAX + (size_t)abstract) return WEIR_ENAMETOOLONG;
    memcpy(a.bytes, path, length);
    if (abstract) a.bytes[0] = 0;
    a.length = (uint8_t)length;
    *ret = a;
    return 0;
}

/* Bytes in use, whatever a hand-filled address says. */
static size_t length_of(const weir_address *a) {
    switch (a->family) {
    case WEIR_FAMILY_IPV4: return IPV4_SIZE;
    case WEIR_FAMILY_IPV6: return IPV6_SIZE;
    case WEIR_FAMILY_UNIX: return a->length < sizeof a->bytes ? a->length : sizeof a->bytes;
    default: return 0;
    }
}

bool weir_address_equal(const weir_address *a, const weir_address *b) {
    bool ip = a->family == WEIR_FAMILY_IPV4 || a->family == WEIR_FAMILY_IPV6;
    if (a->family != b->family || length_of(a) != length_of(b)) return false;
    if (ip && a->port != b->port) return false;
    if (a->family == WEIR_FAMILY_IPV6 && a->scope != b->scope) return false;
    return memcmp(a->bytes, b->bytes, length_of(a)) == 0;
}

static unsigned group(const uint8_t *bytes, int i) { return (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1]; }

/* The longest run of two or more zero groups, the first of equals: `*start` to `*end`. */
static void longest_gap(const uint8_t *bytes, int *start, int *end) {
    *start = *end = -1;
    for (int i = 0, from = 0; i < 8; i++) {
        if (group(bytes, i) != 0)
            from = i + 1;
        else if (i - from >= 1 && i + 1 - from > *end - *start) {
            *start = from;
            *end = i + 1;
        }
    }
}

static void format_ipv6(const uint8_t *bytes, char text[IPV6_TEXT_MAX]) {
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (memcmp(bytes, mapped, sizeof mapped) == 0) {
        snprintf(text, IPV6_TEXT_MAX, "::ffff:%u.%u.%u.%u", bytes[12], bytes[13], bytes[14], bytes[15]);
        return;
    }
    const char *limit = text + IPV6_TEXT_MAX;
    int start, end;
    longest_gap(bytes, &start, &end);
    for (int i = 0; i < 8; i++) {
        if (i == start) {
            text += snprintf(text, (size_t)(limit - text), "::");
            i = end - 1;
        } else
            text += snprintf(text, (size_t)(limit - text), "%s%x", i > 0 && i != end ? ":" : "", group(bytes, i));
    }
}

/* Writes as many whole bytes or %XX as fit. */
static void format_unix(const uint8_t *bytes, size_t n, char *text, size_t size) {
    static const char digits[] = "0123456789ABCDEF";
    const char *lead = n == 0 ? "" : bytes[0] == 0 ? "@" : bytes[0] == '@' ? "./" : "";
    int led = snprintf(text, size, "%s", lead);
    if ((size_t)led >= size) return;
    char *at = text + led, *last = text + size - 1;
    for (size_t i = n > 0 && bytes[0] == 0; i < n; i++) {
        bool plain = bytes[i] >= ' ' && bytes[i] <= '~' && bytes[i] != '%' && bytes[i] != '?';
        if (last - at < (plain ? 1 : 3)) break;
        if (!plain) {
            *at++ = '%';
            *at++ = digits[bytes[i] >> 4];
        }
        *at++ = plain ? (char)bytes[i] : digits[bytes[i] & 15];
    }
    *at = 0;
}

const char *weir_address_format(const weir_address *address, char *text, size_t size) {
    const uint8_t *b = address->bytes;
    char ipv6[IPV6_TEXT_MAX], scope[12] = "";
    if (address->scope > 0) snprintf(scope, sizeof scope, "%%%u", (unsigned)address->scope);
    switch (address->family) {
    case WEIR_FAMILY_IPV4: snprintf(text, size, "%u.%u.%u.%u:%u", b[0], b[1], b[2], b[3], address->port); break;
    case WEIR_FAMILY_IPV6:
        format_ipv6(b, ipv6);
        snprintf(text, size, "[%s%s]:%u", ipv6, scope, address->port);
        break;
    default: format_unix(b, length_of(address), text, size);
    }
    return text;
}
