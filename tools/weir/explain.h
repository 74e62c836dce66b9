/* SPDX-License-Identifier: MIT
 *
 * --explain: what the command line means, and nothing is done. */
#ifndef TOOL_EXPLAIN_H
#define TOOL_EXPLAIN_H

#include "options.h"

#include <weir/endpoint.h>

/* Tells on stdout of one endpoint and of what becomes of it: "A connects to". */
void explain_endpoint(const char *what, const weir_endpoint *endpoint);

/* Tells of what holds for the whole. Returns the exit status: 0 when there is such a loop. */
int explain_rest(const struct options *options);

#endif
