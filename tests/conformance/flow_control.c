/* SPDX-License-Identifier: MIT
 *
 * Contract 7: each byte waits in exactly one place, and every place has a bound. Limits, marks, the hard cap, pause and
 * resume of each direction, what `received` does not use, producers. */
#include "conformance/suites.h"

#include <stdio.h>

#define MUCH (12u << 20)

static const weir_limits roomy = {.write_cap = 16 << 20};

/* ---- the cap ----------------------------------------------------------------------------------------------------- */

static const weir_limits capped = {.write_cap = 1000, .pause_mark = 500, .resume_mark = 100};

static void write_to_the_cap(struct actor *a) {
    static struct errand lent;
    const uint8_t bytes[1001] = {0};
    const weir_slice slices[2] = {{bytes, 400}, {bytes, 301}};
    memset(&lent, 0, sizeof lent);
    check_int(actor_write(a, bytes, 1001), WEIR_EMSGSIZE);
    check_int(actor_write(a, bytes, 300), 700);
    check_int(actor_write(a, bytes, 0), 700);
    check_int(actor_write(a, NULL, 0), 700);
    check_int(actor_write(a, bytes, 701), WEIR_ENOBUFS);
    check_int(weir_transport_write_sequence(a->t, slices, 2), WEIR_ENOBUFS);
    check_int(actor_lend(a, &lent, bytes, 701), WEIR_ENOBUFS);
    check_int(actor_info(a).queued, 300);
    check_int(actor_write(a, bytes, 700), 0);
    check_int(actor_write(a, bytes, 1), WEIR_ENOBUFS);
    check_int(actor_info(a).queued, 1000);
    check_int(lent.done, 0);
    close_now(a);
}

static void the_cap_is_hard(struct scene *s) {
    s->limits = &capped;
    s->client.hushed = true;
    s->client.on_connected = write_to_the_cap;
    s->server.silenced = true;
    scene_play(s);
    check_int(s->server.received, 1000);
}

/* ---- pause and resume of the writer ------------------------------------------------------------------------------ */

static void write_much(struct actor *a) { check(actor_write_pattern(a, MUCH) >= 0); }

static void pause_is_followed_by_resume(struct scene *s) {
    s->limits = &roomy;
    s->client.on_connected = write_much;
    s->client.on_resume = close_now;
    s->server.on_connected = pause_receiving;
    actor_later(&s->server, 100 * MS, resume_receiving);
    scene_play(s);
}

static void write_a_little(struct actor *a) {
    check(actor_write_pattern(a, 300) >= 0);
    actor_later(a, 50 * MS, close_now);
}

/* More than the pause mark, but the other side takes it. */
static void no_pause_for_what_is_taken(struct scene *s) {
    static const weir_limits low = {.pause_mark = 10, .resume_mark = 5};
    s->limits = &low;
    s->client.on_connected = write_a_little;
    scene_play(s);
}

static void pump_a_lot(struct actor *a) { actor_pump(a, 400000, close_now); }

static size_t take_by_dice(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    return 1 + (size_t)dice_roll(&a->scene->dice, n);
}

static void small_limits_lose_nothing(struct scene *s) {
    static const weir_limits small = {.receive = 1000, .write_cap = 5000, .pause_mark = 2000, .resume_mark = 500};
    s->limits = &small;
    s->client.hushed = true;
    s->client.pump.burst = 3000;
    s->client.on_connected = pump_a_lot;
    s->server.on_received = take_by_dice;
    scene_play(s);
}

/* Takes nothing now and then, but pauses then: the end may be all that is to come. */
static size_t take_and_pause_by_dice(struct actor *a, const uint8_t *bytes, size_t n) {
    struct dice *dice = &a->scene->dice;
    (void)bytes;
    if (dice_roll(dice, 3)) return 1 + (size_t)dice_roll(dice, n);
    pause_receiving(a);
    actor_later(a, dice_roll(dice, 3 * MS), resume_receiving);
    return dice_roll(dice, 2) ? 0 : n;
}

static void pauses_by_dice_lose_nothing(struct scene *s) {
    s->client.hushed = true;
    s->client.on_connected = pump_a_lot;
    s->server.on_received = take_and_pause_by_dice;
    scene_play(s);
}

/* ---- paused receiving -------------------------------------------------------------------------------------------- */

static void hear_nothing_yet(struct actor *a) {
    check_int(a->received, 0);
    check_int(a->ended, 0);
    resume_receiving(a);
}

static void paused_hears_neither_bytes_nor_end(struct scene *s) {
    s->client.on_connected = say_hello_and_half_close;
    s->server.on_connected = pause_receiving;
    actor_later(&s->server, 100 * MS, hear_nothing_yet);
    scene_play(s);
}

static size_t take_one_and_pause(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    (void)n;
    pause_receiving(a);
    pause_receiving(a);
    actor_later(a, 5 * MS, resume_receiving);
    return 1;
}

/* One resume undoes any number of pauses. */
static void pause_stops_the_offers_at_once(struct scene *s) {
    s->client.on_connected = say_hello_and_close;
    s->server.on_received = take_one_and_pause;
    scene_play(s);
}

static size_t take_two_and_blink(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    pause_receiving(a);
    resume_receiving(a);
    return n < 2 ? n : 2;
}

static void pause_and_resume_at_once_is_nothing(struct scene *s) {
    s->client.on_connected = say_hello_and_close;
    s->server.on_received = take_two_and_blink;
    scene_play(s);
}

static void take_the_rest(struct actor *a) {
    check(actor_info(a).unread <= 1000 + WEIR_DELIVERY_MAX);
    a->on_received = NULL;
    resume_receiving(a);
}

static size_t take_nothing_and_pause(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    (void)n;
    pause_receiving(a);
    actor_later(a, 50 * MS, take_the_rest);
    return 0;
}

static void write_100k_and_close(struct actor *a) {
    check(actor_write_pattern(a, 100000) >= 0);
    close_now(a);
}

static const weir_limits tight = {.receive = 1000};

static void the_limit_while_paused_is_no_error(struct scene *s) {
    s->limits = &tight;
    s->client.hushed = true;
    s->client.on_connected = write_100k_and_close;
    s->server.on_received = take_nothing_and_pause;
    scene_play(s);
}

/* ---- paused sending ---------------------------------------------------------------------------------------------- */

static void resume_sending_and_close(struct actor *a) {
    check_int(a->scene->server.received, 0);
    check_int(actor_info(a).queued, 5);
    check_int(actor_resume(a, WEIR_SEND), 0);
    actor_later(a, 30 * MS, close_now);
}

static void pause_and_say(struct actor *a) {
    check_int(actor_pause(a, WEIR_SEND), 0);
    say_hello(a);
    actor_later(a, 50 * MS, resume_sending_and_close);
}

static void paused_sending_waits_in_the_queue(struct scene *s) {
    s->client.on_connected = pause_and_say;
    scene_play(s);
}

/* ---- what received does not use ---------------------------------------------------------------------------------- */

static size_t take_ten(struct actor *a, const uint8_t *bytes, size_t n) {
    scene_note(a->scene, "offered %zu", n);
    check(!memcmp(bytes, "1234567890", n < 10 ? n : 10));
    return n < 10 ? 0 : 10;
}

static void say_first_half(struct actor *a) { check(actor_say(a, "12345") >= 0); }

static void say_second_half(struct actor *a) {
    check(actor_say(a, "67890") >= 0);
    close_now(a);
}

static void unused_is_offered_again_with_more(struct scene *s) {
    s->client.on_connected = say_first_half;
    actor_later(&s->client, 50 * MS, say_second_half);
    s->server.on_received = take_ten;
    scene_play(s);
}

static uint64_t first_tick;

static size_t take_one(struct actor *a, const uint8_t *bytes, size_t n) {
    uint64_t tick = scene_stats(a->scene).ticks;
    if (bytes[0] == 'h') first_tick = tick;
    check_int(tick, first_tick);
    check_int(n, strlen("hello") - a->received);
    return 1;
}

/* Where the system gives all five at once. */
static void a_rest_is_offered_in_the_same_turn(struct scene *s) {
    s->client.on_connected = say_hello_and_close;
    s->server.on_received = take_one;
    scene_play(s);
}

static void write_five_thousand(struct actor *a) { check(actor_write_pattern(a, 5000) >= 0); }

/* What the client sees depends on how much was read. */
static void nothing_used_at_the_limit_fails(struct scene *s) {
    s->limits = &tight;
    s->client.silenced = true;
    s->client.on_connected = write_five_thousand;
    s->server.on_received = take_nothing;
    actor_later(&s->client, 100 * MS, close_now);
    scene_play(s);
    check_int(s->server.reason.stage, WEIR_STAGE_READ);
}

static void a_rest_at_the_end_is_truncated(struct scene *s) {
    s->client.on_connected = say_hello_and_close;
    s->server.plain = true;
    s->server.on_received = take_nothing;
    scene_play(s);
}

static void no_rest_at_the_end_is_in_order(struct scene *s) {
    s->client.on_connected = say_hello_and_close;
    s->server.plain = true;
    scene_play(s);
}

/* ---- ways to write ----------------------------------------------------------------------------------------------- */

/* Sizes around the one from which writing is tried at once. */
static void write_odd_sizes(struct actor *a) {
    static const size_t sizes[] = {8192, 8191, 1, 100000, 8193, 50000, 3, 8192};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        check(actor_write_pattern(a, sizes[i]) >= 0);
    close_now(a);
}

static void writes_of_all_sizes_stay_in_order(struct scene *s) {
    s->client.hushed = true;
    s->client.on_connected = write_odd_sizes;
    scene_play(s);
}

#define SLICES 3000

static void write_many_slices(struct actor *a) {
    static uint8_t bytes[SLICES * 7];
    static weir_slice slices[SLICES + 1];
    pattern_fill(bytes, 0, sizeof bytes);
    for (size_t i = 0; i < SLICES; i++)
        slices[i] = (weir_slice){bytes + 7 * i, 7};
    slices[SLICES] = (weir_slice){NULL, 0};
    check(weir_transport_write_sequence(a->t, slices, SLICES + 1) >= 0);
    check_int(weir_transport_write_sequence(a->t, slices, 0), (1 << 20) - (int)actor_info(a).queued);
    close_now(a);
}

static void a_long_sequence_stays_in_order(struct scene *s) {
    s->client.hushed = true;
    s->client.on_connected = write_many_slices;
    scene_play(s);
}

static void writes_before_connected_wait(struct scene *s) {
    scene_open_pair(s);
    say_hello(&s->client);
    check_int(actor_info(&s->client).queued, 5);
    s->client.on_connected = close_now;
    scene_run(s);
}

static void write_to_the_receiving_end(struct actor *a) {
    weir_transport_info info = actor_info(a);
    check(info.can_receive && !info.can_send);
    check_int(actor_say(a, "x"), WEIR_ENOTSUP);
    check_int(actor_half_close(a), WEIR_ENOTSUP);
}

static void read_from_the_sending_end(struct actor *a) {
    static struct errand reader;
    uint8_t byte;
    weir_transport_info info = actor_info(a);
    check(!info.can_receive && info.can_send);
    check_int(actor_read(a, &reader, &byte, 1, 1), WEIR_ENOTSUP);
    say_hello_and_close(a);
}

static void a_pipe_goes_one_way(struct scene *s) {
    s->client.on_connected = read_from_the_sending_end;
    s->server.on_connected = write_to_the_receiving_end;
    scene_play(s);
}

/* ---- producers --------------------------------------------------------------------------------------------------- */

struct producer {
    struct actor *consumer;
    unsigned paused, resumed, stopped;
};

static void producer_pause(void *self, weir_transport *t) {
    struct producer *p = self;
    scene_enter(p->consumer->scene);
    check(t == p->consumer->t);
    p->paused++;
    scene_note(p->consumer->scene, "producer pause");
    scene_leave(p->consumer->scene);
}

static void producer_resume(void *self, weir_transport *t) {
    struct producer *p = self;
    scene_enter(p->consumer->scene);
    check(t == p->consumer->t);
    p->resumed++;
    scene_note(p->consumer->scene, "producer resume");
    actor_close(p->consumer);
    scene_leave(p->consumer->scene);
}

static void producer_stop(void *self, weir_transport *t, const weir_error *reason) {
    struct producer *p = self;
    scene_enter(p->consumer->scene);
    check(t == p->consumer->t);
    check(!p->consumer->disconnected);
    check_int(++p->stopped, 1);
    scene_note(p->consumer->scene, "producer stop %s", trace_code(reason ? reason->code : 0));
    scene_leave(p->consumer->scene);
}

static const weir_producer producer_table = {.pause = producer_pause, .resume = producer_resume, .stop = producer_stop};
static struct producer producer;

static void register_and_write(struct actor *a) {
    producer = (struct producer){.consumer = a};
    check_int(weir_transport_register(a->t, &producer_table, &producer), 0);
    check_int(weir_transport_register(a->t, &producer_table, &producer), WEIR_EBUSY);
    write_much(a);
}

/* The protocol hears neither pause nor resume then. */
static void a_producer_hears_pause_and_resume(struct scene *s) {
    s->limits = &roomy;
    s->client.on_connected = register_and_write;
    s->server.on_connected = pause_receiving;
    actor_later(&s->server, 100 * MS, resume_receiving);
    scene_play(s);
}

static void register_and_abort(struct actor *a) {
    register_and_write(a);
    abort_now(a);
}

static void a_producer_is_stopped_at_a_loss(struct scene *s) {
    s->limits = &roomy;
    s->client.on_connected = register_and_abort;
    s->server.silenced = true;
    scene_play(s);
    check_int(producer.stopped, 1);
}

static void register_and_leave(struct actor *a) {
    producer = (struct producer){.consumer = a};
    check_int(weir_transport_register(a->t, &producer_table, &producer), 0);
    check_int(weir_transport_register(a->t, NULL, NULL), 0);
    check_int(weir_transport_register(a->t, &producer_table, &producer), 0);
    check_int(weir_transport_register(a->t, NULL, NULL), 0);
    close_now(a);
}

static void a_producer_that_left_hears_nothing(struct scene *s) {
    s->client.on_connected = register_and_leave;
    scene_play(s);
    check_int(producer.stopped, 0);
}

/* ---- info -------------------------------------------------------------------------------------------------------- */

static void look_at_the_server(struct actor *a) {
    weir_transport_info info = actor_info(a);
    check_int(info.state, WEIR_OPEN);
    check_int(info.unread, 0);
    check_int(info.limits.receive, WEIR_DEFAULT_RECEIVE);
    check_int(info.limits.write_cap, 777);
    check_int(info.limits.pause_mark, 777);
    check_int(info.limits.linger_ns, WEIR_DEFAULT_LINGER_NS);
    check_int(info.limits.idle_ns, WEIR_FOREVER);
    check(info.stack[0] && !info.stack[a->scene->medium & LAYERED ? 4 : 1]);
    check(!info.stack[1] == !(a->scene->medium & LAYERED));
    scene_note(a->scene, "%s peer %d local %d", info.stack[0], (int)info.peer.family, (int)info.local.family);
}

static void look_at_the_client(struct actor *a) {
    weir_transport_info info = actor_info(a);
    check_int(info.queued, 0);
    if (a->scene->medium & SOCKETS) check(weir_address_equal(&info.peer, &a->scene->door.address));
    close_now(a);
}

static void info_tells_what_is(struct scene *s) {
    static const weir_limits odd = {.write_cap = 777};
    s->limits = &odd;
    s->client.on_connected = say_hello;
    actor_later(&s->server, 50 * MS, look_at_the_server);
    actor_later(&s->client, 60 * MS, look_at_the_client);
    scene_play(s);
}

#define HELLO_HEARD                                                                                                    \
    "client connected\n"                                                                                               \
    "client disconnected in order\n"                                                                                   \
    "server connected\n"                                                                                               \
    "server received \"hello\"\n"                                                                                      \
    "server ended\n"                                                                                                   \
    "server disconnected in order\n"

#define PATTERN_HEARD(n)                                                                                               \
    "client connected\n"                                                                                               \
    "client disconnected in order\n"                                                                                   \
    "server connected\n"                                                                                               \
    "server received " #n " of the pattern\n"                                                                          \
    "server ended\n"                                                                                                   \
    "server disconnected in order\n"

static const struct scenario flow_control[] = {
    SCENARIO(the_cap_is_hard, .media = EVERY),
    SCENARIO(pause_is_followed_by_resume, .media = EVERY,
             .expected = "client connected\n"
                         "client pause\n"
                         "client resume\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server received 12582912 of the pattern\n"
                         "server ended\n"
                         "server disconnected in order\n"),
    SCENARIO(no_pause_for_what_is_taken, .media = EVERY & ~DEEP, .places = SYSTEM, .expected = PATTERN_HEARD(300)),
    SCENARIO(small_limits_lose_nothing, .media = EVERY, .expected = PATTERN_HEARD(400000)),
    SCENARIO(pauses_by_dice_lose_nothing, .media = EVERY, .expected = PATTERN_HEARD(400000)),
    SCENARIO(paused_hears_neither_bytes_nor_end, .media = EVERY),
    SCENARIO(pause_stops_the_offers_at_once, .media = EVERY, .expected = HELLO_HEARD),
    SCENARIO(pause_and_resume_at_once_is_nothing, .media = EVERY, .expected = HELLO_HEARD),
    SCENARIO(the_limit_while_paused_is_no_error, .media = EVERY, .expected = PATTERN_HEARD(100000)),
    SCENARIO(paused_sending_waits_in_the_queue, .media = EVERY, .expected = HELLO_HEARD),
    SCENARIO(unused_is_offered_again_with_more, .media = EVERY, .places = SYSTEM,
             .expected = "client connected\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server received \"1234567890\"\n"
                         "server ended\n"
                         "server disconnected in order\n"
                         "scene offered 5\n"
                         "scene offered 10\n"),
    SCENARIO(a_rest_is_offered_in_the_same_turn, .media = EVERY, .places = SYSTEM, .expected = HELLO_HEARD),
    SCENARIO(nothing_used_at_the_limit_fails, .media = EVERY,
             .expected = "server connected\n"
                         "server disconnected WEIR_EMSGSIZE\n"),
    SCENARIO(a_rest_at_the_end_is_truncated, .media = EVERY,
             .expected = "client connected\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server disconnected WEIR_ETRUNCATED\n"),
    SCENARIO(no_rest_at_the_end_is_in_order, .media = EVERY,
             .expected = "client connected\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server received \"hello\"\n"
                         "server disconnected in order\n"),
    SCENARIO(writes_of_all_sizes_stay_in_order, .media = EVERY, .expected = PATTERN_HEARD(182772)),
    SCENARIO(a_long_sequence_stays_in_order, .media = EVERY, .expected = PATTERN_HEARD(21000)),
    SCENARIO(writes_before_connected_wait, .media = SOCKETS, .expected = HELLO_HEARD),
    SCENARIO(a_pipe_goes_one_way, .media = PIPE, .expected = HELLO_HEARD),
    SCENARIO(a_producer_hears_pause_and_resume, .media = EVERY,
             .expected = "client connected\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server received 12582912 of the pattern\n"
                         "server ended\n"
                         "server disconnected in order\n"
                         "scene producer pause\n"
                         "scene producer resume\n"
                         "scene producer stop in order\n"),
    SCENARIO(a_producer_is_stopped_at_a_loss, .media = EVERY,
             .expected = "client connected\n"
                         "client disconnected WEIR_ECANCELED\n"
                         "scene producer stop WEIR_ECANCELED\n"),
    SCENARIO(a_producer_that_left_hears_nothing, .media = EVERY),
    SCENARIO(info_tells_what_is, .media = EVERY),
};
const struct suite flow_control_suite = SUITE(flow_control);
