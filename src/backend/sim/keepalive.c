/* SPDX-License-Identifier: MIT
 *
 * The time of an end whose way is cut. Bytes that are under way when it comes cannot leave before the way is mended, so
 * then there is nothing more to wait for. */
#include "backend/sim/keepalive.h"

#define SECOND_NS ((uint64_t)1000000000)
#define PROBES 4
#define SECONDS_MOST 32767

static struct weir_sim_end *end_of(struct weir_sim_event *event) {
    return (struct weir_sim_end *)((char *)event - offsetof(struct weir_sim_end, silence));
}

static void time_is_up(struct weir_sim_event *event) {
    struct weir_sim_end *end = end_of(event);
    if (end->out.queued || end->out.count) return;
    weir_sim_record(&end->party, &weir_sim_other(end)->party, WEIR_SIM_ACT_SILENCE, 0, 0);
    weir_sim_end_give_up(end, WEIR_ETIMEDOUT);
}

static bool waits(struct weir_sim_end *end) {
    if (!end->socket || !end->socket->keepalive || !end->connected || end->reset) return false;
    return weir_sim_is_cut(end->stream->sim, end->party.host, weir_sim_other(end)->party.host);
}

static uint64_t patience_ns(const struct weir_sim_end *end) {
    uint64_t idle = end->socket->keepalive, interval = idle < 4 ? 1 : idle / 4;
    return (idle + PROBES * interval) * SECOND_NS;
}

void weir_sim_keepalive_check(struct weir_sim_end *end) {
    weir_sim *sim = end->stream->sim;
    weir_sim_queue_remove(&sim->events, &end->silence);
    if (!waits(end)) return;
    end->silence.run = time_is_up;
    weir_sim_queue_add(&sim->events, &end->silence, sim->now_ns + patience_ns(end));
}

int weir_sim_keepalive_set(struct weir_sim_socket *socket, int seconds) {
    if (seconds < 0) return WEIR_EINVAL;
    if (socket->party.kind != WEIR_SIM_TCP) return seconds ? WEIR_ENOTSUP : 0;
    socket->keepalive = (uint16_t)(seconds < SECONDS_MOST ? seconds : SECONDS_MOST);
    if (socket->end) weir_sim_keepalive_check(socket->end);
    return 0;
}
