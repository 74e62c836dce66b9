/* SPDX-License-Identifier: MIT
 *
 * How each medium makes A ~~~ B and C ~~~ D. */
#include "move_wiring.h"

#include <weir/fd.h>
#include <weir/mem.h>

#include <stdio.h>
#include <unistd.h>

/* ---- media that come in pairs ---- */

static int begin_pairs(struct move *m, int (*pair)(weir_loop *, const weir_limits *, weir_transport *[2]), int from) {
    weir_transport *first[2], *second[2];
    int code = pair(m->wiring->loop, NULL, first);
    if (code >= 0) code = pair(m->wiring->loop, NULL, second);
    if (code >= 0) code = weir_transport_set_protocol(first[from], &move_source, m);
    if (code >= 0) code = weir_transport_set_protocol(second[!from], &move_sink, m);
    if (code >= 0) move_join(m, first[!from], second[from]);
    return code;
}

/* [0] of a pipe receives. */
static int begin_pipe(struct move *m) { return begin_pairs(m, weir_pipe_pair, 1); }

static int begin_memory(struct move *m) { return begin_pairs(m, weir_mem_pair, 0); }

/* ---- media that listen: B comes in through the first door, D through the second ---- */

static void accepted_by_sink(weir_transport *d, void *user) {
    struct move *m = user;
    weir_listener_close(m->wiring->listeners[1]);
    int code = weir_transport_set_protocol(d, &move_sink, m);
    if (code < 0) move_fail_with(m, code, WEIR_STAGE_ACCEPT);
}

static void accepted_by_middle(weir_transport *b, void *user) {
    static const weir_protocol nobody;
    struct move *m = user;
    weir_transport *c;
    weir_listener_close(m->wiring->listeners[0]);
    int code = weir_connect_endpoint(m->wiring->loop, &m->wiring->doors[1], NULL, &nobody, NULL, &c);
    if (code < 0)
        move_fail_with(m, code, WEIR_STAGE_CONNECT);
    else
        move_join(m, b, c);
}

static int open_door(struct move *m, int i, weir_accept_fn *accepted) {
    struct move_wiring *w = m->wiring;
    weir_address address;
    int code = weir_serve_endpoint(w->loop, &w->doors[i], NULL, accepted, m, &w->listeners[i]);
    if (code >= 0) code = weir_listener_address(w->listeners[i], &address);
    return code < 0 ? code : weir_endpoint_set_address(&w->doors[i], &address, NULL);
}

static int begin_sockets(struct move *m) {
    weir_transport *a;
    int code = open_door(m, 0, accepted_by_middle);
    if (code >= 0) code = open_door(m, 1, accepted_by_sink);
    if (code >= 0) code = weir_connect_endpoint(m->wiring->loop, &m->wiring->doors[0], NULL, &move_source, m, &a);
    return code;
}

static int begin_tcp(struct move *m) {
    for (int i = 0; i < 2; i++) {
        weir_endpoint_begin(&m->wiring->doors[i], "tcp", NULL);
        weir_endpoint_set_host(&m->wiring->doors[i], "127.0.0.1", 0, NULL);
    }
    return begin_sockets(m);
}

static int begin_unix(struct move *m) {
    char name[64];
    for (int i = 0; i < 2; i++) {
        int n = snprintf(name, sizeof name, "@weir-demo-%ld-%d", (long)getpid(), i);
        weir_endpoint_begin(&m->wiring->doors[i], "unix", NULL);
        weir_endpoint_set_path(&m->wiring->doors[i], name, (size_t)n, NULL);
    }
    return begin_sockets(m);
}

const struct medium media[MEDIA] = {
    {"tcp", begin_tcp},
    {"unix", begin_unix},
    {"pipe", begin_pipe},
    {"memory", begin_memory},
};
