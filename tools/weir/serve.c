/* SPDX-License-Identifier: MIT
 *
 * Three servers to try things with: one sends back what it gets, one swallows it, one sends bytes of its own. The
 * source sends the same block again and again, lines of 64 bytes with their number in them, so that a receiver sees
 * what it has, and a byte's place says what it must be. */
#include "serve.h"

#include "crew.h"
#include "endpoints.h"
#include "explain.h"
#include "feed.h"
#include "say.h"
#include "spell.h"
#include "std.h"

#include <stdio.h>
#include <string.h>

enum { SOURCE_LINE = 64, SOURCE_BLOCK = 256 * 1024 };

struct serve {
    struct service service; /* first */
    weir_endpoint endpoint;
    weir_accept_fn *accepted;
    uint64_t bytes; /* the source's, for each connection */
};

static char block[SOURCE_BLOCK]; /* what the source sends; never changed once it is filled */

static struct serve *serve_of(const struct session *s) { return (struct serve *)s->service; }

/* ---- echo ---- */

static void accepted_by_echo(weir_transport *t, void *user) {
    struct session *s = session_new(user, sizeof *s);
    if (s) session_echo(s, t);
}

/* ---- discard ---- */

static size_t discard_received(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    struct session *s = self;
    (void)t;
    (void)bytes;
    s->bytes[0] += n;
    return n;
}

static void discard_disconnected(void *self, weir_transport *t, const weir_error *reason) {
    (void)t;
    session_end(self, 0, reason);
}

static void accepted_by_discard(weir_transport *t, void *user) {
    static const weir_protocol protocol = {.received = discard_received, .disconnected = discard_disconnected};
    struct session *s = session_new(user, sizeof *s);
    if (s) session_take(s, 0, t, &protocol);
}

/* ---- source ---- */

struct source {
    struct session session; /* first */
    struct feed feed;
    uint64_t left;
};

/* Unless told, it sends for ever. */
static bool is_endless(const struct source *source) { return source->left == UINT64_MAX; }

static const void *source_next(struct feed *feed, size_t *n) {
    struct source *source = feed->user;
    source->session.bytes[0] = feed->fed;
    *n = source->left < SOURCE_BLOCK ? (size_t)source->left : SOURCE_BLOCK;
    if (!is_endless(source)) source->left -= *n;
    return block;
}

static void source_connected(void *self, weir_transport *t) {
    struct source *source = self;
    feed_start(&source->feed, t);
}

/* Who would have sent for ever cannot complain that the other one left. */
static void source_disconnected(void *self, weir_transport *t, const weir_error *reason) {
    struct source *source = self;
    struct session *s = &source->session;
    const struct serve *serve = serve_of(s);
    bool expected =
        serve->bytes == UINT64_MAX && !endpoints_single(&serve->endpoint) && reason && reason->code == WEIR_ERESET;
    (void)t;
    s->bytes[0] = source->feed.fed;
    if (source->feed.code) session_fail(s, &(weir_error){.code = source->feed.code, .stage = WEIR_STAGE_WRITE});
    session_end(s, 0, expected ? NULL : reason);
}

static void source_drain(struct session *s) {
    struct source *source = (struct source *)s;
    if (is_endless(source)) source->left = 0;
}

static void accepted_by_source(weir_transport *t, void *user) {
    static const weir_protocol protocol = {.connected = source_connected, .disconnected = source_disconnected};
    struct source *source = (struct source *)session_new(user, sizeof *source);
    if (!source) return;
    source->session.drain = source_drain;
    source->left = serve_of(&source->session)->bytes;
    source->feed = (struct feed){.next = source_next, .user = source};
    session_take(&source->session, 0, t, &protocol);
}

/* A period of 256 KiB: the number of a line says where in it we are. */
static void fill_block(void) {
    char line[SOURCE_LINE + 1];
    for (unsigned i = 0; i < SOURCE_BLOCK / SOURCE_LINE; i++) {
        snprintf(line, sizeof line, "weir source %04u 0123456789abcdefghijklmnopqrstuvwxyz..........\n", i);
        memcpy(block + (size_t)i * SOURCE_LINE, line, SOURCE_LINE);
    }
}

/* ---- setting up ---- */

static int set_up(struct service *service, const struct service *first) {
    struct serve *serve = (struct serve *)service;
    if (service != first) serve->endpoint = ((const struct serve *)first)->endpoint;
    service_watch(service, 0, 0);
    return service_listen(service, &serve->endpoint, serve->accepted, service);
}

#define KIND(done)                                                                                                     \
    {                                                                                                                  \
        .ways = {done}, .keys = {done}, .directions = {"received", "sent"}, .words = {"service", "endpoint"},          \
        .size = sizeof(struct serve), .set_up = set_up                                                                 \
    }

static const struct mode {
    const char *name; /* first: see spell_nearest */
    weir_accept_fn *accepted;
    struct kind kind;
} modes[] = {
    {"echo", accepted_by_echo, KIND("echoed")},
    {"discard", accepted_by_discard, KIND("received")},
    {"source", accepted_by_source, KIND("sent")},
};
enum { MODES = sizeof modes / sizeof *modes };

/* ---- the command line ---- */

static const struct mode *find_mode(const char *name) {
    for (const struct mode *mode = modes; mode < modes + MODES; mode++)
        if (strcmp(mode->name, name) == 0) return mode;
    say_error("unknown service %s: it is echo, discard or source", name);
    say_hint(spell_nearest(name, modes, MODES, sizeof *modes));
    return NULL;
}

/* A word that a relay needs is harmless here: a server listens anyway. */
static const char *without_listen(const char *text) { return strncmp(text, "listen:", 7) == 0 ? text + 7 : text; }

static int explain(const weir_endpoint *endpoint, const struct options *options) {
    explain_endpoint("listens on", endpoint);
    return explain_rest(options);
}

static bool fits(const struct mode *mode, const struct options *options) {
    if (!(options->given & OPTION_BYTES) || mode->accepted == accepted_by_source) return true;
    say_error("--bytes is for `serve source`; %s has no bytes of its own", mode->name);
    return false;
}

int serve_run(const struct options *options) {
    static struct serve serve = {.bytes = UINT64_MAX};
    const struct mode *mode = find_mode(options->words[1]);
    if (!mode || !fits(mode, options)) return EXIT_USAGE;
    int status = endpoints_parse(&serve.endpoint, without_listen(options->words[2]), options, true);
    if (!status && options->workers > 1 && !endpoints_shared(&serve.endpoint)) status = EXIT_USAGE;
    if (!status && options->given & OPTION_EXPLAIN) return explain(&serve.endpoint, options);
    if (!status && weir_endpoint_is(&serve.endpoint, "stdio") && !std_open()) status = EXIT_FAILED;
    if (status) return status;
    if (options->given & OPTION_BYTES) serve.bytes = options->bytes;
    serve.service.kind = &mode->kind;
    serve.accepted = mode->accepted;
    fill_block();
    return crew_run(&serve.service, options);
}
