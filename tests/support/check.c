/* SPDX-License-Identifier: MIT
 *
 * Failed checks, kept as text until the scenario is over. The first ones tell the most, so later ones fall off. */
#include "support/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <weir/error.h>

static char failures[4096];
static size_t length;

void check_failed(const char *format, ...) {
    va_list arguments;
    if (length + 2 >= sizeof failures) return;
    va_start(arguments, format);
    int n = vsnprintf(failures + length, sizeof failures - length - 1, format, arguments);
    va_end(arguments);
    length += (size_t)n < sizeof failures - length - 1 ? (size_t)n : sizeof failures - length - 2;
    failures[length++] = '\n';
    failures[length] = 0;
}

bool check_that(bool holds, const char *what, const char *file, int line) {
    if (!holds) check_failed("%s:%d: not so: %s", file, line, what);
    return holds;
}

static const char *name_of(int64_t value) {
    return value < 0 && value >= WEIR_EUNKNOWN ? weir_error_name((int)value) : "";
}

bool check_ints(int64_t actual, int64_t expected, const char *what, const char *file, int line) {
    if (actual == expected) return true;
    check_failed("%s:%d: %s is %lld %s, not %lld %s", file, line, what, (long long)actual, name_of(actual),
                 (long long)expected, name_of(expected));
    return false;
}

const char *check_failures(void) { return failures; }

void check_reset(void) {
    length = 0;
    failures[0] = 0;
}
