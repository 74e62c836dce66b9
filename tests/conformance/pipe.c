/* SPDX-License-Identifier: MIT
 *
 * weir_pipe: what one transport receives another sends; half-close and loss pass through, and no byte is lost. A chain
 * is client - medium - server, joined by relays through pairs in memory to the far end. */
#include "conformance/suites.h"

#define STREAM 700000

/* A flow under watch, and the scene it keeps alive until it has ended. */
struct watched_flow {
    weir_flow flow;
    struct scene *scene;
    weir_transport *close_then; /* nobody else would */
    unsigned ended;
    int code;
    uint64_t unsent;
};

static void flow_ended(weir_flow *flow, const weir_error *reason) {
    struct watched_flow *w = (struct watched_flow *)flow;
    scene_enter(w->scene);
    check_int(++w->ended, 1);
    w->code = reason ? reason->code : 0;
    w->unsent = reason ? reason->unsent : 0;
    if (w->close_then) check_int(weir_transport_close(w->close_then), 0);
    scene_leave(w->scene);
    scene_release(w->scene);
}

static void pipe_watched(struct watched_flow *w, struct scene *s, weir_transport *from, weir_transport *to) {
    *w = (struct watched_flow){.flow = {.ended = flow_ended}, .scene = s};
    scene_calls(s);
    if (check_int(scene_called(s, weir_pipe_flow(from, to, &w->flow)), 0)) scene_hold(s);
}

static struct watched_flow flows[8];

/* ---- echo -------------------------------------------------------------------------------------------------------- */

static void echo_by_pipe(struct actor *a) {
    weir_transport *t = a->t;
    actor_leave(a);
    pipe_watched(&flows[0], a->scene, t, t);
}

/* Half-closes when all is written, and closes when the other side has ended too. */
static void half_close_or_close(struct actor *a) {
    if (a->pump.sent < a->pump.total) return;
    if (a->ended)
        close_now(a);
    else
        half_close_now(a);
}

static void pump_and_half_close(struct actor *a) {
    a->on_ended = half_close_or_close;
    actor_pump(a, STREAM, half_close_or_close);
}

static void a_pipe_to_itself_is_an_echo(struct scene *s) {
    s->client.hushed = true;
    s->client.on_connected = pump_and_half_close;
    s->server.on_connected = echo_by_pipe;
    scene_play(s);
    check_int(flows[0].code, 0);
    check_int(flows[0].flow.bytes, STREAM);
    check_int(flows[0].ended, 1);
}

static void echo_in_accept(struct door *door, weir_transport *t) {
    check_int(weir_pipe(t, t), 0);
    door_shut(door);
}

/* As the shortest program there is does it: no flow, no protocol. */
static void a_pipe_may_begin_in_accept(struct scene *s) {
    s->client.hushed = true;
    s->client.on_connected = pump_and_half_close;
    s->door.on_accept = echo_in_accept;
    scene_play(s);
}

static void unread_bytes_are_piped_too(struct scene *s) {
    s->client.on_connected = say_hello_and_half_close;
    s->server.on_connected = pause_receiving;
    actor_later(&s->server, 50 * MS, echo_by_pipe);
    scene_play(s);
}

/* ---- relays ------------------------------------------------------------------------------------------------------ */

static weir_transport *memory[2][2];

static void join(struct scene *s, unsigned n, weir_transport *a, weir_transport *b) {
    pipe_watched(&flows[2 * n], s, a, b);
    pipe_watched(&flows[2 * n + 1], s, b, a);
}

/* server = memory[0] ... memory[1] = far: three relays, for the client's end is one more. */
static void build_chain(struct actor *server) {
    struct scene *s = server->scene;
    weir_transport *t = server->t;
    actor_leave(server);
    for (unsigned i = 0; i < 2; i++)
        check_int(weir_mem_pair(s->loop, s->limits, memory[i]), 0);
    join(s, 0, t, memory[0][0]);
    join(s, 1, memory[0][1], memory[1][0]);
    check_int(actor_take(s->user, memory[1][1]), 0);
}

static struct actor *cast_far(struct scene *s) {
    struct actor *far = scene_cast(s, "far");
    s->user = far;
    far->hushed = true;
    s->client.hushed = true;
    s->server.silenced = true;
    s->server.on_connected = build_chain;
    return far;
}

static size_t take_by_dice(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    if (dice_roll(&a->scene->dice, 4) == 0) {
        pause_receiving(a);
        actor_later(a, dice_roll(&a->scene->dice, 3 * MS), resume_receiving);
    }
    return 1 + (size_t)dice_roll(&a->scene->dice, n);
}

static void pump_back_and_half_close(struct actor *a) {
    a->on_ended = half_close_or_close;
    actor_pump(a, STREAM / 2, half_close_or_close);
}

/* Both ends send, take by dice, and half-close when they are done. */
static void a_chain_of_relays_loses_nothing(struct scene *s) {
    static const weir_limits small = {.receive = 3000, .write_cap = 20000, .pause_mark = 6000, .resume_mark = 2000};
    struct actor *far = cast_far(s);
    s->limits = &small;
    s->client.pump.burst = far->pump.burst = 5000;
    s->client.on_received = far->on_received = take_by_dice;
    s->client.on_connected = pump_and_half_close;
    far->on_connected = pump_back_and_half_close;
    scene_play(s);
    for (unsigned i = 0; i < 4; i++)
        check_int(flows[i].code, 0);
    check_int(flows[0].flow.bytes, STREAM);
    check_int(flows[1].flow.bytes, STREAM / 2);
}

static void half_close_passes_through(struct scene *s) {
    struct actor *far = cast_far(s);
    s->client.on_connected = say_hello_and_half_close;
    far->on_received = echo;
    scene_play(s);
}

static void a_close_at_the_end_passes_through(struct scene *s) {
    struct actor *far = cast_far(s);
    far->on_connected = say_hello_and_close;
    scene_play(s);
}

static void let_go(struct scene *s) {
    struct actor *far = s->user;
    weir_loop_stats stats = scene_stats(s);
    check_int(s->client.paused, s->client.resumed + 1);
    check(stats.charged < 2 << 20);
    resume_receiving(far);
}

static void pump_megabytes(struct actor *a) { actor_pump(a, 24 << 20, close_now); }

/* The far end does not read: the writer is paused, and what waits is bounded by the limits. */
static void back_pressure_passes_through(struct scene *s) {
    struct actor *far = cast_far(s);
    s->client.on_connected = pump_megabytes;
    far->on_connected = pause_receiving;
    scene_later(s, 400 * MS, let_go);
    scene_play(s);
}

/* ---- losses ------------------------------------------------------------------------------------------------------ */

static void pump_a_lot(struct actor *a) { actor_pump(a, 4 << 20, close_now); }

static void abort_far(struct scene *s) { abort_now(s->user); }

/* The far end is lost with bytes on the way: the flow says so, and the client does not end in order. */
static void a_loss_of_the_consumer_is_told(struct scene *s) {
    struct actor *far = cast_far(s);
    s->client.on_connected = pump_a_lot;
    s->client.silenced = true;
    far->on_connected = pause_receiving;
    scene_later(s, 200 * MS, abort_far);
    scene_play(s);
    check_int(far->code, WEIR_ECANCELED);
    check_int(flows[0].ended + flows[1].ended + flows[2].ended + flows[3].ended, 4);
    check(flows[2].code < 0);
    check(flows[2].unsent > 0);
    check(flows[0].code < 0);
    check(s->client.code < 0);
}

static void say_hello_then_abort(struct actor *a) {
    say_hello(a);
    actor_later(a, 50 * MS, abort_now);
}

/* A part is never taken for the whole: the far end sees no end. */
static void a_loss_of_the_source_is_no_end(struct scene *s) {
    struct actor *far = cast_far(s);
    s->client.on_connected = say_hello_then_abort;
    scene_play(s);
    check_int(far->ended, 0);
    check_int(far->received, 5);
    check(far->code < 0);
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

static void pipe_wrongly(struct actor *a) {
    weir_transport *pair[2], *other[2];
    weir_loop *loop = a->scene->loop;
    check_int(weir_mem_pair(loop, NULL, pair), 0);
    check_int(weir_pipe(a->t, pair[0]), 0);
    check_int(weir_pipe(pair[1], pair[0]), WEIR_EBUSY);
    check_int(weir_pipe(NULL, pair[0]), WEIR_EINVAL);
    check_int(weir_pipe(pair[1], NULL), WEIR_EINVAL);
    check_int(weir_pipe_pair(loop, NULL, other), 0);
    check_int(weir_pipe(pair[1], other[0]), WEIR_ENOTSUP);
    check_int(weir_pipe(other[1], pair[1]), WEIR_ENOTSUP);
    weir_transport_abort(other[0]);
    weir_transport_abort(other[1]);
    weir_transport_abort(pair[0]);
    weir_transport_abort(pair[1]);
    actor_leave(a);
}

static void what_cannot_be_piped_is_refused(struct scene *s) {
    s->client.silenced = s->server.silenced = true;
    s->server.on_connected = pipe_wrongly;
    scene_play(s);
}

/* ---- the pipe of the system -------------------------------------------------------------------------------------- */

static weir_transport *ends[2];

static void pipe_into_memory(struct actor *server) {
    struct scene *s = server->scene;
    weir_transport *t = server->t;
    actor_leave(server);
    check_int(weir_mem_pair(s->loop, NULL, memory[0]), 0);
    pipe_watched(&flows[0], s, t, memory[0][0]);
    flows[0].close_then = memory[0][0];
    check_int(actor_take(s->user, memory[0][1]), 0);
}

static void pump_and_close(struct actor *a) { actor_pump(a, STREAM, close_now); }

/* The end of a pipe half-closes, though a pipe itself has none; its reading end closes when it has ended. */
static void from_a_pipe_into_a_duplex(struct scene *s) {
    struct actor *far = scene_cast(s, "far");
    s->user = far;
    s->client.hushed = true;
    s->client.on_connected = pump_and_close;
    s->server.on_connected = pipe_into_memory;
    scene_play(s);
    check_int(flows[0].code, 0);
    check_int(flows[0].flow.bytes, STREAM);
}

static void pipe_into_pipe(struct actor *server) {
    struct scene *s = server->scene;
    weir_transport *t = server->t;
    actor_leave(server);
    check_int(weir_pipe_pair(s->loop, NULL, ends), 0);
    pipe_watched(&flows[0], s, t, ends[1]);
    check_int(actor_take(s->user, ends[0]), 0);
}

/* No half-close there: the end of the source closes it. */
static void from_anything_into_a_pipe(struct scene *s) {
    struct actor *far = scene_cast(s, "far");
    s->user = far;
    s->client.hushed = true;
    s->client.on_connected = pump_and_close;
    s->server.on_connected = pipe_into_pipe;
    scene_play(s);
    check_int(flows[0].code, 0);
    check_int(flows[0].flow.bytes, STREAM);
}

#define ECHOED                                                                                                         \
    "client connected\n"                                                                                               \
    "client received 700000 of the pattern\n"                                                                          \
    "client ended\n"                                                                                                   \
    "client disconnected in order\n"

static const struct scenario pipe_scenarios[] = {
    SCENARIO(a_pipe_to_itself_is_an_echo, .media = DUPLEX, .expected = ECHOED "server connected\n"),
    SCENARIO(a_pipe_may_begin_in_accept, .media = SOCKETS, .expected = ECHOED),
    SCENARIO(unread_bytes_are_piped_too, .media = DUPLEX),
    SCENARIO(a_chain_of_relays_loses_nothing, .media = DUPLEX,
             .expected = "client connected\n"
                         "client received 350000 of the pattern\n"
                         "client ended\n"
                         "client disconnected in order\n"
                         "far connected\n"
                         "far received 700000 of the pattern\n"
                         "far ended\n"
                         "far disconnected in order\n"),
    SCENARIO(half_close_passes_through, .media = DUPLEX,
             .expected = "client connected\n"
                         "client received \"hello\"\n"
                         "client ended\n"
                         "client disconnected in order\n"
                         "far connected\n"
                         "far received \"hello\"\n"
                         "far ended\n"
                         "far disconnected in order\n"),
    SCENARIO(a_close_at_the_end_passes_through, .media = DUPLEX,
             .expected = "client connected\n"
                         "client received \"hello\"\n"
                         "client ended\n"
                         "client disconnected in order\n"
                         "far connected\n"
                         "far disconnected in order\n"),
    SCENARIO(back_pressure_passes_through, .media = DUPLEX,
             .expected = "client connected\n"
                         "client disconnected in order\n"
                         "far connected\n"
                         "far received 25165824 of the pattern\n"
                         "far ended\n"
                         "far disconnected in order\n"),
    SCENARIO(a_loss_of_the_consumer_is_told, .media = DUPLEX, .loose = true),
    SCENARIO(a_loss_of_the_source_is_no_end, .media = TCP | MEMORY),
    SCENARIO(what_cannot_be_piped_is_refused, .media = DUPLEX, .loose = true),
    SCENARIO(from_a_pipe_into_a_duplex, .media = PIPE,
             .expected = "client connected\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "far connected\n"
                         "far received 700000 of the pattern\n"
                         "far ended\n"
                         "far disconnected in order\n"),
    SCENARIO(from_anything_into_a_pipe, .media = EVERY,
             .expected = "client connected\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "far connected\n"
                         "far received 700000 of the pattern\n"
                         "far ended\n"
                         "far disconnected in order\n"),
};
const struct suite pipe_suite = {"pipe", pipe_scenarios, sizeof pipe_scenarios / sizeof *pipe_scenarios};
