/* SPDX-License-Identifier: MIT
 *
 * The command line. */
#ifndef TOOL_OPTIONS_H
#define TOOL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum { WORDS_MAX = 8, WORKERS_MAX = 256 };

/* Exit statuses. */
enum {
    EXIT_DELIVERED = 0,  /* every byte arrived */
    EXIT_FAILED = 1,     /* something failed; stderr says at which stage */
    EXIT_USAGE = 2,      /* nothing was begun */
    EXIT_INTERRUPTED = 3 /* a signal ended it with bytes undelivered */
};

/* Which options were given; a verb has the set of those it takes. */
enum {
    OPTION_HELP = 1 << 0,
    OPTION_VERSION = 1 << 1,
    OPTION_QUIET = 1 << 2,
    OPTION_VERBOSE = 1 << 3,
    OPTION_BACKEND = 1 << 4,
    OPTION_BYTES = 1 << 5,
    OPTION_PROGRESS = 1 << 6,
    OPTION_STATS = 1 << 7,
    OPTION_EXPLAIN = 1 << 8,
    OPTION_RATE = 1 << 9,
    OPTION_HEXDUMP = 1 << 10,
    OPTION_RETRY = 1 << 11,
    OPTION_CONNECT_TIMEOUT = 1 << 12,
    OPTION_TIMEOUT = 1 << 13,
    OPTION_WORKERS = 1 << 14,
    OPTIONS_COMMON = OPTION_HELP | OPTION_VERSION | OPTION_QUIET | OPTION_VERBOSE
};

struct options {
    unsigned given;
    const char *backend; /* NULL: the best */
    const char *stats;   /* "json" or "json:FILE" */
    uint64_t bytes;
    uint64_t rate; /* bytes a second */
    uint64_t timeout_ns, connect_timeout_ns;
    unsigned retry, workers;
    const char *words[WORDS_MAX + 1]; /* what is no option, in order; the verb first; NULL after the last */
    int count;
};

/* An option, for whoever tells about them. */
struct option {
    const char *name; /* first: see spell_nearest */
    char letter;      /* 0: none */
    unsigned bit;
    const char *value;                                        /* what follows it, NULL: nothing */
    const char *summary;                                      /* one line */
    bool (*take)(struct options *options, const char *value); /* false: it is none; NULL: it has no value */
    const char *wanted;                                       /* what `take` understands */
};

extern const struct option option_table[];
enum { OPTIONS = 15 };

/* Options stand anywhere, as `--name value` or `--name=value`; after `--` there are none. False, with a message, when
 * they cannot be understood. */
bool options_parse(struct options *ret, int argc, char **argv);

/* The first option that was given and is not in `taken`; NULL: none. */
const char *options_foreign(const struct options *options, unsigned taken);

#endif
