/* SPDX-License-Identifier: MIT
 *
 * Text only, without colours; no line ends in blanks. */
#include "table.h"

#include "page.h"
#include "terminal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { GAP = 2 };

void table_add(struct table *table, const char *const cells[]) {
    if (table->rows == TABLE_ROWS) return;
    for (size_t i = 0; i < table->columns; i++)
        snprintf(table->cells[table->rows][i], TABLE_CELL, "%s", cells[i] ? cells[i] : "");
    table->rows++;
}

static unsigned width_of(const struct table *table, size_t column) {
    unsigned width = 0;
    for (size_t row = 0; row < table->rows; row++) {
        const char *cell = table->cells[row][column];
        unsigned n = page_characters(cell, strlen(cell));
        if (n > width) width = n;
    }
    return width;
}

/* What is printed how. */
struct layout {
    unsigned columns; /* of the terminal, 0: none */
    unsigned width[TABLE_COLUMNS];
    bool shown[TABLE_COLUMNS];
};

static unsigned width_of_all(const struct table *table, const struct layout *layout) {
    unsigned width = 0;
    for (size_t i = 0; i < table->columns; i++)
        if (layout->shown[i]) width += GAP + layout->width[i];
    return width;
}

/* Leaves out the most dispensable column. False: there is none. */
static bool leave_one_out(const struct table *table, struct layout *layout) {
    size_t out = TABLE_COLUMNS;
    for (size_t i = 0; i < table->columns; i++)
        if (layout->shown[i] && table->spare[i] && (out == TABLE_COLUMNS || table->spare[i] > table->spare[out]))
            out = i;
    if (out == TABLE_COLUMNS) return false;
    layout->shown[out] = false;
    return true;
}

static void lay_out(const struct table *table, struct layout *layout) {
    layout->columns = terminal_columns(STDOUT_FILENO);
    for (size_t i = 0; i < table->columns; i++) {
        layout->width[i] = width_of(table, i);
        layout->shown[i] = true;
    }
    while (layout->columns && width_of_all(table, layout) > layout->columns && leave_one_out(table, layout))
        ;
}

/* Up to its last cell that is not empty. */
static size_t length_of(const struct table *table, size_t row) {
    size_t n = table->columns;
    while (n > 0 && !*table->cells[row][n - 1])
        n--;
    return n;
}

static void print_row(const struct table *table, size_t row, const struct layout *layout) {
    char line[TABLE_COLUMNS * (TABLE_CELL + GAP)], wrapped[2 * sizeof line];
    size_t n = length_of(table, row), used = 0;
    unsigned last = 0;
    for (size_t i = 0; i < n; i++) {
        if (!layout->shown[i]) continue;
        int width = table->right[i] ? (int)layout->width[i] : i + 1 < n ? -(int)layout->width[i] : 0;
        last = (unsigned)used + GAP;
        used += (size_t)snprintf(line + used, sizeof line - used, "%*s%*s", GAP, "", width, table->cells[row][i]);
    }
    page_wrap_hanging(wrapped, sizeof wrapped, line, layout->columns, last < layout->columns / 2 ? last : 2 * GAP);
    puts(wrapped);
}

static void print_rule(const struct table *table, const struct layout *layout) {
    for (size_t i = 0; i < table->columns; i++) {
        if (!layout->shown[i]) continue;
        printf("%*s", GAP, "");
        for (unsigned n = 0; n < layout->width[i]; n++)
            putchar('-');
    }
    putchar('\n');
}

void table_print(const struct table *table, bool head) {
    struct layout layout;
    lay_out(table, &layout);
    for (size_t row = 0; row < table->rows; row++) {
        print_row(table, row, &layout);
        if (head && row == 0) print_rule(table, &layout);
    }
}
