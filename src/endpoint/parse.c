/* SPDX-License-Identifier: MIT
 *
 * The grammar of endpoints, strict in every number and byte: what is not understood is refused with the place, and with
 * the spelling that was probably meant. A cursor over the text, a function per rule, the first error wins. What a rule
 * has read is given to the functions of build.c, which know what is legal. */
#include <weir/endpoint.h>

#include <string.h>

#include "endpoint/build.h"
#include "endpoint/percent.h"
#include "endpoint/refuse.h"
#include "endpoint/stack.h"
#include "endpoint/value.h"

struct cursor {
    const char *at, *end;
    const char *fault; /* what an error is about */
    weir_error *error;
};

static size_t length_to(const struct cursor *c, const char *stops) {
    size_t n = 0;
    while (c->at + n < c->end && !strchr(stops, c->at[n]))
        n++;
    return n;
}

static bool is_here(const struct cursor *c, char byte) { return c->at < c->end && *c->at == byte; }

/* ---- the stack --------------------------------------------------------------------------------------------------- */

static bool is_port(const char *text, size_t n) {
    uint64_t port;
    return n > 0 && weir_value_digits(text, n, 65535, &port) == n;
}

/* A word without a colon, or one that has it for another reason: what may have been meant? */
static int refuse_without_scheme(const struct cursor *c) {
    struct weir_quoted q;
    size_t n = (size_t)(c->end - c->at);
    const struct weir_layer_spec *layer = weir_layer_find(c->at, n);
    weir_quote(&q, c->at, n);
    if (n == 0) return weir_refuse(c->error, WEIR_EINVAL, "it is empty: write tcp://HOST:PORT, unix:PATH or stdio:");
    if (n == 1 && *c->at == '-') return weir_refuse(c->error, WEIR_EINVAL, "did you mean stdio: ?");
    if (layer) return weir_refuse(c->error, WEIR_EINVAL, "an address is missing: %s", layer->syntax);
    if (memchr(c->at, '/', n))
        return weir_refuse(c->error, WEIR_EINVAL, "no medium: did you mean unix:%s or file:%s?", q.text, q.text);
    return weir_refuse(c->error, WEIR_EINVAL, "no medium: write tcp://HOST:PORT, unix:PATH or stdio:");
}

/* "127.0.0.1:7000", "[::1]:80", ":80": the colon is that of a port. */
static bool is_bare_host(const struct cursor *c) {
    size_t n = length_to(c, "?/");
    const char *colon = memchr(c->at, ':', n);
    while (colon && memchr(colon + 1, ':', (size_t)(c->at + n - colon) - 1))
        colon = memchr(colon + 1, ':', (size_t)(c->at + n - colon) - 1);
    return colon && is_port(colon + 1, (size_t)(c->at + n - colon) - 1);
}

static int parse_stack(struct cursor *c, weir_endpoint *e) {
    size_t n = length_to(c, ":?");
    struct weir_quoted q;
    bool known = weir_layer_find(c->at, n) || memchr(c->at, '+', n); /* no host has a '+' */
    if (!known && is_bare_host(c))
        return weir_refuse(c->error, WEIR_EINVAL, "no medium: did you mean tcp://%s%s?",
                           *c->at == ':' ? "127.0.0.1" : "", weir_quote(&q, c->at, (size_t)(c->end - c->at)));
    if (c->at + n == c->end || c->at[n] != ':') return refuse_without_scheme(c);
    int status = weir_stack_parse(e, c->at, n, &c->fault, c->error);
    c->at += n + 1;
    return status;
}

/* ---- addresses --------------------------------------------------------------------------------------------------- */

/* The '%' of a scope is written %25, like any other. */
static int parse_bracket(struct cursor *c, char host[WEIR_ENDPOINT_HOST_MAX + 1]) {
    size_t n = length_to(c, "]");
    if (c->at + n == c->end) return weir_refuse(c->error, WEIR_EINVAL, "'[' without ']'");
    c->fault = c->at;
    if (!memchr(c->at, ':', n)) return weir_refuse(c->error, WEIR_EINVAL, "brackets are for IPv6 addresses only");
    const char *scope = memchr(c->at, '%', n);
    if (scope && strncmp(scope, "%25", 3) != 0)
        return weir_refuse(c->error, WEIR_EINVAL, "the '%%' before a scope is written %%25, as in [fe80::1%%252]");
    int used = weir_percent_decode(c->at, n, host, WEIR_ENDPOINT_HOST_MAX, &c->fault, c->error);
    c->fault = used < 0 ? c->fault : c->at;
    c->at += n + 1;
    return used;
}

static int parse_name(struct cursor *c, char host[WEIR_ENDPOINT_HOST_MAX + 1]) {
    size_t n = length_to(c, ":?/");
    const char *colon = c->at + n;
    c->fault = c->at;
    if (colon < c->end && *colon == ':' && memchr(colon + 1, ':', (size_t)(c->end - colon - 1)) &&
        memchr(colon, '?', (size_t)(c->end - colon)) == NULL)
        return weir_refuse(c->error, WEIR_EINVAL, "an IPv6 address stands in brackets, as in [::1]:80");
    if (n > WEIR_ENDPOINT_HOST_MAX)
        return weir_refuse(c->error, WEIR_ENAMETOOLONG, "a host has at most %d bytes", WEIR_ENDPOINT_HOST_MAX);
    memcpy(host, c->at, n);
    c->at += n;
    return (int)n;
}

static int parse_port(struct cursor *c, const struct weir_layer_spec *medium, uint32_t *ret) {
    uint64_t port, most = weir_build_port_most(medium);
    struct weir_quoted q;
    if (!is_here(c, ':')) {
        c->fault = c->at;
        return weir_refuse(c->error, WEIR_EINVAL, "the port is missing: write %s", medium->syntax);
    }
    c->fault = ++c->at;
    size_t n = length_to(c, "?/");
    if (n == 0 || weir_value_digits(c->at, n, most, &port) != n)
        return weir_refuse(c->error, WEIR_EINVAL, "port '%s': it is a number from 0 to %llu", weir_quote(&q, c->at, n),
                           (unsigned long long)most);
    *ret = (uint32_t)port;
    c->at += n;
    return 0;
}

static int parse_host(struct cursor *c, weir_endpoint *e, const struct weir_layer_spec *medium) {
    char host[WEIR_ENDPOINT_HOST_MAX + 1];
    uint32_t port = 0;
    bool bracket = is_here(c, '[');
    c->at += bracket;
    int n = bracket ? parse_bracket(c, host) : parse_name(c, host);
    const char *fault = c->fault;
    if (n < 0) return n;
    if (n == 0) return weir_build_host(e, host, 0, 0, c->error);
    int status = parse_port(c, medium, &port);
    if (status < 0) return status;
    c->fault = fault;
    status = weir_build_host(e, host, (size_t)n, port, c->error);
    if (status < 0 || !is_here(c, '/')) return status;
    c->fault = c->at;
    return weir_refuse(c->error, WEIR_EINVAL, "nothing but ? and options follows the port");
}

static int parse_path(struct cursor *c, weir_endpoint *e) {
    char path[WEIR_ENDPOINT_PATH_MAX];
    size_t n = length_to(c, "?");
    const char *begin = c->fault = c->at;
    int used = weir_percent_decode(begin, n, path, sizeof path, &c->fault, c->error);
    if (used < 0) return used;
    c->fault = begin;
    c->at += n;
    if (used && path[0] == '@' && *begin != '@')
        return weir_refuse(c->error, WEIR_EINVAL, "a path that begins with '@' is written ./@");
    return weir_build_path(e, path, (size_t)used, c->error);
}

static int parse_address(struct cursor *c, weir_endpoint *e) {
    const struct weir_layer_spec *medium = weir_stack_medium(e);
    bool host = medium->address == WEIR_ADDRESS_HOST || medium->address == WEIR_ADDRESS_CID;
    bool slashes = c->end - c->at >= 2 && memcmp(c->at, "//", 2) == 0;
    c->fault = c->at;
    if (host && !slashes) return weir_refuse(c->error, WEIR_EINVAL, "'//' is missing: write %s", medium->syntax);
    c->at += slashes ? 2 : 0;
    c->fault = c->at;
    return host ? parse_host(c, e, medium) : parse_path(c, e);
}

/* ---- options ----------------------------------------------------------------------------------------------------- */

/* "layer.name" or "name". */
static struct weir_option_name read_name(struct cursor *c) {
    size_t n = length_to(c, "=&");
    const char *dot = memchr(c->at, '.', n);
    struct weir_option_name name = {.name = c->at, .name_size = n};
    if (dot) name = (struct weir_option_name){c->at, dot + 1, (size_t)(dot - c->at), n - (size_t)(dot + 1 - c->at)};
    c->at += n;
    return name;
}

/* The bytes of the value, or 0 without any, or WEIR_E... `*given`: there is a '='. */
static int read_value(struct cursor *c, char value[WEIR_ENDPOINT_VALUE_MAX], bool *given) {
    *given = is_here(c, '=');
    if (!*given) return 0;
    size_t n = (c->at++, length_to(c, "&"));
    const char *begin = c->at;
    c->at += n;
    int used = weir_percent_decode(begin, n, value, WEIR_ENDPOINT_VALUE_MAX, &c->fault, c->error);
    if (used >= 0) c->fault = begin;
    return used;
}

static int parse_option(struct cursor *c, weir_endpoint *e) {
    char value[WEIR_ENDPOINT_VALUE_MAX];
    const struct weir_layer_spec *layer;
    const struct weir_option_spec *option;
    bool given;
    c->fault = c->at;
    struct weir_option_name name = read_name(c);
    int status = weir_option_resolve(e, &name, &layer, &option, c->error);
    if (status < 0) return status;
    if (weir_option_given(e, layer, option))
        return weir_refuse(c->error, WEIR_EINVAL, "%s of %s is given twice", option->name, layer->name);
    int n = read_value(c, value, &given);
    return n < 0 ? n : weir_option_put(e, layer, option, given ? value : NULL, (size_t)n, c->error);
}

static int parse_options(struct cursor *c, weir_endpoint *e) {
    int status = 0;
    while (status >= 0 && c->at < c->end) {
        c->at++; /* the '?' or '&' */
        status = parse_option(c, e);
    }
    return status;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static int parse(struct cursor *c, weir_endpoint *e) {
    int status = parse_stack(c, e);
    if (status >= 0) status = parse_address(c, e);
    if (status >= 0) status = parse_options(c, e);
    if (status < 0) return status;
    c->fault = c->end;
    return weir_endpoint_check_options(e, c->error);
}

int weir_endpoint_parse(weir_endpoint *ret, const char *text, weir_error *error) {
    weir_endpoint endpoint = {.port = 0};
    if (!ret || !text) return weir_refuse(error, WEIR_EINVAL, "there is no text to parse");
    struct cursor c = {text, text + strlen(text), text, error};
    if (error) *error = (weir_error){.code = 0};
    int status = parse(&c, &endpoint);
    if (status < 0) {
        weir_refuse_at(error, (size_t)(c.fault - text) + 1);
        weir_refuse_text(error, text);
        return status;
    }
    *ret = endpoint;
    return 0;
}
