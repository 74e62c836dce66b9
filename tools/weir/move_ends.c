/* SPDX-License-Identifier: MIT
 *
 * The file is read into one buffer, which is lent to A until it is taken; D hashes what it is given where it lies. */
#include "move_wiring.h"

#include <errno.h>
#include <unistd.h>

/* ---- A ---- */

static const void *read_file(struct feed *feed, size_t *n) {
    struct move *m = feed->user;
    struct move_wiring *w = m->wiring;
    ssize_t got;
    do
        got = pread(m->sample->fd, w->buffer, sizeof w->buffer, (off_t)w->offset);
    while (got < 0 && errno == EINTR);
    if (got < 0) return NULL;
    *n = (size_t)got;
    w->offset += *n;
    return w->buffer;
}

static void source_connected(void *self, weir_transport *t) {
    struct move *m = self;
    m->wiring->feed = (struct feed){.next = read_file, .user = m};
    feed_start(&m->wiring->feed, t);
}

static void source_disconnected(void *self, weir_transport *t, const weir_error *reason) {
    struct move *m = self;
    (void)t;
    if (m->wiring->feed.code)
        move_fail_with(m, m->wiring->feed.code, WEIR_STAGE_READ);
    else if (reason)
        move_fail_for(m, reason);
}

const weir_protocol move_source = {.connected = source_connected, .disconnected = source_disconnected};

/* ---- B and C ---- */

static void flow_ended(struct weir_flow *flow, const weir_error *reason) {
    if (reason) move_fail_for(flow->user, reason);
}

/* Bytes go one way only, but where there is a way back the end of the stream must find it. */
void move_join(struct move *m, weir_transport *b, weir_transport *c) {
    struct weir_flow *flow = m->wiring->flow;
    weir_transport_info from, to;
    flow[0] = flow[1] = (struct weir_flow){.ended = flow_ended, .user = m};
    weir_transport_info_get(b, &from);
    weir_transport_info_get(c, &to);
    int code = weir_pipe_flow(b, c, &flow[0]);
    if (code >= 0 && from.can_send && to.can_receive) code = weir_pipe_flow(c, b, &flow[1]);
    if (code < 0) move_fail_with(m, code, WEIR_STAGE_OPEN);
}

/* ---- D ---- */

static size_t sink_received(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    struct move *m = self;
    (void)t;
    hash_add(&m->wiring->hash, bytes, n);
    m->arrived += n;
    progress_update(m->progress, m->arrived, true);
    return n;
}

static void sink_disconnected(void *self, weir_transport *t, const weir_error *reason) {
    struct move *m = self;
    (void)t;
    weir_timer_stop(&m->wiring->guard);
    if (reason) move_fail_for(m, reason);
}

const weir_protocol move_sink = {.received = sink_received, .disconnected = sink_disconnected};
