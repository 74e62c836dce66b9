/* SPDX-License-Identifier: MIT
 *
 * Lines are written whole, by one call, so that those of several processes do not mix; on a terminal they are broken at
 * blanks to fit. A flood of failures (a peer may cause as many as it likes) must not become a flood of lines: SAY_BURST
 * of them in a second are said, then one line tells that there are more, and the summary has the count. The status line
 * is erased before anything else is said, and drawn again below it. */
#include "say.h"

#include "page.h"
#include "terminal.h"
#include "usage.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { SAY_BURST = 10, LINE_MAX_BYTES = 2048, STATUS_MAX = 256, HANG = 6 };

static struct {
    pthread_mutex_t lock; /* of all that follows, and of stderr */
    bool quiet, verbose;
    uint64_t second; /* of the clock, in which `said` failures were told */
    unsigned said;
    char status[STATUS_MAX]; /* the line drawn now, or empty */
} how = {.lock = PTHREAD_MUTEX_INITIALIZER};

void say_set(bool quiet, bool verbose) {
    how.quiet = quiet;
    how.verbose = verbose;
}

static void write_all(const char *text, size_t n) {
    while (n > 0) {
        ssize_t written = write(STDERR_FILENO, text, n);
        if (written <= 0) return; /* there is nobody left to tell */
        text += written;
        n -= (size_t)written;
    }
}

static void draw_status(void) {
    char text[STATUS_MAX + 16];
    if (*how.status) write_all(text, (size_t)snprintf(text, sizeof text, "\r%s\033[K", how.status));
}

void say_block(const char *text, size_t n) {
    pthread_mutex_lock(&how.lock);
    if (*how.status) write_all("\r\033[K", 4);
    write_all(text, n);
    draw_status();
    pthread_mutex_unlock(&how.lock);
}

void say_status(const char *line) {
    pthread_mutex_lock(&how.lock);
    if (!line && *how.status) write_all("\r\033[K", 4);
    snprintf(how.status, sizeof how.status, "%s", line ? line : "");
    draw_status();
    pthread_mutex_unlock(&how.lock);
}

static const char PREFIX[] = "weir:";

/* With the prefix red, if it is there and `red`. */
static void say_wrapped(const char *line, bool red) {
    char wrapped[LINE_MAX_BYTES + LINE_MAX_BYTES / 2], whole[sizeof wrapped + 16];
    int prefix = red && terminal_colours(STDERR_FILENO) ? (int)sizeof PREFIX - 1 : 0;
    page_wrap_hanging(wrapped, sizeof wrapped, line, terminal_columns(STDERR_FILENO), HANG);
    int n = snprintf(whole, sizeof whole, "%s%.*s%s%s\n", prefix ? "\033[1;31m" : "", prefix, wrapped,
                     prefix ? "\033[0m" : "", wrapped + prefix);
    say_block(whole, (size_t)n);
}

void say_error(const char *format, ...) {
    char text[LINE_MAX_BYTES], line[LINE_MAX_BYTES + sizeof PREFIX + 1];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    snprintf(line, sizeof line, "%s %s", PREFIX, text);
    say_wrapped(line, true);
}

static void say_formatted(const char *format, va_list arguments) {
    char line[LINE_MAX_BYTES];
    vsnprintf(line, sizeof line, format, arguments);
    say_wrapped(line, false);
}

void say_line(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    if (!how.quiet) say_formatted(format, arguments);
    va_end(arguments);
}

void say_aside(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    if (!how.quiet && (how.verbose || terminal_columns(STDERR_FILENO))) say_formatted(format, arguments);
    va_end(arguments);
}

/* How many have been told in this second. */
static unsigned count_failure(void) {
    uint64_t second = usage_now_ns() / 1000000000;
    pthread_mutex_lock(&how.lock);
    if (second != how.second) how.said = 0;
    how.second = second;
    unsigned said = ++how.said;
    pthread_mutex_unlock(&how.lock);
    return said;
}

void say_failure(const weir_error *error, const char *after) {
    char text[512];
    unsigned said = count_failure();
    if (said <= SAY_BURST) say_error("%s%s", weir_error_format(error, text, sizeof text), after);
    if (said == SAY_BURST + 1) say_error("more failures in this second, not told one by one");
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
