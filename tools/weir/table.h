/* SPDX-License-Identifier: MIT
 *
 * Columns that line up. */
#ifndef TOOL_TABLE_H
#define TOOL_TABLE_H

#include <stdbool.h>
#include <stddef.h>

enum { TABLE_COLUMNS = 8, TABLE_ROWS = 64, TABLE_CELL = 192 };

/* Zero it, set the columns. */
struct table {
    size_t columns;
    bool right[TABLE_COLUMNS]; /* to that side */
    unsigned char
        spare[TABLE_COLUMNS]; /* what is left out where the terminal is too narrow: the highest first, 0 never */
    /* private */
    size_t rows;
    char cells[TABLE_ROWS][TABLE_COLUMNS][TABLE_CELL];
};

/* Adds a row of `columns` cells; what is too long is cut, a row too many is dropped. */
void table_add(struct table *table, const char *const cells[]);

/* Prints all rows on stdout; with `head`, a rule under the first. On a terminal no wider than that: the last column is
 * broken at blanks. */
void table_print(const struct table *table, bool head);

#endif
