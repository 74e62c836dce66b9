/* SPDX-License-Identifier: MIT
 *
 * A row keeps its second column: what is broken goes on below the place where the meaning began. Where that leaves it
 * less than half of the width, the meaning goes below its term instead. Words are never cut, so that an address can
 * still be copied; blanks inside a part are kept, so that columns stay columns where there is room. */
#include "page.h"

#include "terminal.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PAGE = 80, NARROWEST = 20, INDENT = 2, BELOW = 4 };

struct out {
    char *text;
    size_t size, used;
    unsigned column;
};

static void put(struct out *out, const char *text, size_t n) {
    size_t room = out->size - 1 - out->used, taken = n < room ? n : room;
    memcpy(out->text + out->used, text, taken);
    out->used += taken;
    out->column += page_characters(text, n);
}

static void put_blanks(struct out *out, size_t n) {
    while (n-- > 0)
        put(out, " ", 1);
}

static void new_line(struct out *out, unsigned indent) {
    put(out, "\n", 1);
    out->column = 0;
    put_blanks(out, indent);
}

unsigned page_characters(const char *text, size_t n) {
    unsigned count = 0;
    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

/* Where the second column of a row begins; 0: `line` is no row. */
static size_t second_column(const char *line) {
    size_t at = strspn(line, " ");
    if (at == 0) return 0;
    const char *gap = strstr(line + at, "  ");
    return gap ? (size_t)(gap - line) + strspn(gap, " ") : 0;
}

/* Words and the blanks before them, from `line` on. */
static void put_words(struct out *out, const char *line, unsigned width, unsigned hang) {
    while (*line) {
        size_t blanks = strspn(line, " "), word = strcspn(line + blanks, " ");
        if (out->column > hang && out->column + blanks + page_characters(line + blanks, word) > width && word > 0)
            new_line(out, hang);
        else
            put_blanks(out, word > 0 ? blanks : 0);
        put(out, line + blanks, word);
        line += blanks + word;
    }
}

size_t page_wrap_hanging(char *ret, size_t size, const char *line, unsigned width, unsigned hang) {
    struct out out = {.text = ret, .size = size};
    put_words(&out, line, width ? width : ~0U, hang);
    ret[out.used] = 0;
    return out.used;
}

/* What is before `second` on a line of its own. */
static size_t wrap_below(char *ret, size_t size, const char *line, size_t second, unsigned width) {
    struct out out = {.text = ret, .size = size};
    size_t end = second;
    while (line[end - 1] == ' ')
        end--;
    put(&out, line, end);
    new_line(&out, INDENT + BELOW);
    put_words(&out, line + second, width, INDENT + BELOW);
    ret[out.used] = 0;
    return out.used;
}

static size_t wrap_at(char *ret, size_t size, const char *line, size_t second, unsigned width) {
    bool fits = !width || page_characters(line, strlen(line)) <= width;
    if (!fits && second > width / 2) return wrap_below(ret, size, line, second, width);
    return page_wrap_hanging(ret, size, line, width, (unsigned)(second ? second : strspn(line, " ")));
}

size_t page_wrap(char *ret, size_t size, const char *line, unsigned width) {
    return wrap_at(ret, size, line, second_column(line), width);
}

static unsigned width_of(int fd) {
    unsigned columns = terminal_columns(fd);
    if (columns == 0 || columns > PAGE) return PAGE;
    return columns < NARROWEST ? NARROWEST : columns;
}

static void print(int fd, const char *line, size_t second) {
    char wrapped[PAGE_LINE_MAX];
    wrap_at(wrapped, sizeof wrapped, line, second, width_of(fd));
    fprintf(fd == STDERR_FILENO ? stderr : stdout, "%s\n", wrapped);
}

void page_row(int fd, unsigned width, const char *term, const char *meaning) {
    char line[PAGE_LINE_MAX];
    int second = snprintf(line, sizeof line, "%*s%-*s  ", INDENT, "", (int)width, term);
    snprintf(line + second, sizeof line - (size_t)second, "%s", meaning);
    print(fd, line, (size_t)second);
}

void page_print(int fd, const char *text) {
    char line[PAGE_LINE_MAX];
    while (*text) {
        size_t n = strcspn(text, "\n");
        snprintf(line, sizeof line, "%.*s", (int)n, text);
        print(fd, line, second_column(line));
        text += n + (text[n] == '\n');
    }
}
