/* SPDX-License-Identifier: MIT
 *
 * Endpoints of the command line. */
#ifndef TOOL_ENDPOINTS_H
#define TOOL_ENDPOINTS_H

#include "options.h"

#include <weir/endpoint.h>

/* Parses one, and puts into it what the options say about it, and it does not. 0, or EXIT_USAGE with a message. */
int endpoints_parse(weir_endpoint *ret, const char *text, const struct options *options, bool listens);

/* Whether it can be had only once: stdio, an inherited descriptor. */
bool endpoints_single(const weir_endpoint *endpoint);

/* Whether several workers can listen on it; says so if not. */
bool endpoints_shared(const weir_endpoint *endpoint);

/* Whether `listen:` before it makes sense. */
bool endpoints_listens(const weir_endpoint *endpoint);

#endif
