/* SPDX-License-Identifier: MIT
 *
 * Standard input, output and error as this process was given them. */
#ifndef TOOL_STD_H
#define TOOL_STD_H

#include <stdbool.h>

/* To be called before anything is opened. */
void std_guard(void);

/* Whether standard input and output were open when the process began; says so if not. */
bool std_open(void);

/* Flushes what was printed to stdout. `status`, or 1 with a message when not all of it could be written. */
int std_finish(int status);

#endif
