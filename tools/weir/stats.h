/* SPDX-License-Identifier: MIT
 *
 * --stats=json and --stats=json:FILE. */
#ifndef TOOL_STATS_H
#define TOOL_STATS_H

#include "service.h"

/* Writes them as the run ends with `status`. False, with a message: they could not be. */
bool stats_write(const struct tally *tally, const struct kind *kind, const struct options *options, int status);

#endif
