/* SPDX-License-Identifier: MIT
 *
 * What the tool can do. */
#ifndef TOOL_VERBS_H
#define TOOL_VERBS_H

#include "options.h"

struct verb {
    const char *name;  /* first: see spell_nearest */
    const char *words; /* what follows it; capitals stand for something else */
    const char *summary;
    const char *manual;   /* paragraphs of its help, see manual.h */
    const char *examples; /* NULL: none */
    int least, most;      /* words after the verb */
    unsigned options;     /* beside the common ones */
    int (*run)(const struct options *options);
};

extern const struct verb verbs[];
enum { VERBS = 6 };

/* NULL: there is none of that name; says so. */
const struct verb *verb_find(const char *name);

/* Whether it can be run with what was given; says why not. */
bool verb_fits(const struct verb *verb, const struct options *options);

#endif
