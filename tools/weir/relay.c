/* SPDX-License-Identifier: MIT
 *
 * A relay joins two endpoints, and each flow of it is one weir_pipe_flow. What is left to do here is to bring two ends
 * together:
 *
 *   both connect       one session, and then it ends
 *   one listens        a session for each connection; the other side is connected afresh for each, and what comes in
 *                      meanwhile waits in the transports
 *   ... beside stdio   there is only one stdio: the first connection gets it, and no other is accepted
 *   both listen        connections wait for a partner, in order of arrival, unread
 *
 * A known weakness: the departure of a waiting connection is not noticed before it has a partner. */
#include "relay.h"

#include "extent.h"
#include "say.h"
#include "service.h"
#include "std.h"

#include <stdlib.h>
#include <string.h>

struct waiting {
    struct waiting *next;
    weir_transport *t;
    struct side *side;
};

struct side {
    struct relay *relay;
    weir_endpoint endpoint;
    bool listens;
    struct waiting *first, **last; /* for a partner, when both listen */
};

struct relay {
    struct service service; /* first */
    struct side sides[2];
};

static struct side *other_side(struct side *side) {
    struct relay *relay = side->relay;
    return &relay->sides[side == &relay->sides[0]];
}

/* `t` is the end on `side`. False: `other` is still the caller's. */
static bool join(struct side *side, weir_transport *t, weir_transport *other) {
    struct relay *relay = side->relay;
    int at = side == &relay->sides[1];
    struct session *s = session_new(&relay->service, sizeof *s);
    return s && session_bring(s, at, t) && (session_bring(s, !at, other), true);
}

/* ---- one side listens ---- */

/* A connection that gets no protocol here is aborted by the library. */
static void accepted_for_new(weir_transport *t, void *user) {
    struct side *side = user, *other = other_side(side);
    struct relay *relay = side->relay;
    struct session *s = session_new(&relay->service, sizeof *s);
    int at = side == &relay->sides[1];
    if (s && session_bring(s, at, t)) session_dial(s, !at, &other->endpoint);
}

static void accepted_for_stdio(weir_transport *t, void *user) {
    struct side *side = user;
    struct service *service = &side->relay->service;
    if (service->opened) return;
    service_shut_doors(service);
    accepted_for_new(t, user);
}

/* ---- both sides listen ---- */

static void forget(struct side *side, struct waiting **link) {
    struct waiting *w = *link;
    *link = w->next;
    if (!*link) side->last = link;
    free(w);
}

static void waiting_lost(void *self, weir_transport *t, const weir_error *reason) {
    struct waiting *lost = self;
    struct waiting **link = &lost->side->first;
    (void)t;
    (void)reason;
    while (*link != lost)
        link = &(*link)->next;
    forget(lost->side, link);
}

static const weir_protocol waiting_protocol = {.disconnected = waiting_lost};

static bool wait_for_partner(struct side *side, weir_transport *t) {
    struct waiting *w = calloc(1, sizeof *w);
    if (!w) return false;
    *w = (struct waiting){.t = t, .side = side};
    if (weir_transport_set_protocol(t, &waiting_protocol, w) < 0) {
        free(w);
        return false;
    }
    *side->last = w;
    side->last = &w->next;
    return true;
}

/* The one that has waited longest, and is not on its way out. */
static weir_transport *take_waiting(struct side *side) {
    for (struct waiting **link = &side->first; *link; link = &(*link)->next) {
        weir_transport *t = (*link)->t;
        if (weir_transport_set_protocol(t, NULL, NULL) < 0) continue;
        forget(side, link);
        return t;
    }
    return NULL;
}

static void accepted_for_partner(weir_transport *t, void *user) {
    struct side *side = user;
    weir_transport *partner = take_waiting(other_side(side));
    if (partner) {
        if (!join(side, t, partner)) weir_transport_abort(partner);
    } else if (!wait_for_partner(side, t)) {
        side->relay->service.failures++;
        say_error("a connection was dropped: out of memory");
    }
}

static void abort_waiting(struct service *service) {
    struct relay *relay = (struct relay *)service;
    for (struct side *side = relay->sides; side < relay->sides + 2; side++)
        for (struct waiting *w = side->first; w; w = w->next)
            weir_transport_abort(w->t);
}

/* ---- setting up ---- */

static int listen_side(struct side *side) {
    const struct side *other = other_side(side);
    bool stdio = other->endpoint.scheme == WEIR_SCHEME_STDIO;
    weir_accept_fn *accepted = other->listens ? accepted_for_partner : stdio ? accepted_for_stdio : accepted_for_new;
    return service_listen(&side->relay->service, &side->endpoint, accepted, side);
}

static int connect_both(struct relay *relay) {
    struct session *s = session_new(&relay->service, sizeof *s);
    if (!s) return EXIT_FAILED;
    for (int i = 0; i < 2; i++)
        session_dial(s, i, &relay->sides[i].endpoint);
    return 0;
}

/* Where one side is a file, that is how much there is to be done. */
static void watch(struct relay *relay) {
    uint64_t size[2] = {extent_of(&relay->sides[0].endpoint), extent_of(&relay->sides[1].endpoint)};
    int way = size[0] == 0;
    service_watch(&relay->service, size[way], way);
}

static int set_up(struct relay *relay) {
    struct side *a = &relay->sides[0], *b = &relay->sides[1];
    int status = 0;
    watch(relay);
    if (!a->listens && !b->listens) return connect_both(relay);
    if (a->listens) status = listen_side(a);
    if (!status && b->listens) status = listen_side(b);
    if (status) return status;
    relay->service.lasting = a->endpoint.scheme != WEIR_SCHEME_STDIO && b->endpoint.scheme != WEIR_SCHEME_STDIO;
    service_say_listening(&relay->service);
    return 0;
}

static int parse_side(struct side *side, const char *text) {
    static const char prefix[] = "listen:";
    side->listens = strncmp(text, prefix, sizeof prefix - 1) == 0;
    side->last = &side->first;
    int status = service_parse(&side->endpoint, side->listens ? text + sizeof prefix - 1 : text);
    if (status || !side->listens || side->endpoint.scheme != WEIR_SCHEME_STDIO) return status;
    say_error("%s: standard input and output cannot listen; write stdio:", text);
    return EXIT_USAGE;
}

static int parse_sides(struct relay *relay, const struct options *options) {
    int stdios = 0;
    for (int i = 0; i < 2; i++) {
        struct side *side = &relay->sides[i];
        side->relay = relay;
        int status = parse_side(side, options->words[1 + i]);
        if (status) return status;
        stdios += side->endpoint.scheme == WEIR_SCHEME_STDIO;
    }
    if (stdios == 2) say_error("stdio: on both sides: a process has only one standard input");
    if (stdios == 2) return EXIT_USAGE;
    return stdios && !std_open() ? EXIT_FAILED : 0;
}

int relay_run(const struct options *options) {
    static struct relay relay = {.service = {.ways = {"A to B", "B to A"},
                                             .directions = {"A to B", "B to A"},
                                             .keys = {"a_to_b", "b_to_a"},
                                             .words = {"a", "b"},
                                             .stopping = abort_waiting}};
    int status = parse_sides(&relay, options);
    if (!status) status = service_open(&relay.service, options);
    if (status) return status;
    return service_run(&relay.service, set_up(&relay));
}
