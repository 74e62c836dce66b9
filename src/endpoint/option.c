/* SPDX-License-Identifier: MIT
 *
 * The options of an endpoint. A name says whose option it is, or else it is the medium's: never guessed, since a layer
 * may learn an option of that name one day. A value is checked when it is set, and kept in its shortest spelling. */
#include <stdio.h>
#include <string.h>

#include "endpoint/build.h"
#include "endpoint/refuse.h"
#include "endpoint/stack.h"
#include "endpoint/value.h"

/* ---- names ------------------------------------------------------------------------------------------------------- */

/* Another layer of the stack that has an option of this name, or NULL. */
static const struct weir_layer_spec *owner_elsewhere(const weir_endpoint *endpoint, const char *name, size_t n) {
    for (const struct weir_layer_spec *layer = weir_layer_specs; layer->name; layer++)
        if (weir_stack_has(endpoint, layer) && weir_option_find(layer, name, n)) return layer;
    return NULL;
}

static int refuse_option(const weir_endpoint *endpoint, const struct weir_layer_spec *layer, const char *name, size_t n,
                         weir_error *error) {
    const struct weir_layer_spec *owner = owner_elsewhere(endpoint, name, n);
    const char *nearest = weir_option_nearest(layer, name, n);
    struct weir_quoted q;
    if (n == 0) return weir_refuse(error, WEIR_EINVAL, "the name of an option is missing");
    weir_quote(&q, name, n);
    if (owner)
        return weir_refuse(error, WEIR_EINVAL, "%s has no option '%s'; did you mean %s%s%s?", layer->name, q.text,
                           weir_layer_is_medium(owner) ? "" : owner->name, weir_layer_is_medium(owner) ? "" : ".",
                           q.text);
    if (nearest)
        return weir_refuse(error, WEIR_EINVAL, "%s has no option '%s'; did you mean %s?", layer->name, q.text, nearest);
    return weir_refuse(error, WEIR_EINVAL, "%s has no option '%s'%s", layer->name, q.text,
                       weir_option_at(layer, 0) ? "" : ", nor any other");
}

/* The layer that an option says it is for. */
static const struct weir_layer_spec *resolve_layer(const weir_endpoint *endpoint, const char *name, size_t n,
                                                   weir_error *error) {
    const struct weir_layer_spec *layer = weir_layer_find(name, n);
    const char *nearest = weir_layer_nearest(name, n);
    struct weir_quoted q;
    if (layer && weir_stack_has(endpoint, layer)) return layer;
    weir_quote(&q, name, n);
    if (layer)
        weir_refuse(error, WEIR_EINVAL, "an option for %s, which is not in the stack", q.text);
    else if (nearest)
        weir_refuse(error, WEIR_EINVAL, "an option for an unknown layer '%s'; did you mean %s?", q.text, nearest);
    else
        weir_refuse(error, WEIR_EINVAL, "an option for an unknown layer '%s'", q.text);
    return NULL;
}

int weir_option_resolve(const weir_endpoint *endpoint, const struct weir_option_name *name,
                        const struct weir_layer_spec **layer, const struct weir_option_spec **option,
                        weir_error *error) {
    *layer = name->layer ? resolve_layer(endpoint, name->layer, name->layer_size, error)
                         : weir_build_medium(endpoint, error);
    if (!*layer) return WEIR_EINVAL;
    *option = weir_option_find(*layer, name->name, name->name_size);
    return *option ? 0 : refuse_option(endpoint, *layer, name->name, name->name_size, error);
}

size_t weir_option_count(const weir_endpoint *endpoint) {
    return endpoint->option_count < WEIR_ENDPOINT_OPTIONS_MAX ? endpoint->option_count : WEIR_ENDPOINT_OPTIONS_MAX;
}

const weir_endpoint_option *weir_option_named(const weir_endpoint *endpoint, const char *layer, const char *name) {
    for (size_t i = 0; i < weir_option_count(endpoint); i++) {
        const weir_endpoint_option *option = &endpoint->options[i];
        if (strncmp(option->layer, layer, sizeof option->layer) == 0 &&
            strncmp(option->name, name, sizeof option->name) == 0)
            return option;
    }
    return NULL;
}

const weir_endpoint_option *weir_option_given(const weir_endpoint *endpoint, const struct weir_layer_spec *layer,
                                              const struct weir_option_spec *option) {
    return weir_option_named(endpoint, layer->name, option->name);
}

/* Checks a value and writes its shortest spelling. */
static int spell(const struct weir_option_spec *option, const char *value, size_t n, char *ret, weir_error *error) {
    char shortest[WEIR_VALUE_TEXT_MAX];
    uint64_t number;
    if (weir_value_is_number(option->kind)) {
        int status = weir_value_read(option, value, n, &number, error);
        if (status < 0) return status;
        value = weir_value_write(option, number, shortest);
        n = strlen(shortest);
    }
    if (n > WEIR_ENDPOINT_VALUE_MAX)
        return weir_refuse(error, WEIR_ENAMETOOLONG, "%s: a value has at most %d bytes", option->name,
                           WEIR_ENDPOINT_VALUE_MAX);
    if (memchr(value, 0, n)) return weir_refuse(error, WEIR_EINVAL, "%s: a zero byte cannot stand in it", option->name);
    memcpy(ret, value, n);
    ret[n] = 0;
    return 0;
}

/* What a value without one is told. */
static int check_presence(const struct weir_option_spec *option, bool given, size_t n, weir_error *error) {
    static const char *const samples[] = {[WEIR_OPTION_NUMBER] = "10",
                                          [WEIR_OPTION_SIZE] = "64K",
                                          [WEIR_OPTION_TIME] = "30s",
                                          [WEIR_OPTION_TEXT] = "TEXT",
                                          [WEIR_OPTION_PATH] = "PATH"};
    bool flag = option->kind == WEIR_OPTION_FLAG;
    if (flag && given) return weir_refuse(error, WEIR_EINVAL, "%s takes no value: it is there or not", option->name);
    if (!flag && n == 0)
        return weir_refuse(error, WEIR_EINVAL, "%s needs a value, as in %s=%s", option->name, option->name,
                           samples[option->kind]);
    return 0;
}

int weir_option_put(weir_endpoint *endpoint, const struct weir_layer_spec *layer, const struct weir_option_spec *option,
                    const char *value, size_t n, weir_error *error) {
    weir_endpoint next = *endpoint;
    const weir_endpoint_option *given = weir_option_given(endpoint, layer, option);
    size_t at = given ? (size_t)(given - endpoint->options) : weir_option_count(endpoint);
    weir_endpoint_option *slot = &next.options[at];
    int status = check_presence(option, value != NULL, n, error);
    if (status < 0) return status;
    if (at == WEIR_ENDPOINT_OPTIONS_MAX)
        return weir_refuse(error, WEIR_ENOBUFS, "an endpoint has at most %d options", WEIR_ENDPOINT_OPTIONS_MAX);
    memset(slot, 0, sizeof *slot);
    snprintf(slot->layer, sizeof slot->layer, "%s", layer->name);
    snprintf(slot->name, sizeof slot->name, "%s", option->name);
    if (value) status = spell(option, value, n, slot->value, error);
    if (!given) next.option_count = (uint32_t)at + 1;
    return status < 0 ? status : weir_build_settle(endpoint, &next, error);
}

/* ---- calls ------------------------------------------------------------------------------------------------------- */

static struct weir_option_name name_of(const char *layer, const char *name) {
    return (struct weir_option_name){layer, name, layer ? strlen(layer) : 0, strlen(name)};
}

int weir_endpoint_set(weir_endpoint *endpoint, const char *layer, const char *name, const char *value,
                      weir_error *error) {
    const struct weir_layer_spec *owner;
    const struct weir_option_spec *option;
    if (!endpoint || !name) return weir_refuse(error, WEIR_EINVAL, "the name of an option is missing");
    struct weir_option_name n = name_of(layer, name);
    int status = weir_option_resolve(endpoint, &n, &owner, &option, error);
    if (value && !*value) value = NULL;
    return status < 0 ? status : weir_option_put(endpoint, owner, option, value, value ? strlen(value) : 0, error);
}

int weir_endpoint_set_number(weir_endpoint *endpoint, const char *layer, const char *name, uint64_t number,
                             weir_error *error) {
    char text[WEIR_VALUE_TEXT_MAX];
    const struct weir_layer_spec *owner;
    const struct weir_option_spec *option;
    if (!endpoint || !name) return weir_refuse(error, WEIR_EINVAL, "the name of an option is missing");
    struct weir_option_name n = name_of(layer, name);
    int status = weir_option_resolve(endpoint, &n, &owner, &option, error);
    if (status < 0) return status;
    if (option->kind == WEIR_OPTION_TEXT || option->kind == WEIR_OPTION_PATH)
        return weir_refuse(error, WEIR_EINVAL, "%s is a text, not a number", name);
    weir_value_write(option, number, text);
    if (!weir_value_is_legal(option, number)) return weir_value_refuse(option, text, strlen(text), error);
    if (option->kind != WEIR_OPTION_FLAG) return weir_option_put(endpoint, owner, option, text, strlen(text), error);
    if (number) return weir_option_put(endpoint, owner, option, NULL, 0, error);
    weir_endpoint_unset(endpoint, layer, name);
    return 0;
}

void weir_endpoint_unset(weir_endpoint *endpoint, const char *layer, const char *name) {
    const weir_endpoint_option *given =
        endpoint && name ? weir_option_named(endpoint, layer ? layer : weir_endpoint_medium(endpoint), name) : NULL;
    if (!given) return;
    size_t at = (size_t)(given - endpoint->options), last = weir_option_count(endpoint) - 1;
    memmove(&endpoint->options[at], &endpoint->options[at + 1], (last - at) * sizeof *given);
    memset(&endpoint->options[last], 0, sizeof *given);
    endpoint->option_count = (uint32_t)last;
}

const char *weir_endpoint_get(const weir_endpoint *endpoint, const char *layer, const char *name) {
    if (!endpoint || !name) return NULL;
    const weir_endpoint_option *given =
        weir_option_named(endpoint, layer ? layer : weir_endpoint_medium(endpoint), name);
    return given ? given->value : NULL;
}

uint64_t weir_endpoint_number(const weir_endpoint *endpoint, const char *layer, const char *name, uint64_t otherwise) {
    const char *value = weir_endpoint_get(endpoint, layer, name);
    if (!value) return otherwise;
    if (!layer) layer = weir_endpoint_medium(endpoint);
    const struct weir_layer_spec *owner = weir_layer_find(layer, strlen(layer));
    const struct weir_option_spec *option = owner ? weir_option_find(owner, name, strlen(name)) : NULL;
    uint64_t number;
    if (!option) return otherwise;
    if (option->kind == WEIR_OPTION_FLAG) return 1;
    if (!weir_value_is_number(option->kind)) return otherwise;
    return weir_value_read(option, value, strnlen(value, WEIR_ENDPOINT_VALUE_MAX + 1), &number, NULL) < 0 ? otherwise
                                                                                                          : number;
}
