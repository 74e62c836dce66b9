/* SPDX-License-Identifier: MIT
 *
 * The figures of a session are added to those of its service when it ends, and a failure is told then, with what had
 * passed by that time. What was cut off by us has been counted by whoever cut it. */
#include "session.h"

#include "say.h"
#include "service.h"

#include <stdio.h>
#include <stdlib.h>

struct session *session_new(struct service *service, size_t size, unsigned parts) {
    struct session *s = calloc(1, size), *head = &service->sessions;
    if (!s) {
        service->failures++;
        say_error("a connection was dropped: out of memory");
        return NULL;
    }
    s->service = service;
    s->parts = parts;
    s->next = head;
    s->prev = head->prev;
    head->prev->next = s;
    head->prev = s;
    if (service->opened++ == 0) service->begun_ns = weir_now_ns(service->loop);
    return s;
}

void session_adopt(struct session *s, int i, weir_transport *t) {
    weir_transport_info info;
    weir_transport_info_get(t, &info);
    s->ends[i] = t;
    s->peers[i] = info.peer;
    s->media[i] = info.stack[0];
}

void session_fail(struct session *s, const weir_error *reason) {
    if (s->failed || !reason) return;
    s->failed = true;
    s->failure = *reason;
}

/* The end that fails first is the one that is told of first. */
static void fail_at(struct session *s, int i, const weir_error *reason) {
    bool first = !s->failed && reason;
    session_fail(s, reason);
    if (!first || *s->failure.peer) return;
    weir_address_format(&s->peers[i], s->failure.peer, sizeof s->failure.peer);
    if (!*s->failure.peer) snprintf(s->failure.peer, sizeof s->failure.peer, "%s", s->media[i]);
}

static void say_session_failure(const struct session *s, const uint64_t bytes[2]) {
    char ways[SERVICE_WAYS_MAX], after[SERVICE_WAYS_MAX + 32] = "";
    if (bytes[0] || bytes[1])
        snprintf(after, sizeof after, " (until then %s)", service_ways(s->service, bytes, ways, sizeof ways));
    say_failure(&s->failure, after);
}

static void session_free(struct session *s) {
    uint64_t bytes[2];
    for (int i = 0; i < 2; i++)
        bytes[i] = s->flow[i].bytes + s->bytes[i];
    if (s->failed && !s->aborted) say_session_failure(s, bytes);
    s->prev->next = s->next;
    s->next->prev = s->prev;
    service_session_ended(s->service, s, bytes);
    free(s);
}

void session_end(struct session *s, int i, const weir_error *reason) {
    s->ends[i] = NULL;
    fail_at(s, i, reason);
    if (--s->parts == 0) session_free(s);
}

static void flow_ended(struct weir_flow *flow, const weir_error *reason) {
    struct session *s = flow->user;
    session_end(s, flow == &s->flow[1], reason);
}

/* False: the session has ended in part, or as a whole. */
static bool pipe_or_end(struct session *s, int from, int to) {
    s->flow[from] = (struct weir_flow){.ended = flow_ended, .user = s};
    int code = weir_pipe_flow(s->ends[from], s->ends[to], &s->flow[from]);
    if (code >= 0) return true;
    session_fail(s, &(weir_error){.code = code, .stage = WEIR_STAGE_OPEN, .hint = "these ends cannot be joined"});
    session_abort(s);
    return false;
}

void session_join(struct session *s) {
    int other = s->ends[1] ? 1 : 0;
    s->joined = true;
    if (!pipe_or_end(s, 0, other)) {
        s->parts = 1; /* nothing of it will be told */
        session_end(s, 0, NULL);
    } else if (other && !pipe_or_end(s, 1, 0)) {
        session_end(s, 1, NULL);
    }
}

static void left(void *self, weir_transport *t, const weir_error *reason) {
    struct session *s = self;
    session_end(s, t == s->ends[1], reason);
}

/* To a pipe the close of one end is the loss of the other, which it would abort: so the pipe is taken away first. */
void session_close(struct session *s) {
    static const weir_protocol leaving = {.disconnected = left};
    for (int i = 0; i < 2; i++) {
        if (!s->ends[i]) continue;
        if (s->joined) weir_transport_set_protocol(s->ends[i], &leaving, s);
        weir_transport_close(s->ends[i]);
    }
}

void session_abort(struct session *s) {
    for (int i = 0; i < 2; i++)
        if (s->ends[i]) weir_transport_abort(s->ends[i]);
}

uint64_t session_look(const struct session *s, size_t *held) {
    weir_transport_info info;
    uint64_t moved = 0;
    *held = 0;
    for (int i = 0; i < 2; i++) {
        if (!s->ends[i]) continue;
        weir_transport_info_get(s->ends[i], &info);
        moved += s->flow[i].bytes + s->bytes[i];
        *held += info.unread + info.queued;
    }
    return moved;
}
