/* SPDX-License-Identifier: MIT
 *
 * Every scenario is one test: on all places and media, and then the traces are laid side by side. */
#include "support/suite.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static const char *only_place, *only_medium;

static uint64_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool place_wanted(const struct scenario *scenario, const struct place *place) {
    if (scenario->places && !(scenario->places & (unsigned)place->where)) return false;
    if (only_place && strcmp(only_place, place->name)) return false;
    return !place_missing(place);
}

static bool medium_wanted(const struct scenario *scenario, enum medium medium) {
    if (!(scenario->media & (unsigned)medium)) return false;
    if (only_medium && strcmp(only_medium, medium_name(medium))) return false;
    return !medium_missing(medium);
}

/* Two failures of a scenario tell enough. */
static void report(const struct scenario *scenario, const struct place *place, enum medium medium, const char *detail) {
    static const struct scenario *last;
    static unsigned reported;
    if (scenario != last) reported = 0;
    last = scenario;
    if (reported++ < 2)
        print_error("%s on %s, %s%s:\n%s", scenario->name, place->name, medium_name(medium), detail, check_failures());
    else
        print_error("also on %s, %s%s\n", place->name, medium_name(medium), detail);
}

/* ---- all performances of a scenario --------------------------------------------------------------------------------- */

struct first {
    struct trace trace;
    const struct place *place;
    enum medium medium;
};

static const char *text_of(const struct trace *trace) {
    return trace->text ? trace->text : "";
}

static void compare(const struct scenario *scenario, const struct trace *trace, struct first *first) {
    if (scenario->loose) return;
    if (scenario->expected && strcmp(text_of(trace), scenario->expected))
        check_failed("the trace is\n%snot\n%s", text_of(trace), scenario->expected);
    if (scenario->expected) return;
    if (!first->place) {
        trace_append(&first->trace, trace);
    } else if (strcmp(text_of(trace), text_of(&first->trace))) {
        check_failed("the trace is\n%snot as on %s, %s\n%s", text_of(trace), first->place->name,
                     medium_name(first->medium), text_of(&first->trace));
    }
}

static bool perform_one(const struct scenario *scenario, const struct place *place, enum medium medium,
                        struct first *first) {
    struct trace trace = {0};
    uint64_t began = milliseconds();
    check_reset();
    scene_perform(scenario, place, medium, NULL, &trace);
    compare(scenario, &trace, first);
    if (!first->place) *first = (struct first){first->trace, place, medium};
    bool failed = *check_failures() != 0;
    if (failed) report(scenario, place, medium, "");
    if (getenv("WEIR_TEST_TRACE"))
        print_message("-- %s, %s, %s: %d ms\n%s", scenario->name, place->name, medium_name(medium),
                      (int)(milliseconds() - began), text_of(&trace));
    trace_free(&trace);
    return !failed;
}

static bool perform_on_medium(const struct scenario *scenario, enum medium medium) {
    struct first first = {0};
    const struct place *place;
    bool good = true;
    for (size_t i = 0; (place = place_at(i)); i++)
        if (place_wanted(scenario, place)) good &= perform_one(scenario, place, medium, &first);
    trace_free(&first.trace);
    return good;
}

/* cmocka catches a crash and goes on, with a loop that is half-way through a tick: better to end there. */
static void let_crashes_be(void) {
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) signal(signals[i], SIG_DFL);
}

static void perform(void **state) {
    const struct scenario *scenario = *state;
    let_crashes_be();
    bool good = true;
    if (!scenario->media) good = perform_on_medium(scenario, 0);
    for (unsigned medium = TCP4; medium <= MEMORY; medium *= 2)
        if (medium_wanted(scenario, medium)) good &= perform_on_medium(scenario, medium);
    if (!good) fail();
}

/* ---- the same without memory ---------------------------------------------------------------------------------------- */

static bool torture_one(const struct scenario *scenario, const struct place *place, enum medium medium,
                        struct refusal refusal, size_t *requests) {
    struct trace trace = {0};
    char detail[64];
    check_reset();
    *requests = scene_perform(scenario, place, medium, &refusal, &trace);
    bool failed = *check_failures() != 0;
    snprintf(detail, sizeof detail, ", request %zu refused%s", refusal.at, refusal.on ? " and all after it" : "");
    if (failed) report(scenario, place, medium, detail);
    if (failed) print_error("%s", text_of(&trace));
    trace_free(&trace);
    return !failed;
}

/* Until so few requests are made that none is refused. The step grows on real systems, where time is real. */
static bool torture_on(const struct scenario *scenario, const struct place *place, enum medium medium, bool on) {
    size_t requests = 1, step = place->where == SIMULATED ? 1 : 7;
    bool good = true;
    for (size_t at = 1; at <= requests && good; at += step)
        good = torture_one(scenario, place, medium, (struct refusal){at, on}, &requests);
    return good;
}

static bool torture_on_medium(const struct scenario *scenario, enum medium medium) {
    const struct place *place;
    bool good = true;
    for (size_t i = 0; (place = place_at(i)); i++) {
        if (!place_wanted(scenario, place)) continue;
        good &= torture_on(scenario, place, medium, false);
        good &= torture_on(scenario, place, medium, true);
    }
    return good;
}

static void torture(void **state) {
    const struct scenario *scenario = *state;
    let_crashes_be();
    bool good = true;
    if (!scenario->media) good = torture_on_medium(scenario, 0);
    for (unsigned medium = TCP4; medium <= MEMORY; medium *= 2)
        if (medium_wanted(scenario, medium)) good &= torture_on_medium(scenario, medium);
    if (!good) fail();
}

/* ---- the program ---------------------------------------------------------------------------------------------------- */

static void tell_missing(void) {
    const struct place *place;
    for (size_t i = 0; (place = place_at(i)); i++)
        if (place_missing(place)) print_message("SKIPPED: everything on %s: %s\n", place->name, place_missing(place));
    if (medium_missing(TCP6)) print_message("SKIPPED: everything over ipv6: %s\n", medium_missing(TCP6));
}

static char *full_name(const struct suite *suite, const struct scenario *scenario) {
    size_t size = strlen(suite->name) + strlen(scenario->name) + 2;
    char *name = malloc(size);
    if (!name) abort();
    snprintf(name, size, "%s.%s", suite->name, scenario->name);
    return name;
}

static int run(const struct suite *const *suites, size_t count, CMUnitTestFunction function, int argc, char **argv) {
    size_t total = 0, n = 0;
    for (size_t i = 0; i < count; i++) total += suites[i]->count;
    struct CMUnitTest *tests = calloc(total, sizeof *tests);
    if (!tests) abort();
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < suites[i]->count; k++, n++)
            tests[n] = (struct CMUnitTest){.name = full_name(suites[i], &suites[i]->scenarios[k]),
                                           .test_func = function,
                                           .initial_state = (void *)&suites[i]->scenarios[k]};
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    if (argc > 2) only_place = argv[2];
    if (argc > 3) only_medium = argv[3];
    tell_missing();
    int failed = _cmocka_run_group_tests("scenarios", tests, total, NULL, NULL);
    for (size_t i = 0; i < total; i++) free((void *)tests[i].name);
    free(tests);
    return failed;
}

int suites_perform(const struct suite *const *suites, size_t count, int argc, char **argv) {
    return run(suites, count, perform, argc, argv);
}

int suites_torture(const struct suite *const *suites, size_t count, int argc, char **argv) {
    return run(suites, count, torture, argc, argv);
}
