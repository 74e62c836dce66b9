/* SPDX-License-Identifier: MIT
 *
 * Contract 9: the moments in which systems differ, as the traces they leave: the end and a reset in one, a reset while
 * nobody reads, close with unread input, a broken pipe. One medium may differ from another here (a UNIX socket has no
 * reset of its own), one backend from another never. */
#include "conformance/suites.h"

#define LARGE (12u << 20)

static const weir_limits roomy = {.write_cap = 16 << 20};

static void hears_after_the_fact(struct scene *s) {
    s->server.on_connected = pause_receiving;
    actor_later(&s->server, 150 * MS, resume_receiving);
}

/* ---- the end and a reset, both waiting --------------------------------------------------------------------------- */

static void say_and_reset(struct actor *a) {
    say_hello(a);
    actor_later(a, 50 * MS, abort_now);
}

static void data_and_reset(struct scene *s) {
    hears_after_the_fact(s);
    s->client.on_connected = say_and_reset;
    scene_play(s);
}

static void say_end_and_reset(struct actor *a) {
    say_hello_and_half_close(a);
    actor_later(a, 50 * MS, abort_now);
}

static void data_end_and_reset(struct scene *s) {
    hears_after_the_fact(s);
    s->client.on_connected = say_end_and_reset;
    scene_play(s);
}

static void end_heard_then_reset(struct scene *s) {
    s->client.on_connected = say_end_and_reset;
    s->server.on_ended = stay;
    actor_later(&s->server, 150 * MS, close_now);
    scene_play(s);
}

static void write_at_the_end(struct actor *a) {
    actor_say(a, "too late");
    actor_later(a, 50 * MS, close_now);
}

static void end_heard_then_a_write_meets_the_reset(struct scene *s) {
    s->client.on_connected = say_end_and_reset;
    s->server.on_ended = stay;
    actor_later(&s->server, 150 * MS, write_at_the_end);
    scene_play(s);
}

static void reset_alone(struct scene *s) {
    actor_later(&s->client, 50 * MS, abort_now);
    scene_play(s);
}

/* ---- a reset while receiving is paused --------------------------------------------------------------------------- */

static void nothing_was_heard(struct actor *a) {
    check_int(a->received, 0);
    check_int(a->disconnected, 0);
    resume_receiving(a);
}

static void paused_hears_no_reset(struct scene *s) {
    s->client.on_connected = say_and_reset;
    s->server.on_connected = pause_receiving;
    actor_later(&s->server, 200 * MS, nothing_was_heard);
    scene_play(s);
}

static void write_then_resume(struct actor *a) {
    check_int(a->disconnected, 0);
    actor_say(a, "too late");
    actor_later(a, 50 * MS, resume_receiving);
}

/* The write meets the reset first; the unread bytes still come first. */
static void paused_a_write_meets_the_reset(struct scene *s) {
    s->client.on_connected = say_and_reset;
    s->server.on_connected = pause_receiving;
    actor_later(&s->server, 150 * MS, write_then_resume);
    scene_play(s);
}

static void close_while_paused(struct scene *s) {
    s->client.on_connected = say_and_reset;
    s->server.on_connected = pause_receiving;
    actor_later(&s->server, 150 * MS, close_now);
    scene_play(s);
}

/* ---- close with unread input ------------------------------------------------------------------------------------- */

static void pause_and_say(struct actor *a) {
    pause_receiving(a);
    check(actor_say(a, "bye") >= 0);
}

static void close_with_unread_input(struct scene *s) {
    s->client.on_connected = say_hello;
    s->server.on_connected = pause_and_say;
    actor_later(&s->server, 50 * MS, close_now);
    scene_play(s);
}

/* ---- writing to one that has gone -------------------------------------------------------------------------------- */

static void write_large(struct actor *a) { check(actor_write_pattern(a, LARGE) >= 0); }

static void blocked_write_meets_a_reset(struct scene *s) {
    s->limits = &roomy;
    s->client.on_connected = write_large;
    s->server.on_connected = pause_receiving;
    actor_later(&s->server, 100 * MS, abort_now);
    scene_play(s);
    check(s->client.reason.unsent > 0);
}

static void keep_writing(struct actor *a) {
    if (actor_say(a, "x") >= 0) actor_later(a, 20 * MS, keep_writing);
}

/* The reading end goes; the writer learns it when it writes, and no signal kills it. */
static void writes_to_one_that_closed(struct scene *s) {
    s->client.deaf = true;
    s->client.on_connected = keep_writing;
    s->server.silenced = true;
    actor_later(&s->server, 50 * MS, abort_now);
    scene_play(s);
    check_int(s->client.code, WEIR_ERESET);
}

static void pump_for_ever(struct actor *a) { actor_pump(a, UINT64_MAX, NULL); }

static void a_stream_into_a_reset(struct scene *s) {
    s->client.hushed = true;
    s->client.on_connected = pump_for_ever;
    s->server.silenced = true;
    actor_later(&s->server, 10 * MS, abort_now);
    scene_play(s);
    check_int(s->client.code, WEIR_ERESET);
}

static const struct scenario traces[] = {
    SCENARIO(data_and_reset, .media = EVERY),
    SCENARIO(data_end_and_reset, .media = EVERY),
    SCENARIO(end_heard_then_reset, .media = EVERY),
    SCENARIO(end_heard_then_a_write_meets_the_reset, .media = DUPLEX),
    SCENARIO(reset_alone, .media = EVERY),
    SCENARIO(paused_hears_no_reset, .media = EVERY),
    SCENARIO(paused_a_write_meets_the_reset, .media = DUPLEX),
    SCENARIO(close_while_paused, .media = EVERY),
    SCENARIO(close_with_unread_input, .media = DUPLEX),
    SCENARIO(blocked_write_meets_a_reset, .media = EVERY),
    SCENARIO(writes_to_one_that_closed, .media = EVERY),
    SCENARIO(a_stream_into_a_reset, .media = EVERY, .timed = true),
};
const struct suite traces_suite = SUITE(traces);
