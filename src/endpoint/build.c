/* SPDX-License-Identifier: MIT
 *
 * Building endpoints: layers and addresses here, options in option.c. Parsing stands on it too, so that what can be
 * built can be written and read again. Every change is made to a copy, which takes the place of the original when it is
 * right and its text is not too long. */
#include "endpoint/build.h"

#include <string.h>

#include "endpoint/host.h"
#include "endpoint/refuse.h"
#include "endpoint/stack.h"
#include "endpoint/value.h"

int weir_build_settle(weir_endpoint *endpoint, const weir_endpoint *next, weir_error *error) {
    if (weir_endpoint_length(next) >= WEIR_ENDPOINT_TEXT_MAX)
        return weir_refuse(error, WEIR_ENAMETOOLONG, "the whole endpoint has at most %d bytes",
                           WEIR_ENDPOINT_TEXT_MAX - 1);
    *endpoint = *next;
    return 0;
}

const struct weir_layer_spec *weir_build_medium(const weir_endpoint *endpoint, weir_error *error) {
    const struct weir_layer_spec *medium = weir_stack_medium(endpoint);
    if (!medium) weir_refuse(error, WEIR_EINVAL, "the endpoint has no medium: see weir_endpoint_begin");
    return medium;
}

int weir_endpoint_begin(weir_endpoint *ret, const char *layers, weir_error *error) {
    weir_endpoint endpoint = {.port = 0};
    const char *fault;
    if (!ret || !layers) return weir_refuse(error, WEIR_EINVAL, "the layers are missing");
    int status = weir_stack_parse(&endpoint, layers, strlen(layers), &fault, error);
    return status < 0 ? status : weir_build_settle(ret, &endpoint, error);
}

/* ---- addresses --------------------------------------------------------------------------------------------------- */

uint64_t weir_build_port_most(const struct weir_layer_spec *medium) {
    return medium->address == WEIR_ADDRESS_CID ? UINT32_MAX : 65535;
}

int weir_build_host(weir_endpoint *endpoint, const char *host, size_t n, uint32_t port, weir_error *error) {
    const struct weir_layer_spec *medium = weir_build_medium(endpoint, error);
    weir_endpoint next = *endpoint;
    if (!medium) return WEIR_EINVAL;
    if (medium->address != WEIR_ADDRESS_HOST && medium->address != WEIR_ADDRESS_CID)
        return weir_refuse(error, WEIR_EINVAL, "%s has no host: %s", medium->name, medium->syntax);
    if (port > weir_build_port_most(medium))
        return weir_refuse(error, WEIR_EINVAL, "port %u: it is a number from 0 to 65535", (unsigned)port);
    int status = medium->address == WEIR_ADDRESS_CID ? weir_host_cid(host, n, next.host, error)
                                                     : weir_host_canonical(host, n, next.host, error);
    next.port = port;
    return status < 0 ? status : weir_build_settle(endpoint, &next, error);
}

/* What is asked of the bytes of a path, name or number. */
static int check_path(const struct weir_layer_spec *medium, const char *path, size_t n, weir_error *error) {
    bool abstract = medium->address == WEIR_ADDRESS_UNIX && n > 0 && path[0] == '@';
    size_t longest = medium->longest ? medium->longest : WEIR_ENDPOINT_PATH_MAX;
    uint64_t number;
    struct weir_quoted q;
    if (medium->address == WEIR_ADDRESS_HOST || medium->address == WEIR_ADDRESS_CID)
        return weir_refuse(error, WEIR_EINVAL, "%s has no path: %s", medium->name, medium->syntax);
    if (medium->address == WEIR_ADDRESS_NONE)
        return n == 0 ? 0
                      : weir_refuse(error, WEIR_EINVAL, "%s takes no address: write %s", medium->name, medium->syntax);
    if (n == 0 || (abstract && n == 1))
        return weir_refuse(error, WEIR_EINVAL, "the address is missing: write %s", medium->syntax);
    if (n > longest || (medium->address == WEIR_ADDRESS_UNIX && n == longest && !abstract))
        return weir_refuse(error, WEIR_ENAMETOOLONG, "too long: %s takes at most %zu bytes", medium->name,
                           medium->address == WEIR_ADDRESS_UNIX ? (size_t)WEIR_UNIX_PATH_MAX : longest);
    if (!abstract && memchr(path, 0, n)) return weir_refuse(error, WEIR_EINVAL, "a zero byte cannot stand in it");
    if (medium->address == WEIR_ADDRESS_NUMBER && weir_value_digits(path, n, INT32_MAX, &number) != n)
        return weir_refuse(error, WEIR_EINVAL, "'%s' is no descriptor: that is a number", weir_quote(&q, path, n));
    return 0;
}

int weir_build_path(weir_endpoint *endpoint, const char *path, size_t n, weir_error *error) {
    const struct weir_layer_spec *medium = weir_build_medium(endpoint, error);
    weir_endpoint next = *endpoint;
    int status = medium ? check_path(medium, path, n, error) : WEIR_EINVAL;
    if (status < 0) return status;
    memset(next.path, 0, sizeof next.path);
    memcpy(next.path, path, n);
    next.path_size = (uint32_t)n;
    return weir_build_settle(endpoint, &next, error);
}

int weir_endpoint_set_host(weir_endpoint *endpoint, const char *host, uint32_t port, weir_error *error) {
    if (!endpoint || !host) return weir_refuse(error, WEIR_EINVAL, "the host is missing");
    return weir_build_host(endpoint, host, strlen(host), port, error);
}

int weir_endpoint_set_path(weir_endpoint *endpoint, const void *path, size_t size, weir_error *error) {
    if (!endpoint || (size && !path)) return weir_refuse(error, WEIR_EINVAL, "the path is missing");
    return weir_build_path(endpoint, size ? path : "", size, error);
}

/* "@name" for an abstract name, "./@name" for a file with that name. */
static int set_unix(weir_endpoint *endpoint, const weir_address *address, weir_error *error) {
    char path[sizeof address->bytes + 2];
    size_t n = address->length < sizeof address->bytes ? address->length : sizeof address->bytes;
    size_t lead = n && address->bytes[0] == '@' ? 2 : 0;
    memcpy(path, "./", lead);
    memcpy(path + lead, address->bytes, n);
    if (n && !address->bytes[0]) path[0] = '@';
    return weir_build_path(endpoint, path, lead + n, error);
}

int weir_endpoint_set_address(weir_endpoint *endpoint, const weir_address *address, weir_error *error) {
    char text[WEIR_ADDRESS_TEXT_MAX];
    if (!endpoint || !address) return weir_refuse(error, WEIR_EINVAL, "the address is missing");
    const struct weir_layer_spec *medium = weir_build_medium(endpoint, error);
    if (!medium) return WEIR_EINVAL;
    bool ip = address->family == WEIR_FAMILY_IPV4 || address->family == WEIR_FAMILY_IPV6;
    bool fits = ip ? medium->address == WEIR_ADDRESS_HOST
                   : address->family == WEIR_FAMILY_UNIX && medium->address == WEIR_ADDRESS_UNIX;
    if (!fits) return weir_refuse(error, WEIR_EINVAL, "%s has other addresses: %s", medium->name, medium->syntax);
    if (!ip) return set_unix(endpoint, address, error);
    weir_address_format(address, text, sizeof text); /* 127.0.0.1:80, [::1]:80 */
    bool bracket = text[0] == '[';
    const char *end = bracket ? strchr(text, ']') : strchr(text, ':');
    return weir_build_host(endpoint, text + bracket, (size_t)(end - text) - bracket, address->port, error);
}

int weir_endpoint_address(const weir_endpoint *endpoint, weir_address *ret) {
    const struct weir_layer_spec *medium = endpoint && ret ? weir_stack_medium(endpoint) : NULL;
    if (!medium) return WEIR_EINVAL;
    if (medium->address == WEIR_ADDRESS_UNIX) return weir_address_unix(ret, endpoint->path, endpoint->path_size);
    if (medium->address != WEIR_ADDRESS_HOST) return WEIR_ENOTSUP;
    const char *host = strcmp(endpoint->host, "localhost") == 0 ? "127.0.0.1" : endpoint->host;
    return weir_address_ip(ret, host, (uint16_t)endpoint->port) < 0 ? WEIR_ENOTSUP : 0;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

const char *weir_endpoint_medium(const weir_endpoint *endpoint) {
    size_t height = endpoint ? weir_stack_height(endpoint) : 0;
    return height ? endpoint->layers[height - 1] : "";
}

bool weir_endpoint_is(const weir_endpoint *endpoint, const char *medium) {
    return medium && strncmp(weir_endpoint_medium(endpoint), medium, WEIR_ENDPOINT_NAME_MAX + 1) == 0;
}

static bool same_options(const weir_endpoint *a, const weir_endpoint *b) {
    if (weir_option_count(a) != weir_option_count(b)) return false;
    for (size_t i = 0; i < weir_option_count(a); i++) {
        const weir_endpoint_option *of_a = &a->options[i], *of_b = weir_option_named(b, of_a->layer, of_a->name);
        if (!of_b || strncmp(of_a->value, of_b->value, sizeof of_a->value) != 0) return false;
    }
    return true;
}

bool weir_endpoint_equal(const weir_endpoint *a, const weir_endpoint *b) {
    size_t height = weir_stack_height(a);
    if (height != weir_stack_height(b)) return false;
    for (size_t i = 0; i < height; i++)
        if (strncmp(a->layers[i], b->layers[i], sizeof a->layers[i]) != 0) return false;
    if (strncmp(a->host, b->host, sizeof a->host) != 0 || a->port != b->port) return false;
    if (a->path_size != b->path_size || a->path_size > WEIR_ENDPOINT_PATH_MAX) return false;
    return memcmp(a->path, b->path, a->path_size) == 0 && same_options(a, b);
}

int weir_endpoint_check_options(const weir_endpoint *endpoint, weir_error *error) {
    int status = 0;
    for (const struct weir_layer_spec *layer = weir_layer_specs; status >= 0 && layer->name; layer++)
        if (layer->check && weir_stack_has(endpoint, layer)) status = layer->check(endpoint, error);
    return status;
}

int weir_endpoint_check(const weir_endpoint *endpoint, weir_error *error) {
    char text[WEIR_ENDPOINT_TEXT_MAX];
    weir_endpoint again;
    if (weir_endpoint_length(endpoint) >= sizeof text)
        return weir_refuse(error, WEIR_ENAMETOOLONG, "the whole endpoint has at most %zu bytes", sizeof text - 1);
    int status = weir_endpoint_parse(&again, weir_endpoint_format(endpoint, text, sizeof text), error);
    if (status < 0) return status;
    return weir_endpoint_equal(endpoint, &again)
               ? 0
               : weir_refuse(error, WEIR_EINVAL, "not a canonical endpoint: set its fields with weir_endpoint_set...");
}
