/* SPDX-License-Identifier: MIT
 *
 * Contract 5: deadlines. The first error wins, and a refused connection is never a timeout. Deadlines here are either
 * far away, where they must not strike, or of a peer that will never move, where they must. */
#include "conformance/suites.h"

#include <string.h>

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
    s->client.on_received = hear_hello_and_close;
    s->server.on_received = echo;
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

/* ---- least rates ------------------------------------------------------------------------------------------------- */

static uint64_t opened_ns;

static void note_the_time(struct actor *a) { opened_ns = weir_now_ns(a->scene->loop); }

/* To the slot where time is exact: one slot for the clock and two for the timer. */
static void check_it_took(struct actor *a, uint64_t least_ns, uint64_t most_ns) {
    uint64_t took_ns = weir_now_ns(a->scene->loop) - opened_ns;
    check(took_ns >= least_ns);
    if (scene_simulated(a->scene)) check(took_ns <= most_ns + 3 * SLOT);
}

static void after_one_window(struct actor *a, const weir_error *reason) {
    check_it_took(a, 100 * MS, 100 * MS);
    check_int(reason->stage, WEIR_STAGE_READ);
    check(!strcmp(reason->hint, "slower than 1000 bytes/s"));
    a->scene->client.silenced = true;
}

static void drip(struct actor *a) {
    if (actor_say(a, "x") >= 0) actor_later(a, 20 * MS, drip);
}

/* Never idle, and never fast. */
static void a_peer_that_sends_too_slowly_is_left(struct scene *s) {
    static const weir_limits fast = {.rate_min = 1000, .rate_window_ns = 100 * MS};
    s->server_limits = &fast;
    s->client.on_connected = drip;
    s->client.on_ended = abort_now;
    s->server.on_connected = note_the_time;
    s->server.on_disconnected = after_one_window;
    scene_play(s);
}

static void pour(struct actor *a) {
    if (a->written >= 1000) {
        close_now(a);
        return;
    }
    check(actor_write_pattern(a, 40) >= 0);
    actor_later(a, 20 * MS, pour);
}

static void a_peer_that_is_fast_enough_stays(struct scene *s) {
    static const weir_limits fast = {.rate_min = 1000, .rate_window_ns = 100 * MS};
    s->server_limits = &fast;
    s->client.on_connected = pour;
    scene_play(s);
}

static void pause_for_long(struct actor *a) {
    pause_receiving(a);
    actor_later(a, 400 * MS, resume_receiving);
}

/* The peer has sent all it wanted, and is not to blame. */
static void time_in_which_receiving_is_held_is_not_slow(struct scene *s) {
    static const weir_limits fast = {.rate_min = 1000, .rate_window_ns = 100 * MS};
    s->server_limits = &fast;
    s->client.on_connected = say_hello_and_half_close;
    s->server.on_connected = pause_for_long;
    scene_play(s);
}

/* One window may see the system's buffers filled; in the next the system is asked, and once more in the one after. */
static void after_three_windows(struct actor *a, const weir_error *reason) {
    check_it_took(a, 200 * MS, 300 * MS + 6 * SLOT); /* each window ends at a slot */
    check_int(reason->stage, WEIR_STAGE_WRITE);
    check(!strcmp(reason->hint, "read slower than 100000 bytes/s"));
    let_the_server_go(a, reason);
}

static void note_the_time_and_write_much(struct actor *a) {
    note_the_time(a);
    write_much(a);
}

static const weir_limits fast_reader = {
    .write_cap = 16 << 20, .pause_mark = 16 << 20, .send_rate_min = 100000, .rate_window_ns = 100 * MS};

static void a_peer_that_does_not_read_is_left(struct scene *s) {
    s->limits = &fast_reader;
    s->client.on_connected = note_the_time_and_write_much;
    s->server.on_connected = pause_receiving;
    s->client.on_disconnected = after_three_windows;
    scene_play(s);
    check(s->client.reason.unsent > 0 && s->client.reason.unsent <= MUCH);
}

static void resume_at_once(struct actor *a) {
    if (!a->leaving) resume_receiving(a);
}

static size_t sip(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    pause_receiving(a);
    actor_later(a, 10 * MS, resume_at_once);
    return n < 100 ? n : 100;
}

static void slow_reader_found(struct actor *a, const weir_error *reason) {
    check_int(reason->stage, WEIR_STAGE_WRITE);
    actor_abort(&a->scene->server);
}

/* There is progress all the time, so that it never stalls. */
static void a_peer_that_reads_too_slowly_is_left(struct scene *s) {
    static const weir_limits small = {.receive = 2000};
    s->limits = &fast_reader;
    s->server_limits = &small;
    s->server.silenced = true;
    s->client.on_connected = write_much;
    s->client.on_disconnected = slow_reader_found;
    s->server.on_received = sip;
    scene_play(s);
}

/* ---- a whole message --------------------------------------------------------------------------------------------- */

static void expect_soon(struct actor *a) {
    note_the_time(a);
    check_int(weir_transport_expect(a->t, 200 * MS), 0);
}

static void after_the_message_was_due(struct actor *a, const weir_error *reason) {
    check_it_took(a, 200 * MS, 200 * MS);
    check_int(reason->stage, WEIR_STAGE_READ);
    check(!strcmp(reason->hint, "the message did not come whole in time"));
    a->scene->client.silenced = true;
}

static void a_message_that_is_dragged_out_times_out(struct scene *s) {
    s->client.on_connected = drip;
    s->client.on_ended = abort_now;
    s->server.silenced = true;
    s->server.on_connected = expect_soon;
    s->server.on_disconnected = after_the_message_was_due;
    scene_play(s);
    check_int(s->server.code, WEIR_ETIMEDOUT);
}

static size_t a_whole_message(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    if (n < 5) return 0;
    check_int(weir_transport_expect(a->t, 0), 0);
    return n;
}

static void expect_in_time(struct actor *a) { check_int(weir_transport_expect(a->t, 10 * SECOND), 0); }

static void say_hello_and_close_later(struct actor *a) {
    say_hello(a);
    actor_later(a, 400 * MS, close_now);
}

/* Then silence is no offence, whatever the limits say of rates. */
static void a_message_in_time_owes_nothing_more(struct scene *s) {
    static const weir_limits fast = {.rate_min = 1, .rate_window_ns = 150 * MS};
    s->server_limits = &fast;
    s->client.on_connected = say_hello_and_close_later;
    s->server.on_connected = expect_in_time;
    s->server.on_received = a_whole_message;
    scene_play(s);
}

static void expect_and_leave_it_to_another(struct actor *a) {
    struct actor *other = a->user;
    check_int(weir_transport_expect(a->t, 100 * MS), 0);
    actor_hand_over(a, other);
}

static void another_protocol_expects_for_itself(struct scene *s) {
    struct actor *other = scene_cast(s, "other");
    s->server.user = other;
    s->server.on_connected = expect_and_leave_it_to_another;
    s->client.on_connected = say_hello_and_close_later;
    scene_play(s);
}

static void expect_from_the_leaving(struct actor *a) {
    check_int(weir_transport_expect(NULL, SECOND), WEIR_EINVAL);
    close_now(a);
    check_int(weir_transport_expect(a->t, SECOND), WEIR_ECLOSED);
}

static void nothing_is_expected_after_close(struct scene *s) {
    s->client.on_connected = expect_from_the_leaving;
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
    SCENARIO(a_peer_that_sends_too_slowly_is_left, .media = SOCKETS, .loose = true),
    SCENARIO(a_peer_that_is_fast_enough_stays, .media = SOCKETS, .places = SIMULATED,
             .expected = "client connected\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server received 1000 of the pattern\n"
                         "server ended\n"
                         "server disconnected in order\n"),
    SCENARIO(time_in_which_receiving_is_held_is_not_slow, .media = SOCKETS, .timed = true),
    SCENARIO(a_peer_that_does_not_read_is_left, .media = EVERY,
             .expected = "client connected\n"
                         "client disconnected WEIR_ETIMEDOUT\n"
                         "server connected\n"),
    SCENARIO(a_peer_that_reads_too_slowly_is_left, .media = SOCKETS, .socket_buffer = 4096, .places = SIMULATED,
             .expected = "client connected\n"
                         "client disconnected WEIR_ETIMEDOUT\n"),
    SCENARIO(a_message_that_is_dragged_out_times_out, .media = EVERY, .loose = true),
    SCENARIO(a_message_in_time_owes_nothing_more, .media = SOCKETS, .timed = true),
    SCENARIO(another_protocol_expects_for_itself, .media = EVERY, .timed = true),
    SCENARIO(nothing_is_expected_after_close, .media = EVERY),
    SCENARIO(a_peer_that_never_ends_is_left, .media = SOCKETS),
    SCENARIO(a_close_that_cannot_flush_times_out, .media = EVERY,
             .expected = "client connected\n"
                         "client disconnected WEIR_ETIMEDOUT\n"
                         "server connected\n"),
};
const struct suite deadlines_suite = SUITE(deadlines);
