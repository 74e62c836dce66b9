/* SPDX-License-Identifier: MIT
 *
 * What works on this machine, what does not and why, and what is so low that it will be run into. The library is asked
 * about itself; the limits are read where the system keeps them. Nothing is changed. */
#include "doctor.h"

#include "looping.h"
#include "table.h"
#include "units.h"
#include "usage.h"

#include <weir/weir.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>

static void show_versions(void) {
    struct utsname system;
    printf("weir %s", weir_version());
    if (uname(&system) == 0) printf(" on %s %s (%s)", system.sysname, system.release, system.machine);
    puts("");
}

static void show_backends(void) {
    struct table table = {.columns = 3};
    weir_backend_info info;
    char text[TABLE_CELL];
    puts("\nbackends, best first");
    for (size_t i = 0; weir_backend_probe(i, &info) == 0; i++) {
        snprintf(text, sizeof text, "%s%s%s", info.summary, *info.reason ? "; " : "", info.reason);
        table_add(&table, (const char *[]){info.name, info.status == 0 ? "works" : weir_error_text(info.status), text});
    }
    table_print(&table, false);
}

/* What a program gets that asks for nothing. */
static int show_choice(const char *wanted) {
    weir_loop *loop;
    const char *environment = getenv("WEIR_BACKEND");
    fflush(stdout);
    if (looping_open(&loop, wanted) < 0) return EXIT_FAILED;
    printf("  in use: %s%s", weir_loop_backend(loop),
           wanted                        ? " (--backend)"
           : environment && *environment ? " (WEIR_BACKEND)"
                                         : "");
    if (*weir_loop_backend_reason(loop)) printf("; %s", weir_loop_backend_reason(loop));
    puts("");
    looping_end(loop);
    return 0;
}

/* ---- limits ---- */

static const char *limit_text(rlim_t limit, bool memory, char *text, size_t size) {
    if (limit == RLIM_INFINITY) return "unlimited";
    if (memory) return units_bytes(limit, text, size);
    snprintf(text, size, "%" PRIu64, (uint64_t)limit);
    return text;
}

static void add_limit(struct table *table, const char *name, int which, rlim_t enough, const char *advice) {
    struct rlimit limit;
    char soft[UNITS_TEXT_MAX], hard[UNITS_TEXT_MAX], text[2 * UNITS_TEXT_MAX + 16];
    bool memory = which == RLIMIT_MEMLOCK;
    if (getrlimit((__rlimit_resource_t)which, &limit) < 0) return;
    const char *now = limit_text(limit.rlim_cur, memory, soft, sizeof soft);
    const char *most = limit_text(limit.rlim_max, memory, hard, sizeof hard);
    snprintf(text, sizeof text, "%s (hard: %s)", now, most);
    table_add(table, (const char *[]){name, text, limit.rlim_cur < enough ? advice : ""});
}

static const char *backlog_advice(const char *value) {
    return *value && strtol(value, NULL, 10) < 1024
               ? "low: bursts of connections are refused; sysctl -w net.core.somaxconn=4096"
               : "";
}

static const char *congestion_advice(const char *value) {
    return strcmp(value, "bbr") == 0 ? "paces every connection; compare figures of one stream only under the same one"
                                     : "";
}

static const char *io_uring_advice(const char *value) {
    if (strcmp(value, "1") == 0) return "for privileged processes only; sysctl -w kernel.io_uring_disabled=0 opens it";
    if (strcmp(value, "2") == 0) return "off for everybody; sysctl -w kernel.io_uring_disabled=0 opens it";
    return "";
}

static void add_setting(struct table *table, const char *name, const char *path, const char *(*advice)(const char *)) {
    char text[64];
    usage_setting(path, text, sizeof text);
    table_add(table, (const char *[]){name, *text ? text : "not told by this system", advice(text)});
}

static void show_limits(void) {
    struct table table = {.columns = 3};
    add_limit(&table, "open files", RLIMIT_NOFILE, 4096,
              "low: one for each connection, two for a relayed one; ulimit -n 65536 (the tool takes the hard limit)");
    add_limit(&table, "locked memory", RLIMIT_MEMLOCK, 1024 * 1024,
              "low: kernels before 5.12 charge io_uring to it; ulimit -l 8192");
    add_setting(&table, "listen backlog", "/proc/sys/net/core/somaxconn", backlog_advice);
    add_setting(&table, "congestion control", "/proc/sys/net/ipv4/tcp_congestion_control", congestion_advice);
    add_setting(&table, "io_uring_disabled", "/proc/sys/kernel/io_uring_disabled", io_uring_advice);
    puts("\nlimits");
    table_print(&table, false);
}

int doctor_run(const struct options *options) {
    show_versions();
    show_backends();
    int status = show_choice(options->backend);
    show_limits();
    return status;
}
