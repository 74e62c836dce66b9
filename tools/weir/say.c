/* SPDX-License-Identifier: MIT
 *
 * Lines are written whole, by one call, so that those of several processes do not mix. A flood of failures (a peer may
 * cause as many as it likes) must not become a flood of lines: SAY_BURST of them in a second are said, then one line
 * tells that there are more, and the summary has the count. */
#include "say.h"

#include "usage.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { SAY_BURST = 10, LINE_MAX_BYTES = 2048 };

static struct {
    bool quiet, verbose;
    uint64_t second; /* of the clock, in which `said` failures were told */
    unsigned said;
} how;

void say_set(bool quiet, bool verbose) {
    how.quiet = quiet;
    how.verbose = verbose;
}

static void say_to_stderr(const char *prefix, const char *format, va_list arguments) {
    char text[LINE_MAX_BYTES], line[LINE_MAX_BYTES];
    vsnprintf(text, sizeof text, format, arguments);
    int n = snprintf(line, sizeof line - 1, "%s%s", prefix, text);
    size_t size = n < (int)sizeof line - 1 ? (size_t)n : sizeof line - 2;
    line[size++] = '\n';
    ssize_t written = write(STDERR_FILENO, line, size);
    (void)written; /* there is nobody left to tell */
}

void say_error(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    say_to_stderr("weir: ", format, arguments);
    va_end(arguments);
}

void say_line(const char *format, ...) {
    va_list arguments;
    if (how.quiet) return;
    va_start(arguments, format);
    say_to_stderr("", format, arguments);
    va_end(arguments);
}

void say_failure(const weir_error *error, const char *after) {
    char text[512];
    uint64_t second = usage_now_ns() / 1000000000;
    if (second != how.second) how.said = 0;
    how.second = second;
    how.said++;
    if (how.said <= SAY_BURST) say_error("%s%s", weir_error_format(error, text, sizeof text), after);
    if (how.said == SAY_BURST + 1) say_error("more failures in this second, not told one by one");
}

void say_log(void *user, weir_log_level level, const char *line) {
    static const char *const names[] = {"warning", "info", "debug"};
    (void)user;
    if (how.quiet || (level > WEIR_LOG_WARN && !how.verbose)) return;
    say_error("%s: %s", names[level], line);
}

void say_hint(const char *nearest) {
    if (nearest) say_error("did you mean `%s`?", nearest);
}
