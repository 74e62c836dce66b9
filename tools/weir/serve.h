/* SPDX-License-Identifier: MIT
 *
 * The verb `serve`. */
#ifndef TOOL_SERVE_H
#define TOOL_SERVE_H

#include "options.h"

int serve_run(const struct options *options);

#endif
