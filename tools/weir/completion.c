/* SPDX-License-Identifier: MIT
 *
 * The scripts are the files of tools/completion, which the build puts into completion_scripts.h; the same files are
 * installed where the shells look. */
#include "completion.h"

#include "completion_scripts.h"
#include "say.h"
#include "spell.h"

#include <stdio.h>
#include <string.h>

static const struct shell {
    const char *name; /* first: see spell_nearest */
    const char *script;
} shells[] = {{"bash", completion_bash}, {"zsh", completion_zsh}, {"fish", completion_fish}};
enum { SHELLS = sizeof shells / sizeof *shells };

int completion_run(const struct options *options) {
    const char *name = options->words[1];
    for (const struct shell *shell = shells; shell < shells + SHELLS; shell++)
        if (strcmp(shell->name, name) == 0) return fputs(shell->script, stdout) < 0;
    say_error("unknown shell %s: it is bash, zsh or fish", name);
    say_hint(spell_nearest(name, shells, SHELLS, sizeof *shells));
    return EXIT_USAGE;
}
