/* SPDX-License-Identifier: MIT
 *
 * Sizes as people write and read them. */
#ifndef TOOL_UNITS_H
#define TOOL_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "4096", "64K", "256M", "2G": powers of 1024, nothing before, between or after. False for anything else, and for what
 * does not fit. */
bool units_parse(uint64_t *ret, const char *text);

/* "512 B", "64.0 KiB", "256 MiB". Returns `text`. */
const char *units_bytes(uint64_t bytes, char *text, size_t size);

/* "1 byte", "1234 bytes", "3 connections": for exact counts of what has a regular plural. Returns `text`. */
const char *units_count(uint64_t n, const char *noun, char *text, size_t size);

enum { UNITS_TEXT_MAX = 48 };

#endif
