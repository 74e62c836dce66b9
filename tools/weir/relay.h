/* SPDX-License-Identifier: MIT
 *
 * The verb `relay`. */
#ifndef TOOL_RELAY_H
#define TOOL_RELAY_H

#include "options.h"

int relay_run(const struct options *options);

#endif
