/* SPDX-License-Identifier: MIT
 *
 * Changing the protocol in mid-stream: from the moment the running callback has returned, the old one hears nothing and
 * the new one everything, beginning with `connected` and the bytes the old one left. */
#include "conformance/suites.h"

static struct actor *second;

static void cast_second(struct scene *s) { second = scene_cast(s, "second"); }

/* Takes the first word and hands over with the rest unread. */
static size_t take_word_and_hand_over(struct actor *a, const uint8_t *bytes, size_t n) {
    const uint8_t *end = memchr(bytes, ';', n);
    if (!end) return 0;
    check_int(actor_hand_over(a, second), 0);
    return (size_t)(end + 1 - bytes);
}

static void say_two_words_and_close(struct actor *a) {
    check(actor_say(a, "one;two;") >= 0);
    close_now(a);
}

static void inside_received_the_rest_goes_to_the_new_one(struct scene *s) {
    cast_second(s);
    s->client.on_connected = say_two_words_and_close;
    s->server.on_received = take_word_and_hand_over;
    scene_play(s);
}

static size_t take_nothing_and_hand_over(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    (void)n;
    check_int(actor_hand_over(a, second), 0);
    return 0;
}

static void what_the_old_one_refused_goes_to_the_new_one(struct scene *s) {
    cast_second(s);
    s->client.on_connected = say_hello_and_close;
    s->server.on_received = take_nothing_and_hand_over;
    scene_play(s);
}

static void hand_over(struct actor *a) { check_int(actor_hand_over(a, second), 0); }

static void inside_connected(struct scene *s) {
    cast_second(s);
    s->client.on_connected = say_hello_and_close;
    s->server.on_connected = hand_over;
    scene_play(s);
}

/* A pause by the user is undone, so the new one hears what waited. */
static void from_a_timer_it_undoes_a_pause(struct scene *s) {
    cast_second(s);
    s->client.on_connected = say_hello_and_close;
    s->server.on_connected = pause_receiving;
    actor_later(&s->server, 50 * MS, hand_over);
    scene_play(s);
}

static void from_one_that_receives_nothing(struct scene *s) {
    cast_second(s);
    s->client.on_connected = say_hello_and_close;
    s->server.deaf = true;
    actor_later(&s->server, 50 * MS, hand_over);
    scene_play(s);
    check_int(s->server.ended, 0);
}

static void write_much(struct actor *a) { check(actor_write_pattern(a, 12 << 20) >= 0); }

static void take_all_of_it(struct scene *s) {
    s->server.silenced = true;
    resume_receiving(&s->server);
}

/* The new one must know that the queue is above its mark, and hears the resume. */
static void above_the_mark_the_new_one_hears_pause(struct scene *s) {
    static const weir_limits roomy = {.write_cap = 16 << 20};
    cast_second(s);
    second->deaf = s->medium == PIPE;
    second->on_resume = close_now;
    s->limits = &roomy;
    s->client.on_connected = write_much;
    s->client.on_pause = hand_over;
    s->server.on_connected = pause_receiving;
    scene_later(s, 100 * MS, take_all_of_it);
    scene_play(s);
}

static void close_it(struct scene *s) { check_int(weir_transport_close(s->user), 0); }

static void give_it_to_nobody(struct actor *a) {
    weir_transport *t = a->t;
    a->scene->user = t;
    check_int(weir_transport_set_protocol(t, NULL, NULL), 0);
    actor_leave(a);
    check(weir_transport_self(t) == NULL);
    scene_later(a->scene, 100 * MS, close_it);
}

static void nobody_hears_nothing(struct scene *s) {
    s->client.on_connected = give_it_to_nobody;
    actor_later(&s->server, 50 * MS, say_hello_and_close);
    scene_play(s);
}

static void hand_back_and_forth(struct actor *a) {
    struct actor *first = a;
    check_int(actor_hand_over(first, second), 0);
    check_int(actor_hand_over(second, first), 0);
    check_int(actor_hand_over(first, second), 0);
}

/* Only the last of several in one callback counts. */
static void the_last_of_several_counts(struct scene *s) {
    cast_second(s);
    s->client.on_connected = say_hello_and_close;
    s->server.on_connected = hand_back_and_forth;
    scene_play(s);
}

static void close_and_hand_over(struct actor *a) {
    close_now(a);
    check_int(weir_transport_set_protocol(a->t, NULL, NULL), WEIR_ECLOSED);
}

static void after_close_it_is_refused(struct scene *s) {
    s->client.on_connected = close_and_hand_over;
    scene_play(s);
}

static struct errand reader;
static uint8_t byte;

static void hand_over_after_read(struct errand *e, int64_t result) {
    check_int(result, 1);
    check_int(actor_hand_over(e->actor, second), 0);
}

static void read_one(struct actor *a) {
    reader = (struct errand){.on_done = hand_over_after_read};
    check_int(actor_read(a, &reader, &byte, 1, 1), 0);
}

/* The bytes beyond a read op belong to whoever reads next. */
static void from_a_read_op_to_a_protocol(struct scene *s) {
    cast_second(s);
    s->client.on_connected = say_hello_and_close;
    s->server.deaf = true;
    s->server.on_connected = read_one;
    scene_play(s);
}

static void read_the_rest(struct actor *a) {
    static uint8_t rest[4];
    reader = (struct errand){0};
    check_int(actor_read(a, &reader, rest, 4, 4), 0);
    actor_later(a, 100 * MS, close_now);
}

static size_t take_one_and_hand_over(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    (void)n;
    check_int(actor_hand_over(a, second), 0);
    return 1;
}

static void from_a_protocol_to_a_read_op(struct scene *s) {
    cast_second(s);
    second->deaf = true;
    second->on_connected = read_the_rest;
    s->client.on_connected = say_hello_and_close;
    s->server.on_received = take_one_and_hand_over;
    scene_play(s);
}

#define CLIENT_IN_ORDER "client connected\nclient disconnected in order\n"
#define SECOND_HEARS_HELLO "second connected\nsecond received \"hello\"\nsecond ended\nsecond disconnected in order\n"

static const struct scenario set_protocol[] = {
    SCENARIO(inside_received_the_rest_goes_to_the_new_one, .media = EVERY,
             .expected = CLIENT_IN_ORDER "server connected\n"
                                         "server received \"one;\"\n"
                                         "second connected\n"
                                         "second received \"two;\"\n"
                                         "second ended\n"
                                         "second disconnected in order\n"),
    SCENARIO(what_the_old_one_refused_goes_to_the_new_one, .media = EVERY,
             .expected = CLIENT_IN_ORDER "server connected\n" SECOND_HEARS_HELLO),
    SCENARIO(inside_connected, .media = EVERY, .expected = CLIENT_IN_ORDER "server connected\n" SECOND_HEARS_HELLO),
    SCENARIO(from_a_timer_it_undoes_a_pause, .media = EVERY,
             .expected = CLIENT_IN_ORDER "server connected\n" SECOND_HEARS_HELLO),
    SCENARIO(from_one_that_receives_nothing, .media = EVERY,
             .expected = CLIENT_IN_ORDER "server connected\n" SECOND_HEARS_HELLO),
    SCENARIO(above_the_mark_the_new_one_hears_pause, .media = EVERY,
             .expected = "client connected\n"
                         "client pause\n"
                         "server connected\n"
                         "second connected\n"
                         "second pause\n"
                         "second resume\n"
                         "second disconnected in order\n"),
    SCENARIO(nobody_hears_nothing, .media = DUPLEX),
    SCENARIO(the_last_of_several_counts, .media = EVERY,
             .expected = CLIENT_IN_ORDER "server connected\n" SECOND_HEARS_HELLO),
    SCENARIO(after_close_it_is_refused, .media = EVERY),
    SCENARIO(from_a_read_op_to_a_protocol, .media = EVERY,
             .expected = CLIENT_IN_ORDER "server connected\n"
                                         "server received \"h\"\n"
                                         "server read done\n"
                                         "second connected\n"
                                         "second received \"ello\"\n"
                                         "second ended\n"
                                         "second disconnected in order\n"),
    SCENARIO(from_a_protocol_to_a_read_op, .media = EVERY,
             .expected = CLIENT_IN_ORDER "server connected\n"
                                         "server received \"h\"\n"
                                         "second connected\n"
                                         "second received \"ello\"\n"
                                         "second read done\n"
                                         "second disconnected in order\n"),
};
const struct suite set_protocol_suite = SUITE(set_protocol);
