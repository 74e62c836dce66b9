/* SPDX-License-Identifier: MIT
 *
 * weir, the command-line tool: from the command line to a verb, and back to an exit status. It stands on the public
 * headers alone. */
#include "candidates.h"
#include "help.h"
#include "options.h"
#include "say.h"
#include "std.h"
#include "verbs.h"

#include <weir/export.h>

#include <stdio.h>
#include <string.h>

static int dispatch(const struct options *options) {
    const char *const *words = options->words;
    const struct verb *v;
    if (options->given & OPTION_VERSION) return printf("weir %s\n", weir_version()) < 0;
    if (options->given & OPTION_HELP) return help_show(words[0] && strcmp(words[0], "help") == 0 ? words[1] : words[0]);
    if (!options->count) {
        help_usage();
        return EXIT_USAGE;
    }
    v = verb_find(words[0]);
    return v && verb_fits(v, options) ? v->run(options) : EXIT_USAGE;
}

int main(int argc, char **argv) {
    struct options options;
    std_guard();
    /* What a shell asks for is no command line of ours, but the beginning of one. */
    if (argc > 1 && strcmp(argv[1], CANDIDATES_VERB) == 0)
        return std_finish(candidates_print((const char *const *)argv + 2, argc - 2));
    if (!options_parse(&options, argc, argv)) return EXIT_USAGE;
    say_set(options.given & OPTION_QUIET, options.given & OPTION_VERBOSE);
    return std_finish(dispatch(&options));
}
