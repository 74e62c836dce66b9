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

void session_fail(struct session *s, const weir_error *reason) {
    if (s->failed || !reason) return;
    s->failed = true;
    s->failure = *reason;
}

static void say_session_failure(const struct session *s, const uint64_t bytes[2]) {
    char ways[SERVICE_WAYS_MAX], after[SERVICE_WAYS_MAX + 32];
    snprintf(after, sizeof after, " (until then %s)", service_ways(s->service, bytes, ways, sizeof ways));
    say_failure(&s->failure, after);
}

static void session_free(struct session *s) {
    uint64_t bytes[2];
    for (int i = 0; i < 2; i++) bytes[i] = s->flow[i].bytes + s->bytes[i];
    if (s->failed && !s->aborted) say_session_failure(s, bytes);
    s->prev->next = s->next;
    s->next->prev = s->prev;
    service_session_ended(s->service, s, bytes);
    free(s);
}

void session_end(struct session *s, int i, const weir_error *reason) {
    s->ends[i] = NULL;
    session_fail(s, reason);
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
    if (!pipe_or_end(s, 0, other)) {
        if (other) session_end(s, 1, NULL);
        session_end(s, 0, NULL);
    } else if (other && !pipe_or_end(s, 1, 0)) {
        session_end(s, 1, NULL);
    }
}

void session_close(struct session *s) {
    for (int i = 0; i < 2; i++)
        if (s->ends[i]) weir_transport_close(s->ends[i]);
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
        moved += info.received + info.sent;
        *held += info.unread + info.queued;
    }
    return moved;
}
