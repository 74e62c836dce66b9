/* SPDX-License-Identifier: MIT
 *
 * The table of verbs: the one place where a new one is named. Parsing, help and completion all read it. */
#include "verbs.h"

#include "completion.h"
#include "demo.h"
#include "doctor.h"
#include "help.h"
#include "looping.h"
#include "manual.h"
#include "relay.h"
#include "say.h"
#include "serve.h"
#include "spell.h"

#include <string.h>

enum {
    WATCHING = OPTION_PROGRESS | OPTION_STATS | OPTION_EXPLAIN | OPTION_RATE | OPTION_HEXDUMP | OPTION_TIMEOUT |
               OPTION_WORKERS | OPTION_BACKEND
};

const struct verb verbs[VERBS] = {
    {"relay", "A B", "join two endpoints, both ways", manual_relay, examples_relay, 2, 2,
     WATCHING | OPTION_RETRY | OPTION_CONNECT_TIMEOUT, relay_run},
    {"serve", "echo|discard|source ENDPOINT", "serve connections", manual_serve, examples_serve, 2, 2,
     WATCHING | OPTION_BYTES, serve_run},
    {"doctor", "", "tell what works here, and what is low", manual_doctor, NULL, 0, 0, OPTION_BACKEND, doctor_run},
    {"demo", "", "move a real file every way there is", manual_demo, examples_demo, 0, 0, OPTION_BACKEND | OPTION_BYTES,
     demo_run},
    {"completion", "bash|zsh|fish", "print completion for a shell", manual_completion, examples_completion, 1, 1, 0,
     completion_run},
    {"help", "[VERB]", "show this, or the help of a verb", manual_help, NULL, 0, 1, 0, help_run},
};

const struct verb *verb_find(const char *name) {
    for (const struct verb *v = verbs; v < verbs + VERBS; v++)
        if (strcmp(v->name, name) == 0) return v;
    say_error("unknown verb %s; `weir help` lists them", name);
    say_hint(spell_nearest(name, verbs, VERBS, sizeof *verbs));
    return NULL;
}

bool verb_fits(const struct verb *v, const struct options *options) {
    const char *foreign = options_foreign(options, OPTIONS_COMMON | v->options);
    int words = options->count - 1;
    if (foreign)
        say_error("%s is no option of `weir %s`; `weir help %s` lists them", foreign, v->name, v->name);
    else if (words < v->least)
        say_error("%s: a word is missing: weir %s %s", v->name, v->name, v->words);
    else if (words > v->most)
        say_error("%s: one word too many: %s", v->name, options->words[1 + v->most]);
    else
        return looping_known(options->backend);
    return false;
}
