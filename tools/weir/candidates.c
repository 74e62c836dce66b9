/* SPDX-License-Identifier: MIT
 *
 * The same tables that the command line is parsed with, and the same walk over its words; so nothing is offered that is
 * not taken. Paths of endpoints are looked up here too, since no shell knows that they begin after a colon. */
#include "candidates.h"

#include "verbs.h"

#include <weir/loop.h>

#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Where the cursor is. */
struct place {
    const struct verb *verb;     /* NULL: not yet said */
    int index;                   /* words after it, before the cursor */
    const struct option *option; /* whose value is due; NULL: none */
    bool words_only;             /* after `--` */
    const char *typed;
};

/* `before` is what of the word is not to be looked at: "listen:", "--backend=". */
static void offer(const char *before, const char *word, const char *typed, const char *meaning) {
    if (strncmp(word, typed, strlen(typed)) == 0) printf("%s%s\t%s\n", before, word, meaning);
}

static const struct option *find_option(const char *word, size_t length) {
    for (const struct option *o = option_table; o < option_table + OPTIONS; o++) {
        if (strlen(o->name) == length && strncmp(o->name, word, length) == 0) return o;
        if (o->letter && length == 2 && word[0] == '-' && word[1] == o->letter) return o;
    }
    return NULL;
}

/* ---- values ---- */

static void offer_backends(const char *before, const char *typed) {
    weir_backend_info info;
    for (size_t i = 0; weir_backend_probe(i, &info) == 0; i++)
        if (info.status == 0) offer(before, info.name, typed, info.summary);
}

static void offer_values(const struct option *o, const char *before, const char *typed) {
    if (o->bit == OPTION_BACKEND) offer_backends(before, typed);
    if (o->bit == OPTION_STATS) {
        offer(before, "json", typed, "on stderr");
        offer(before, "json:", typed, "in a file");
    }
}

static void offer_options(const struct place *place) {
    unsigned which = OPTIONS_COMMON | (place->verb ? place->verb->options : ~0U);
    for (const struct option *o = option_table; o < option_table + OPTIONS; o++)
        if (o->bit & which) offer("", o->name, place->typed, o->summary);
}

/* ---- endpoints ---- */

static const struct scheme {
    const char *name, *meaning;
    bool path; /* a path of the file system follows */
} schemes[] = {
    {"tcp://", "TCP, HOST:PORT follows", false},
    {"unix:", "a UNIX socket, its path or @NAME follows", true},
    {"stdio:", "standard input and output", false},
};
enum { SCHEMES = sizeof schemes / sizeof *schemes };

static void offer_paths(const char *before, const char *typed) {
    char pattern[512];
    glob_t found;
    if (snprintf(pattern, sizeof pattern, "%s*", typed) >= (int)sizeof pattern) return;
    if (glob(pattern, GLOB_MARK, NULL, &found) != 0) return;
    for (size_t i = 0; i < found.gl_pathc; i++)
        offer(before, found.gl_pathv[i], typed, "");
    globfree(&found);
}

static void offer_endpoints(const char *before, const char *typed) {
    char prefix[64];
    for (const struct scheme *s = schemes; s < schemes + SCHEMES; s++) {
        size_t n = strlen(s->name);
        offer(before, s->name, typed, s->meaning);
        if (!s->path || strncmp(typed, s->name, n) != 0) continue;
        snprintf(prefix, sizeof prefix, "%s%s", before, s->name);
        offer_paths(prefix, typed + n);
    }
}

static void offer_relay_ends(const char *typed) {
    static const char listen[] = "listen:";
    size_t n = sizeof listen - 1;
    if (strncmp(typed, listen, n) == 0) {
        offer_endpoints(listen, typed + n);
    } else {
        offer("", listen, typed, "let the endpoint that follows listen");
        offer_endpoints("", typed);
    }
}

/* ---- words ---- */

static void offer_verbs(const char *typed) {
    for (const struct verb *v = verbs; v < verbs + VERBS; v++)
        offer("", v->name, typed, v->summary);
}

/* The choices that stand in the table as "echo|discard ENDPOINT". */
static void offer_choices(const char *words, const char *typed) {
    char choice[64];
    size_t end = strcspn(words, " ");
    for (size_t at = 0; at < end;) {
        size_t n = strcspn(words + at, "| ");
        snprintf(choice, sizeof choice, "%.*s", (int)n, words + at);
        offer("", choice, typed, "");
        at += n + 1;
    }
}

static void offer_words(const struct place *place) {
    const struct verb *v = place->verb;
    if (!v || strcmp(v->name, "help") == 0) {
        if (!v || place->index == 0) offer_verbs(place->typed);
    } else if (place->index >= v->most) {
        return;
    } else if (strcmp(v->name, "relay") == 0) {
        offer_relay_ends(place->typed);
    } else if (place->index == 0) {
        offer_choices(v->words, place->typed);
    } else {
        offer_endpoints("", place->typed);
    }
}

/* ---- the walk ---- */

static void take_word(struct place *place, const char *word) {
    for (const struct verb *v = verbs; !place->verb && v < verbs + VERBS; v++)
        if (strcmp(v->name, word) == 0) {
            place->verb = v;
            return;
        }
    place->index++;
}

static void step(struct place *place, const char *word) {
    if (place->option) {
        place->option = NULL;
    } else if (!place->words_only && strcmp(word, "--") == 0) {
        place->words_only = true;
    } else if (!place->words_only && word[0] == '-' && word[1]) {
        const struct option *o = find_option(word, strlen(word));
        place->option = o && o->value ? o : NULL;
    } else {
        take_word(place, word);
    }
}

int candidates_print(const char *const words[], int count) {
    struct place place = {.typed = count > 0 ? words[count - 1] : ""};
    for (int i = 0; i + 1 < count; i++)
        step(&place, words[i]);
    const char *typed = place.typed, *equals = strchr(typed, '=');
    const struct option *o = equals ? find_option(typed, (size_t)(equals - typed)) : NULL;
    char before[64];
    if (place.option) {
        offer_values(place.option, "", typed);
    } else if (place.words_only || typed[0] != '-') {
        offer_words(&place);
    } else if (o && o->value) {
        snprintf(before, sizeof before, "%s=", o->name);
        offer_values(o, before, equals + 1);
    } else {
        offer_options(&place);
    }
    return 0;
}
