/* SPDX-License-Identifier: MIT
 *
 * The library tells what it has understood; what the options of the command line have added stands in the endpoints
 * already. A loop is made and thrown away, since only then it is known which backend it would be. */
#include "explain.h"

#include "backoff.h"
#include "looping.h"
#include "page.h"
#include "units.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WIDTH = 12, EXPLAINED_MAX = 16 * 1024 };

void explain_endpoint(const char *what, const weir_endpoint *endpoint) {
    char text[EXPLAINED_MAX], line[PAGE_LINE_MAX];
    page_print(STDOUT_FILENO, what);
    weir_endpoint_explain(endpoint, text, sizeof text);
    for (char *at = text; *at;) {
        size_t n = strcspn(at, "\n");
        snprintf(line, sizeof line, "  %.*s", (int)n, at);
        page_print(STDOUT_FILENO, line);
        at += n + (at[n] == '\n');
    }
}

static void tell(const char *term, const char *meaning) { page_row(STDOUT_FILENO, WIDTH, term, meaning); }

static void tell_backend(const weir_loop *loop) {
    char line[256];
    const char *reason = weir_loop_backend_reason(loop);
    snprintf(line, sizeof line, "%s%s%s", weir_loop_backend(loop), *reason ? "; " : "", reason);
    tell("backend", line);
}

static void tell_options(const struct options *options) {
    char line[256], bytes[UNITS_TEXT_MAX];
    if (options->given & OPTION_RATE) {
        snprintf(line, sizeof line, "%s a second, each way of each connection",
                 units_bytes(options->rate, bytes, sizeof bytes));
        tell("rate", line);
    }
    if (options->given & OPTION_RETRY) {
        snprintf(line, sizeof line, "%u times more, after at most %.1f s and twice as long each time, up to %.0f s",
                 options->retry, (double)BACKOFF_BASE_NS / 1e9, (double)BACKOFF_MOST_NS / 1e9);
        tell("retry", line);
    }
    if (options->given & OPTION_WORKERS) {
        snprintf(line, sizeof line, "%u, each with its own loop and memory", options->workers);
        tell("workers", line);
    }
    if (options->given & OPTION_HEXDUMP) tell("hexdump", "of what passes the first end of each connection");
}

int explain_rest(const struct options *options) {
    char line[64], bytes[UNITS_TEXT_MAX];
    weir_loop *loop;
    fflush(stdout);
    if (looping_open(&loop, options->backend) < 0) return EXIT_FAILED;
    page_print(STDOUT_FILENO, "the whole");
    tell_backend(loop);
    snprintf(line, sizeof line, "at most %s unread and queued, over all connections",
             units_bytes(WEIR_DEFAULT_BUDGET, bytes, sizeof bytes));
    tell("memory", line);
    tell_options(options);
    looping_end(loop);
    return EXIT_DELIVERED;
}
