/* SPDX-License-Identifier: MIT
 *
 * Sizes as people write and read them. */
#ifndef TOOL_UNITS_H
#define TOOL_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "4096", "64K", "256M", "2G", "1T": powers of 1024, nothing before, between or after. False for anything else, and
 * for what does not fit. */
bool units_parse(uint64_t *ret, const char *text);

/* "500ms", "30s", "5min", "2h" (also us and ns), in nanoseconds: a unit is never left out. False as above. */
bool units_parse_duration(uint64_t *ret_ns, const char *text);

/* "12": nothing before or after. False as above, and for more than `most`. */
bool units_parse_count(unsigned *ret, const char *text, unsigned most);

/* "512 B", "64.0 KiB", "256 MiB". Returns `text`. */
const char *units_bytes(uint64_t bytes, char *text, size_t size);

/* "812 MB/s": powers of 1000, three digits, never longer than nine characters. Returns `text`. */
const char *units_rate(double bytes_per_second, char *text, size_t size);

/* "0:07", "1:02:03". Returns `text`. */
const char *units_clock(uint64_t seconds, char *text, size_t size);

/* "1 byte", "1234 bytes", "3 connections": for exact counts of what has a regular plural. Returns `text`. */
const char *units_count(uint64_t n, const char *noun, char *text, size_t size);

enum { UNITS_TEXT_MAX = 48 };

#endif
