/* SPDX-License-Identifier: MIT
 *
 * What is said of a service when it is over. */
#ifndef TOOL_SUMMARY_H
#define TOOL_SUMMARY_H

#include "service.h"

void summary_say(const struct tally *tally, const struct kind *kind);

/* "3 bytes A to B, 1 byte B to A". Returns `text`. */
const char *summary_ways(const struct kind *kind, const uint64_t bytes[2], char *text, size_t size);
enum { SUMMARY_WAYS_MAX = 128 };

#endif
