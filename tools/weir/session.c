/* SPDX-License-Identifier: MIT
 *
 * The figures of a session are added to those of its service when it ends, and a failure is told then, with what had
 * passed by that time. What was cut off by us has been counted by whoever cut it. */
#include "session.h"

#include "layers.h"
#include "say.h"
#include "service.h"

#include <stdio.h>
#include <stdlib.h>

struct session *session_new(struct service *service, size_t size) {
    struct session *s = calloc(1, size), *head = &service->sessions;
    if (!s) {
        service->failures++;
        say_error("a connection was dropped: out of memory");
        return NULL;
    }
    s->service = service;
    s->next = head;
    s->prev = head->prev;
    head->prev->next = s;
    head->prev = s;
    s->number = ++service->opened;
    service->alive++;
    if (s->number == 1) service->begun_ns = weir_now_ns(service->loop);
    return s;
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
    if (!*s->failure.peer && s->media[i])
        snprintf(s->failure.peer, sizeof s->failure.peer, "%s", s->media[i]);
}

/* One that would not even be closed in order was cut off. */
static void tell_failure(struct session *s, const uint64_t bytes[2]) {
    char ways[SERVICE_WAYS_MAX], after[SERVICE_WAYS_MAX + 32] = "";
    if (bytes[0] || bytes[1])
        snprintf(after, sizeof after, " (until then %s)", service_ways(s->service, bytes, ways, sizeof ways));
    if (!s->closed) {
        service_fail(s->service, &s->failure, after);
    } else {
        s->service->aborted++;
        say_failure(&s->failure, after);
    }
}

static void session_free(struct session *s) {
    uint64_t bytes[2];
    for (int i = 0; i < 2; i++)
        bytes[i] = session_moved(s, i);
    if (s->failed && !s->aborted) tell_failure(s, bytes);
    s->prev->next = s->next;
    s->next->prev = s->prev;
    service_session_ended(s->service, bytes);
    free(s);
}

void session_end(struct session *s, int i, const weir_error *reason) {
    s->ends[i] = NULL;
    fail_at(s, i, reason);
    if (--s->parts == 0) session_free(s);
}

/* ---- ends that are served ---- */

/* The lowest, since what is above is ours. */
static const char *medium_of(const weir_transport_info *info) {
    int i = 0;
    while (i + 1 < WEIR_STACK_MAX && info->stack[i + 1])
        i++;
    return info->stack[i];
}

static void adopt(struct session *s, int i, weir_transport *t) {
    weir_transport_info info;
    weir_transport_info_get(t, &info);
    s->ends[i] = t;
    s->peers[i] = info.peer;
    s->media[i] = medium_of(&info);
    s->parts++;
}

/* An end that will not be served after all: the other one is not wanted either. */
static void abandon(struct session *s, int i) {
    if (s->dialling[i])
        dial_abort(&s->dials[i]);
    else if (s->ends[i])
        weir_transport_abort(s->ends[i]);
}

bool session_take(struct session *s, int i, weir_transport *t, const weir_protocol *protocol) {
    adopt(s, i, t);
    int code = i == 0 ? layers_put(s, &s->ends[i]) : 0;
    if (code >= 0) code = weir_transport_set_protocol(s->ends[i], protocol, s);
    if (code >= 0) return true;
    session_fail(s, &(weir_error){.code = code, .stage = WEIR_STAGE_OPEN});
    weir_transport_abort(s->ends[i]);
    abandon(s, !i);
    session_end(s, i, NULL);
    return false;
}

static void left(void *self, weir_transport *t, const weir_error *reason) {
    struct session *s = self;
    int i = t == s->ends[1];
    if (!s->joined && !s->closed) abandon(s, !i);
    session_end(s, i, reason);
}

static const weir_protocol waiting = {.disconnected = left};

/* ---- ends that are joined ---- */

static void flow_ended(struct weir_flow *flow, const weir_error *reason) {
    struct session *s = flow->user;
    session_end(s, flow == &s->flow[1], reason);
}

static bool pipe_or_abort(struct session *s, int from, int to) {
    s->flow[from] = (struct weir_flow){.ended = flow_ended, .user = s};
    int code = weir_pipe_flow(s->ends[from], s->ends[to], &s->flow[from]);
    if (code >= 0) return true;
    session_fail(s, &(weir_error){.code = code, .stage = WEIR_STAGE_OPEN, .hint = "these ends cannot be joined"});
    session_abort(s);
    return false;
}

bool session_echo(struct session *s, weir_transport *t) {
    if (!session_take(s, 0, t, &waiting)) return false;
    s->joined = true;
    return pipe_or_abort(s, 0, 0);
}

bool session_bring(struct session *s, int i, weir_transport *t) {
    if (!session_take(s, i, t, &waiting)) return false;
    if (!s->ends[!i]) return true;
    s->joined = true;
    if (pipe_or_abort(s, 0, 1)) pipe_or_abort(s, 1, 0);
    return true;
}

static void dialled(struct dial *dial, weir_transport *t, const weir_error *reason) {
    struct session *s = dial->user;
    int i = dial == &s->dials[1];
    s->dialling[i] = false;
    if (t) {
        s->parts--; /* the dial's */
        session_bring(s, i, t);
    } else {
        abandon(s, !i);
        session_end(s, i, reason);
    }
}

void session_dial(struct session *s, int i, const weir_endpoint *endpoint) {
    s->dials[i] = (struct dial){.done = dialled, .user = s};
    s->dialling[i] = true;
    s->parts++;
    dial_start(&s->dials[i], s->service, endpoint);
}

/* ---- the end ---- */

/* To a pipe the close of one end is the loss of the other, which it would abort: so the pipe is taken away first. */
void session_close(struct session *s) {
    for (int i = 0; i < 2; i++) {
        if (s->dialling[i]) dial_abort(&s->dials[i]);
        if (!s->ends[i]) continue;
        if (s->joined) weir_transport_set_protocol(s->ends[i], &waiting, s);
        weir_transport_close(s->ends[i]);
    }
}

void session_abort(struct session *s) {
    for (int i = 0; i < 2; i++)
        abandon(s, i);
}

uint64_t session_moved(const struct session *s, int way) { return s->flow[way].bytes + s->bytes[way]; }

uint64_t session_look(const struct session *s, size_t *held) {
    weir_transport_info info;
    *held = 0;
    for (int i = 0; i < 2; i++) {
        if (!s->ends[i]) continue;
        weir_transport_info_get(s->ends[i], &info);
        *held += info.unread + info.queued;
    }
    return session_moved(s, 0) + session_moved(s, 1);
}
