/* SPDX-License-Identifier: MIT
 *
 * What a world does to its hosts when it is told to: cuts the ways between two of them, mends them, and takes a host's
 * connections away as a crash would. */
#include "backend/sim/keepalive.h"
#include "backend/sim/stream.h"

static bool between(const struct weir_sim_cut *cut, const weir_sim_host *a, const weir_sim_host *b) {
    return (cut->a == a && cut->b == b) || (cut->a == b && cut->b == a);
}

/* Where the cut between two hosts is listed, or the end of the list. */
static struct weir_sim_cut **find_cut(weir_sim *sim, const weir_sim_host *a, const weir_sim_host *b) {
    struct weir_sim_cut **at = &sim->cuts;
    while (*at && !between(*at, a, b))
        at = &(*at)->next;
    return at;
}

bool weir_sim_is_cut(const weir_sim *sim, const weir_sim_host *a, const weir_sim_host *b) {
    const struct weir_sim_cut *cut = sim->cuts;
    while (cut && !between(cut, a, b))
        cut = cut->next;
    return cut != NULL;
}

static void record(weir_sim_host *a, weir_sim_host *b, enum weir_sim_act act) {
    struct weir_sim_party from = {.host = a}, to = {.host = b};
    weir_sim_record(&from, b ? &to : NULL, act, 0, 0);
}

static int cut_off(weir_sim *sim, const weir_sim_host *a, const weir_sim_host *b) {
    struct weir_sim_cut *cut = weir_memory_new(&sim->memory, sizeof *cut);
    if (!cut) return WEIR_ENOMEM;
    *cut = (struct weir_sim_cut){sim->cuts, a, b};
    sim->cuts = cut;
    return 0;
}

static void mend(weir_sim *sim, struct weir_sim_cut **at) {
    struct weir_sim_cut *cut = *at;
    *at = cut->next;
    weir_memory_free(&sim->memory, cut, sizeof *cut);
}

/* The way between two hosts is another one now: their connections find out. */
static void tell_ends(weir_sim *sim, const weir_sim_host *a, const weir_sim_host *b, bool cut) {
    const struct weir_sim_cut way = {.a = a, .b = b};
    for (struct weir_sim_stream *stream = sim->streams; stream; stream = stream->next) {
        if (!between(&way, stream->ends[0].party.host, stream->ends[1].party.host)) continue;
        for (int i = 0; i < 2; i++) {
            if (!cut) weir_sim_flow_mend(sim, &stream->ends[i].out);
            weir_sim_keepalive_check(&stream->ends[i]);
        }
    }
}

static bool lives_in(const weir_sim *sim, const weir_sim_host *host) { return host && host->sim == sim; }

int weir_sim_partition(weir_sim *sim, weir_sim_host *a, weir_sim_host *b, bool cut) {
    struct weir_sim_cut **at;
    int result = 0;

    if (!sim || !lives_in(sim, a) || !lives_in(sim, b) || a == b) return WEIR_EINVAL;
    at = find_cut(sim, a, b);
    if ((*at != NULL) == cut) return 0;
    if (cut)
        result = cut_off(sim, a, b);
    else
        mend(sim, at);
    if (result < 0) return result;
    tell_ends(sim, a, b, cut);
    record(a, b, cut ? WEIR_SIM_ACT_CUT : WEIR_SIM_ACT_MENDED);
    return 0;
}

static bool crosses(const struct weir_sim_stream *stream, const weir_sim_host *host) {
    const weir_sim_host *a = stream->ends[0].party.host, *b = stream->ends[1].party.host;
    return a != b && (a == host || b == host);
}

int weir_sim_reset(weir_sim *sim, weir_sim_host *host) {
    if (!sim || !lives_in(sim, host)) return WEIR_EINVAL;
    record(host, NULL, WEIR_SIM_ACT_CRASH);
    for (struct weir_sim_stream *stream = sim->streams; stream; stream = stream->next) {
        if (crosses(stream, host)) weir_sim_stream_lose(stream);
    }
    return 0;
}
