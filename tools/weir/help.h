/* SPDX-License-Identifier: MIT
 *
 * What is shown when help is asked for, or needed. */
#ifndef TOOL_HELP_H
#define TOOL_HELP_H

#include "options.h"

/* The verb `help`. */
int help_run(const struct options *options);

/* The help of the verb called `name`; NULL: of the tool. 0, or EXIT_USAGE with a message. */
int help_show(const char *name);

/* The help of the tool on stderr, for who gave no verb. */
void help_usage(void);

#endif
