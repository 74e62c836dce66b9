/* SPDX-License-Identifier: MIT
 *
 * The figures of a session are added to those of its service when it ends, and a failure is told then, with what had
 * passed by that time. What was cut off by us has been counted by whoever cut it. */
#include "session.h"

#include "join.h"
#include "layers.h"
#include "say.h"
#include "service.h"
#include "summary.h"

#include <stdio.h>
#include <stdlib.h>

struct session *session_new(struct service *service, size_t size) {
    struct session *s = calloc(1, size), *head = &service->sessions;
    if (!s) {
        service->tally.failures++;
        say_error("a connection was dropped: out of memory");
        return NULL;
    }
    s->service = service;
    s->next = head;
    s->prev = head->prev;
    head->prev->next = s;
    head->prev = s;
    s->number = service->tally.opened++ * service->count + service->index + 1;
    service->alive++;
    if (service->tally.opened == 1) service->tally.begun_ns = weir_now_ns(service->loop);
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
    if (!*s->failure.peer && s->media[i]) snprintf(s->failure.peer, sizeof s->failure.peer, "%s", s->media[i]);
}

/* One that would not even be closed in order was cut off. */
static void tell_failure(struct session *s, const uint64_t bytes[2]) {
    char ways[SUMMARY_WAYS_MAX], after[SUMMARY_WAYS_MAX + 32] = "";
    if (bytes[0] || bytes[1])
        snprintf(after, sizeof after, " (until then %s)", summary_ways(s->service->kind, bytes, ways, sizeof ways));
    if (!s->closed) {
        service_fail(s->service, &s->failure, after);
    } else {
        s->service->tally.aborted++;
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
    if (s->dials[i])
        dial_abort(s->dials[i]);
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

void session_left(void *self, weir_transport *t, const weir_error *reason) {
    struct session *s = self;
    int i = t == s->ends[1];
    if (!s->joined && !s->closed) abandon(s, !i);
    session_end(s, i, reason);
}

static const weir_protocol waiting = {.disconnected = session_left};

/* ---- ends that are joined ---- */

bool session_echo(struct session *s, weir_transport *t) {
    if (!session_take(s, 0, t, &waiting)) return false;
    join_echo(s);
    return true;
}

bool session_bring(struct session *s, int i, weir_transport *t) {
    if (!session_take(s, i, t, &waiting)) return false;
    if (s->ends[!i]) join_ends(s);
    return true;
}

static void dialled(struct dial *dial, weir_transport *t, const weir_error *reason) {
    struct session *s = dial->user;
    int i = dial == s->dials[1];
    s->dials[i] = NULL;
    if (t) {
        s->parts--; /* the dial's */
        session_bring(s, i, t);
    } else {
        abandon(s, !i);
        session_end(s, i, reason);
    }
    free(dial); /* and with it `reason` */
}

bool session_dial(struct session *s, int i, const weir_endpoint *endpoint) {
    struct dial *dial = s->dials[i] = calloc(1, sizeof *dial);
    s->parts++;
    if (!dial) {
        session_fail(s, &(weir_error){.code = WEIR_ENOMEM, .stage = WEIR_STAGE_CONNECT});
        abandon(s, !i);
        session_end(s, i, NULL);
        return false;
    }
    *dial = (struct dial){.done = dialled, .user = s};
    dial_start(dial, s->service, endpoint);
    return true;
}

/* ---- the end ---- */

void session_drain(struct session *s) {
    if (s->drain) s->drain(s);
    for (int i = 0; i < 2; i++)
        if (s->dials[i]) dial_hurry(s->dials[i]);
}

/* To a pipe the close of one end is the loss of the other, which it would abort: so the pipe is taken away first. */
void session_close(struct session *s) {
    for (int i = 0; i < 2; i++) {
        if (s->dials[i]) dial_abort(s->dials[i]);
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
        *held += s->dials[i] != NULL; /* what came in on the other side is not even read yet */
        if (!s->ends[i]) continue;
        weir_transport_info_get(s->ends[i], &info);
        *held += info.unread + info.queued;
    }
    return session_moved(s, 0) + session_moved(s, 1);
}
