/* SPDX-License-Identifier: MIT
 *
 * One object in one line, on stderr or in a file of its own. Its members are described in docs/tool.md and weir(1);
 * they are only ever added to. A file is written whole or, when the disk is full, told to be broken: it is not
 * replaced atomically, so that it may be a FIFO or /dev/stdout. */
#include "stats.h"

#include "json.h"
#include "say.h"

#include <weir/export.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char TO_FILE[] = "json:";

static uint64_t elapsed_ns(const struct tally *tally) { return tally->ended_ns - tally->begun_ns; }

static uint64_t per_second(uint64_t bytes, uint64_t ns) {
    return ns > 0 ? (uint64_t)((double)bytes * 1e9 / (double)ns) : 0;
}

static void add_ways(struct json *json, const char *name, const struct kind *kind, const uint64_t values[2]) {
    json_open(json, name);
    for (int i = 0; i < 2; i++)
        if (kind->keys[i]) json_count(json, kind->keys[i], values[i]);
    json_close(json);
}

static void add_connections(struct json *json, const struct tally *tally) {
    json_open(json, "connections");
    json_count(json, "opened", tally->opened);
    json_count(json, "failed", tally->failures);
    json_count(json, "retried", tally->retries);
    json_count(json, "closed_idle", tally->closed);
    json_count(json, "cut_off", tally->aborted);
    json_close(json);
}

static void add_stalls(struct json *json, const struct tally *tally) {
    json_open(json, "stalls");
    json_count(json, "count", tally->stalls);
    json_seconds(json, "seconds", tally->stalled_ns);
    json_close(json);
}

static void add_loop(struct json *json, const struct tally *tally) {
    json_open(json, "loop");
    json_string(json, "backend", tally->backend);
    json_count(json, "ticks", tally->loop.ticks);
    json_count(json, "completions", tally->loop.completions);
    json_count(json, "system_calls", tally->loop.system_calls);
    json_count(json, "allocations", tally->loop.allocations);
    json_count(json, "memory_peak", tally->loop.memory_peak);
    json_close(json);
}

static void add_all(struct json *json, const struct tally *tally, const struct kind *kind,
                    const struct options *options, int status) {
    uint64_t rates[2];
    for (int i = 0; i < 2; i++)
        rates[i] = per_second(tally->bytes[i], elapsed_ns(tally));
    json_open(json, NULL);
    json_string(json, "weir", weir_version());
    json_string(json, "verb", options->words[0]);
    for (int i = 0; i < 2; i++)
        json_string(json, kind->words[i], options->words[1 + i]);
    json_count(json, "workers", options->workers ? options->workers : 1);
    json_count(json, "exit_status", (uint64_t)status);
    json_seconds(json, "seconds", elapsed_ns(tally));
    add_ways(json, "bytes", kind, tally->bytes);
    add_ways(json, "bytes_per_second", kind, rates);
    add_connections(json, tally);
    json_string(json, "first_failure", *tally->first_failure ? tally->first_failure : NULL);
    add_stalls(json, tally);
    add_loop(json, tally);
    json_close(json);
    fputc('\n', json->to);
}

static bool write_file(const char *path, const char *text, size_t n) {
    FILE *file = fopen(path, "we");
    bool written = file && fwrite(text, 1, n, file) == n;
    if (file && fclose(file) != 0) written = false;
    if (!written) say_error("write %s: %s", path, strerror(errno));
    return written;
}

bool stats_write(const struct tally *tally, const struct kind *kind, const struct options *options, int status) {
    const char *where = options->stats;
    char *text = NULL;
    size_t n = 0;
    struct json json = {.to = open_memstream(&text, &n)};
    if (json.to) add_all(&json, tally, kind, options, status);
    if (!json.to || fclose(json.to) != 0) {
        say_error("--stats: out of memory");
        free(text);
        return false;
    }
    bool to_file = strncmp(where, TO_FILE, sizeof TO_FILE - 1) == 0;
    bool written = !to_file || write_file(where + sizeof TO_FILE - 1, text, n);
    if (!to_file) say_block(text, n);
    free(text);
    return written;
}
