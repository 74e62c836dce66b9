/* SPDX-License-Identifier: MIT
 *
 * Text for reading, broken at blanks so that it fits. */
#ifndef TOOL_PAGE_H
#define TOOL_PAGE_H

#include <stddef.h>

enum { PAGE_LINE_MAX = 4096 };

/* Breaks one line so that no part is wider than `width` (0: not at all), into `ret`, without a newline at the end. What
 * does not fit into `size` is cut. Returns the length. */
size_t page_wrap(char *ret, size_t size, const char *line, unsigned width);

/* The same with the second and later parts indented by `hang`. */
size_t page_wrap_hanging(char *ret, size_t size, const char *line, unsigned width, unsigned hang);

/* Prints lines on stdout or stderr, each a paragraph, or a row of two columns: a term, two or more blanks, its meaning.
 * As wide as the terminal, and at most as a page. */
void page_print(int fd, const char *text);

/* Prints one such row; terms of up to `width` characters line up. */
void page_row(int fd, unsigned width, const char *term, const char *meaning);

/* Characters of `n` bytes of UTF-8. */
unsigned page_characters(const char *text, size_t n);

#endif
