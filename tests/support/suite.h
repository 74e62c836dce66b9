/* SPDX-License-Identifier: MIT
 *
 * Suites: tables of scenarios, performed as the tests of one cmocka program. The arguments of the program narrow it:
 * the name of a test (* and ? are wild cards), of a place (or *), of a medium; with a medium everything runs in this
 * very process, which debuggers like. WEIR_TEST_TRACE in the environment prints the traces and the time of each
 * performance. */
#ifndef SUPPORT_SUITE_H
#define SUPPORT_SUITE_H

#include "support/scene.h"

struct suite {
    const char *name;
    const struct scenario *scenarios;
    size_t count;
};
#define SUITE(table)                                                                                                   \
    { .name = #table, .scenarios = table, .count = sizeof(table) / sizeof *(table) }

/* Performs them and compares their traces. Returns the exit status of the program. */
int suites_perform(const struct suite *const *suites, size_t count, int argc, char **argv);

/* Performs each scenario with one request for memory refused, for every request there is, and again with all requests
 * after it refused too; on a simulated place every n, on a real one some. */
int suites_torture(const struct suite *const *suites, size_t count, int argc, char **argv);

#endif
