/* SPDX-License-Identifier: MIT
 *
 * Contract 1: what was accepted ends exactly once, and what was not accepted calls nothing. That callbacks come in
 * order and that `disconnected` is the last, the actors check in every scenario. */
#include "conformance/suites.h"

static void hello_and_close(struct scene *s) {
    s->client.on_connected = say_hello_and_close;
    scene_play(s);
}

static void nothing_and_close(struct scene *s) {
    s->client.on_connected = close_now;
    scene_play(s);
}

/* ---- starts that fail -------------------------------------------------------------------------------------------- */

static void connect_there(struct door *door, const weir_error *reason) {
    check(!reason);
    check_int(actor_connect(&door->scene->client, &door->address), 0);
}

/* Nobody listens where a listener has just gone. */
static void a_refused_connect_ends_once(struct scene *s) {
    weir_address address = scene_address(s);
    s->door.on_closed = connect_there;
    check_int(door_open(&s->door, s, &address), 0);
    check_int(door_shut(&s->door), 0);
    scene_run(s);
    check_int(s->client.connected, 0);
    check_int(s->client.reason.stage, WEIR_STAGE_CONNECT);
}

static void an_impossible_connect_calls_nothing(struct scene *s) {
    weir_address nowhere = {.family = WEIR_FAMILY_NONE}, here = scene_address(s);
    weir_transport *t = NULL;
    check_int(actor_connect(&s->client, &nowhere), WEIR_EINVAL);
    check_int(weir_socket_connect(NULL, &here, NULL, actor_protocol(&s->client), &s->client, &t), WEIR_EINVAL);
    check(t == NULL);
    scene_run(s);
}

static struct errand refused[4];

static void start_wrongly(struct actor *a) {
    uint8_t bytes[8] = {0};
    weir_op no_done = {0};
    check_int(actor_read(a, &refused[0], bytes, 1, sizeof bytes), WEIR_EBUSY);
    check_int(weir_transport_write_borrowed(a->t, &no_done, bytes, sizeof bytes), WEIR_EINVAL);
    check_int(actor_lend(a, &refused[1], bytes, 0), WEIR_EINVAL);
    close_now(a);
    check_int(actor_read(a, &refused[2], bytes, 1, sizeof bytes), WEIR_ECLOSED);
    check_int(actor_lend(a, &refused[3], bytes, sizeof bytes), WEIR_ECLOSED);
}

static void a_start_that_fails_calls_nothing(struct scene *s) {
    memset(refused, 0, sizeof refused);
    s->client.on_connected = start_wrongly;
    scene_play(s);
    for (size_t i = 0; i < 4; i++)
        check_int(refused[i].done, 0);
}

static void a_closed_listener_says_so_once(struct scene *s) {
    weir_address address = scene_address(s);
    check_int(door_open(&s->door, s, &address), 0);
    check_int(weir_listener_close(s->door.listener), 0);
    check_int(weir_listener_close(s->door.listener), WEIR_EALREADY);
    scene_run(s);
    check_int(s->door.closed, 1);
}

/* ---- ops of a transport that is lost ----------------------------------------------------------------------------- */

static struct errand errands[4];
static uint8_t buffer[64];

/* A read and three writes that cannot move, since sending is paused. */
static void start_four(struct actor *a) {
    memset(errands, 0, sizeof errands);
    check_int(actor_pause(a, WEIR_SEND), 0);
    check_int(actor_read(a, &errands[0], buffer, 8, 8), 0);
    for (size_t i = 1; i < 4; i++)
        check(actor_lend(a, &errands[i], buffer + 16, 16) >= 0);
}

static void start_four_and_abort(struct actor *a) {
    start_four(a);
    abort_now(a);
}

static void each_was_done_once(const struct scene *s) {
    for (size_t i = 0; i < 4; i++)
        check_int(errands[i].done, 1);
    check_int(s->client.disconnected, 1);
}

static void ops_end_once_at_an_abort(struct scene *s) {
    s->client.deaf = true;
    s->client.on_connected = start_four_and_abort;
    scene_play(s);
    each_was_done_once(s);
}

static void ops_end_once_at_a_reset(struct scene *s) {
    s->client.deaf = true;
    s->client.on_connected = start_four;
    actor_later(&s->server, 30 * MS, abort_now);
    actor_later(&s->client, 100 * MS, abort_now); /* a medium without a reset just ends, and then the writes wait */
    scene_play(s);
    each_was_done_once(s);
}

static void start_four_and_close(struct actor *a) {
    start_four(a);
    close_now(a);
}

static void ops_end_once_at_a_close(struct scene *s) {
    s->client.deaf = true;
    s->client.on_connected = start_four_and_close;
    scene_play(s);
    each_was_done_once(s);
    check_int(s->server.received, 48);
}

static const struct scenario exactly_once[] = {
    SCENARIO(hello_and_close, .media = EVERY,
             .expected = "client connected\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server received \"hello\"\n"
                         "server ended\n"
                         "server disconnected in order\n"),
    SCENARIO(nothing_and_close, .media = EVERY,
             .expected = "client connected\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server ended\n"
                         "server disconnected in order\n"),
    SCENARIO(a_refused_connect_ends_once, .media = TCP | UNIX_NAME, .expected = "client disconnected WEIR_EREFUSED\n"),
    SCENARIO(an_impossible_connect_calls_nothing, .media = TCP4, .expected = ""),
    SCENARIO(a_start_that_fails_calls_nothing, .media = DUPLEX),
    SCENARIO(a_closed_listener_says_so_once, .media = SOCKETS),
    SCENARIO(ops_end_once_at_an_abort, .media = DUPLEX),
    SCENARIO(ops_end_once_at_a_reset, .media = DUPLEX),
    SCENARIO(ops_end_once_at_a_close, .media = DUPLEX),
};
const struct suite exactly_once_suite = SUITE(exactly_once);
