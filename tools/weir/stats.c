/* SPDX-License-Identifier: MIT
 *
 * One object in one line, on stderr or in a file of its own. Its members are described in docs/tool.md and weir(1); they
 * are only ever added to. A file is written whole or, when the disk is full, told to be broken: it is not replaced
 * atomically, so that it may be a FIFO or /dev/stdout. */
#include "stats.h"

#include "json.h"
#include "say.h"
#include "service.h"

#include <weir/export.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char TO_FILE[] = "json:";

static uint64_t elapsed_ns(const struct service *service) { return service->ended_ns - service->begun_ns; }

static uint64_t per_second(uint64_t bytes, uint64_t ns) {
    return ns > 0 ? (uint64_t)((double)bytes * 1e9 / (double)ns) : 0;
}

static void add_ways(struct json *json, const char *name, const struct service *service, const uint64_t values[2]) {
    json_open(json, name);
    for (int i = 0; i < 2; i++)
        if (service->keys[i]) json_count(json, service->keys[i], values[i]);
    json_close(json);
}

static void add_connections(struct json *json, const struct service *service) {
    json_open(json, "connections");
    json_count(json, "opened", service->opened);
    json_count(json, "failed", service->failures);
    json_count(json, "retried", service->retries);
    json_count(json, "closed_idle", service->closed);
    json_count(json, "cut_off", service->aborted);
    json_close(json);
}

static void add_stalls(struct json *json, const struct meter *meter) {
    json_open(json, "stalls");
    json_count(json, "count", meter->stalls);
    json_seconds(json, "seconds", meter->stalled_ns);
    json_close(json);
}

static void add_loop(struct json *json, const weir_loop *loop) {
    weir_loop_stats stats;
    weir_loop_stats_get(loop, &stats);
    json_open(json, "loop");
    json_string(json, "backend", weir_loop_backend(loop));
    json_count(json, "ticks", stats.ticks);
    json_count(json, "completions", stats.completions);
    json_count(json, "system_calls", stats.system_calls);
    json_count(json, "allocations", stats.allocations);
    json_count(json, "memory_peak", stats.memory_peak);
    json_close(json);
}

static void add_all(struct json *json, const struct service *service, int status) {
    const char *const *words = service->options->words;
    uint64_t moved[2], rates[2];
    service_moved(service, moved);
    for (int i = 0; i < 2; i++)
        rates[i] = per_second(moved[i], elapsed_ns(service));
    json_open(json, NULL);
    json_string(json, "weir", weir_version());
    json_string(json, "verb", words[0]);
    for (int i = 0; i < 2; i++)
        json_string(json, service->words[i], words[1 + i]);
    json_count(json, "exit_status", (uint64_t)status);
    json_seconds(json, "seconds", elapsed_ns(service));
    add_ways(json, "bytes", service, moved);
    add_ways(json, "bytes_per_second", service, rates);
    add_connections(json, service);
    json_string(json, "first_failure", *service->first_failure ? service->first_failure : NULL);
    add_stalls(json, &service->monitor.progress.meter);
    add_loop(json, service->loop);
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

bool stats_write(const struct service *service, int status) {
    const char *where = service->options->stats;
    char *text = NULL;
    size_t n = 0;
    struct json json = {.to = open_memstream(&text, &n)};
    if (json.to) add_all(&json, service, status);
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
