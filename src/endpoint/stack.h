/* SPDX-License-Identifier: MIT
 *
 * The layers of an endpoint: which may stand on which, and what each is. */
#ifndef WEIR_ENDPOINT_STACK_H
#define WEIR_ENDPOINT_STACK_H

#include "endpoint/registry.h"

/* How many layers there are, the medium included. */
size_t weir_stack_height(const weir_endpoint *endpoint);

/* The row of the medium; NULL when there is none. */
const struct weir_layer_spec *weir_stack_medium(const weir_endpoint *endpoint);

/* Whether `layer` is one of the stack's. */
bool weir_stack_has(const weir_endpoint *endpoint, const struct weir_layer_spec *layer);

/* Sets the layers from "throttle+tcp". 0, or WEIR_EINVAL with the reason and its place in `*fault`. */
int weir_stack_parse(weir_endpoint *endpoint, const char *text, size_t n, const char **fault, weir_error *error);

#endif
