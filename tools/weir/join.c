/* SPDX-License-Identifier: MIT
 *
 * Each way of a relay is one weir_pipe_flow, where both ends are made for it. A file is not: one that is only written
 * gives an empty stream, so the other end gets the end of it at once; and one that is only read takes nothing, so the
 * bytes that come for it have nowhere to go. They are not dropped in silence: every byte arrives, or it is a failure.
 *
 * An end that no flow reads is ours, and is closed when both of its directions have ended. */
#include "join.h"

#include <stdio.h>

static void close_if_done(struct session *s, int i) {
    if (s->ends[i] && s->ended[i] && !s->ends[!i]) weir_transport_close(s->ends[i]);
}

static void flow_ended(struct weir_flow *flow, const weir_error *reason) {
    struct session *s = flow->user;
    int i = flow == &s->flow[1];
    s->ends[i] = NULL;
    close_if_done(s, !i);
    session_end(s, i, reason);
}

static int pipe_ends(struct session *s, int from, int to) {
    s->flow[from] = (struct weir_flow){.ended = flow_ended, .user = s};
    return weir_pipe_flow(s->ends[from], s->ends[to], &s->flow[from]);
}

/* ---- an end whose bytes nobody takes ---- */

static size_t useless_received(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    struct session *s = self;
    weir_error error = {.code = WEIR_ENOTSUP, .stage = WEIR_STAGE_WRITE};
    (void)t;
    (void)bytes;
    snprintf(error.peer, sizeof error.peer, "%s", s->media[t == s->ends[0]]);
    snprintf(error.hint, sizeof error.hint, "it is only read, and bytes came for it");
    session_fail(s, &error);
    session_abort(s);
    return n;
}

static void useless_ended(void *self, weir_transport *t) {
    struct session *s = self;
    int i = t == s->ends[1];
    s->ended[i] = true;
    close_if_done(s, i);
}

static const weir_protocol useless = {
    .received = useless_received, .ended = useless_ended, .disconnected = session_left};

/* ---- a way ---- */

static int join_way(struct session *s, int from, int to) {
    weir_transport_info giver, taker;
    weir_transport_info_get(s->ends[from], &giver);
    weir_transport_info_get(s->ends[to], &taker);
    if (giver.can_receive && taker.can_send) return pipe_ends(s, from, to);
    if (giver.can_receive) return weir_transport_set_protocol(s->ends[from], &useless, s);
    if (!taker.can_send) return 0;
    return taker.can_half_close ? weir_transport_half_close(s->ends[to]) : weir_transport_close(s->ends[to]);
}

static void fail(struct session *s, int code) {
    session_fail(s, &(weir_error){.code = code, .stage = WEIR_STAGE_OPEN, .hint = "these ends cannot be joined"});
    session_abort(s);
}

void join_ends(struct session *s) {
    s->joined = true;
    int code = join_way(s, 0, 1);
    if (code >= 0) code = join_way(s, 1, 0);
    if (code < 0) fail(s, code);
}

void join_echo(struct session *s) {
    s->joined = true;
    int code = pipe_ends(s, 0, 0);
    if (code < 0) fail(s, code);
}
