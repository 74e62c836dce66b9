/* SPDX-License-Identifier: MIT
 *
 * Contract 3: an op owns its buffer until its one completion, reading as well as writing, done as well as cancelled. */
#include "conformance/suites.h"

#include <stdlib.h>

static struct errand reader, writer;
static uint8_t bytes[1 << 20];

static void begin(void) {
    memset(&reader, 0, sizeof reader);
    memset(&writer, 0, sizeof writer);
}

/* The server reads by ops only. */
static void server_reads(struct scene *s, void (*first)(struct actor *a)) {
    begin();
    s->server.deaf = true;
    s->server.on_connected = first;
}

static void say_abc(struct actor *a) { check(actor_say(a, "abc") >= 0); }

static void say_def_and_close(struct actor *a) {
    check(actor_say(a, "def") >= 0);
    close_now(a);
}

/* "abc", and after a while "def" and the end. */
static void client_says_it_in_two(struct scene *s) {
    s->client.on_connected = say_abc;
    actor_later(&s->client, 100 * MS, say_def_and_close);
}

static void close_when_done(struct errand *e, int64_t result) {
    (void)result;
    close_now(e->actor);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static void read_a_hundred(struct actor *a) { check_int(actor_read(a, &reader, bytes, 100, 100), 0); }

static void read_on_to_the_end(struct errand *e, int64_t result) {
    if (result > 0)
        read_a_hundred(e->actor);
    else
        close_now(e->actor);
}

static void pump_a_thousand(struct actor *a) { actor_pump(a, 1000, close_now); }

static void reads_get_what_they_asked_for(struct scene *s) {
    server_reads(s, read_a_hundred);
    reader.on_done = read_on_to_the_end;
    s->client.on_connected = pump_a_thousand;
    scene_play(s);
    check_int(reader.done, 11);
    check_int(reader.result, WEIR_EEND);
}

static void read_three(struct actor *a) { check_int(actor_read(a, &reader, bytes, 3, 3), 0); }

static void read_three_to_the_end(struct errand *e, int64_t result) {
    if (result > 0)
        actor_later(e->actor, 30 * MS, read_three);
    else
        close_now(e->actor);
}

static void say_abcdef_and_close(struct actor *a) {
    say_abc(a);
    say_def_and_close(a);
}

static void bytes_beyond_a_read_stay(struct scene *s) {
    server_reads(s, read_three);
    reader.on_done = read_three_to_the_end;
    s->client.on_connected = say_abcdef_and_close;
    scene_play(s);
}

static void read_ten(struct actor *a) { check_int(actor_read(a, &reader, bytes, 10, 20), 0); }

static void the_end_tells_what_came_before(struct scene *s) {
    server_reads(s, read_ten);
    reader.on_done = close_when_done;
    client_says_it_in_two(s);
    scene_play(s);
    check_int(reader.op.moved, 6);
    check(!memcmp(bytes, "abcdef", 6));
}

static void read_the_rest(struct errand *e, int64_t result) {
    check(!memcmp(bytes, "abc", 3));
    e->on_done = close_when_done;
    check(result < 0);
    check_int(e->op.moved, 3);
    read_three(e->actor);
}

static void read_six(struct actor *a) {
    check_int(actor_read(a, &reader, bytes, 6, 6), 0);
    reader.on_done = read_the_rest;
}

static void cancel_the_reader(struct scene *s) {
    (void)s;
    check(weir_op_active(&reader.op));
    check_int(errand_cancel(&reader), 0);
}

static void a_cancelled_read_keeps_its_bytes(struct scene *s) {
    server_reads(s, read_six);
    client_says_it_in_two(s);
    scene_later(s, 50 * MS, cancel_the_reader);
    scene_play(s);
    check(!memcmp(bytes, "def", 3));
}

static void read_six_soon(struct actor *a) {
    reader.op.timeout_ns = 50 * MS;
    read_six(a);
    reader.on_done = read_the_rest;
}

static void say_def_later(struct errand *e, int64_t result) {
    check_int(result, WEIR_ETIMEDOUT);
    check_int(e->op.moved, 3);
    e->op.timeout_ns = 0;
    actor_later(&e->actor->scene->client, 0, say_def_and_close);
    e->on_done = close_when_done;
    read_three(e->actor);
}

static void read_six_until_late(struct actor *a) {
    read_six_soon(a);
    reader.on_done = say_def_later;
}

static void a_read_times_out_and_keeps_its_bytes(struct scene *s) {
    server_reads(s, read_six_until_late);
    s->client.on_connected = say_abc;
    scene_play(s);
    check(!memcmp(bytes, "def", 3));
}

static void read_and_disturb(struct actor *a) {
    static struct errand second;
    read_three(a);
    check_int(actor_read(a, &reader, bytes, 3, 3), WEIR_EBUSY);
    check_int(actor_read(a, &second, bytes + 10, 3, 3), WEIR_EBUSY);
    a->deaf = false;
    check_int(weir_transport_set_protocol(a->t, actor_protocol(a), a), WEIR_EBUSY);
    check_int(second.done, 0);
}

static void one_reads_at_a_time(struct scene *s) {
    server_reads(s, read_and_disturb);
    reader.on_done = close_when_done;
    s->client.on_connected = say_hello_and_close;
    scene_play(s);
}

static void close_with_a_reader(struct actor *a) {
    read_ten(a);
    actor_later(a, 50 * MS, close_now);
}

static void close_ends_a_read(struct scene *s) {
    server_reads(s, close_with_a_reader);
    client_says_it_in_two(s);
    scene_play(s);
    check_int(reader.done, 1);
    check_int(reader.op.moved, 3);
}

static void cancel_of_an_idle_op_is_nothing(struct scene *s) {
    weir_op idle = {0};
    (void)s;
    check_int(weir_op_cancel(&idle), 0);
    check(!weir_op_active(&idle));
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static void lend_pattern(struct actor *a, size_t n) {
    pattern_fill(bytes, 0, n);
    check(actor_lend(a, &writer, bytes, n) >= 0);
}

static void spoil_and_close(struct errand *e, int64_t result) {
    (void)result;
    memset(bytes, 0, sizeof bytes);
    close_now(e->actor);
}

static void lend_much(struct actor *a) {
    writer.on_done = spoil_and_close;
    lend_pattern(a, 500000);
}

static void a_lent_buffer_is_whole_until_done(struct scene *s) {
    begin();
    s->client.on_connected = lend_much;
    s->client.hushed = true;
    scene_play(s);
    check_int(writer.result, 500000);
}

static void lend_b_between(struct actor *a) {
    check(actor_say(a, "a") >= 0);
    check(actor_lend(a, &writer, "b", 1) >= 0);
    check(actor_say(a, "c") >= 0);
}

static void lend_and_close(struct actor *a) {
    lend_b_between(a);
    close_now(a);
}

static void a_lent_buffer_keeps_its_place(struct scene *s) {
    begin();
    s->client.on_connected = lend_and_close;
    scene_play(s);
    check_int(writer.result, 1);
}

static void resume_and_close(struct actor *a) {
    check_int(actor_resume(a, WEIR_SEND), 0);
    close_now(a);
}

static void resume_when_done(struct errand *e, int64_t result) {
    check(result < 0);
    check_int(e->op.moved, 0);
    resume_and_close(e->actor);
}

static void lend_and_cancel(struct actor *a) {
    check_int(actor_pause(a, WEIR_SEND), 0);
    writer.on_done = resume_when_done;
    lend_b_between(a);
    check_int(actor_info(a).queued, 3);
    check_int(errand_cancel(&writer), 0);
}

static void a_cancelled_write_leaves_no_hole(struct scene *s) {
    begin();
    s->client.on_connected = lend_and_cancel;
    scene_play(s);
    check_int(s->server.received, 2);
}

static void lend_for_a_while(struct actor *a) {
    check_int(actor_pause(a, WEIR_SEND), 0);
    writer.on_done = resume_when_done;
    writer.op.timeout_ns = 30 * MS;
    lend_b_between(a);
}

static void a_write_times_out_without_a_hole(struct scene *s) {
    begin();
    s->client.on_connected = lend_for_a_while;
    scene_play(s);
    check_int(writer.result, WEIR_ETIMEDOUT);
    check_int(s->server.received, 2);
}

static void lend_and_cancel_half_way(struct actor *a) {
    lend_pattern(a, sizeof bytes);
    writer.on_done = spoil_and_close;
}

static void cancel_the_writer(struct scene *s) {
    check_int(errand_cancel(&writer), 0);
    check_int(writer.done, 0);
    check_int(actor_resume(&s->server, WEIR_RECEIVE), 0);
}

/* Some of it has moved, for sockets in this scenario hold less than all: then the rest must follow. */
static void a_write_half_way_is_not_cancelled(struct scene *s) {
    static const weir_limits roomy = {.write_cap = 16 << 20};
    begin();
    s->limits = &roomy;
    s->client.on_connected = lend_and_cancel_half_way;
    s->client.hushed = true;
    s->server.on_connected = pause_receiving;
    scene_later(s, 100 * MS, cancel_the_writer);
    scene_play(s);
    check_int(writer.result, sizeof bytes);
}

static void free_when_done(struct errand *e, int64_t result) {
    check_int(result, 5);
    free(e);
}

static void lend_from_the_heap(struct actor *a) {
    struct errand *e = calloc(1, sizeof *e);
    if (!e) return;
    e->on_done = free_when_done;
    check(actor_lend(a, e, "hello", 5) >= 0);
    close_now(a);
}

static void an_op_may_be_freed_in_done(struct scene *s) {
    s->client.on_connected = lend_from_the_heap;
    scene_play(s);
}

static void lend_again(struct errand *e, int64_t result) {
    check_int(result, 1);
    if (e->done < 10)
        check(actor_lend(e->actor, e, &"0123456789"[e->done], 1) >= 0);
    else
        close_now(e->actor);
}

static void lend_digit(struct actor *a) {
    writer.on_done = lend_again;
    check(actor_lend(a, &writer, "0", 1) >= 0);
    check_int(actor_lend(a, &writer, "0", 1), WEIR_EBUSY);
}

static void an_op_may_start_again_in_done(struct scene *s) {
    begin();
    s->client.on_connected = lend_digit;
    scene_play(s);
    check_int(writer.done, 10);
}

static void lend_much_and_close(struct actor *a) {
    lend_pattern(a, 300000);
    close_now(a);
}

static void close_flushes_a_lent_buffer(struct scene *s) {
    begin();
    s->client.on_connected = lend_much_and_close;
    s->client.hushed = true;
    scene_play(s);
    check_int(writer.result, 300000);
}

static void lend_to_nobody(struct actor *a) {
    lend_pattern(a, 300000);
    actor_later(a, 50 * MS, abort_now);
}

static void abort_gives_a_lent_buffer_back(struct scene *s) {
    begin();
    s->client.on_connected = lend_to_nobody;
    s->server.deaf = true;
    actor_later(&s->server, 300 * MS, abort_now);
    scene_play(s);
    check_int(writer.done, 1);
}

static const struct scenario op_buffer[] = {
    SCENARIO(reads_get_what_they_asked_for, .media = EVERY),
    SCENARIO(bytes_beyond_a_read_stay, .media = EVERY,
             .expected = "client connected\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server received \"abc\"\n"
                         "server read done\n"
                         "server received \"def\"\n"
                         "server read done\n"
                         "server read WEIR_EEND after 0\n"
                         "server disconnected in order\n"),
    SCENARIO(the_end_tells_what_came_before, .media = EVERY,
             .expected = "client connected\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server received \"abcdef\"\n"
                         "server read WEIR_EEND after 6\n"
                         "server disconnected in order\n"),
    SCENARIO(a_cancelled_read_keeps_its_bytes, .media = EVERY,
             .expected = "client connected\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server received \"abc\"\n"
                         "server read WEIR_ECANCELED after 3\n"
                         "server received \"def\"\n"
                         "server read done\n"
                         "server disconnected in order\n"),
    SCENARIO(a_read_times_out_and_keeps_its_bytes, .media = EVERY,
             .expected = "client connected\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server received \"abc\"\n"
                         "server read WEIR_ETIMEDOUT after 3\n"
                         "server received \"def\"\n"
                         "server read done\n"
                         "server disconnected in order\n"),
    SCENARIO(one_reads_at_a_time, .media = EVERY),
    SCENARIO(close_ends_a_read, .media = EVERY),
    SCENARIO(cancel_of_an_idle_op_is_nothing, .media = NONE),
    SCENARIO(a_lent_buffer_is_whole_until_done, .media = EVERY,
             .expected = "client connected\n"
                         "client write done\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server received 500000 of the pattern\n"
                         "server ended\n"
                         "server disconnected in order\n"),
    SCENARIO(a_lent_buffer_keeps_its_place, .media = EVERY,
             .expected = "client connected\n"
                         "client write done\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server received \"abc\"\n"
                         "server ended\n"
                         "server disconnected in order\n"),
    SCENARIO(a_cancelled_write_leaves_no_hole, .media = EVERY,
             .expected = "client connected\n"
                         "client write WEIR_ECANCELED after 0\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server received \"ac\"\n"
                         "server ended\n"
                         "server disconnected in order\n"),
    SCENARIO(a_write_times_out_without_a_hole, .media = EVERY),
    SCENARIO(a_write_half_way_is_not_cancelled, .media = UNIX | PIPE, .socket_buffer = 65536),
    SCENARIO(an_op_may_be_freed_in_done, .media = EVERY),
    SCENARIO(an_op_may_start_again_in_done, .media = EVERY),
    SCENARIO(close_flushes_a_lent_buffer, .media = EVERY),
    SCENARIO(abort_gives_a_lent_buffer_back, .media = SOCKETS, .loose = true),
};
const struct suite op_buffer_suite = SUITE(op_buffer);
