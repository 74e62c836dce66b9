/* SPDX-License-Identifier: MIT
 *
 * C: memory that a peer or a careless writer would fill. */
#include "adversarial/suites.h"

#define LITTLE 100000
#define MILLION 1000000

/* ---- C2, L2 ------------------------------------------------------------------------------------------------------ */

static void pump_for_ever(struct actor *a) { actor_pump(a, UINT64_MAX, NULL); }

static void it_holds_no_more_than_its_limits(struct scene *s) {
    weir_loop_stats stats = scene_stats(s);
    check(s->client.paused > s->client.resumed);
    check(actor_info(&s->client).queued <= WEIR_DEFAULT_WRITE_CAP);
    check(stats.charged <= 2 * WEIR_DEFAULT_WRITE_CAP);
    check(stats.memory < 4 << 20);
    actor_abort(&s->client);
    actor_abort(&s->server);
}

static void adv_C2_a_peer_that_never_reads(struct scene *s) {
    s->client.silenced = s->server.silenced = true;
    s->client.on_connected = pump_for_ever;
    s->server.on_connected = pause_receiving;
    scene_later(s, 100 * MS, it_holds_no_more_than_its_limits);
    scene_play(s);
}

static void pipe_to_itself(struct actor *a) {
    weir_transport *t = a->t;
    actor_leave(a);
    check_int(weir_pipe(t, t), 0);
}

static void the_echo_holds_no_more(struct scene *s) {
    check(scene_stats(s).memory < 6 << 20);
    actor_abort(&s->client);
}

/* It sends and never reads its echo. */
static void adv_C2_an_echo_that_nobody_reads(struct scene *s) {
    s->client.silenced = s->server.silenced = true;
    s->client.on_connected = pump_for_ever;
    s->client.deaf = true;
    s->server.on_connected = pipe_to_itself;
    scene_later(s, 100 * MS, the_echo_holds_no_more);
    scene_play(s);
}

/* ---- C3 ---------------------------------------------------------------------------------------------------------- */

static size_t want_a_line(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)a;
    const uint8_t *end = memchr(bytes, '\n', n);
    return end ? (size_t)(end + 1 - bytes) : 0;
}

static void write_without_end(struct actor *a) {
    static uint8_t x[1000];
    memset(x, 'x', sizeof x);
    if (actor_write(a, x, sizeof x) >= 0) actor_later(a, MS / 10, write_without_end);
}

static void adv_C3_a_line_that_never_ends(struct scene *s) {
    s->client.silenced = true;
    s->client.on_connected = write_without_end;
    s->server.on_received = want_a_line;
    scene_play(s);
    check_int(s->server.code, WEIR_EMSGSIZE);
}

/* ---- C4 ---------------------------------------------------------------------------------------------------------- */

/* A hundred thousand bytes, each by a call of its own, while nothing can leave. */
static void write_little_by_little(struct actor *a) {
    size_t before = scene_stats(a->scene).memory;
    check_int(actor_pause(a, WEIR_SEND), 0);
    for (unsigned i = 0; i < LITTLE; i++)
        check(actor_write_pattern(a, 1) >= 0);
    check_int(actor_info(a).queued, LITTLE);
    check(scene_stats(a->scene).memory - before < 2 * LITTLE);
    check_int(actor_resume(a, WEIR_SEND), 0);
    close_now(a);
}

static void adv_C4_many_small_writes(struct scene *s) {
    s->client.hushed = true;
    s->client.on_connected = write_little_by_little;
    scene_play(s);
    check_int(s->server.received, LITTLE);
}

/* A million. What each costs does not grow with the queue, or this would not end. */
static void write_a_million(struct actor *a) {
    static const uint8_t byte = 'x';
    size_t before = scene_stats(a->scene).memory;
    check_int(actor_pause(a, WEIR_SEND), 0);
    for (unsigned i = 0; i < MILLION; i++)
        if (weir_transport_write(a->t, &byte, 1) < 0) check_failed("write %u failed", i);
    check_int(actor_info(a).queued, MILLION);
    check(scene_stats(a->scene).memory - before < 2 * MILLION);
    check_int(actor_resume(a, WEIR_SEND), 0);
    close_now(a);
}

static void adv_C4_a_million_small_writes(struct scene *s) {
    s->client.silenced = s->server.silenced = true;
    s->client.on_connected = write_a_million;
    scene_play(s);
    check_int(s->server.received, MILLION);
}

static void write_a_tick(struct actor *a) {
    uint64_t calls = scene_stats(a->scene).system_calls;
    for (unsigned i = 0; i < 1000; i++)
        check(actor_write_pattern(a, 1) >= 0);
    check_int(scene_stats(a->scene).system_calls, calls); /* they leave together, at the end of the tick */
    close_now(a);
}

static void adv_C4_small_writes_of_a_tick_leave_together(struct scene *s) {
    s->client.on_connected = write_a_tick;
    scene_play(s);
}

/* ---- C5 ---------------------------------------------------------------------------------------------------------- */

static void write_impossibly(struct actor *a) {
    static const uint8_t byte = 0;
    const weir_slice slices[] = {{&byte, SIZE_MAX - 10}, {&byte, 20}};
    check(actor_write(a, &byte, SIZE_MAX) < 0);
    check(actor_write(a, NULL, 10) < 0);
    check(weir_transport_write_sequence(a->t, slices, 2) < 0);
    check(weir_transport_write_sequence(a->t, slices, 1) < 0);
    check(weir_transport_write_sequence(a->t, NULL, 3) < 0);
    check_int(actor_info(a).queued, 0);
    close_now(a);
}

static void adv_C5_lengths_that_overflow(struct scene *s) {
    s->client.on_connected = write_impossibly;
    scene_play(s);
}

/* ---- C7 ---------------------------------------------------------------------------------------------------------- */

/* From here on there is no more memory: what it does not use cannot be kept. */
static size_t use_nothing_and_get_nothing(struct actor *a, const uint8_t *bytes, size_t n) {
    struct meter *meter = &a->scene->meter;
    (void)bytes;
    (void)n;
    meter->refuse_at = meter->requests + 1;
    meter->refuse_on = true;
    return 0;
}

static void let_memory_come_back(struct actor *server, const weir_error *reason) {
    struct scene *s = server->scene;
    check(reason != NULL);
    s->meter.refuse_at = 0;
    actor_abort(&s->client);
}

static void write_more_than_is_pooled(struct actor *a) { check(actor_write_pattern(a, 60000) >= 0); }

static void adv_C7_no_memory_for_what_comes(struct scene *s) {
    s->hostile = s->client.silenced = s->server.silenced = true;
    s->client.on_connected = write_more_than_is_pooled;
    s->server.on_received = use_nothing_and_get_nothing;
    s->server.on_disconnected = let_memory_come_back;
    uint64_t ticks = scene_stats(s).ticks;
    scene_play(s);
    check_int(s->server.disconnected, 1);
    check(scene_stats(s).ticks - ticks < 2000);
    s->meter.refuse_at = 0;
}

static const struct scenario memory[] = {
    SCENARIO(adv_C2_a_peer_that_never_reads, .media = EVERY, .loose = true),
    SCENARIO(adv_C2_an_echo_that_nobody_reads, .media = DUPLEX, .loose = true),
    SCENARIO(adv_C3_a_line_that_never_ends, .media = EVERY,
             .expected = "server connected\n"
                         "server disconnected WEIR_EMSGSIZE\n"),
    SCENARIO(adv_C4_many_small_writes, .media = EVERY,
             .expected = "client connected\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server received 100000 of the pattern\n"
                         "server ended\n"
                         "server disconnected in order\n"),
    SCENARIO(adv_C4_a_million_small_writes, .media = TCP4, .places = SYSTEM, .loose = true),
    SCENARIO(adv_C4_small_writes_of_a_tick_leave_together, .media = EVERY),
    SCENARIO(adv_C5_lengths_that_overflow, .media = EVERY),
    SCENARIO(adv_C7_no_memory_for_what_comes, .media = SOCKETS, .loose = true),
};
const struct suite memory_suite = SUITE(memory);
