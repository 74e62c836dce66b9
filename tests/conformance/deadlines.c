/* SPDX-License-Identifier: MIT
 *
 * Contract 5: deadlines. The first error wins, and a refused connection is never a timeout. Deadlines here are either
 * far away, where they must not strike, or of a peer that will never move, where they must. */
#include "conformance/suites.h"

/* ---- connect ----------------------------------------------------------------------------------------------------- */

static void connect_in_time(struct door *door, const weir_error *reason) {
    (void)reason;
    door->scene->connect_timeout_ns = 10 * SECOND;
    check_int(actor_connect(&door->scene->client, &door->address), 0);
}

static void refused_is_never_a_timeout(struct scene *s) {
    weir_address address = scene_address(s);
    s->door.on_closed = connect_in_time;
    check_int(door_open(&s->door, s, &address), 0);
    check_int(door_shut(&s->door), 0);
    scene_run(s);
    check_int(s->client.reason.stage, WEIR_STAGE_CONNECT);
    check_int(s->client.reason.unsent, 0);
}

static void let_the_others_go(struct actor *client, const weir_error *reason) {
    struct scene *s = client->scene;
    (void)reason;
    for (unsigned i = 0; i < s->cast_count; i++) {
        actor_abort(s->cast[i]);
    }
    door_shut(&s->door);
}

static void try_the_full_door(struct scene *s) {
    s->connect_timeout_ns = 200 * MS;
    check_int(actor_connect(&s->client, &s->door.address), 0);
}

/* A listener that accepts nothing, and more connections than it may hold. */
static void connect_to_a_full_listener(struct scene *s) {
    weir_address address = scene_address(s);
    s->door.options.backlog = 1;
    check_int(door_open(&s->door, s, &address), 0);
    check_int(door_pause(&s->door), 0);
    for (unsigned i = 0; i < 6; i++) {
        struct actor *filler = scene_cast(s, "filler");
        filler->silenced = true;
        check_int(actor_connect(filler, &s->door.address), 0);
    }
    scene_later(s, 50 * MS, try_the_full_door);
    s->client.on_disconnected = let_the_others_go;
    scene_run(s);
    check_int(s->client.reason.stage, WEIR_STAGE_CONNECT);
}

static void a_connect_to_a_full_listener_hangs(struct scene *s) { connect_to_a_full_listener(s); }

static void a_full_unix_listener_refuses(struct scene *s) { connect_to_a_full_listener(s); }

static void a_deadline_in_time_is_nothing(struct scene *s) {
    s->connect_timeout_ns = 20 * SECOND;
    s->client.on_connected = say_hello;
    s->server.on_received = echo;
    actor_later(&s->client, 50 * MS, close_now);
    scene_play(s);
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

#define MUCH (12u << 20)

static void write_much(struct actor *a) { check(actor_write_pattern(a, MUCH) >= 0); }

/* What the peer made of it depends on how much it had got. */
static void let_the_server_go(struct actor *client, const weir_error *reason) {
    struct actor *server = &client->scene->server;
    (void)reason;
    server->silenced = true;
    resume_receiving(server);
}

static const weir_limits short_stall = {.write_cap = 16 << 20, .pause_mark = 16 << 20, .stall_ns = 150 * MS};

static void a_write_that_stalls_times_out(struct scene *s) {
    s->limits = &short_stall;
    s->client.on_connected = write_much;
    s->server.on_connected = pause_receiving;
    s->client.on_disconnected = let_the_server_go;
    scene_play(s);
    check_int(s->client.reason.stage, WEIR_STAGE_WRITE);
    check(s->client.reason.unsent > 0 && s->client.reason.unsent <= MUCH);
}

static void pause_for_a_while(struct actor *a) {
    pause_receiving(a);
    actor_later(a, 20 * MS, resume_receiving);
}

static size_t take_slowly(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    pause_for_a_while(a);
    return n;
}

static void write_two_megabytes_and_close(struct actor *a) {
    check(actor_write_pattern(a, 2 << 20) >= 0);
    close_now(a);
}

/* Slow as it is, there is never a stall. */
static void slow_progress_is_no_stall(struct scene *s) {
    static const weir_limits patient = {.write_cap = 16 << 20, .stall_ns = 150 * MS, .linger_ns = 100 * SECOND};
    s->limits = &patient;
    s->client.hushed = true;
    s->client.on_connected = write_two_megabytes_and_close;
    s->server.on_received = take_slowly;
    scene_play(s);
    check_int(s->server.received, 2 << 20);
}

/* ---- idle -------------------------------------------------------------------------------------------------------- */

static void silence_ends_an_idle_connection(struct scene *s) {
    static const weir_limits idle = {.idle_ns = 100 * MS};
    s->server_limits = &idle;
    s->client.on_connected = say_hello;
    scene_play(s);
}

static void say_a_letter(struct actor *a) {
    if (a->written++ == 9) {
        close_now(a);
        return;
    }
    check(actor_say(a, "x") >= 0);
    actor_later(a, 50 * MS, say_a_letter);
}

static void bytes_that_move_are_not_idle(struct scene *s) {
    static const weir_limits idle = {.idle_ns = 100 * MS};
    s->limits = &idle;
    s->client.on_connected = say_a_letter;
    scene_play(s);
}

/* ---- linger ------------------------------------------------------------------------------------------------------ */

static const weir_limits short_linger = {.write_cap = 16 << 20, .pause_mark = 16 << 20, .linger_ns = 150 * MS};

static void close_the_server(struct actor *client, const weir_error *reason) {
    (void)reason;
    close_now(&client->scene->server);
}

static void a_peer_that_never_ends_is_left(struct scene *s) {
    s->limits = &short_linger;
    s->client.on_connected = say_hello_and_close;
    s->server.on_ended = stay;
    s->client.on_disconnected = close_the_server;
    scene_play(s);
}

static void write_much_and_close(struct actor *a) {
    write_much(a);
    close_now(a);
}

static void a_close_that_cannot_flush_times_out(struct scene *s) {
    s->limits = &short_linger;
    s->client.on_connected = write_much_and_close;
    s->server.on_connected = pause_receiving;
    s->client.on_disconnected = let_the_server_go;
    scene_play(s);
    check(s->client.reason.unsent > 0 && s->client.reason.unsent <= MUCH);
}

static const struct scenario deadlines[] = {
    SCENARIO(refused_is_never_a_timeout, .media = TCP | UNIX_NAME, .expected = "client disconnected WEIR_EREFUSED\n"),
    SCENARIO(a_connect_to_a_full_listener_hangs, .media = TCP, .expected = "client disconnected WEIR_ETIMEDOUT\n"),
    SCENARIO(a_full_unix_listener_refuses, .media = UNIX, .expected = "client disconnected WEIR_EREFUSED\n"),
    SCENARIO(a_deadline_in_time_is_nothing, .media = SOCKETS),
    SCENARIO(a_write_that_stalls_times_out, .media = EVERY,
             .expected = "client connected\n"
                         "client disconnected WEIR_ETIMEDOUT\n"
                         "server connected\n"),
    SCENARIO(slow_progress_is_no_stall, .media = EVERY, .places = SIMULATED,
             .expected = "client connected\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server received 2097152 of the pattern\n"
                         "server ended\n"
                         "server disconnected in order\n"),
    SCENARIO(silence_ends_an_idle_connection, .media = SOCKETS),
    SCENARIO(bytes_that_move_are_not_idle, .media = EVERY, .places = SIMULATED,
             .expected = "client connected\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server received \"xxxxxxxxx\"\n"
                         "server ended\n"
                         "server disconnected in order\n"),
    SCENARIO(a_peer_that_never_ends_is_left, .media = SOCKETS),
    SCENARIO(a_close_that_cannot_flush_times_out, .media = EVERY,
             .expected = "client connected\n"
                         "client disconnected WEIR_ETIMEDOUT\n"
                         "server connected\n"),
};
const struct suite deadlines_suite = SUITE(deadlines);
