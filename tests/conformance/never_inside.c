/* SPDX-License-Identifier: MIT
 *
 * Contract 2: no callback runs inside a call, and a chain of operations, each started by the end of the one before, is
 * no deeper than one. The actors check the first in every scenario; here are the calls that tempt most. */
#include "conformance/suites.h"

#define LINKS 20000

/* ---- calls that have something to tell at once ------------------------------------------------------------------- */

static void take_and_poke(struct actor *a) {
    static const weir_slice slices[] = {{"sl", 2}, {"ices", 4}};
    check(actor_say(a, "hello") >= 0);
    scene_calls(a->scene);
    check(scene_called(a->scene, weir_transport_write_sequence(a->t, slices, 2)) >= 0);
    check_int(actor_pause(a, WEIR_BOTH), 0);
    check_int(actor_resume(a, WEIR_BOTH), 0);
    if (a->scene->medium != PIPE) check_int(actor_half_close(a), 0);
    close_now(a);
    abort_now(a);
}

static void calls_do_not_call_back(struct scene *s) {
    s->client.on_connected = take_and_poke;
    scene_play(s);
}

/* Bytes and the end wait behind the pause; resume may not deliver them itself. */
static void resume_delivers_later(struct scene *s) {
    s->client.on_connected = say_hello_and_close;
    s->server.on_connected = pause_receiving;
    actor_later(&s->server, 100 * MS, resume_receiving);
    scene_play(s);
}

static void cancel_in_flight(struct actor *a) {
    static uint8_t bytes[4];
    static struct errand reader;
    memset(&reader, 0, sizeof reader);
    check_int(actor_read(a, &reader, bytes, 4, 4), 0);
    check_int(errand_cancel(&reader), 0);
    check_int(reader.done, 0);
    check(weir_op_active(&reader.op));
    check_int(errand_cancel(&reader), 0);
}

static void cancel_completes_later(struct scene *s) {
    s->client.on_connected = say_hello_and_close;
    s->server.deaf = true;
    s->server.on_connected = cancel_in_flight;
    actor_later(&s->server, 50 * MS, close_now);
    scene_play(s);
}

static void half_registered(void *self, weir_transport *consumer) {
    struct actor *a = self;
    check(consumer == a->t);
    check_int(a->scene->calls, 1);
    scene_note(a->scene, "half registered");
}

static void register_one(struct actor *a) {
    static const weir_producer producer = {.half_registered = half_registered};
    scene_calls(a->scene);
    check_int(scene_called(a->scene, weir_transport_register(a->t, &producer, a)), 0);
    close_now(a);
}

/* The one callback that belongs inside its call. */
static void half_registered_comes_during_register(struct scene *s) {
    s->client.on_connected = register_one;
    scene_play(s);
}

/* ---- chains ------------------------------------------------------------------------------------------------------ */

static struct chain {
    struct scene *scene;
    unsigned left;
    uintptr_t lowest, highest;
    weir_post post;
    weir_timer timer;
    struct errand errand;
    uint8_t byte;
} chain;

static void begin_chain(struct scene *s, unsigned links) {
    chain = (struct chain){.scene = s, .left = links, .lowest = UINTPTR_MAX};
}

/* Whether there is one more link; notes how deep the stack is. */
static bool next_link(void) {
    char here;
    uintptr_t depth = (uintptr_t)&here;
    if (depth < chain.lowest) chain.lowest = depth;
    if (depth > chain.highest) chain.highest = depth;
    return chain.left && chain.left--;
}

static void the_chain_was_flat(void) {
    check_int(chain.left, 0);
    check(chain.highest - chain.lowest < 4096);
}

static void post_again(weir_post *post) {
    if (next_link()) check_int(weir_loop_post(chain.scene->loop, post), 0);
}

static void chained_posts_are_flat(struct scene *s) {
    begin_chain(s, LINKS);
    chain.post.run = post_again;
    post_again(&chain.post);
    chain.lowest = UINTPTR_MAX, chain.highest = 0; /* the first was ours */
    scene_run(s);
    the_chain_was_flat();
}

static void write_again(struct errand *e, int64_t result) {
    check_int(result, 1);
    if (next_link())
        check(actor_lend(e->actor, e, &chain.byte, 1) >= 0);
    else
        close_now(e->actor);
}

static void first_write(struct actor *a) {
    chain.errand.hushed = true;
    chain.errand.on_done = write_again;
    check(actor_lend(a, &chain.errand, &chain.byte, 1) >= 0);
}

static void chained_writes_are_flat(struct scene *s) {
    begin_chain(s, 2000);
    s->client.on_connected = first_write;
    scene_play(s);
    the_chain_was_flat();
    check_int(s->server.received, 2001);
}

static void read_again(struct errand *e, int64_t result) {
    if (result == 1 && next_link())
        check_int(actor_read(e->actor, e, &chain.byte, 1, 1), 0);
    else
        close_now(e->actor);
}

static void first_read(struct actor *a) {
    chain.errand.hushed = true;
    chain.errand.on_done = read_again;
    check_int(actor_read(a, &chain.errand, &chain.byte, 1, 1), 0);
}

static void write_and_close(struct actor *a) {
    check(actor_write_pattern(a, LINKS) >= 0);
    close_now(a);
}

static void chained_reads_are_flat(struct scene *s) {
    begin_chain(s, LINKS - 1);
    s->client.on_connected = write_and_close;
    s->server.deaf = true;
    s->server.on_connected = first_read;
    scene_play(s);
    the_chain_was_flat();
    check_int(s->server.received, LINKS);
}

static const struct scenario never_inside[] = {
    SCENARIO(calls_do_not_call_back, .media = EVERY, .loose = true),
    SCENARIO(resume_delivers_later, .media = EVERY,
             .expected = "client connected\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server received \"hello\"\n"
                         "server ended\n"
                         "server disconnected in order\n"),
    SCENARIO(cancel_completes_later, .media = EVERY),
    SCENARIO(half_registered_comes_during_register, .media = EVERY),
    SCENARIO(chained_posts_are_flat, .media = NONE),
    SCENARIO(chained_writes_are_flat, .media = EVERY),
    SCENARIO(chained_reads_are_flat, .media = EVERY),
};
const struct suite never_inside_suite = SUITE(never_inside);
