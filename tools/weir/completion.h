/* SPDX-License-Identifier: MIT
 *
 * The verb `completion`. */
#ifndef TOOL_COMPLETION_H
#define TOOL_COMPLETION_H

#include "options.h"

int completion_run(const struct options *options);

#endif
