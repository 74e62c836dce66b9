/* SPDX-License-Identifier: MIT
 *
 * The stacks of the layered media. Every trace layer is held to its promise: connected first, offsets without a gap,
 * each end once, disconnected once and last. */
#include "support/stack.h"

#include <stdlib.h>

#include <weir/layer.h>

#include "support/scene.h"

struct witness {
    struct scene *scene;
    uint64_t received, sent, last_ns;
    bool connected, peer_ended, ended;
};

static void look_at_bytes(const weir_trace_event *event, uint64_t *so_far, bool over) {
    check(event->size > 0 && event->bytes);
    check_int(event->offset, *so_far);
    check(!over);
    *so_far += event->size;
}

static void look_at_end(const weir_trace_event *event, uint64_t so_far, bool *over) {
    check_int(event->offset, so_far);
    check(!*over);
    *over = true;
}

static void traced(void *user, const weir_trace_event *event) {
    struct witness *w = user;
    check(event->kind == WEIR_TRACE_CONNECTED ? !w->connected : w->connected || event->kind == WEIR_TRACE_DISCONNECTED);
    check(event->at_ns >= w->last_ns);
    w->last_ns = event->at_ns;
    switch (event->kind) {
    case WEIR_TRACE_CONNECTED: w->connected = true; break;
    case WEIR_TRACE_RECEIVED: look_at_bytes(event, &w->received, w->peer_ended); break;
    case WEIR_TRACE_SENT: look_at_bytes(event, &w->sent, w->ended); break;
    case WEIR_TRACE_PEER_ENDED: look_at_end(event, w->received, &w->peer_ended); break;
    case WEIR_TRACE_ENDED: look_at_end(event, w->sent, &w->ended); break;
    case WEIR_TRACE_DISCONNECTED:
        scene_release(w->scene);
        free(w);
        break;
    }
}

static int trace_on(struct scene *s, weir_transport **t) {
    struct witness *w = calloc(1, sizeof *w);
    weir_trace_options options = {.traced = traced, .user = w};
    if (!w) abort();
    w->scene = s;
    scene_calls(s);
    int status = scene_called(s, weir_trace_open(*t, &options, NULL, NULL, t));
    if (status < 0)
        free(w);
    else
        scene_hold(s);
    return status;
}

/* Fast, so that nobody waits long, in pieces, so that somebody does. */
static int throttle_on(struct scene *s, weir_transport **t) {
    static const weir_throttle_options options = {.receive_rate = 1000000000, .send_rate = 500000000, .burst = 40000};
    scene_calls(s);
    return scene_called(s, weir_throttle_open(*t, &options, NULL, NULL, t));
}

static int put_layers_on(struct scene *s, weir_transport **t) {
    int status = 0;
    if (s->medium & (TRACED | DEEP)) status = trace_on(s, t);
    if (status == 0 && (s->medium & (THROTTLED | DEEP))) status = throttle_on(s, t);
    if (status == 0 && (s->medium & DEEP)) status = trace_on(s, t);
    return status;
}

weir_transport *scene_stack(struct scene *s, weir_transport *t) {
    int status = put_layers_on(s, &t);
    if (scene_worked(s, status)) return t;
    weir_transport_abort(t);
    return NULL;
}
