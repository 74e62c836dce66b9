/* SPDX-License-Identifier: MIT
 *
 * What the world remembers: a digest over every act, and a line about it for whoever asked. The two never differ in
 * what they see, but for the bytes themselves, of which the digest keeps a hash. */
#include "backend/sim/world.h"

#include <stdio.h>

static const char *const act_names[] = {
#define ACT_NAME(name, text) [name] = (text),
    WEIR_SIM_ACT_LIST(ACT_NAME)
#undef ACT_NAME
};

static uint64_t mix(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

/* Little end first on every machine, so that a digest means the same everywhere. */
static uint64_t word_at(const uint8_t *bytes, size_t size) {
    uint64_t word = 0;
    for (size_t i = 0; i < size; i++)
        word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

uint64_t weir_sim_hash(uint64_t seed, const uint8_t *bytes, size_t size) {
    for (; size >= 8; bytes += 8, size -= 8)
        seed = mix(seed, word_at(bytes, 8));
    return mix(seed, word_at(bytes, size) ^ (uint64_t)size << 56);
}

static uint64_t mix_party(uint64_t hash, const struct weir_sim_party *party) {
    if (!party || !party->host) return mix(hash, UINT64_MAX);
    return mix(hash, (uint64_t)party->host->number << 40 | (uint64_t)party->kind << 32 | party->id);
}

/* "a tcp#3", or "a" for the host as a whole. */
static size_t write_party(char *text, size_t size, const struct weir_sim_party *party) {
    static const char *const kinds[] = {"tcp", "unix", "pipe", "file"};
    int n;
    if (!party->host)
        n = snprintf(text, size, "nobody");
    else if (party->id)
        n = snprintf(text, size, "%.60s %s#%u", party->host->name, kinds[party->kind], party->id);
    else
        n = snprintf(text, size, "%.60s", party->host->name);
    return n > 0 ? (size_t)n : 0;
}

static void tell(const weir_sim *sim, const struct weir_sim_party *from, const struct weir_sim_party *to,
                 const char *act, uint64_t count) {
    char line[256];
    size_t n = (size_t)snprintf(line, sizeof line, "%llu.%06llums ", (unsigned long long)(sim->now_ns / 1000000),
                                (unsigned long long)(sim->now_ns % 1000000));
    n += write_party(line + n, sizeof line - n, from);
    if (to) {
        n += (size_t)snprintf(line + n, sizeof line - n, " -> ");
        n += write_party(line + n, sizeof line - n, to);
    }
    n += (size_t)snprintf(line + n, sizeof line - n, " %s", act);
    if (count) snprintf(line + n, sizeof line - n, " %llu", (unsigned long long)count);
    sim->options.trace(sim->options.trace_user, line);
}

void weir_sim_record(const struct weir_sim_party *from, const struct weir_sim_party *to, enum weir_sim_act act,
                     uint64_t count, uint64_t content) {
    weir_sim *sim = from->host->sim;
    uint64_t digest = mix(sim->digest, sim->now_ns << 8 | (uint64_t)act);
    digest = mix_party(mix_party(digest, from), to);
    sim->digest = mix(mix(digest, count), content);
    if (sim->options.trace) tell(sim, from, to, act_names[act], count);
}
