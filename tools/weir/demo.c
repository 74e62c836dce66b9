/* SPDX-License-Identifier: MIT
 *
 * A real file through every medium on every backend that works here, and a table of what it took. The figures are those
 * of the whole way, reading the file and hashing it included. SIGINT just ends it: there is nothing to clean up. */
#include "demo.h"

#include "looping.h"
#include "move.h"
#include "page.h"
#include "say.h"
#include "table.h"
#include "units.h"
#include "usage.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const uint64_t DEFAULT_BYTES = UINT64_C(256) << 20;

struct demo {
    struct sample sample;
    struct table table;
    unsigned moves, failures;
    bool quiet;
};

/* "-" where nothing can be said. */
static void add_row(struct demo *demo, const struct move *m, double seconds, double cpu_seconds, const char *verdict) {
    double giga = (double)m->arrived / 1e9;
    char bytes[UNITS_TEXT_MAX], rate[32] = "-", cpu[32] = "-", peak[UNITS_TEXT_MAX] = "-";
    if (m->arrived > 0 && seconds > 0) snprintf(rate, sizeof rate, "%.2f", giga / seconds);
    if (m->arrived > 0) snprintf(cpu, sizeof cpu, "%.2f", cpu_seconds / giga);
    if (usage_peak() > 0) units_bytes(usage_peak(), peak, sizeof peak);
    table_add(&demo->table, (const char *[]){m->backend, m->medium->name, units_bytes(m->arrived, bytes, sizeof bytes),
                                             rate, cpu, peak, verdict});
}

static void move_one(struct demo *demo, const char *backend, const struct medium *medium) {
    char label[64];
    struct progress progress;
    struct move m = {.backend = backend, .medium = medium, .sample = &demo->sample, .progress = &progress};
    snprintf(label, sizeof label, "%s %s", backend, medium->name);
    progress_begin(&progress, label, demo->sample.bytes, PROGRESS_SILENT, demo->quiet);
    usage_peak_reset();
    uint64_t begun_ns = usage_now_ns(), cpu_ns = usage_cpu_ns();
    bool moved = move_run(&m);
    double cpu_seconds = (double)(usage_cpu_ns() - cpu_ns) / 1e9, seconds = (double)(usage_now_ns() - begun_ns) / 1e9;
    bool same = moved && memcmp(m.digest, demo->sample.digest, HASH_SIZE) == 0;
    const char *verdict = same ? "yes" : moved ? "DIFFERS" : "FAILED";
    demo->moves++;
    demo->failures += !same;
    progress_end(&progress, same ? "verified" : verdict);
    if (!same) say_error("%s: %s", label, moved ? "the SHA-256 differs from the file's" : m.problem);
    add_row(demo, &m, seconds, cpu_seconds, verdict);
}

static void move_all(struct demo *demo, const char *wanted) {
    weir_backend_info info;
    for (size_t i = 0; weir_backend_probe(i, &info) == 0; i++) {
        if (wanted && strcmp(wanted, info.name) != 0) continue;
        if (info.status == 0)
            for (const struct medium *medium = media; medium < media + MEDIA; medium++)
                move_one(demo, info.name, medium);
        else
            say_line("  %s does not work here: %s (%s)", info.name, weir_error_text(info.status), info.reason);
    }
}

static void show(const struct demo *demo, double seconds) {
    char control[64], size[UNITS_TEXT_MAX], note[768];
    usage_setting("/proc/sys/net/ipv4/tcp_congestion_control", control, sizeof control);
    puts("");
    table_print(&demo->table, true);
    snprintf(note, sizeof note,
             "\n  Each row: %s from a file over one connection, through weir_pipe, over a second one, to SHA-256. "
             "GB is 1e9 bytes; time and CPU include reading and hashing; memory is that of the whole process. "
             "What sim moves it moves in its own memory: its row is the price of simulating.\n"
             "  TCP congestion control in force: %s.\n\n",
             units_bytes(demo->sample.bytes, size, sizeof size), *control ? control : "not told by this system");
    page_print(STDOUT_FILENO, note);
    printf("%u of %u arrived whole, in %.1f s\n", demo->moves - demo->failures, demo->moves, seconds);
}

int demo_run(const struct options *options) {
    static struct demo demo = {
        .table = {.columns = 7, .right = {[2] = true, true, true, true}, .spare = {[2] = 3, [4] = 1, [5] = 2}}};
    uint64_t begun_ns = usage_now_ns();
    bool given = options->given & OPTION_BYTES;
    demo.quiet = options->given & OPTION_QUIET;
    if (!sample_open(&demo.sample, given ? options->bytes : DEFAULT_BYTES, demo.quiet)) return EXIT_FAILED;
    table_add(&demo.table,
              (const char *[]){"backend", "medium", "bytes", "GB/s", "CPU s/GB", "peak memory", "verified"});
    move_all(&demo, options->backend);
    sample_close(&demo.sample);
    show(&demo, (double)(usage_now_ns() - begun_ns) / 1e9);
    return demo.failures || demo.moves == 0 ? EXIT_FAILED : EXIT_DELIVERED;
}
