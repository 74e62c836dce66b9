/* SPDX-License-Identifier: MIT
 *
 * What the tool says, all of it on stderr: stdout belongs to the bytes, and to what was asked for. Any thread. */
#ifndef TOOL_SAY_H
#define TOOL_SAY_H

#include <weir/error.h>
#include <weir/loop.h>

#include <stdbool.h>

/* Errors only, or everything down to the log of the loop. */
void say_set(bool quiet, bool verbose);

/* "weir: ..." whatever happens. A newline is added. */
void say_error(const char *format, ...) WEIR_PRINTF(1, 2);

/* The line alone, unless quiet: for what others wait for and read. */
void say_line(const char *format, ...) WEIR_PRINTF(1, 2);

/* The same, only to a person or with --verbose. */
void say_aside(const char *format, ...) WEIR_PRINTF(1, 2);

/* A failure that may come thousands of times: a few a second are said, the rest only counted by the caller. */
void say_failure(const weir_error *error, const char *after);

/* The log hook of every loop here. */
weir_log_fn say_log;

/* A hint after an error: "weir: did you mean `relay`?" */
void say_hint(const char *nearest);

/* Whole lines that are made already, as they are. */
void say_block(const char *text, size_t n);

/* The line that is drawn over, on a terminal that can: what else is said goes above it. NULL: there is none. */
void say_status(const char *line);

#endif
