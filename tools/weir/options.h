/* SPDX-License-Identifier: MIT
 *
 * The command line. */
#ifndef TOOL_OPTIONS_H
#define TOOL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum { WORDS_MAX = 8 };

/* Exit statuses. */
enum {
    EXIT_DELIVERED = 0,  /* every byte arrived */
    EXIT_FAILED = 1,     /* something failed; stderr says at which stage */
    EXIT_USAGE = 2,      /* nothing was begun */
    EXIT_INTERRUPTED = 3 /* a signal ended it with bytes undelivered */
};

/* Which options were given; a verb has the set of those it takes. */
enum {
    OPTION_HELP = 1,
    OPTION_VERSION = 2,
    OPTION_QUIET = 4,
    OPTION_VERBOSE = 8,
    OPTION_BACKEND = 16,
    OPTION_BYTES = 32,
    OPTIONS_COMMON = OPTION_HELP | OPTION_VERSION | OPTION_QUIET | OPTION_VERBOSE
};

struct options {
    unsigned given;
    const char *backend; /* NULL: the best */
    uint64_t bytes;
    const char *words[WORDS_MAX + 1]; /* what is no option, in order; the verb first; NULL after the last */
    int count;
};

/* Options stand anywhere, as `--name value` or `--name=value`; after `--` there are none. False, with a message, when
 * they cannot be understood. */
bool options_parse(struct options *ret, int argc, char **argv);

/* The first option that was given and is not in `taken`; NULL: none. */
const char *options_foreign(const struct options *options, unsigned taken);

#endif
