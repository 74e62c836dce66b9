/* SPDX-License-Identifier: MIT
 *
 * The same tables that the command line is parsed with, and the same walk over its words; so nothing is offered that is
 * not taken. Paths of endpoints are looked up here too, since no shell knows that they begin after a colon. */
#include "candidates.h"

#include "verbs.h"

#include <weir/endpoint.h>
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
    if (strncmp(word, typed, strlen(typed)) == 0) printf("%s%s%s%s\n", before, word, *meaning ? "\t" : "", meaning);
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

static void offer_paths(const char *before, const char *typed) {
    char pattern[512];
    glob_t found;
    if (snprintf(pattern, sizeof pattern, "%s*", typed) >= (int)sizeof pattern) return;
    if (glob(pattern, GLOB_MARK, NULL, &found) != 0) return;
    for (size_t i = 0; i < found.gl_pathc; i++)
        offer(before, found.gl_pathv[i], typed, "");
    globfree(&found);
}

/* "name=" or a flag's "name"; `typed` begins behind the last ? or &. */
static void offer_endpoint_options(const char *medium, const char *before, const char *typed) {
    char word[WEIR_ENDPOINT_NAME_MAX + 2];
    weir_endpoint_option_info option;
    for (size_t i = 0; weir_endpoint_option_get(medium, i, &option) >= 0; i++) {
        if (!option.built) continue;
        snprintf(word, sizeof word, "%s%s", option.name, *option.value ? "=" : "");
        offer(before, word, typed, option.summary);
    }
}

/* Behind "unix:" and the like: `typed` is the address, `before` all before it. */
static void offer_address(const weir_endpoint_layer *medium, const char *before, const char *typed) {
    char more[1024];
    size_t n = strlen(typed);
    if (!strchr(typed, '?')) {
        if (strstr(medium->syntax, "PATH")) offer_paths(before, typed);
        return;
    }
    while (typed[n - 1] != '?' && typed[n - 1] != '&')
        n--;
    if (snprintf(more, sizeof more, "%s%.*s", before, (int)n, typed) < (int)sizeof more)
        offer_endpoint_options(medium->name, more, typed + n);
}

static void offer_layer(const weir_endpoint_layer *layer, const char *before, const char *typed) {
    char word[2 * WEIR_ENDPOINT_NAME_MAX], more[1024];
    size_t n = strcspn(layer->syntax, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    snprintf(word, sizeof word, "%.*s", (int)n, layer->syntax);
    n = strlen(word);
    offer(before, word, typed, layer->summary);
    if (!layer->medium || strncmp(typed, word, n) != 0) return;
    if (snprintf(more, sizeof more, "%s%s", before, word) < (int)sizeof more) offer_address(layer, more, typed + n);
}

/* Layers above the medium are passed over: "throttle+". */
static void offer_endpoints(const char *before, const char *typed) {
    char more[1024];
    weir_endpoint_layer layer;
    size_t name = strcspn(typed, ":"), above = name;
    while (above > 0 && typed[above - 1] != '+')
        above--;
    if (snprintf(more, sizeof more, "%s%.*s", before, (int)above, typed) >= (int)sizeof more) return;
    for (size_t i = 0; weir_endpoint_layer_get(i, &layer) >= 0; i++)
        if (layer.listens || layer.connects) offer_layer(&layer, more, typed + above);
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
