/* SPDX-License-Identifier: MIT
 *
 * Four transports on one loop, so that nothing but the library and the system is measured. The file is read into one
 * buffer, which is lent to A until it is taken; D hashes what it is given where it lies. The first failure anywhere ends
 * the move, and so does standing still. */
#include "move.h"

#include "feed.h"
#include "looping.h"

#include <weir/weir.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const uint64_t STUCK_NS = (uint64_t)10 * 1000000000;

struct move_wiring {
    weir_loop *loop;
    struct feed feed;
    uint64_t offset; /* in the file */
    weir_endpoint doors[2];
    weir_listener *listeners[2];
    struct weir_flow flow[2];
    struct hash hash;
    weir_timer guard;
    uint64_t arrived; /* when the guard last looked */
    char buffer[256 * 1024];
};

static void fail(struct move *m, const char *what) {
    if (!*m->problem) snprintf(m->problem, sizeof m->problem, "%s", what);
    looping_abort(m->wiring->loop);
}

static void fail_for(struct move *m, const weir_error *reason) {
    char text[sizeof m->problem];
    fail(m, weir_error_format(reason, text, sizeof text));
}

static void fail_with(struct move *m, int code, weir_stage stage) {
    fail_for(m, &(weir_error){.code = code, .stage = stage});
}

static void guard_fired(weir_timer *timer) {
    struct move *m = timer->user;
    if (m->arrived == m->wiring->arrived) fail(m, "stuck: no byte arrived for ten seconds");
    m->wiring->arrived = m->arrived;
}

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
        fail_with(m, m->wiring->feed.code, WEIR_STAGE_READ);
    else if (reason)
        fail_for(m, reason);
}

static const weir_protocol source = {.connected = source_connected, .disconnected = source_disconnected};

/* ---- B and C ---- */

static void flow_ended(struct weir_flow *flow, const weir_error *reason) {
    if (reason) fail_for(flow->user, reason);
}

/* Bytes go one way only, but where there is a way back the end of the stream must find it. */
static void join(struct move *m, weir_transport *b, weir_transport *c) {
    struct weir_flow *flow = m->wiring->flow;
    weir_transport_info from, to;
    flow[0] = flow[1] = (struct weir_flow){.ended = flow_ended, .user = m};
    weir_transport_info_get(b, &from);
    weir_transport_info_get(c, &to);
    int code = weir_pipe_flow(b, c, &flow[0]);
    if (code >= 0 && from.can_send && to.can_receive) code = weir_pipe_flow(c, b, &flow[1]);
    if (code < 0) fail_with(m, code, WEIR_STAGE_OPEN);
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
    if (reason) fail_for(m, reason);
}

static const weir_protocol sink = {.received = sink_received, .disconnected = sink_disconnected};

/* ---- media that come in pairs ---- */

static int begin_pairs(struct move *m, int (*pair)(weir_loop *, const weir_limits *, weir_transport *[2]), int from) {
    weir_transport *first[2], *second[2];
    int code = pair(m->wiring->loop, NULL, first);
    if (code >= 0) code = pair(m->wiring->loop, NULL, second);
    if (code >= 0) code = weir_transport_set_protocol(first[from], &source, m);
    if (code >= 0) code = weir_transport_set_protocol(second[!from], &sink, m);
    if (code >= 0) join(m, first[!from], second[from]);
    return code;
}

/* [0] of a pipe receives. */
static int begin_pipe(struct move *m) { return begin_pairs(m, weir_pipe_pair, 1); }

static int begin_memory(struct move *m) { return begin_pairs(m, weir_mem_pair, 0); }

/* ---- media that listen: B comes in through the first door, D through the second ---- */

static void accepted_by_sink(weir_transport *d, void *user) {
    struct move *m = user;
    weir_listener_close(m->wiring->listeners[1]);
    int code = weir_transport_set_protocol(d, &sink, m);
    if (code < 0) fail_with(m, code, WEIR_STAGE_ACCEPT);
}

static void accepted_by_middle(weir_transport *b, void *user) {
    static const weir_protocol nobody;
    struct move *m = user;
    weir_transport *c;
    weir_listener_close(m->wiring->listeners[0]);
    int code = weir_connect_endpoint(m->wiring->loop, &m->wiring->doors[1], NULL, &nobody, NULL, &c);
    if (code < 0)
        fail_with(m, code, WEIR_STAGE_CONNECT);
    else
        join(m, b, c);
}

static int open_door(struct move *m, int i, weir_accept_fn *accepted) {
    struct move_wiring *w = m->wiring;
    int code = weir_serve_endpoint(w->loop, &w->doors[i], NULL, accepted, m, &w->listeners[i]);
    return code < 0 ? code : weir_listener_address(w->listeners[i], &w->doors[i].address);
}

static int begin_sockets(struct move *m) {
    weir_transport *a;
    int code = open_door(m, 0, accepted_by_middle);
    if (code >= 0) code = open_door(m, 1, accepted_by_sink);
    if (code >= 0) code = weir_connect_endpoint(m->wiring->loop, &m->wiring->doors[0], NULL, &source, m, &a);
    return code;
}

static int begin_tcp(struct move *m) {
    for (int i = 0; i < 2; i++) {
        m->wiring->doors[i] = (weir_endpoint){.scheme = WEIR_SCHEME_TCP};
        weir_address_ip(&m->wiring->doors[i].address, "127.0.0.1", 0);
    }
    return begin_sockets(m);
}

static int begin_unix(struct move *m) {
    char name[64];
    for (int i = 0; i < 2; i++) {
        int n = snprintf(name, sizeof name, "@weir-demo-%ld-%d", (long)getpid(), i);
        m->wiring->doors[i] = (weir_endpoint){.scheme = WEIR_SCHEME_UNIX};
        weir_address_unix(&m->wiring->doors[i].address, name, (size_t)n);
    }
    return begin_sockets(m);
}

const struct medium media[MEDIA] = {
    {"tcp", begin_tcp},
    {"unix", begin_unix},
    {"pipe", begin_pipe},
    {"memory", begin_memory},
};

/* ---- the whole ---- */

static void begin(struct move *m) {
    struct move_wiring *w = m->wiring;
    int code = m->medium->begin(m);
    if (code < 0) {
        const weir_error *last = weir_loop_last_error(w->loop);
        if (last)
            fail_for(m, last);
        else
            fail_with(m, code, WEIR_STAGE_OPEN);
        return;
    }
    w->guard = (weir_timer){.fired = guard_fired, .user = m};
    weir_timer_start(w->loop, &w->guard, STUCK_NS, STUCK_NS);
}

static void run(struct move *m) {
    begin(m);
    int code = weir_run(m->wiring->loop);
    if (code < 0) fail_with(m, code, WEIR_STAGE_NONE);
    looping_end(m->wiring->loop);
    if (!*m->problem && m->arrived != m->sample->bytes)
        snprintf(m->problem, sizeof m->problem, "%llu bytes arrived of %llu", (unsigned long long)m->arrived,
                 (unsigned long long)m->sample->bytes);
}

bool move_run(struct move *m) {
    struct move_wiring *w = m->wiring = calloc(1, sizeof *w);
    if (!w || looping_open(&w->loop, m->backend) < 0) {
        snprintf(m->problem, sizeof m->problem, "no loop could be made");
    } else if (!hash_begin(&w->hash)) {
        snprintf(m->problem, sizeof m->problem, "libcrypto cannot make a SHA-256");
        looping_end(w->loop);
    } else {
        run(m);
        if (!hash_end(&w->hash, m->digest) && !*m->problem)
            snprintf(m->problem, sizeof m->problem, "libcrypto failed in the middle");
    }
    free(w);
    return !*m->problem;
}
