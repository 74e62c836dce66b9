/* SPDX-License-Identifier: MIT */
/* The load generator: `bench_load MODE PORT PID [name=value ...]` runs one mode against a running server and
 * prints one line.
 *
 * Modes: echo, churn, idle, flood (each in its own file). Names: connections, first, size, depth, warm_ms,
 * time_ms. */
#include "load.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static const struct {
    const char *name;
    int (*run)(const struct load_options *);
} modes[] = {{"echo", load_echo}, {"churn", load_churn}, {"idle", load_idle}, {"flood", load_flood}};

static int usage(void) {
    fprintf(
        stderr,
        "usage: bench_load echo|churn|idle|flood PORT PID [connections=N] [first=N] [size=BYTES] [depth=N] [warm_ms=N] "
        "[time_ms=N]\n");
    return 2;
}

static bool number(const char *text, unsigned long most, unsigned long *ret) {
    char *end = NULL;
    *ret = strtoul(text, &end, 10);
    return end != text && *end == '\0' && *ret > 0 && *ret <= most;
}

static bool is(const char *word, const char *name, unsigned long *ret) {
    const size_t n = strlen(name);
    return strncmp(word, name, n) == 0 && word[n] == '=' && number(word + n + 1, 1UL << 30, ret);
}

static bool apply(struct load_options *o, const char *word) {
    unsigned long v;
    if (is(word, "connections", &v)) {
        o->connections = (unsigned)v;
    } else if (is(word, "first", &v)) {
        o->first = (unsigned)v;
    } else if (is(word, "size", &v)) {
        o->size = v;
    } else if (is(word, "depth", &v)) {
        o->depth = (unsigned)v;
    } else if (is(word, "warm_ms", &v)) {
        o->warm_ms = (unsigned)v;
    } else if (is(word, "time_ms", &v)) {
        o->time_ms = (unsigned)v;
    } else {
        return false;
    }
    return true;
}

static void allow_descriptors(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int main(int argc, char **argv) {
    struct load_options o = {.connections = 50, .first = 1000, .depth = 1, .size = 64, .warm_ms = 300, .time_ms = 1000};
    unsigned long port, pid;
    if (argc < 4 || !number(argv[2], 65535, &port) || !number(argv[3], 1UL << 22, &pid)) {
        return usage();
    }
    o.port = (uint16_t)port;
    o.pid = (pid_t)pid;
    for (int i = 4; i < argc; i++) {
        if (!apply(&o, argv[i])) {
            return usage();
        }
    }
    allow_descriptors();
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(argv[1], modes[i].name) == 0) {
            return modes[i].run(&o);
        }
    }
    return usage();
}
