/* SPDX-License-Identifier: MIT
 *
 * The verb `demo`. */
#ifndef TOOL_DEMO_H
#define TOOL_DEMO_H

#include "options.h"

int demo_run(const struct options *options);

#endif
