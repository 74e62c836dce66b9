/* SPDX-License-Identifier: MIT
 *
 * What this process has used: time, processor and memory. */
#ifndef TOOL_USAGE_H
#define TOOL_USAGE_H

#include <stddef.h>
#include <stdint.h>

uint64_t usage_now_ns(void); /* monotonic */
uint64_t usage_cpu_ns(void); /* user and system, all threads */

/* The most memory the process had resident since the last reset, in bytes; 0 where the system does not tell. */
void usage_peak_reset(void);
size_t usage_peak(void);

/* The first line of a file of the system without its newline; "" when there is none. Returns `text`. */
const char *usage_setting(const char *path, char *text, size_t size);

#endif
