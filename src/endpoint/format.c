/* SPDX-License-Identifier: MIT
 *
 * The canonical text of an endpoint. */
#include <stdarg.h>
#include <stdio.h>

#include <weir/endpoint.h>

struct text {
    char *at;
    size_t room;
};

static void add(struct text *t, const char *format, ...) WEIR_PRINTF(2, 3);

static void add(struct text *t, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(t->at, t->room, format, arguments);
    va_end(arguments);
    size_t step = n < 0 ? 0 : (size_t)n < t->room ? (size_t)n : t->room - 1;
    t->at += step;
    t->room -= step;
}

/* '?' before the first option, '&' before the others. */
static char next_mark(char *mark) {
    char now = *mark;
    *mark = '&';
    return now;
}

static void add_options(struct text *t, const weir_endpoint *e) {
    char mark = '?';
    if (e->backlog) add(t, "%cbacklog=%d", next_mark(&mark), e->backlog);
    if (e->max_connections) add(t, "%cmax=%zu", next_mark(&mark), e->max_connections);
    if (e->reuse_port) add(t, "%creuseport", next_mark(&mark));
    if (e->ipv6_only) add(t, "%cipv6only", next_mark(&mark));
}

const char *weir_endpoint_format(const weir_endpoint *endpoint, char *text, size_t size) {
    char address[4 * WEIR_ADDRESS_TEXT_MAX] = "";
    struct text t = {text, size};
    if (!size) return text;
    *text = 0;
    if (endpoint->scheme != WEIR_SCHEME_STDIO) weir_address_format(&endpoint->address, address, sizeof address);
    add(&t,
        endpoint->scheme == WEIR_SCHEME_TCP    ? "tcp://%s"
        : endpoint->scheme == WEIR_SCHEME_UNIX ? "unix:%s"
                                               : "stdio:%s",
        address);
    add_options(&t, endpoint);
    return text;
}
