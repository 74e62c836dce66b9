/* SPDX-License-Identifier: MIT
 *
 * A table of options, and a walk over the words of the command line. What an option means to a verb is the verb's
 * business; which verb takes which is the table's in main.c. */
#include "options.h"

#include "say.h"
#include "spell.h"
#include "units.h"

#include <string.h>

static const struct option {
    const char *name; /* first: see spell_nearest */
    char letter;
    unsigned bit;
    const char *value; /* what follows it, NULL: nothing */
} table[] = {
    {"--help", 'h', OPTION_HELP, NULL},       {"--version", 'V', OPTION_VERSION, NULL},
    {"--quiet", 'q', OPTION_QUIET, NULL},     {"--verbose", 'v', OPTION_VERBOSE, NULL},
    {"--backend", 0, OPTION_BACKEND, "NAME"}, {"--bytes", 0, OPTION_BYTES, "N"},
};
enum { OPTIONS = sizeof table / sizeof *table };

/* `name` is `length` bytes long; the value may follow it. */
static const struct option *find(const char *name, size_t length) {
    for (const struct option *o = table; o < table + OPTIONS; o++) {
        if (strncmp(o->name, name, length) == 0 && o->name[length] == 0) return o;
        if (o->letter && length == 2 && name[0] == '-' && name[1] == o->letter) return o;
    }
    return NULL;
}

static bool take_value(struct options *ret, const struct option *o, const char *value) {
    ret->given |= o->bit;
    if (o->bit == OPTION_BACKEND) ret->backend = value;
    if (o->bit != OPTION_BYTES || units_parse(&ret->bytes, value)) return true;
    say_error("--bytes %s: not a number of bytes (as in 4096, 64K, 256M, 2G)", value);
    return false;
}

static bool refuse(const char *word, size_t length) {
    char name[64];
    if (length >= sizeof name) length = sizeof name - 1;
    memcpy(name, word, length);
    name[length] = 0;
    say_error("unknown option %s", name);
    say_hint(spell_nearest(name, table, OPTIONS, sizeof *table));
    return false;
}

/* One option; `next` is the word after it, which it may take: then `*took` is set. */
static bool parse_option(struct options *ret, const char *word, const char *next, bool *took) {
    size_t length = strcspn(word, "=");
    const char *value = word[length] ? word + length + 1 : NULL;
    const struct option *o = find(word, length);
    if (!o) return refuse(word, length);
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
    for (const struct option *o = table; o < table + OPTIONS; o++)
        if (options->given & ~taken & o->bit) return o->name;
    return NULL;
}
