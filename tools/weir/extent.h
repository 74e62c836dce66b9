/* SPDX-License-Identifier: MIT
 *
 * How many bytes an endpoint will give, where that is known before it begins. */
#ifndef TOOL_EXTENT_H
#define TOOL_EXTENT_H

#include <weir/endpoint.h>

/* 0: not known. */
uint64_t extent_of(const weir_endpoint *endpoint);

#endif
