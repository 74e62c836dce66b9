/* SPDX-License-Identifier: MIT
 *
 * What could stand where the cursor is, for the shells. */
#ifndef TOOL_CANDIDATES_H
#define TOOL_CANDIDATES_H

/* `weir complete WORD...` is called by the completion files only. */
#define CANDIDATES_VERB "complete"

/* Prints, one a line, each followed by a tab and its meaning, the words that could take the place of the last of
 * `words` (the beginning of one, or empty); those before it are complete. Returns 0. */
int candidates_print(const char *const words[], int count);

#endif
