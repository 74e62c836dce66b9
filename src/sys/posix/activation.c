/* SPDX-License-Identifier: MIT
 *
 * Descriptors that a service manager left open for us, from 3 on, as sd_listen_fds_with_names(3) finds them. The
 * environment is read and left alone, so that the descriptors can be found again; what is given out is a duplicate,
 * since a number that was closed may be somebody else's by then. Numbers are digits and nothing else, and an
 * environment that is not all in order is one that is not for us. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys/posix/fail.h"

#define FIRST 3

/* Decimal, without sign, space or leading zero. */
static bool number(const char *text, int *ret) {
    long value = 0;
    if (!text || !*text || (text[0] == '0' && text[1])) return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9') return false;
        value = value * 10 + (*text - '0');
        if (value > INT_MAX - FIRST) return false;
    }
    *ret = (int)value;
    return true;
}

/* Whether the name at `at`, up to a colon or the end, is `name`. */
static bool is_named(const char *at, const char *name) {
    size_t length = strcspn(at, ":");
    return strlen(name) == length && memcmp(at, name, length) == 0;
}

static int find(const char *names, const char *name, int count) {
    int index;
    if (number(name, &index)) return index < count ? index : -1;
    for (index = 0; index < count; index++) {
        if (is_named(names, name)) return index;
        names += strcspn(names, ":");
        if (*names) names++;
    }
    return -1;
}

int weir_sys_activated(const char *name, int *ret, char *there, size_t size, int *os_code) {
    const char *names = getenv("LISTEN_FDNAMES");
    int pid, count, index;
    *there = 0;
    *os_code = 0;
    if (!number(getenv("LISTEN_PID"), &pid) || pid != getpid()) return WEIR_ENOENT;
    if (!number(getenv("LISTEN_FDS"), &count)) return WEIR_ENOENT;
    snprintf(there, size, "%s", names ? names : "");
    index = find(names ? names : "unknown", name, count);
    if (index < 0) return WEIR_ENOENT;
    fcntl(FIRST + index, F_SETFD, FD_CLOEXEC);
    *ret = fcntl(FIRST + index, F_DUPFD_CLOEXEC, 0);
    if (*ret >= 0) return 0;
    int status = weir_sys_fail(os_code);
    return errno == EBADF ? WEIR_ENOENT : status;
}
