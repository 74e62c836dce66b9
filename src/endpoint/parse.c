/* SPDX-License-Identifier: MIT
 *
 * The grammar of endpoints, strict in every number and byte: what is not understood is refused with the place, and with
 * the spelling that was probably meant. A cursor over the text, a function per rule, the first error wins. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <weir/endpoint.h>

#include "endpoint/nearest.h"

struct cursor {
    const char *at, *end;
    weir_error *error;
};

static int refuse(const struct cursor *c, int code, const char *format, ...) WEIR_PRINTF(3, 4);

static int refuse(const struct cursor *c, int code, const char *format, ...) {
    va_list arguments;
    if (!c->error) return code;
    c->error->code = code;
    c->error->stage = WEIR_STAGE_PARSE;
    va_start(arguments, format);
    vsnprintf(c->error->hint, sizeof c->error->hint, format, arguments);
    va_end(arguments);
    return code;
}

static int refuse_word(const struct cursor *c, const char *what, const char *word, size_t n, const char *const *known) {
    const char *nearest = weir_nearest(word, n, known);
    int shown = n < 32 ? (int)n : 32;
    if (nearest) return refuse(c, WEIR_EINVAL, "unknown %s '%.*s'; did you mean '%s'?", what, shown, word, nearest);
    return refuse(c, WEIR_EINVAL, "unknown %s '%.*s'", what, shown, word);
}

static size_t length_to(const struct cursor *c, const char *stops) {
    size_t n = 0;
    while (c->at + n < c->end && !strchr(stops, c->at[n]))
        n++;
    return n;
}

/* Decimal digits only, at least one, no leading zeros but "0", at most `most`. */
static int number(const struct cursor *c, const char *what, const char *text, size_t n, uint64_t most, uint64_t *ret) {
    uint64_t value = 0;
    bool good = n > 0 && (n == 1 || text[0] != '0');
    for (size_t i = 0; good && i < n; i++) {
        good = text[i] >= '0' && text[i] <= '9' && value <= most / 10;
        if (good) value = value * 10 + (uint64_t)(text[i] - '0');
    }
    if (!good || value > most)
        return refuse(c, WEIR_EINVAL, "%s '%.*s' is not a number from 0 to %llu", what, (int)(n < 32 ? n : 32), text,
                      (unsigned long long)most);
    *ret = value;
    return 0;
}

static int hex_digit(char ch) {
    if (ch >= '0' && ch <= '9') return ch - '0';
    if (ch >= 'A' && ch <= 'F') return ch - 'A' + 10;
    if (ch >= 'a' && ch <= 'f') return ch - 'a' + 10;
    return -1;
}

/* Decodes %XX into `out`. Returns the bytes written, or WEIR_E... */
static int decode(const struct cursor *c, const char *text, size_t n, char *out, size_t size) {
    size_t used = 0;
    for (size_t i = 0; i < n; i++, used++) {
        if (used == size) return refuse(c, WEIR_ENAMETOOLONG, "a path has at most %d bytes", WEIR_UNIX_PATH_MAX);
        if (text[i] != '%') {
            out[used] = text[i];
            continue;
        }
        int high = n - i > 2 ? hex_digit(text[i + 1]) : -1;
        int low = n - i > 2 ? hex_digit(text[i + 2]) : -1;
        if (high < 0 || low < 0) return refuse(c, WEIR_EINVAL, "'%%' must be followed by two hexadecimal digits");
        out[used] = (char)(high * 16 + low);
        i += 2;
    }
    return (int)used;
}

static int host_and_port(const struct cursor *c, const char *host, size_t n, uint16_t port, weir_address *ret) {
    char text[64];
    if (n >= sizeof text) return refuse(c, WEIR_ENAMETOOLONG, "the host is too long for a numeric address");
    memcpy(text, host, n);
    text[n] = 0;
    if (strcmp(text, "localhost") == 0) return weir_address_ip(ret, "127.0.0.1", port);
    if (weir_address_ip(ret, text, port) < 0)
        return refuse(c, WEIR_EINVAL, "'%s' is not a numeric address (names other than localhost are not resolved)",
                      text);
    return 0;
}

/* host, or [IPv6] */
static int split_host(struct cursor *c, const char **host, size_t *n) {
    bool bracket = c->at < c->end && *c->at == '[';
    if (bracket) c->at++;
    *host = c->at;
    *n = length_to(c, bracket ? "]" : ":?");
    c->at += *n;
    if (bracket && (c->at == c->end || *c->at++ != ']')) return refuse(c, WEIR_EINVAL, "'[' without ']'");
    if (!bracket && memchr(*host, ':', *n)) return refuse(c, WEIR_EINVAL, "an IPv6 address stands in brackets");
    return *n ? 0 : refuse(c, WEIR_EINVAL, "the host is missing");
}

static int parse_tcp(struct cursor *c, weir_endpoint *e) {
    const char *host;
    size_t n, digits;
    uint64_t port = 0;
    if (c->end - c->at < 2 || memcmp(c->at, "//", 2) != 0) return refuse(c, WEIR_EINVAL, "write tcp://HOST:PORT");
    c->at += 2;
    int status = split_host(c, &host, &n);
    if (status < 0) return status;
    if (c->at == c->end || *c->at != ':') return refuse(c, WEIR_EINVAL, "the port is missing: write tcp://HOST:PORT");
    c->at++;
    digits = length_to(c, "?");
    status = number(c, "port", c->at, digits, 65535, &port);
    c->at += digits;
    return status < 0 ? status : host_and_port(c, host, n, (uint16_t)port, &e->address);
}

static int parse_unix(struct cursor *c, weir_endpoint *e) {
    char path[WEIR_UNIX_PATH_MAX + 1];
    size_t n = length_to(c, "?");
    int used = decode(c, c->at, n, path, sizeof path);
    if (used < 0) return used;
    if (used && c->at[0] != '@' && path[0] == '@')
        return refuse(c, WEIR_EINVAL, "a path that begins with '@' is written ./@");
    c->at += n;
    int status = weir_address_unix(&e->address, path, (size_t)used);
    if (status == WEIR_ENAMETOOLONG) return refuse(c, status, "a path has at most %d bytes", WEIR_UNIX_PATH_MAX);
    return status < 0 ? refuse(c, status, "the path is empty or holds a zero byte") : 0;
}

static int parse_stdio(struct cursor *c, weir_endpoint *e) {
    (void)e;
    return c->at == c->end ? 0 : refuse(c, WEIR_EINVAL, "stdio: takes no address and no options");
}

static const char *const scheme_names[] = {"tcp", "unix", "stdio", NULL};
static int (*const parse_address[])(struct cursor *, weir_endpoint *) = {parse_tcp, parse_unix, parse_stdio};

enum option { OPTION_BACKLOG, OPTION_MAX, OPTION_REUSEPORT, OPTION_IPV6ONLY };
static const char *const option_names[] = {"backlog", "max", "reuseport", "ipv6only", NULL};

static int find(const char *const *names, const char *word, size_t n) {
    for (int i = 0; names[i]; i++)
        if (strlen(names[i]) == n && memcmp(names[i], word, n) == 0) return i;
    return -1;
}

static int set_number(const struct cursor *c, weir_endpoint *e, enum option option, const char *value, size_t n) {
    uint64_t v = 0;
    int status = number(c, option_names[option], value, n, option == OPTION_BACKLOG ? 65535 : 1000000000, &v);
    if (status < 0) return status;
    if (option == OPTION_BACKLOG)
        e->backlog = (int)v;
    else
        e->max_connections = (size_t)v;
    return 0;
}

static int set_option(const struct cursor *c, weir_endpoint *e, int option, const char *value, size_t n) {
    bool numeric = option == OPTION_BACKLOG || option == OPTION_MAX;
    if (numeric && !value)
        return refuse(c, WEIR_EINVAL, "%s takes a number: %s=N", option_names[option], option_names[option]);
    if (!numeric && value) return refuse(c, WEIR_EINVAL, "%s takes no value", option_names[option]);
    if (numeric) return set_number(c, e, (enum option)option, value, n);
    if (option == OPTION_REUSEPORT) e->reuse_port = true;
    if (option == OPTION_IPV6ONLY) e->ipv6_only = true;
    return 0;
}

static int parse_option(struct cursor *c, weir_endpoint *e) {
    const char *name = c->at, *value = NULL;
    size_t name_size = length_to(c, "=&"), value_size = 0;
    c->at += name_size;
    if (c->at < c->end && *c->at == '=') {
        value = ++c->at;
        value_size = length_to(c, "&");
        c->at += value_size;
    }
    int option = find(option_names, name, name_size);
    if (option < 0) return refuse_word(c, "option", name, name_size, option_names);
    return set_option(c, e, option, value, value_size);
}

static int parse_options(struct cursor *c, weir_endpoint *e) {
    int status = 0;
    if (c->at < c->end && *c->at != '?')
        return refuse(c, WEIR_EINVAL, "unexpected '%.*s'", (int)(c->end - c->at), c->at);
    while (status >= 0 && c->at < c->end) {
        c->at++; /* the '?' or '&' */
        status = parse_option(c, e);
    }
    return status;
}

static int parse(struct cursor *c, weir_endpoint *e) {
    size_t n = length_to(c, ":");
    if (c->at + n == c->end) return refuse(c, WEIR_EINVAL, "no scheme: write tcp://HOST:PORT, unix:PATH or stdio:");
    int scheme = find(scheme_names, c->at, n);
    if (scheme < 0) return refuse_word(c, "scheme", c->at, n, scheme_names);
    c->at += n + 1;
    e->scheme = (weir_scheme)scheme;
    int status = parse_address[scheme](c, e);
    return status < 0 ? status : parse_options(c, e);
}

int weir_endpoint_parse(weir_endpoint *ret, const char *text, weir_error *error) {
    weir_endpoint endpoint = {0};
    if (error) *error = (weir_error){.code = 0};
    if (!ret || !text) return WEIR_EINVAL;
    struct cursor c = {text, text + strlen(text), error};
    int status = parse(&c, &endpoint);
    if (status < 0) {
        if (error) snprintf(error->peer, sizeof error->peer, "%s", text);
        return status;
    }
    *ret = endpoint;
    return 0;
}
