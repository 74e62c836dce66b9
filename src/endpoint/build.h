/* SPDX-License-Identifier: MIT
 *
 * What parsing and building share. Each changes the endpoint whole or not at all. */
#ifndef WEIR_ENDPOINT_BUILD_H
#define WEIR_ENDPOINT_BUILD_H

#include "endpoint/registry.h"

/* What an option is called: "rate" of "throttle"; `layer` NULL: of the medium. */
struct weir_option_name {
    const char *layer, *name;
    size_t layer_size, name_size;
};

/* Whose option that is, and which. 0, or WEIR_EINVAL with the spelling that was probably meant. */
int weir_option_resolve(const weir_endpoint *endpoint, const struct weir_option_name *name,
                        const struct weir_layer_spec **layer, const struct weir_option_spec **option,
                        weir_error *error);

/* How many options there are; never more than there is room for. */
size_t weir_option_count(const weir_endpoint *endpoint);

/* The place of an option in `options`, or NULL; by its names, or by its rows. */
const weir_endpoint_option *weir_option_named(const weir_endpoint *endpoint, const char *layer, const char *name);
const weir_endpoint_option *weir_option_given(const weir_endpoint *endpoint, const struct weir_layer_spec *layer,
                                              const struct weir_option_spec *option);

/* Sets it. `value` NULL: there is none. */
int weir_option_put(weir_endpoint *endpoint, const struct weir_layer_spec *layer, const struct weir_option_spec *option,
                    const char *value, size_t n, weir_error *error);

/* Makes `next` the endpoint, if its text is not too long. */
int weir_build_settle(weir_endpoint *endpoint, const weir_endpoint *next, weir_error *error);

/* The row of the medium; NULL, with the reason, when there is none. */
const struct weir_layer_spec *weir_build_medium(const weir_endpoint *endpoint, weir_error *error);

/* As weir_endpoint_set_host and weir_endpoint_set_path, with `n` bytes. */
int weir_build_host(weir_endpoint *endpoint, const char *host, size_t n, uint32_t port, weir_error *error);
int weir_build_path(weir_endpoint *endpoint, const char *path, size_t n, weir_error *error);

/* Whether the medium has ports of 32 bits, or any. */
uint64_t weir_build_port_most(const struct weir_layer_spec *medium);

/* The bytes of the canonical text. */
size_t weir_endpoint_length(const weir_endpoint *endpoint);

/* Whether it follows the grammar, however it was made, address and all. 0, or WEIR_EINVAL, WEIR_ENAMETOOLONG. */
int weir_endpoint_check(const weir_endpoint *endpoint, weir_error *error);

/* The last part of the grammar: what an endpoint must have besides an address. */
int weir_endpoint_check_options(const weir_endpoint *endpoint, weir_error *error);

#endif
