/* SPDX-License-Identifier: MIT
 *
 * The canonical text of an endpoint. Fields that were filled by hand may hold anything: nothing beyond them is read. */
#include <weir/endpoint.h>

#include <string.h>

#include "endpoint/build.h"
#include "endpoint/stack.h"
#include "endpoint/text.h"

static void add_layers(struct weir_text *t, const weir_endpoint *e) {
    for (size_t i = 0; i < weir_stack_height(e); i++)
        weir_text_add(t, "%s%.*s", i ? "+" : "", WEIR_ENDPOINT_NAME_MAX, e->layers[i]);
}

/* HOST:PORT; IPv6 in brackets, its '%' encoded. */
static void add_host(struct weir_text *t, const weir_endpoint *e) {
    size_t n = strnlen(e->host, sizeof e->host);
    bool bracket = memchr(e->host, ':', n);
    weir_text_add(t, "://%s", bracket ? "[" : "");
    weir_text_encode(t, e->host, n, "?/#[]");
    weir_text_add(t, "%s:%u", bracket ? "]" : "", (unsigned)e->port);
}

/* A path that begins with "//" would lose it: its second slash is encoded. */
static void add_path(struct weir_text *t, const weir_endpoint *e) {
    size_t n = e->path_size < WEIR_ENDPOINT_PATH_MAX ? e->path_size : WEIR_ENDPOINT_PATH_MAX;
    size_t lead = n > 1 && memcmp(e->path, "//", 2) == 0 ? 2 : 0;
    weir_text_add(t, lead ? ":/%%2F" : ":");
    weir_text_encode(t, e->path + lead, n - lead, "?");
}

static void add_option(struct weir_text *t, const weir_endpoint *e, const weir_endpoint_option *option, char mark) {
    bool medium = strncmp(option->layer, weir_endpoint_medium(e), sizeof option->layer) == 0;
    size_t n = strnlen(option->value, sizeof option->value);
    weir_text_add(t, "%c", mark);
    if (!medium) weir_text_add(t, "%.*s.", WEIR_ENDPOINT_NAME_MAX, option->layer);
    weir_text_add(t, "%.*s%s", WEIR_ENDPOINT_NAME_MAX, option->name, n ? "=" : "");
    weir_text_encode(t, option->value, n, "&");
}

static void add_endpoint(struct weir_text *t, const weir_endpoint *e) {
    const struct weir_layer_spec *medium = weir_stack_medium(e);
    bool host = medium && (medium->address == WEIR_ADDRESS_HOST || medium->address == WEIR_ADDRESS_CID);
    add_layers(t, e);
    if (host)
        add_host(t, e);
    else
        add_path(t, e);
    for (size_t i = 0; i < e->option_count && i < WEIR_ENDPOINT_OPTIONS_MAX; i++)
        add_option(t, e, &e->options[i], i ? '&' : '?');
}

size_t weir_endpoint_length(const weir_endpoint *endpoint) {
    struct weir_text t = weir_text_begin(NULL, 0);
    add_endpoint(&t, endpoint);
    return t.length;
}

const char *weir_endpoint_format(const weir_endpoint *endpoint, char *text, size_t size) {
    struct weir_text t = weir_text_begin(text, size);
    add_endpoint(&t, endpoint);
    return text;
}
