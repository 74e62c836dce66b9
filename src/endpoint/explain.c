/* SPDX-License-Identifier: MIT
 *
 * What was understood, for people. */
#include <weir/endpoint.h>

#include <string.h>

#include "endpoint/build.h"
#include "endpoint/stack.h"
#include "endpoint/text.h"

static void add_address(struct weir_text *t, const weir_endpoint *e, const struct weir_layer_spec *medium) {
    bool host = medium->address == WEIR_ADDRESS_HOST || medium->address == WEIR_ADDRESS_CID;
    if (host) {
        bool bracket = strchr(e->host, ':');
        weir_text_add(t, " %s%s%s:%u", bracket ? "[" : "", e->host, bracket ? "]" : "", (unsigned)e->port);
    } else if (e->path_size) {
        weir_text_add(t, " ");
        weir_text_show(t, e->path, e->path_size);
    }
}

/* The options given, or the defaults in force of the others. */
static void add_options(struct weir_text *t, const weir_endpoint *e, const struct weir_layer_spec *layer, bool given,
                        const char *lead) {
    const struct weir_option_spec *option;
    for (size_t i = 0; (option = weir_option_at(layer, i)); i++) {
        const weir_endpoint_option *o = weir_option_given(e, layer, option);
        const char *value = o ? o->value : option->standard;
        if ((o != NULL) != given || !value) continue;
        weir_text_add(t, "%s%s%s", lead, option->name, *value ? "=" : "");
        weir_text_show(t, value, strlen(value));
        lead = ", ";
    }
}

static void add_layer(struct weir_text *t, const weir_endpoint *e, const struct weir_layer_spec *layer) {
    weir_text_add(t, "%s", layer->name);
    if (weir_layer_is_medium(layer)) add_address(t, e, layer);
    weir_text_add(t, ": %s", layer->summary);
    if (!layer->listen && !layer->connect && !layer->wrap) weir_text_add(t, " (not in this build)");
    add_options(t, e, layer, true, "; ");
    add_options(t, e, layer, false, "; by default ");
    weir_text_add(t, "\n");
}

const char *weir_endpoint_explain(const weir_endpoint *endpoint, char *text, size_t size) {
    struct weir_text t = weir_text_begin(text, size);
    if (weir_endpoint_check(endpoint, NULL) < 0) {
        weir_text_add(&t, "not a legal endpoint\n");
        return text;
    }
    for (size_t i = 0; i < weir_stack_height(endpoint); i++)
        add_layer(&t, endpoint, weir_layer_find(endpoint->layers[i], strlen(endpoint->layers[i])));
    return text;
}
