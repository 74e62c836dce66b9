/* SPDX-License-Identifier: MIT
 *
 * Help is put together from the tables of verbs and options and from the prose of manual.c, so that no option is told
 * of that is not there, and none is forgotten. */
#include "help.h"

#include "manual.h"
#include "page.h"
#include "verbs.h"

#include <weir/endpoint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPTION_WIDTH = 26, VERB_WIDTH = 34, ENDPOINT_WIDTH = 34 };

/* "-p, --progress" */
static void print_options(int fd, unsigned which) {
    char term[64], letter[8];
    for (const struct option *o = option_table; o < option_table + OPTIONS; o++) {
        if (!(o->bit & which)) continue;
        snprintf(letter, sizeof letter, "-%c, ", o->letter);
        snprintf(term, sizeof term, "%4s%s%s%s", o->letter ? letter : "", o->name, o->value ? " " : "",
                 o->value ? o->value : "");
        page_row(fd, OPTION_WIDTH, term, o->summary);
    }
}

/* Those that this build can open. */
static void print_endpoints(int fd) {
    weir_endpoint_layer layer;
    for (size_t i = 0; weir_endpoint_layer_get(i, &layer) >= 0; i++)
        if (layer.listens || layer.connects) page_row(fd, ENDPOINT_WIDTH, layer.syntax, layer.summary);
}

static void print_tool(int fd) {
    char term[64];
    page_print(fd, manual_tool_head);
    for (const struct verb *v = verbs; v < verbs + VERBS; v++) {
        snprintf(term, sizeof term, "%s %s", v->name, v->words);
        page_row(fd, VERB_WIDTH, term, v->summary);
    }
    page_print(fd, "\noptions, before or after the verb");
    print_options(fd, ~0U);
    page_print(fd, "\nendpoints");
    print_endpoints(fd);
    page_print(fd, manual_tool_tail);
}

static void print_verb(int fd, const struct verb *v) {
    char usage[128];
    unsigned common = OPTIONS_COMMON & ~(unsigned)OPTION_VERSION;
    snprintf(usage, sizeof usage, "usage: weir %s%s%s [OPTION...]\n\n", v->name, *v->words ? " " : "", v->words);
    page_print(fd, usage);
    page_print(fd, v->manual);
    page_print(fd, "\noptions");
    print_options(fd, v->options | common);
    if (!v->examples) return;
    page_print(fd, "\nexamples");
    page_print(fd, v->examples);
}

int help_show(const char *name) {
    const struct verb *v = name ? verb_find(name) : NULL;
    if (name && !v) return EXIT_USAGE;
    if (v)
        print_verb(STDOUT_FILENO, v);
    else
        print_tool(STDOUT_FILENO);
    return 0;
}

int help_run(const struct options *options) { return help_show(options->words[1]); }

void help_usage(void) { print_tool(STDERR_FILENO); }
