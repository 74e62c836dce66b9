/* SPDX-License-Identifier: MIT
 *
 * Text only, without colours; no line ends in blanks. */
#include "table.h"

#include <stdio.h>
#include <string.h>

void table_add(struct table *table, const char *const cells[]) {
    if (table->rows == TABLE_ROWS) return;
    for (size_t i = 0; i < table->columns; i++)
        snprintf(table->cells[table->rows][i], TABLE_CELL, "%s", cells[i] ? cells[i] : "");
    table->rows++;
}

static int width_of(const struct table *table, size_t column) {
    size_t width = 0;
    for (size_t row = 0; row < table->rows; row++) {
        size_t n = strlen(table->cells[row][column]);
        if (n > width) width = n;
    }
    return (int)width;
}

/* Up to its last cell that is not empty. */
static size_t length_of(const struct table *table, size_t row) {
    size_t n = table->columns;
    while (n > 0 && !*table->cells[row][n - 1])
        n--;
    return n;
}

static void print_row(const struct table *table, size_t row, const int *width) {
    size_t n = length_of(table, row);
    for (size_t i = 0; i < n; i++) {
        const char *cell = table->cells[row][i];
        if (table->right[i])
            printf("  %*s", width[i], cell);
        else
            printf("  %-*s", i + 1 < n ? width[i] : 0, cell);
    }
    putchar('\n');
}

static void print_rule(const struct table *table, const int *width) {
    for (size_t i = 0; i < table->columns; i++) {
        printf("  ");
        for (int n = 0; n < width[i]; n++)
            putchar('-');
    }
    putchar('\n');
}

void table_print(const struct table *table, bool head) {
    int width[TABLE_COLUMNS];
    for (size_t i = 0; i < table->columns; i++)
        width[i] = width_of(table, i);
    for (size_t row = 0; row < table->rows; row++) {
        print_row(table, row, width);
        if (head && row == 0) print_rule(table, width);
    }
}
