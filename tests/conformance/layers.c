/* SPDX-License-Identifier: MIT
 *
 * Layers. That a stack is a transport like any other is shown by all the other scenarios, on layered media; here is
 * what a layer promises beyond that: what it takes over, what a trace tells, and how fast a throttle is. */
#include "conformance/suites.h"

#include <stdlib.h>
#include <string.h>

#include <weir/layer.h>

static void ignore(void *user, const weir_trace_event *event) {
    (void)user;
    (void)event;
}

static const weir_trace_options quiet = {.traced = ignore};

static weir_transport *trace(weir_transport *t) {
    weir_transport *above = t;
    check_int(weir_trace_open(t, &quiet, NULL, NULL, &above), 0);
    return above;
}

/* ---- taking over ------------------------------------------------------------------------------------------------- */

static void what_is_below_belongs_to_the_layer(struct scene *s) {
    static const weir_protocol nobody = {0};
    static const weir_producer producer = {0};
    static uint8_t byte;
    static struct errand e;
    weir_transport *pair[2], *above = NULL;
    check_int(weir_mem_pair(s->loop, NULL, pair), 0);
    weir_transport *top = trace(pair[0]);
    check_int(weir_trace_open(pair[0], &quiet, NULL, NULL, &above), WEIR_EBUSY);
    check_int(weir_throttle_open(pair[0], NULL, NULL, NULL, &above), WEIR_EBUSY);
    check_int(weir_transport_set_protocol(pair[0], &nobody, NULL), WEIR_EBUSY);
    check_int(weir_transport_register(pair[0], &producer, NULL), WEIR_EBUSY);
    check_int(weir_pipe(pair[0], pair[1]), WEIR_EBUSY);
    check_int(weir_pipe(pair[1], pair[0]), WEIR_EBUSY);
    e.op.done = NULL;
    check_int(weir_transport_read(pair[0], &e.op, &byte, 1, 1), WEIR_EINVAL);
    check(above == NULL);
    actor_take(&s->client, top);
    actor_take(&s->server, pair[1]);
    s->client.on_connected = say_hello_and_close;
    scene_run(s);
}

static void what_is_not_free_is_refused(struct scene *s) {
    weir_transport *pair[2], *above = NULL;
    check_int(weir_mem_pair(s->loop, NULL, pair), 0);
    check_int(weir_trace_open(NULL, &quiet, NULL, NULL, &above), WEIR_EINVAL);
    check_int(weir_trace_open(pair[0], NULL, NULL, NULL, &above), WEIR_EINVAL);
    check_int(weir_trace_open(pair[0], &quiet, NULL, NULL, NULL), WEIR_EINVAL);
    check_int(weir_throttle_open(pair[0], NULL, NULL, NULL, NULL), WEIR_EINVAL);
    check_int(weir_pipe(pair[0], pair[1]), 0);
    check_int(weir_trace_open(pair[0], &quiet, NULL, NULL, &above), WEIR_EBUSY);
    check_int(weir_trace_open(pair[1], &quiet, NULL, NULL, &above), WEIR_EBUSY);
    weir_transport_abort(pair[0]);
    weir_transport_abort(pair[1]);
    check_int(weir_trace_open(pair[0], &quiet, NULL, NULL, &above), WEIR_ECLOSED);
    check(above == NULL);
    scene_run(s);
}

/* The one that is too many is refused, and the others still work. */
static void a_stack_has_a_greatest_height(struct scene *s) {
    weir_transport *pair[2], *above = NULL;
    weir_transport_info info;
    check_int(weir_mem_pair(s->loop, NULL, pair), 0);
    for (int i = 1; i < WEIR_STACK_MAX; i++)
        pair[0] = trace(pair[0]);
    check_int(weir_trace_open(pair[0], &quiet, NULL, NULL, &above), WEIR_EINVAL);
    weir_transport_info_get(pair[0], &info);
    for (int i = 0; i < WEIR_STACK_MAX; i++)
        check(!strcmp(info.stack[i], i < WEIR_STACK_MAX - 1 ? "trace" : "mem"));
    actor_take(&s->client, pair[0]);
    actor_take(&s->server, pair[1]);
    s->client.on_connected = say_hello;
    s->client.on_received = hear_hello_and_close;
    s->server.on_received = echo;
    scene_run(s);
}

/* Five of ten bytes, and the other five through a layer. */
static size_t take_five_and_rise(struct actor *a, const uint8_t *bytes, size_t n) {
    struct actor *other = a->user;
    (void)bytes;
    if (n < 10) return 0;
    weir_transport *t = trace(a->t);
    actor_take(other, t);
    actor_leave(a);
    return 5;
}

static void say_hello_twice(struct actor *a) {
    say_hello(a);
    say_hello_and_close(a);
}

static void a_layer_may_begin_in_mid_stream(struct scene *s) {
    s->server.user = scene_cast(s, "other");
    s->server.on_received = take_five_and_rise;
    s->client.on_connected = say_hello_twice;
    scene_play(s);
}

static weir_transport *bottom;

static void hold_the_bottom(void) { check_int(weir_transport_pause(bottom, WEIR_BOTH), 0); }

static void let_the_bottom_go(struct scene *s) {
    (void)s;
    check_int(weir_transport_resume(bottom, WEIR_BOTH), 0);
}

static void open_traced_pair(struct scene *s) {
    weir_transport *pair[2];
    check_int(weir_mem_pair(s->loop, NULL, pair), 0);
    bottom = pair[0];
    actor_take(&s->client, trace(pair[0]));
    actor_take(&s->server, pair[1]);
}

static void nothing_came_yet(struct scene *s) {
    check_int(s->client.received, 0);
    check_int(s->server.received, 0);
}

/* An operator's pause holds the whole stack, in both directions. */
static void what_is_below_may_be_paused(struct scene *s) {
    open_traced_pair(s);
    hold_the_bottom();
    s->client.on_connected = say_hello_and_half_close;
    s->server.on_connected = say_hello_and_half_close;
    scene_later(s, 50 * MS, nothing_came_yet);
    scene_later(s, 60 * MS, let_the_bottom_go);
    scene_run(s);
}

static void abort_the_bottom(struct scene *s) {
    (void)s;
    check_int(weir_transport_abort(bottom), 0);
}

static void what_is_below_may_be_aborted(struct scene *s) {
    open_traced_pair(s);
    s->client.on_connected = say_hello;
    scene_later(s, 50 * MS, abort_the_bottom);
    scene_run(s);
}

static void close_the_bottom(struct scene *s) {
    (void)s;
    check_int(weir_transport_close(bottom), 0);
}

static void a_close_below_is_a_loss_above(struct scene *s) {
    open_traced_pair(s);
    scene_later(s, 50 * MS, close_the_bottom);
    scene_run(s);
}

/* ---- trace ------------------------------------------------------------------------------------------------------- */

static const char *const kinds[] = {"connected", "received", "sent", "peer ended", "ended", "disconnected"};

/* Counts the bytes of each kind, so that pieces do not matter. */
static void note_event(void *user, const weir_trace_event *event) {
    struct scene *s = user;
    static weir_trace_kind last;
    if (event->kind == WEIR_TRACE_RECEIVED || event->kind == WEIR_TRACE_SENT) {
        if (last != event->kind) scene_note(s, "%s", kinds[event->kind]);
    } else {
        scene_note(s, "%s at %u%s%s", kinds[event->kind], (unsigned)event->offset, event->reason ? " " : "",
                   event->reason ? weir_error_name(event->reason->code) : "");
    }
    last = event->kind;
}

static void traced_pair(struct scene *s) {
    const weir_trace_options options = {.traced = note_event, .user = s};
    weir_transport *pair[2];
    check_int(weir_mem_pair(s->loop, NULL, pair), 0);
    check_int(weir_trace_open(pair[0], &options, NULL, NULL, &pair[0]), 0);
    actor_take(&s->client, pair[0]);
    actor_take(&s->server, pair[1]);
    scene_run(s);
}

static void a_trace_tells_what_passes(struct scene *s) {
    s->client.on_connected = say_hello_and_half_close;
    s->server.on_received = echo;
    traced_pair(s);
}

static void a_trace_tells_a_loss(struct scene *s) {
    s->client.on_connected = say_hello;
    actor_later(&s->server, 50 * MS, abort_now);
    traced_pair(s);
}

/* ---- throttle ---------------------------------------------------------------------------------------------------- */

#define SOME 100000

static uint64_t began_ns;

static void write_some_and_close(struct actor *a) {
    began_ns = weir_now_ns(a->scene->loop);
    check(actor_write_pattern(a, SOME) >= 0);
    close_now(a);
}

static void check_the_time(struct actor *a) {
    uint64_t took_ns = weir_now_ns(a->scene->loop) - began_ns;
    check(took_ns >= (SOME - 5000) * (SECOND / SOME));
    if (scene_simulated(a->scene)) check(took_ns <= (SOME + 5000) * (SECOND / SOME));
    close_now(a);
}

static void throttled_pair(struct scene *s, const weir_throttle_options *client, const weir_throttle_options *server) {
    static const weir_limits patient = {.linger_ns = 100 * SECOND};
    weir_transport *pair[2];
    check_int(weir_mem_pair(s->loop, &patient, pair), 0);
    if (client) check_int(weir_throttle_open(pair[0], client, NULL, NULL, &pair[0]), 0);
    if (server) check_int(weir_throttle_open(pair[1], server, NULL, NULL, &pair[1]), 0);
    actor_take(&s->client, pair[0]);
    actor_take(&s->server, pair[1]);
    s->client.on_connected = write_some_and_close;
    s->server.on_ended = check_the_time;
    scene_run(s);
}

/* A hundred thousand bytes at a hundred thousand a second take a second, but for the burst. */
static void what_is_sent_keeps_its_rate(struct scene *s) {
    static const weir_throttle_options slow = {.send_rate = SOME, .burst = 5000};
    throttled_pair(s, &slow, NULL);
}

static void what_is_received_keeps_its_rate(struct scene *s) {
    static const weir_throttle_options slow = {.receive_rate = SOME, .burst = 5000};
    throttled_pair(s, NULL, &slow);
}

static void no_rate_is_no_throttle(struct scene *s) {
    weir_transport *pair[2];
    check_int(weir_mem_pair(s->loop, NULL, pair), 0);
    check_int(weir_throttle_open(pair[0], NULL, NULL, NULL, &pair[0]), 0);
    actor_take(&s->client, pair[0]);
    actor_take(&s->server, pair[1]);
    s->client.on_connected = say_hello_and_close;
    scene_run(s);
}

/* ---- a shared bucket --------------------------------------------------------------------------------------------- */

static weir_bucket common;
static struct actor *writers[2];

static void check_that_it_was_fair(struct scene *s) {
    uint64_t got[2] = {((struct actor *)writers[0]->user)->received, ((struct actor *)writers[1]->user)->received};
    check(got[0] + got[1] >= 45000 && got[0] + got[1] <= 60000);
    check(got[0] <= got[1] + 10000 && got[1] <= got[0] + 10000);
    abort_now(writers[0]);
    abort_now(writers[1]);
    (void)s;
}

static void write_some(struct actor *a) { check(actor_write_pattern(a, SOME) >= 0); }

/* Half a second of a hundred thousand a second, for both together and in equal parts. */
static void a_shared_bucket_is_shared_fairly(struct scene *s) {
    const weir_throttle_options options = {.send = &common};
    common = (weir_bucket){.rate = SOME, .burst = 5000};
    for (int i = 0; i < 2; i++) {
        weir_transport *pair[2];
        struct actor *reader = scene_cast(s, "reader");
        writers[i] = scene_cast(s, "writer");
        writers[i]->silenced = reader->silenced = true;
        writers[i]->user = reader;
        writers[i]->on_connected = write_some;
        check_int(weir_mem_pair(s->loop, NULL, pair), 0);
        check_int(weir_throttle_open(pair[0], &options, NULL, NULL, &pair[0]), 0);
        actor_take(writers[i], pair[0]);
        actor_take(reader, pair[1]);
    }
    scene_later(s, 500 * MS, check_that_it_was_fair);
    scene_run(s);
}

static const struct scenario layers[] = {
    SCENARIO(what_is_below_belongs_to_the_layer, .media = NONE),
    SCENARIO(what_is_not_free_is_refused, .media = NONE),
    SCENARIO(a_stack_has_a_greatest_height, .media = NONE),
    SCENARIO(a_layer_may_begin_in_mid_stream, .media = EVERY & ~DEEP,
             .expected = "client connected\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server received \"hello\"\n"
                         "other connected\n"
                         "other received \"hello\"\n"
                         "other ended\n"
                         "other disconnected in order\n"),
    SCENARIO(what_is_below_may_be_paused, .media = NONE,
             .expected = "client connected\n"
                         "client received \"hello\"\n"
                         "client ended\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server received \"hello\"\n"
                         "server ended\n"
                         "server disconnected in order\n"),
    SCENARIO(what_is_below_may_be_aborted, .media = NONE,
             .expected = "client connected\n"
                         "client disconnected WEIR_ECANCELED\n"
                         "server connected\n"
                         "server received \"hello\"\n"
                         "server disconnected WEIR_ERESET\n"),
    SCENARIO(a_close_below_is_a_loss_above, .media = NONE,
             .expected = "client connected\n"
                         "client disconnected WEIR_ECLOSED\n"
                         "server connected\n"
                         "server ended\n"
                         "server disconnected in order\n"),
    SCENARIO(a_trace_tells_what_passes, .media = NONE,
             .expected = "client connected\n"
                         "client received \"hello\"\n"
                         "client ended\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server received \"hello\"\n"
                         "server ended\n"
                         "server disconnected in order\n"
                         "scene connected at 0\n"
                         "scene sent\n"
                         "scene ended at 5\n"
                         "scene received\n"
                         "scene peer ended at 5\n"
                         "scene disconnected at 5\n"),
    SCENARIO(a_trace_tells_a_loss, .media = NONE,
             .expected = "client connected\n"
                         "client disconnected WEIR_ERESET\n"
                         "server connected\n"
                         "server received \"hello\"\n"
                         "server disconnected WEIR_ECANCELED\n"
                         "scene connected at 0\n"
                         "scene sent\n"
                         "scene disconnected at 0 WEIR_ERESET\n"),
    SCENARIO(what_is_sent_keeps_its_rate, .media = NONE),
    SCENARIO(what_is_received_keeps_its_rate, .media = NONE),
    SCENARIO(no_rate_is_no_throttle, .media = NONE),
    SCENARIO(a_shared_bucket_is_shared_fairly, .media = NONE, .places = SIMULATED, .loose = true),
};
const struct suite layers_suite = SUITE(layers);
