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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static const char *only_place; /* NULL: all */
static enum medium the_medium; /* of this process */

static uint64_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* What is below a layer's transport has been seen on its own; one readiness backend shows the rest. */
static bool place_wanted(const struct scenario *scenario, const struct place *place) {
    if ((the_medium & LAYERED) && (place->where & (POLL | SELECT))) return false;
    if (scenario->places && !(scenario->places & (unsigned)place->where)) return false;
    if (only_place && strcmp(only_place, place->name)) return false;
    return !place_missing(place);
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

/* ---- all performances of a scenario ------------------------------------------------------------------------------ */

struct first {
    struct trace trace;
    const struct place *place;
    enum medium medium;
};

static const char *text_of(const struct trace *trace) { return trace->text ? trace->text : ""; }

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

/* cmocka catches a crash and goes on, with a loop that is half-way through a tick: better to end there. */
static void let_crashes_be(void) {
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        signal(signals[i], SIG_DFL);
}

static void perform(void **state) {
    const struct scenario *scenario = *state;
    struct first first = {0};
    const struct place *place;
    bool good = true;
    let_crashes_be();
    for (size_t i = 0; (place = place_at(i)); i++)
        if (place_wanted(scenario, place)) good &= perform_one(scenario, place, the_medium, &first);
    trace_free(&first.trace);
    if (!good) fail();
}

/* ---- the same without memory ------------------------------------------------------------------------------------- */

static bool torture_one(const struct scenario *scenario, const struct place *place, enum medium medium,
                        struct refusal refusal, bool *refused) {
    struct trace trace = {0};
    char detail[80];
    check_reset();
    *refused = scene_perform(scenario, place, medium, &refusal, &trace);
    bool failed = *check_failures() != 0;
    snprintf(detail, sizeof detail, ", request %zu%s refused%s", refusal.at, refusal.world ? " of the world" : "",
             refusal.on ? " and all after it" : "");
    if (failed) report(scenario, place, medium, detail);
    if (failed) print_error("%s", text_of(&trace));
    trace_free(&trace);
    return !failed;
}

/* Until so few requests are made that none is refused. On real systems, where time is real, only some of them. */
static bool torture_on(const struct scenario *scenario, const struct place *place, enum medium medium,
                       struct refusal refusal) {
    size_t step = place->where == SIMULATED ? 1 : 9;
    bool good = true, refused = true;
    for (refusal.at = 1; refused && good; refusal.at += step)
        good = torture_one(scenario, place, medium, refusal, &refused);
    return good;
}

static bool torture_at(const struct scenario *scenario, const struct place *place) {
    bool good = true;
    for (unsigned kind = 0; kind < 4; kind++) {
        struct refusal refusal = {.on = kind & 1, .world = kind & 2};
        if (!refusal.world || place->where == SIMULATED) good &= torture_on(scenario, place, the_medium, refusal);
    }
    return good;
}

static void torture(void **state) {
    const struct scenario *scenario = *state;
    const struct place *place;
    bool good = true;
    let_crashes_be();
    for (size_t i = 0; (place = place_at(i)); i++)
        if (place_wanted(scenario, place)) good &= torture_at(scenario, place);
    if (!good) fail();
}

/* ---- the program ------------------------------------------------------------------------------------------------- */

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

/* What the program was asked to do. */
struct order {
    const struct suite *const *suites;
    size_t count;
    CMUnitTestFunction function;
};

static bool suits(const struct scenario *scenario, enum medium medium) {
    return medium == NONE ? !scenario->media : (scenario->media & (unsigned)medium) != 0;
}

/* The tests that there are for `medium`; names and table are the caller's. */
static struct CMUnitTest *tests_for(const struct order *order, enum medium medium, size_t *ret_count) {
    struct CMUnitTest *tests = NULL;
    size_t n = 0;
    for (size_t i = 0; i < order->count; i++) {
        const struct suite *suite = order->suites[i];
        for (size_t k = 0; k < suite->count; k++) {
            if (!suits(&suite->scenarios[k], medium)) continue;
            tests = realloc(tests, (n + 1) * sizeof *tests);
            if (!tests) abort();
            tests[n++] = (struct CMUnitTest){.name = full_name(suite, &suite->scenarios[k]),
                                             .test_func = order->function,
                                             .initial_state = (void *)&suite->scenarios[k]};
        }
    }
    *ret_count = n;
    return tests;
}

static int run_on_medium(const struct order *order, enum medium medium) {
    size_t count;
    struct CMUnitTest *tests = tests_for(order, medium, &count);
    the_medium = medium;
    int failed = count ? _cmocka_run_group_tests(medium_name(medium), tests, count, NULL, NULL) : 0;
    for (size_t i = 0; i < count; i++)
        free((void *)tests[i].name);
    free(tests);
    return failed;
}

/* ---- one process for each medium, since most of the time of most tests is waiting -------------------------------- */

struct worker {
    pid_t pid;
    FILE *output;
};

static void begin_worker(struct worker *w, const struct order *order, enum medium medium) {
    fflush(NULL);
    w->output = tmpfile();
    if (!w->output) abort();
    w->pid = fork();
    if (w->pid) return;
    dup2(fileno(w->output), 1);
    dup2(fileno(w->output), 2);
    setvbuf(stdout, NULL, _IOLBF, 0);
    exit(run_on_medium(order, medium) ? 1 : 0);
}

static bool end_worker(struct worker *w, enum medium medium) {
    char line[4096];
    int status = 1;
    waitpid(w->pid, &status, 0);
    rewind(w->output);
    while (fgets(line, sizeof line, w->output))
        fputs(line, stdout);
    fclose(w->output);
    if (WIFSIGNALED(status)) printf("%s: ended by signal %d\n", medium_name(medium), WTERMSIG(status));
    return status == 0;
}

static int run_on_each_medium(const struct order *order) {
    static const enum medium media[] = {NONE, TCP4, TCP6, UNIX_PATH, UNIX_NAME, PIPE, MEMORY, TRACED, THROTTLED, DEEP};
    enum { COUNT = sizeof media / sizeof *media };
    struct worker workers[COUNT] = {{0}};
    bool good = true;
    for (size_t i = 0; i < COUNT; i++)
        if (!medium_missing(media[i])) begin_worker(&workers[i], order, media[i]);
    for (size_t i = 0; i < COUNT; i++)
        if (workers[i].pid) good &= end_worker(&workers[i], media[i]);
    return good ? 0 : 1;
}

static enum medium medium_named(const char *name) {
    for (unsigned medium = TCP4; medium <= DEEP; medium *= 2)
        if (!strcmp(name, medium_name(medium))) return medium;
    return NONE;
}

static int run(const struct suite *const *suites, size_t count, CMUnitTestFunction function, int argc, char **argv) {
    struct order order = {suites, count, function};
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    if (argc > 2 && strcmp(argv[2], "*")) only_place = argv[2];
    tell_missing();
    return argc > 3 ? run_on_medium(&order, medium_named(argv[3])) : run_on_each_medium(&order);
}

int suites_perform(const struct suite *const *suites, size_t count, int argc, char **argv) {
    return run(suites, count, perform, argc, argv);
}

int suites_torture(const struct suite *const *suites, size_t count, int argc, char **argv) {
    return run(suites, count, torture, argc, argv);
}
