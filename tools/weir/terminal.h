/* SPDX-License-Identifier: MIT
 *
 * What may be done with a descriptor that may be a terminal. Asked anew each time: a window changes its size. */
#ifndef TOOL_TERMINAL_H
#define TOOL_TERMINAL_H

#include <stdbool.h>

/* Characters in a line; 0: `fd` is no terminal. */
unsigned terminal_columns(int fd);

/* Whether a line there can be erased and drawn again. */
bool terminal_draws(int fd);

/* Whether colours are welcome there: they can be shown, and NO_COLOR is not set. */
bool terminal_colours(int fd);

#endif
