/* SPDX-License-Identifier: MIT
 *
 * A world: made with its options, given hosts, ended when no loop lives in it. The generator is splitmix64: one word of
 * state, and good enough for schedules. */
#include "backend/sim/world.h"

#include <string.h>

#include "backend/sim/file.h"
#include "backend/sim/name.h"
#include "backend/sim/stream.h"

#define MICROSECOND ((uint64_t)1000)
#define BUFFER_MAX ((size_t)1 << 30)

static void fill(weir_sim_options *o) {
    if (!o->latency_max_ns) {
        o->latency_max_ns = 100 * MICROSECOND;
        if (!o->latency_min_ns) o->latency_min_ns = 10 * MICROSECOND;
    }
    if (!o->socket_buffer) o->socket_buffer = 64 * 1024;
    if (!o->pipe_buffer) o->pipe_buffer = 64 * 1024;
    if (!o->handle_limit) o->handle_limit = 1024;
    if (!o->disk_limit) o->disk_limit = (size_t)16 * 1024 * 1024;
}

static bool possible(const weir_sim_options *o) {
    return o->latency_min_ns <= o->latency_max_ns && o->socket_buffer <= BUFFER_MAX && o->pipe_buffer <= BUFFER_MAX &&
           o->short_io_percent <= 100;
}

int weir_sim_open(weir_sim **ret, const weir_sim_options *options) {
    weir_sim_options filled = options ? *options : (weir_sim_options){0};
    struct weir_memory memory;
    weir_sim *sim;

    if (!ret) return WEIR_EINVAL;
    fill(&filled);
    if (!possible(&filled)) return WEIR_EINVAL;
    weir_memory_init(&memory, filled.allocator);
    sim = weir_memory_new(&memory, sizeof *sim);
    if (!sim) return WEIR_ENOMEM;
    sim->memory = memory;
    sim->options = filled;
    sim->options.allocator = NULL; /* copied into `memory`; the caller's struct need not live on */
    sim->random = filled.seed;
    *ret = sim;
    return 0;
}

static void free_host(weir_sim_host *host) {
    weir_sim_names_free(host);
    weir_sim_files_free(host);
    weir_memory_free(&host->sim->memory, host, host->size);
}

int weir_sim_close(weir_sim *sim) {
    struct weir_memory memory;

    if (!sim) return WEIR_EINVAL;
    for (const weir_sim_host *host = sim->hosts; host; host = host->next) {
        if (host->port) return WEIR_EBUSY;
    }
    while (sim->streams)
        weir_sim_stream_free(sim->streams);
    while (sim->hosts) {
        weir_sim_host *host = sim->hosts;
        sim->hosts = host->next;
        free_host(host);
    }
    while (sim->cuts) {
        struct weir_sim_cut *cut = sim->cuts;
        sim->cuts = cut->next;
        weir_memory_free(&sim->memory, cut, sizeof *cut);
    }
    memory = sim->memory;
    weir_memory_free(&memory, sim, sizeof *sim);
    return 0;
}

static int parse_host(weir_address *ret, const char *text) {
    weir_address parsed;
    if (weir_address_ip(&parsed, text, 0) < 0) return WEIR_EINVAL;
    parsed = weir_sim_unmapped(&parsed);
    if (weir_sim_is_loopback(&parsed) || weir_sim_is_any(&parsed)) return WEIR_EINVAL;
    *ret = parsed;
    return 0;
}

int weir_sim_host_add(weir_sim *sim, const char *name, const char *address, weir_sim_host **ret) {
    size_t size;
    weir_address parsed;
    weir_sim_host *host, **end;

    if (!sim || !name || !address || !ret || parse_host(&parsed, address) < 0) return WEIR_EINVAL;
    for (end = &sim->hosts; *end; end = &(*end)->next) {
        if (weir_sim_same_ip(&(*end)->address, &parsed)) return WEIR_EEXIST;
    }
    size = sizeof *host + strlen(name) + 1;
    host = weir_memory_new(&sim->memory, size);
    if (!host) return WEIR_ENOMEM;
    host->sim = sim;
    host->size = size;
    host->address = parsed;
    host->number = sim->host_count++;
    memcpy(host->name, name, strlen(name) + 1);
    *end = host;
    *ret = host;
    return 0;
}

uint64_t weir_sim_now_ns(const weir_sim *sim) { return sim ? sim->now_ns : 0; }
uint64_t weir_sim_digest(const weir_sim *sim) { return sim ? sim->digest : 0; }

uint64_t weir_sim_random(weir_sim *sim) {
    uint64_t x;
    if (!sim) return 0;
    x = sim->random += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

uint64_t weir_sim_draw(weir_sim *sim, uint64_t below) { return weir_sim_random(sim) % below; }

size_t weir_sim_part(weir_sim *sim, size_t n) {
    if (!sim->options.short_io_percent || weir_sim_draw(sim, 100) >= sim->options.short_io_percent) return n;
    return 1 + (size_t)weir_sim_draw(sim, n);
}

/* Within a host things take up to ten microseconds, and never no time at all: two ends that answer each other at once
 * must not stop the clock. */
uint64_t weir_sim_latency(weir_sim *sim, bool local) {
    uint64_t least = sim->options.latency_min_ns, most = sim->options.latency_max_ns;
    if (local) {
        least = 1;
        if (most > 10 * MICROSECOND) most = 10 * MICROSECOND;
    }
    return least + weir_sim_draw(sim, most - least + 1);
}
