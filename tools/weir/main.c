/* SPDX-License-Identifier: MIT
 *
 * weir, the command-line tool: a table of verbs, and the way to one of them. It stands on the public headers alone. */
#include "demo.h"
#include "doctor.h"
#include "looping.h"
#include "manual.h"
#include "options.h"
#include "relay.h"
#include "say.h"
#include "serve.h"
#include "spell.h"
#include "std.h"

#include <weir/export.h>

#include <stdio.h>
#include <string.h>

static int help_run(const struct options *options);

static const struct verb {
    const char *name; /* first: see spell_nearest */
    const char *words;
    const char *summary;
    const char *manual;
    int least, most;  /* words after the verb */
    unsigned options; /* beside the common ones */
    int (*run)(const struct options *options);
} verbs[] = {
    {"relay", "A B", "join two endpoints, both ways", manual_relay, 2, 2, OPTION_BACKEND, relay_run},
    {"serve", "echo|discard|source ENDPOINT", "serve connections", manual_serve, 2, 2, OPTION_BACKEND | OPTION_BYTES,
     serve_run},
    {"doctor", "", "what works here, and what is low", manual_doctor, 0, 0, OPTION_BACKEND, doctor_run},
    {"demo", "", "move a real file every way there is", manual_demo, 0, 0, OPTION_BACKEND | OPTION_BYTES, demo_run},
    {"help", "[VERB]", "this, or the help of a verb", manual_help, 0, 1, 0, help_run},
};
enum { VERBS = sizeof verbs / sizeof *verbs };

static void print_help(FILE *to) {
    fputs(manual_tool_head, to);
    for (const struct verb *v = verbs; v < verbs + VERBS; v++)
        fprintf(to, "  %-6s %-30s %s\n", v->name, v->words, v->summary);
    fputs(manual_tool_tail, to);
}

static const struct verb *find_verb(const char *name) {
    for (const struct verb *v = verbs; v < verbs + VERBS; v++)
        if (strcmp(v->name, name) == 0) return v;
    say_error("unknown verb %s; `weir help` lists them", name);
    say_hint(spell_nearest(name, verbs, VERBS, sizeof *verbs));
    return NULL;
}

/* The help of the verb called `name`; NULL: of the tool. */
static int show_help(const char *name) {
    const struct verb *v = name ? find_verb(name) : NULL;
    if (name && !v) return EXIT_USAGE;
    if (v)
        fputs(v->manual, stdout);
    else
        print_help(stdout);
    return 0;
}

static int help_run(const struct options *options) { return show_help(options->words[1]); }

/* Whether the verb can be run with what was given; says why not. */
static bool fits(const struct verb *v, const struct options *options) {
    const char *foreign = options_foreign(options, OPTIONS_COMMON | v->options);
    int words = options->count - 1;
    if (foreign)
        say_error("%s is no option of `weir %s`", foreign, v->name);
    else if (words < v->least)
        say_error("%s: a word is missing: weir %s %s", v->name, v->name, v->words);
    else if (words > v->most)
        say_error("%s: one word too many: %s", v->name, options->words[1 + v->most]);
    else
        return looping_known(options->backend);
    return false;
}

static int dispatch(const struct options *options) {
    const struct verb *v;
    if (options->given & OPTION_VERSION) return printf("weir %s\n", weir_version()) < 0;
    if (options->given & OPTION_HELP)
        return show_help(options->words[0] && strcmp(options->words[0], "help") == 0 ? options->words[1]
                                                                                     : options->words[0]);
    if (!options->count) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    v = find_verb(options->words[0]);
    return v && fits(v, options) ? v->run(options) : EXIT_USAGE;
}

int main(int argc, char **argv) {
    struct options options;
    std_guard();
    if (!options_parse(&options, argc, argv)) return EXIT_USAGE;
    say_set(options.given & OPTION_QUIET, options.given & OPTION_VERBOSE);
    return std_finish(dispatch(&options));
}
