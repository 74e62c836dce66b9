/* SPDX-License-Identifier: MIT
 *
 * Contract 6: close is legal anywhere and twice, flushes, and destroys nothing it flushed; abort drops; half_close
 * sends the end and still receives. `disconnected` follows, once and last. */
#include "conformance/suites.h"

#define CLOSED_IN_ORDER                                                                                                \
    "client connected\n"                                                                                               \
    "client disconnected in order\n"                                                                                   \
    "server connected\n"                                                                                               \
    "server received \"hello\"\n"                                                                                      \
    "server ended\n"                                                                                                   \
    "server disconnected in order\n"

/* ---- in each callback -------------------------------------------------------------------------------------------- */

/* One byte comes in one piece. */
static void say_x(struct actor *a) { check(actor_say(a, "x") >= 0); }

static size_t take_and_close(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    close_now(a);
    return n;
}

static size_t take_and_abort(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    abort_now(a);
    return n;
}

static void close_again(struct actor *a, const weir_error *reason) {
    (void)reason;
    check_int(actor_close(a), WEIR_EALREADY);
    check_int(actor_abort(a), WEIR_EALREADY);
    check(actor_say(a, "x") < 0);
    check_int(actor_info(a).state, WEIR_GONE);
}

static void close_in_connected(struct scene *s) {
    s->client.on_connected = close_now;
    scene_play(s);
}

static void close_in_received(struct scene *s) {
    s->client.on_connected = say_x;
    s->server.on_received = take_and_close;
    if (s->medium == PIPE) actor_later(&s->client, 50 * MS, close_now);
    scene_play(s);
}

static void close_in_disconnected(struct scene *s) {
    s->client.on_connected = say_hello_and_close;
    s->client.on_disconnected = close_again;
    s->server.on_disconnected = close_again;
    scene_play(s);
}

static const weir_limits roomy = {.write_cap = 16 << 20};

static void write_much(struct actor *a) { check(actor_write_pattern(a, 12 << 20) >= 0); }

/* The client writes more than the other side takes before it resumes. */
static void against_a_slow_reader(struct scene *s) {
    s->limits = &roomy;
    s->client.on_connected = write_much;
    s->server.on_connected = pause_receiving;
    actor_later(&s->server, 100 * MS, resume_receiving);
}

static void close_in_pause(struct scene *s) {
    against_a_slow_reader(s);
    s->client.on_pause = close_now;
    scene_play(s);
}

static void close_in_resume(struct scene *s) {
    against_a_slow_reader(s);
    s->client.on_resume = close_now;
    scene_play(s);
}

static void abort_in_connected(struct scene *s) {
    s->client.on_connected = abort_now;
    actor_later(&s->server, 50 * MS, close_now);
    scene_play(s);
}

static void abort_in_received(struct scene *s) {
    s->client.on_connected = say_x;
    s->server.on_received = take_and_abort;
    actor_later(&s->client, 50 * MS, close_now);
    scene_play(s);
}

static void abort_in_ended(struct scene *s) {
    s->client.on_connected = say_hello_and_half_close;
    s->server.on_ended = abort_now;
    scene_play(s);
}

static void abort_in_pause(struct scene *s) {
    against_a_slow_reader(s);
    s->client.on_pause = abort_now;
    s->server.silenced = true;
    scene_play(s);
    check(s->client.reason.unsent > 0);
}

static void abort_in_resume(struct scene *s) {
    against_a_slow_reader(s);
    s->client.on_resume = abort_now;
    s->server.silenced = true;
    scene_play(s);
}

/* ---- twice, and after -------------------------------------------------------------------------------------------- */

static void close_twice(struct actor *a) {
    say_hello(a);
    check_int(actor_close(a), 0);
    check_int(actor_close(a), WEIR_EALREADY);
}

static void the_second_close_is_already(struct scene *s) {
    s->client.on_connected = close_twice;
    scene_play(s);
}

static void abort_twice(struct actor *a) {
    check_int(actor_close(a), 0);
    check_int(actor_abort(a), 0);
    check_int(actor_abort(a), WEIR_EALREADY);
    check_int(actor_close(a), WEIR_EALREADY);
}

static void abort_after_close(struct scene *s) {
    s->client.on_connected = abort_twice;
    actor_later(&s->server, 50 * MS, close_now);
    scene_play(s);
}

static void try_everything(struct actor *a) {
    static const weir_producer producer = {0};
    static const weir_slice slice = {"x", 1};
    weir_transport *t = a->t;
    close_now(a);
    check_int(actor_say(a, "x"), WEIR_ECLOSED);
    check_int(weir_transport_write_sequence(t, &slice, 1), WEIR_ECLOSED);
    check_int(actor_pause(a, WEIR_RECEIVE), WEIR_ECLOSED);
    check_int(actor_resume(a, WEIR_SEND), WEIR_ECLOSED);
    check_int(weir_transport_set_protocol(t, NULL, NULL), WEIR_ECLOSED);
    check_int(weir_transport_register(t, &producer, a), WEIR_ECLOSED);
    check_int(weir_pipe(t, t), a->scene->medium == PIPE ? WEIR_ENOTSUP : WEIR_ECLOSED);
    check_int(actor_half_close(a), WEIR_ECLOSED);
    check_int(actor_info(a).state, WEIR_CLOSING);
}

static void calls_after_close_are_refused(struct scene *s) {
    s->client.on_connected = try_everything;
    scene_play(s);
}

/* ---- before connected -------------------------------------------------------------------------------------------- */

static void shut_the_door(struct scene *s) {
    door_shut(&s->door);
    if (s->server.t) abort_now(&s->server);
}

/* Whether the server saw anything of it is a matter of time. */
static void before_connected(struct scene *s, void (*act)(struct actor *a)) {
    s->server.silenced = true;
    scene_open_pair(s);
    act(&s->client);
    check_int(s->client.disconnected, 0);
    scene_later(s, 100 * MS, shut_the_door);
    scene_run(s);
}

static void close_before_connected(struct scene *s) { before_connected(s, close_now); }

static void abort_before_connected(struct scene *s) { before_connected(s, abort_now); }

/* ---- half-close -------------------------------------------------------------------------------------------------- */

static void half_closed_still_receives(struct scene *s) {
    s->client.on_connected = say_hello_and_half_close;
    s->server.on_received = echo;
    scene_play(s);
}

static void half_close_at_once(struct actor *a) {
    check(actor_say(a, "hello") >= 0);
    check_int(actor_half_close(a), 0);
    check_int(actor_half_close(a), WEIR_EALREADY);
    check_int(actor_say(a, "more"), WEIR_ECLOSED);
    check(actor_info(a).half_closed);
}

static void half_close_twice_is_already(struct scene *s) {
    s->client.on_connected = half_close_at_once;
    scene_play(s);
}

static void say_more_and_close(struct actor *a) {
    check(actor_info(a).peer_ended);
    check(actor_say(a, "and more") >= 0);
    close_now(a);
}

static void talk_on(struct actor *a) { actor_later(a, 30 * MS, say_more_and_close); }

static void the_other_side_talks_on(struct scene *s) {
    s->client.on_connected = half_close_now;
    s->server.on_ended = talk_on;
    scene_play(s);
}

static void write_and_half_close(struct actor *a) {
    check(actor_write_pattern(a, 900000) >= 0);
    check_int(actor_half_close(a), 0);
}

static void half_close_waits_for_the_queue(struct scene *s) {
    s->client.hushed = true;
    s->client.on_connected = write_and_half_close;
    scene_play(s);
}

static void both_half_close(struct scene *s) {
    s->client.on_connected = say_hello_and_half_close;
    s->server.on_connected = say_hello_and_half_close;
    scene_play(s);
}

static void both_close(struct scene *s) {
    s->client.on_connected = close_now;
    s->server.on_connected = close_now;
    s->client.on_ended = s->server.on_ended = stay;
    s->client.silenced = s->server.silenced = true;
    scene_play(s);
    check_int(s->client.code, 0);
    check_int(s->server.code, 0);
}

static void try_half_close(struct actor *a) {
    check_int(actor_half_close(a), WEIR_ENOTSUP);
    check(!actor_info(a).can_half_close);
    close_now(a);
}

static void a_pipe_has_no_half_close(struct scene *s) {
    s->client.on_connected = try_half_close;
    scene_play(s);
}

/* ---- lingering --------------------------------------------------------------------------------------------------- */

static void write_200k_and_close(struct actor *a) {
    check(actor_write_pattern(a, 200000) >= 0);
    close_now(a);
}

static void pump_for_ever(struct actor *a) { actor_pump(a, UINT64_MAX, NULL); }

/* The server has unread input all the while: a plain close would reset the connection and destroy what it flushed. */
static void close_destroys_nothing_flushed(struct scene *s) {
    s->client.hushed = true;
    s->client.on_connected = pump_for_ever;
    s->server.hushed = true;
    s->server.on_connected = write_200k_and_close;
    scene_play(s);
}

static void write_200k_later_and_close(struct actor *a) {
    actor_later(a, 50 * MS, write_200k_and_close);
    pause_receiving(a);
}

static void the_same_with_unread_input(struct scene *s) {
    s->client.hushed = true;
    s->client.on_connected = pump_for_ever;
    s->server.hushed = true;
    s->server.on_connected = write_200k_later_and_close;
    scene_play(s);
}

static void close_with_sending_paused(struct actor *a) {
    check_int(actor_pause(a, WEIR_SEND), 0);
    say_hello(a);
    close_now(a);
}

static void close_undoes_a_pause_of_sending(struct scene *s) {
    s->client.on_connected = close_with_sending_paused;
    scene_play(s);
}

static void hear_nothing(struct scene *s) {
    check_int(s->server.received, 0);
    close_now(&s->server);
}

static void close_drops_unread_bytes(struct scene *s) {
    s->client.on_connected = say_hello;
    s->server.on_connected = pause_receiving;
    scene_later(s, 50 * MS, hear_nothing);
    if (s->medium == PIPE) actor_later(&s->client, 100 * MS, close_now);
    scene_play(s);
}

static void say_and_abort(struct actor *a) {
    check(actor_say(a, "hello") >= 0);
    abort_now(a);
}

static void abort_counts_the_unsent(struct scene *s) {
    s->client.on_connected = say_and_abort;
    actor_later(&s->server, 50 * MS, close_now);
    scene_play(s);
    check_int(s->client.reason.unsent, 5);
}

static const struct scenario closing[] = {
    SCENARIO(close_in_connected, .media = EVERY),
    SCENARIO(close_in_received, .media = EVERY),
    SCENARIO(close_in_disconnected, .media = EVERY, .expected = CLOSED_IN_ORDER),
    SCENARIO(close_in_pause, .media = EVERY),
    SCENARIO(close_in_resume, .media = EVERY,
             .expected = "client connected\n"
                         "client pause\n"
                         "client resume\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server received 12582912 of the pattern\n"
                         "server ended\n"
                         "server disconnected in order\n"),
    SCENARIO(abort_in_connected, .media = EVERY),
    SCENARIO(abort_in_received, .media = EVERY),
    SCENARIO(abort_in_ended, .media = EVERY),
    SCENARIO(abort_in_pause, .media = EVERY),
    SCENARIO(abort_in_resume, .media = EVERY),
    SCENARIO(the_second_close_is_already, .media = EVERY, .expected = CLOSED_IN_ORDER),
    SCENARIO(abort_after_close, .media = EVERY),
    SCENARIO(calls_after_close_are_refused, .media = EVERY),
    SCENARIO(close_before_connected, .media = SOCKETS),
    SCENARIO(abort_before_connected, .media = SOCKETS, .expected = "client disconnected WEIR_ECANCELED\n"),
    SCENARIO(half_closed_still_receives, .media = DUPLEX,
             .expected = "client connected\n"
                         "client received \"hello\"\n"
                         "client ended\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server received \"hello\"\n"
                         "server ended\n"
                         "server disconnected in order\n"),
    SCENARIO(half_close_twice_is_already, .media = DUPLEX),
    SCENARIO(the_other_side_talks_on, .media = DUPLEX,
             .expected = "client connected\n"
                         "client received \"and more\"\n"
                         "client ended\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server ended\n"
                         "server disconnected in order\n"),
    SCENARIO(half_close_waits_for_the_queue, .media = DUPLEX,
             .expected = "client connected\n"
                         "client ended\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server received 900000 of the pattern\n"
                         "server ended\n"
                         "server disconnected in order\n"),
    SCENARIO(both_half_close, .media = DUPLEX,
             .expected = "client connected\n"
                         "client received \"hello\"\n"
                         "client ended\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server received \"hello\"\n"
                         "server ended\n"
                         "server disconnected in order\n"),
    SCENARIO(both_close, .media = DUPLEX),
    SCENARIO(a_pipe_has_no_half_close, .media = PIPE),
    SCENARIO(close_destroys_nothing_flushed, .media = DUPLEX,
             .expected = "client connected\n"
                         "client received 200000 of the pattern\n"
                         "client ended\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server disconnected in order\n"),
    SCENARIO(the_same_with_unread_input, .media = DUPLEX,
             .expected = "client connected\n"
                         "client received 200000 of the pattern\n"
                         "client ended\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server disconnected in order\n"),
    SCENARIO(close_undoes_a_pause_of_sending, .media = EVERY, .expected = CLOSED_IN_ORDER),
    SCENARIO(close_drops_unread_bytes, .media = EVERY),
    SCENARIO(abort_counts_the_unsent, .media = EVERY),
};
const struct suite closing_suite = SUITE(closing);
