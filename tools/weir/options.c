/* SPDX-License-Identifier: MIT
 *
 * A table of options, and a walk over the words of the command line. What an option means to a verb is the verb's
 * business; which verb takes which is the table's in main.c. */
#include "options.h"

#include "say.h"
#include "spell.h"
#include "units.h"

#include <string.h>

static bool take_backend(struct options *options, const char *value) {
    options->backend = value;
    return true;
}

static bool take_stats(struct options *options, const char *value) {
    options->stats = value;
    return strcmp(value, "json") == 0 || (strncmp(value, "json:", 5) == 0 && value[5]);
}

static bool take_bytes(struct options *options, const char *value) { return units_parse(&options->bytes, value); }

static bool take_rate(struct options *options, const char *value) {
    return units_parse(&options->rate, value) && options->rate > 0;
}

static bool take_retry(struct options *options, const char *value) {
    return units_parse_count(&options->retry, value, 1000000);
}

static bool take_connect_timeout(struct options *options, const char *value) {
    return units_parse_duration(&options->connect_timeout_ns, value) && options->connect_timeout_ns > 0;
}

static bool take_timeout(struct options *options, const char *value) {
    return units_parse_duration(&options->timeout_ns, value) && options->timeout_ns > 0;
}

static bool take_workers(struct options *options, const char *value) {
    return units_parse_count(&options->workers, value, WORKERS_MAX) && options->workers > 0;
}

static const char A_DURATION[] = "a duration with its unit, as in 500ms, 30s, 5min, 1h";

const struct option option_table[OPTIONS] = {
    {"--progress", 'p', OPTION_PROGRESS, NULL, "show how much, how fast and how long still; a summary at the end", NULL,
     NULL},
    {"--stats", 0, OPTION_STATS, "json[:FILE]", "write figures at the end as one JSON object, to stderr or FILE",
     take_stats, "json, for stderr, or json:FILE"},
    {"--explain", 0, OPTION_EXPLAIN, NULL, "tell what each endpoint means and which limits hold, and do nothing", NULL,
     NULL},
    {"--rate", 0, OPTION_RATE, "BYTES", "at most so many bytes a second, each way of each connection: 64K, 1M",
     take_rate, "a number of bytes (as in 4096, 64K, 256M, 2G), not 0"},
    {"--hexdump", 0, OPTION_HEXDUMP, NULL, "show on stderr all that passes, each way, with time and offset", NULL,
     NULL},
    {"--retry", 0, OPTION_RETRY, "N", "try a connection N times more, waiting longer each time", take_retry,
     "a number of times, as in 5"},
    {"--connect-timeout", 0, OPTION_CONNECT_TIMEOUT, "TIME", "give up a try to connect after TIME: 500ms, 30s, 2min",
     take_connect_timeout, A_DURATION},
    {"--timeout", 0, OPTION_TIMEOUT, "TIME", "give up a connection on which nothing has moved for TIME", take_timeout,
     A_DURATION},
    {"--workers", 0, OPTION_WORKERS, "N", "listen with N threads, each with a loop of its own", take_workers,
     "a number of threads from 1 to 256"},
    {"--bytes", 0, OPTION_BYTES, "N", "how many bytes: 4096, 64K, 256M, 2G", take_bytes,
     "a number of bytes (as in 4096, 64K, 256M, 2G)"},
    {"--backend", 0, OPTION_BACKEND, "NAME", "the system's interface to use; `weir doctor` lists them", take_backend,
     NULL},
    {"--quiet", 'q', OPTION_QUIET, NULL, "say errors only", NULL, NULL},
    {"--verbose", 'v', OPTION_VERBOSE, NULL, "tell also what the library notices, and sum up at the end", NULL, NULL},
    {"--help", 'h', OPTION_HELP, NULL, "show this, or the help of a verb", NULL, NULL},
    {"--version", 'V', OPTION_VERSION, NULL, "show the version", NULL, NULL},
};

/* `name` is `length` bytes long; the value may follow it. */
static const struct option *find(const char *name, size_t length) {
    for (const struct option *o = option_table; o < option_table + OPTIONS; o++) {
        if (strncmp(o->name, name, length) == 0 && o->name[length] == 0) return o;
        if (o->letter && length == 2 && name[0] == '-' && name[1] == o->letter) return o;
    }
    return NULL;
}

static bool take_value(struct options *ret, const struct option *o, const char *value) {
    ret->given |= o->bit;
    if (o->take(ret, value)) return true;
    say_error("%s %s: not %s", o->name, value, o->wanted);
    return false;
}

static bool refuse(const char *word, size_t length) {
    char name[64];
    if (length >= sizeof name) length = sizeof name - 1;
    memcpy(name, word, length);
    name[length] = 0;
    say_error("unknown option %s", name);
    say_hint(spell_nearest(name, option_table, OPTIONS, sizeof *option_table));
    return false;
}

/* "-pv" is "-p -v", where neither takes a value. False: it is nothing of the kind. */
static bool take_bundle(struct options *ret, const char *word) {
    unsigned bits = 0;
    if (word[1] == '-' || !word[1] || !word[2]) return false;
    for (const char *letter = word + 1; *letter; letter++) {
        const struct option *o = find((const char[]){'-', *letter, 0}, 2);
        if (!o || o->value) return false;
        bits |= o->bit;
    }
    ret->given |= bits;
    return true;
}

/* One option; `next` is the word after it, which it may take: then `*took` is set. */
static bool parse_option(struct options *ret, const char *word, const char *next, bool *took) {
    size_t length = strcspn(word, "=");
    const char *value = word[length] ? word + length + 1 : NULL;
    const struct option *o = find(word, length);
    if (!o) return take_bundle(ret, word) || refuse(word, length);
    if (!o->value && value) {
        say_error("%s takes no value", o->name);
        return false;
    }
    if (!o->value) {
        ret->given |= o->bit;
        return true;
    }
    if (!value) {
        value = next;
        *took = true;
    }
    if (value && *value) return take_value(ret, o, value);
    say_error("%s needs a value: %s %s", o->name, o->name, o->value);
    return false;
}

bool options_parse(struct options *ret, int argc, char **argv) {
    bool words_only = false;
    *ret = (struct options){0};
    for (int i = 1; i < argc; i++) {
        bool took = false;
        if (!words_only && strcmp(argv[i], "--") == 0) {
            words_only = true;
        } else if (!words_only && argv[i][0] == '-' && argv[i][1]) {
            if (!parse_option(ret, argv[i], argv[i + 1], &took)) return false;
            i += took;
        } else if (ret->count == WORDS_MAX) {
            say_error("too many words: %s", argv[i]);
            return false;
        } else {
            ret->words[ret->count++] = argv[i];
        }
    }
    return true;
}

const char *options_foreign(const struct options *options, unsigned taken) {
    for (const struct option *o = option_table; o < option_table + OPTIONS; o++)
        if (options->given & ~taken & o->bit) return o->name;
    return NULL;
}
