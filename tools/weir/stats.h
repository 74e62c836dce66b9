/* SPDX-License-Identifier: MIT
 *
 * --stats=json and --stats=json:FILE. */
#ifndef TOOL_STATS_H
#define TOOL_STATS_H

#include <stdbool.h>

struct service;

/* Writes them as the run ends with `status`, before the loop is closed. False, with a message: they could not be. */
bool stats_write(const struct service *service, int status);

#endif
