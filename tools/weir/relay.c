/* SPDX-License-Identifier: MIT
 *
 * A relay joins two endpoints, and each flow of it is one weir_pipe_flow. What is left to do here is to bring two ends
 * together:
 *
 *   both connect       one session, and then it ends
 *   one listens        a session for each connection; the other side is connected afresh for each, and what comes in
 *                      meanwhile waits in the transports
 *   ... beside stdio   there is only one stdio: the first connection gets it, and no other is accepted
 *   both listen        connections wait for a partner, in order of arrival, unread */
#include "relay.h"

#include "crew.h"
#include "endpoints.h"
#include "explain.h"
#include "extent.h"
#include "say.h"
#include "std.h"
#include "waiting.h"

#include <string.h>

struct side {
    struct relay *relay;
    weir_endpoint endpoint;
    bool listens;
    struct waiting_line waiting; /* for a partner, when both listen */
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

static void accepted_for_single(weir_transport *t, void *user) {
    struct side *side = user;
    struct service *service = &side->relay->service;
    if (service->tally.opened) return;
    service_shut_doors(service);
    accepted_for_new(t, user);
}

/* ---- both sides listen ---- */

static void accepted_for_partner(weir_transport *t, void *user) {
    struct side *side = user;
    weir_transport *partner = waiting_take(&other_side(side)->waiting);
    if (partner) {
        if (!join(side, t, partner)) weir_transport_abort(partner);
    } else if (!waiting_add(&side->waiting, t)) {
        side->relay->service.tally.failures++;
        say_error("a connection was dropped: out of memory");
    }
}

static void abort_waiting(struct service *service) {
    struct relay *relay = (struct relay *)service;
    for (int i = 0; i < 2; i++)
        waiting_abort(&relay->sides[i].waiting);
}

/* ---- setting up ---- */

static int listen_side(struct side *side) {
    const struct side *other = other_side(side);
    weir_accept_fn *accepted = other->listens                       ? accepted_for_partner
                               : endpoints_single(&other->endpoint) ? accepted_for_single
                                                                    : accepted_for_new;
    return service_listen(&side->relay->service, &side->endpoint, accepted, side);
}

static int connect_both(struct relay *relay) {
    struct session *s = session_new(&relay->service, sizeof *s);
    if (!s) return EXIT_FAILED;
    for (int i = 0; i < 2; i++)
        if (!session_dial(s, i, &relay->sides[i].endpoint)) break;
    return 0;
}

/* Where one side is a file, that is how much there is to be done. */
static void watch(struct relay *relay) {
    uint64_t size[2] = {extent_of(&relay->sides[0].endpoint), extent_of(&relay->sides[1].endpoint)};
    int way = size[0] == 0;
    service_watch(&relay->service, size[way], way);
}

/* Who set up first has the ports that the system chose. */
static void own_sides(struct relay *relay, const struct relay *first) {
    for (int i = 0; i < 2; i++) {
        struct side *side = &relay->sides[i];
        if (relay != first) side->endpoint = first->sides[i].endpoint;
        side->relay = relay;
    }
}

static int set_up(struct service *service, const struct service *first) {
    struct relay *relay = (struct relay *)service;
    struct side *a = &relay->sides[0], *b = &relay->sides[1];
    int status = 0;
    own_sides(relay, (const struct relay *)first);
    watch(relay);
    if (!a->listens && !b->listens) return connect_both(relay);
    if (a->listens) status = listen_side(a);
    if (!status && b->listens) status = listen_side(b);
    service->lasting = !endpoints_single(&a->endpoint) && !endpoints_single(&b->endpoint);
    return status;
}

/* ---- the command line ---- */

static int parse_side(struct side *side, const char *text, const struct options *options) {
    static const char prefix[] = "listen:";
    side->listens = strncmp(text, prefix, sizeof prefix - 1) == 0;
    text += side->listens ? sizeof prefix - 1 : 0;
    int status = endpoints_parse(&side->endpoint, text, options, side->listens);
    if (status || !side->listens || endpoints_listens(&side->endpoint)) return status;
    say_error("listen:%s: %s cannot listen; write %s", text, weir_endpoint_medium(&side->endpoint), text);
    return EXIT_USAGE;
}

static int parse_sides(struct relay *relay, const struct options *options) {
    int stdios = 0;
    for (int i = 0; i < 2; i++) {
        struct side *side = &relay->sides[i];
        int status = parse_side(side, options->words[1 + i], options);
        if (status) return status;
        stdios += weir_endpoint_is(&side->endpoint, "stdio");
    }
    if (stdios == 2) say_error("stdio: on both sides: a process has only one standard input");
    if (stdios == 2) return EXIT_USAGE;
    return stdios && !std_open() ? EXIT_FAILED : 0;
}

static int explain(const struct relay *relay, const struct options *options) {
    explain_endpoint(relay->sides[0].listens ? "A listens on" : "A connects to", &relay->sides[0].endpoint);
    explain_endpoint(relay->sides[1].listens ? "B listens on" : "B connects to", &relay->sides[1].endpoint);
    return explain_rest(options);
}

/* Each connection must be able to come to any of them, and find there what it needs. */
static bool workers_can(const struct relay *relay) {
    const struct side *a = &relay->sides[0], *b = &relay->sides[1];
    const struct side *door = a->listens ? a : b, *other = a->listens ? b : a;
    if (door->listens && !other->listens && !endpoints_single(&other->endpoint))
        return endpoints_shared(&door->endpoint);
    say_error("--workers: one side must listen, and the other connect afresh for each connection");
    return false;
}

static const struct kind kind = {.ways = {"A to B", "B to A"},
                                 .directions = {"A to B", "B to A"},
                                 .keys = {"a_to_b", "b_to_a"},
                                 .words = {"a", "b"},
                                 .size = sizeof(struct relay),
                                 .set_up = set_up,
                                 .stopping = abort_waiting};

int relay_run(const struct options *options) {
    static struct relay relay = {.service = {.kind = &kind}};
    int status = parse_sides(&relay, options);
    if (!status && options->workers > 1 && !workers_can(&relay)) status = EXIT_USAGE;
    if (!status && options->given & OPTION_EXPLAIN) return explain(&relay, options);
    return status ? status : crew_run(&relay.service, options);
}
