/* SPDX-License-Identifier: MIT
 *
 * Family A: lifetime, reentrancy, order. What actors always check (connected first, disconnected once and last, never
 * within a call, ops before disconnected) is the greater part of each case.
 *
 * Not here: A16, a callback that leaves by a jump, for C has no exceptions and the library does not allow it; A17,
 * which has a file of its own; A18, for there are no futures yet. */
#include "adversarial/crowd.h"
#include "adversarial/further.h"

#include <stdlib.h>

static unsigned heard;

/* ---- A1: close(self) within the own received
 * ------------------------------------------------------------------------ */

static size_t close_and_look_on(struct actor *a, const uint8_t *bytes, size_t n) {
    check_int(heard++, 0);
    close_now(a);
    check(pattern_matches(bytes, 0, n)); /* still there */
    return n;
}

static size_t abort_and_look_on(struct actor *a, const uint8_t *bytes, size_t n) {
    check_int(heard++, 0);
    abort_now(a);
    check(pattern_matches(bytes, 0, n));
    return n;
}

static void pump_and_close(struct actor *a) {
    actor_pump(a, 200000, close_now);
}

static void talk_to_one_who(struct scene *s, size_t (*hangs_up)(struct actor *a, const uint8_t *bytes, size_t n)) {
    heard = 0;
    s->client.silenced = s->server.silenced = true;
    s->client.on_connected = pump_and_close;
    s->server.on_received = hangs_up;
    scene_play(s);
    check_int(heard, 1);
}

static void adv_A1_close_in_own_receive(struct scene *s) {
    talk_to_one_who(s, close_and_look_on);
}

static void adv_A1_abort_in_own_receive(struct scene *s) {
    talk_to_one_who(s, abort_and_look_on);
}

static void write_some(struct actor *a) {
    actor_write_pattern(a, 100);
}

/* Looks at some bytes, leaves them, and hangs up when there are more. */
static size_t keep_then_abort(struct actor *a, const uint8_t *bytes, size_t n) {
    struct actor *client = &a->scene->client;
    check(pattern_matches(bytes, 0, n));
    if (heard++ == 0) {
        write_some(client);
        return 0;
    }
    check_int(heard, 2);
    abort_now(a);
    check(pattern_matches(bytes, 0, n));
    actor_later(client, 20 * MS, abort_now);
    return n / 2;
}

static void adv_A1_abort_in_own_receive_of_kept_bytes(struct scene *s) {
    heard = 0;
    s->client.silenced = s->server.silenced = true;
    s->client.on_connected = write_some;
    s->server.on_received = keep_then_abort;
    scene_play(s);
    check_int(heard, 2);
}

/* ---- A2: close a sibling of the same batch
 * -------------------------------------------------------------------------- */

static struct crowd crowd;

/* The first one who hears anything hangs up for all others. */
static size_t abort_the_siblings(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    check_int(heard++, 0);
    for (unsigned i = 0; i < crowd.size; i++)
        if (crowd.hosts[i] != a) check_int(actor_abort(crowd.hosts[i]), 0);
    scene_later(a->scene, 30 * MS, crowd_leave);
    return n;
}

static void dress_to_abort(struct actor *host) {
    host->on_received = abort_the_siblings;
}

/* One byte comes in one piece. */
static void all_guests_say_x(struct scene *s) {
    check_int(s->door.accepted, crowd.size);
    for (unsigned i = 0; i < crowd.size; i++) check(actor_say(crowd.guests[i], "x") >= 0);
}

static void adv_A2_close_sibling_of_same_batch(struct scene *s) {
    heard = 0;
    crowd = (struct crowd){.size = 12, .dress = dress_to_abort};
    crowd_open(&crowd, s);
    scene_later(s, 30 * MS, all_guests_say_x);
    scene_run(s);
    check_int(heard, 1);
}

/* ---- A3: a completed write that was not yet delivered, and close
 * ---------------------------------------------------- */

static struct errand lent[100];
static unsigned lent_done;
static uint8_t text[200];

static void count_lent(struct errand *e, int64_t result) {
    (void)result;
    check_int(e - lent, lent_done); /* first in, first out */
    lent_done++;
}

static void lend(struct actor *a, unsigned count, size_t each) {
    memset(lent, 0, sizeof lent);
    lent_done = 0;
    for (unsigned i = 0; i < count; i++) {
        lent[i].hushed = true;
        lent[i].on_done = count_lent;
        check(actor_lend(a, &lent[i], text + i % 100, each) >= 0);
    }
}

static void lend_and_close(struct actor *a) {
    lend(a, 1, 100);
    close_now(a);
    check_int(lent_done, 0);
}

static void lend_and_abort(struct actor *a) {
    lend(a, 1, 100);
    abort_now(a);
    check_int(lent_done, 0);
}

static void lent_came_before_the_end(struct actor *a, const weir_error *reason) {
    (void)a;
    (void)reason;
    check(lent_done > 0);
}

static void adv_A3_write_done_then_close(struct scene *s) {
    s->client.on_connected = lend_and_close;
    s->client.on_disconnected = lent_came_before_the_end;
    scene_play(s);
    check_int(lent[0].result, 100);
}

static void adv_A3_write_done_then_abort(struct scene *s) {
    s->client.on_connected = lend_and_abort;
    s->client.on_disconnected = lent_came_before_the_end;
    s->server.silenced = true;
    if (s->medium == PIPE) s->server.deaf = false;
    scene_play(s);
    check(lent[0].result == 100 || lent[0].result == WEIR_ECANCELED);
}

/* Each one that ends cancels all others. */
static void cancel_the_others(struct errand *e, int64_t result) {
    (void)result;
    lent_done++;
    for (unsigned i = 0; i < 100; i++)
        if (&lent[i] != e) check_int(errand_cancel(&lent[i]), 0);
}

static void lend_and_let_them_cancel(struct actor *a) {
    lend(a, 100, 100);
    for (unsigned i = 0; i < 100; i++) lent[i].on_done = cancel_the_others;
    close_now(a);
}

static void adv_A3_cancel_while_all_are_ending(struct scene *s) {
    s->client.silenced = s->server.silenced = true;
    s->client.on_connected = lend_and_let_them_cancel;
    scene_play(s);
    check_int(lent_done, 100);
}

/* ---- A4, A5: twice, and after
 * --------------------------------------------------------------------------------------- */

static void close_twice(struct actor *a) {
    check_int(actor_close(a), 0);
    check_int(actor_close(a), WEIR_EALREADY);
    check_int(actor_abort(a), 0);
    check_int(actor_abort(a), WEIR_EALREADY);
    check_int(actor_close(a), WEIR_EALREADY);
}

static void adv_A4_double_close(struct scene *s) {
    s->client.on_connected = close_twice;
    s->server.silenced = true;
    scene_play(s);
}

static void use_it_after_close(struct actor *a) {
    static struct errand reader, writer;
    static uint8_t byte;
    memset(&reader, 0, sizeof reader);
    memset(&writer, 0, sizeof writer);
    close_now(a);
    check_int(actor_say(a, "x"), WEIR_ECLOSED);
    check_int(actor_lend(a, &writer, &byte, 1), WEIR_ECLOSED);
    check(actor_read(a, &reader, &byte, 1, 1) < 0);
    check(actor_half_close(a) < 0);
    check_int(actor_pause(a, WEIR_BOTH), WEIR_ECLOSED);
    check_int(actor_resume(a, WEIR_BOTH), WEIR_ECLOSED);
    check(!weir_op_active(&reader.op) && !weir_op_active(&writer.op));
    check_int(actor_info(a).state, WEIR_CLOSING);
}

static void adv_A5_use_after_close(struct scene *s) {
    s->client.on_connected = use_it_after_close;
    scene_play(s);
}

/* ---- A6: a gathered write after the loss of the peer
 * ---------------------------------------------------------------- */

static void write_slices(struct actor *a) {
    static const weir_slice slices[] = {{"abc", 3}, {"", 0}, {NULL, 0}, {"def", 3}};
    if (!a->t) return;
    scene_calls(a->scene);
    int room = scene_called(a->scene, weir_transport_write_sequence(a->t, slices, 4));
    check(room >= 0 || room == WEIR_ECLOSED);
    actor_later(a, 5 * MS, write_slices);
}

static void adv_A6_vectored_write_after_loss(struct scene *s) {
    s->client.deaf = true;
    s->client.on_connected = write_slices;
    s->server.silenced = true;
    actor_later(&s->server, 20 * MS, abort_now);
    scene_play(s);
    check_int(s->client.code, WEIR_ERESET);
}

/* ---- A7: close from the callback that says the queue has drained
 * ---------------------------------------------------- */

static const weir_limits narrow = {.write_cap = 8 << 20, .pause_mark = 1000, .resume_mark = 100};

static void write_much(struct actor *a) {
    check(actor_write_pattern(a, 6 << 20) >= 0);
}

static void adv_A7_close_from_drain_callback(struct scene *s) {
    s->limits = &narrow;
    s->client.on_connected = write_much;
    s->client.on_resume = close_now;
    s->client.hushed = true;
    s->server.on_connected = pause_receiving;
    actor_later(&s->server, 30 * MS, resume_receiving);
    scene_play(s);
    check(s->client.resumed > 0);
    check_int(s->client.disconnected, 1);
    check_int(s->server.received, 6 << 20);
}

static void say_x(struct actor *a) {
    check(actor_say(a, "x") >= 0);
}

/* ---- A8, A9: the loop within its own callback
 * ----------------------------------------------------------------------- */

static unsigned kinds[WEIR_OBJECT_RUNNING + 1];

static void count_kinds(void *user, weir_object_kind kind, void *object, const char *what) {
    (void)user;
    (void)object;
    check(what && *what);
    kinds[kind]++;
}

static size_t run_within(struct actor *a, const uint8_t *bytes, size_t n) {
    weir_loop *loop = a->scene->loop, *other = NULL;
    (void)bytes;
    check_int(weir_run(loop), WEIR_EBUSY);
    check_int(weir_run_once(loop, 0), WEIR_EBUSY);
    check_int(weir_loop_open(&other, &(weir_loop_options){.backend = "epoll"}), 0);
    check_int(weir_run(other), WEIR_EBUSY);
    check_int(weir_run_once(other, 0), WEIR_EBUSY);
    check_int(weir_loop_close(other, NULL, NULL), 0);
    return n;
}

static void adv_A8_run_within_callback(struct scene *s) {
    s->client.on_connected = say_hello_and_close;
    s->server.on_received = run_within;
    s->server.silenced = true;
    scene_play(s);
    check_int(s->server.received, 5);
}

static size_t stop_and_free_within(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    memset(kinds, 0, sizeof kinds);
    weir_stop(a->scene->loop);
    check_int(weir_loop_close(a->scene->loop, count_kinds, NULL), WEIR_EBUSY);
    check_int(kinds[WEIR_OBJECT_RUNNING], 1);
    return n;
}

/* The run ends with everything alive; another one takes it up. */
static void adv_A9_stop_and_free_loop_within_callback(struct scene *s) {
    s->client.on_connected = say_x;
    s->server.on_received = stop_and_free_within;
    actor_later(&s->client, 20 * MS, close_now);
    s->server.silenced = true;
    scene_open_pair(s);
    check_int(weir_run(s->loop), 0);
    check_int(s->server.received, 1);
    check_int(s->server.disconnected, 0);
    check_int(weir_loop_close(s->loop, count_kinds, NULL), WEIR_EBUSY);
    check(kinds[WEIR_OBJECT_TRANSPORT] > 0);
    scene_run(s);
}

/* ---- A10: added and removed while the list is walked
 * ---------------------------------------------------------------- */

static struct walker {
    weir_timer timer;
    weir_post post;
    struct scene *scene;
    unsigned rounds;
} walkers[30];

static void walk(struct walker *w) {
    struct walker *next = &walkers[(w - walkers + 1) % 30], *far = &walkers[(w - walkers + 7) % 30];
    weir_transport *pair[2];
    if (w->rounds++ >= 20) return;
    weir_timer_stop(&far->timer);
    check_int(weir_timer_start(w->scene->loop, &next->timer, 0, 0), 0);
    if (w->rounds % 2) check_int(weir_timer_start(w->scene->loop, &far->timer, 0, 0), 0);
    check_int(weir_mem_pair(w->scene->loop, NULL, pair), 0);
    check_int(weir_transport_abort(pair[w->rounds % 2]), 0);
    check_int(weir_transport_abort(pair[1 - w->rounds % 2]), 0);
}

static void walk_by_timer(weir_timer *timer) {
    walk((struct walker *)timer);
}

static void walk_by_post(weir_post *post) {
    walk(post->user);
}

static void adv_A10_added_and_removed_while_walked(struct scene *s) {
    for (unsigned i = 0; i < 30; i++) {
        walkers[i] = (struct walker){.timer.fired = walk_by_timer, .scene = s};
        walkers[i].post = (weir_post){.run = walk_by_post, .user = &walkers[i]};
        check_int(weir_timer_start(s->loop, &walkers[i].timer, 0, 0), 0);
        check_int(weir_loop_post(s->loop, &walkers[i].post), 0);
    }
    uint64_t ticks = scene_stats(s).ticks;
    scene_run(s); /* ends */
    check(scene_stats(s).ticks - ticks < 3000);
}

static void abort_everything(void *user, weir_object_kind kind, void *object, const char *what) {
    (void)user;
    check(what && *what);
    if (kind == WEIR_OBJECT_TRANSPORT) weir_transport_abort(object);
    if (kind == WEIR_OBJECT_LISTENER) weir_listener_close(object);
}

static size_t end_it_all(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    check(weir_loop_each(a->scene->loop, abort_everything, NULL) > 2);
    return n;
}

static void dress_to_end_it_all(struct actor *a) {
    a->on_received = end_it_all;
}

static void one_guest_says_hello(struct scene *s) {
    check_int(s->door.accepted, crowd.size);
    say_hello(crowd.guests[0]);
}

static void adv_A10_abort_all_from_a_callback(struct scene *s) {
    crowd = (struct crowd){.size = 8, .dress = dress_to_end_it_all};
    crowd_open(&crowd, s);
    scene_later(s, 30 * MS, one_guest_says_hello);
    scene_run(s);
}

/* ---- A11: stop and start reading within received
 * -------------------------------------------------------------------- */

#define BYTES_READ_SINGLY 20000

static uintptr_t lowest, highest;

static void note_depth(void) {
    char here;
    uintptr_t depth = (uintptr_t)&here;
    if (depth < lowest) lowest = depth;
    if (depth > highest) highest = depth;
}

static size_t stop_and_start(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)n;
    note_depth();
    check(pattern_matches(bytes, a->received, 1));
    for (unsigned i = 0; i < 3; i++) {
        check_int(actor_pause(a, WEIR_RECEIVE), 0);
        check_int(actor_resume(a, WEIR_RECEIVE), 0);
    }
    return 1;
}

static void pump_many(struct actor *a) {
    actor_pump(a, BYTES_READ_SINGLY, close_now);
}

static unsigned served_beside;

static size_t served(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    if (a->scene->server.disconnected) {
        close_now(a);
    } else {
        served_beside++;
        actor_say(a, "x");
    }
    return n;
}

static void adv_A11_stop_and_start_within_receive(struct scene *s) {
    struct actor *ping = scene_cast(s, "ping"), *pong = scene_cast(s, "pong");
    lowest = UINTPTR_MAX, highest = 0, served_beside = 0;
    s->client.silenced = s->server.silenced = ping->silenced = pong->silenced = true;
    s->client.on_connected = pump_many;
    s->server.on_received = stop_and_start;
    ping->on_connected = say_x;
    ping->on_received = served;
    pong->on_received = echo;
    scene_open_memory(s, ping, pong);
    scene_play(s);
    check_int(s->server.received, BYTES_READ_SINGLY);
    check(highest - lowest < 4096);
    check(served_beside > 5);
}

/* ---- A12: close while connecting
 * ------------------------------------------------------------------------------------ */

static void shut_the_door(struct scene *s) {
    door_shut(&s->door);
    for (unsigned i = 0; i < s->cast_count; i++) actor_abort(s->cast[i]);
}

/* Nobody accepts; some hang, some are in the backlog, all are told once. */
static void give_up_connecting(struct scene *s, void (*give_up)(struct actor *a)) {
    weir_address address = scene_address(s);
    s->door.options.backlog = 1;
    check_int(door_open(&s->door, s, &address), 0);
    check_int(door_pause(&s->door), 0);
    for (unsigned i = 0; i < 8; i++) {
        struct actor *caller = scene_cast(s, "caller");
        caller->silenced = true;
        check_int(actor_connect(caller, &s->door.address), 0);
        if (i % 2)
            give_up(caller);
        else
            actor_later(caller, 10 * MS, give_up);
    }
    scene_later(s, 30 * MS, shut_the_door);
    scene_run(s);
    for (unsigned i = 0; i < s->cast_count; i++) {
        check_int(s->cast[i]->disconnected, 1);
        if (!s->cast[i]->connected) check(s->cast[i]->code < 0);
        if (i % 2) check_int(s->cast[i]->code, WEIR_ECANCELED);
    }
}

static void adv_A12_close_while_connecting(struct scene *s) {
    give_up_connecting(s, close_now);
}

static void adv_A12_abort_while_connecting(struct scene *s) {
    give_up_connecting(s, abort_now);
}

/* ---- A13: bytes, the end and a reset in one tick
 * -------------------------------------------------------------------- */

static void say_end_and_reset(struct actor *a) {
    say_hello_and_half_close(a);
    actor_later(a, 10 * MS, abort_now);
}

/* When all three are on their way, not by the clock alone. */
static void let_the_server_look(struct actor *a, const weir_error *reason) {
    (void)reason;
    actor_later(&a->scene->server, 30 * MS, resume_receiving);
}

static void adv_A13_data_end_and_reset(struct scene *s) {
    s->client.on_connected = say_end_and_reset;
    s->client.on_disconnected = let_the_server_look;
    s->server.on_connected = pause_receiving;
    scene_play(s);
    if (!(s->medium & (MEMORY | THROTTLED))) check_int(s->server.received, 5); /* there what was not taken yet is dropped by abort */
}

/* ---- A14: many queued writes, then close or abort
 * ------------------------------------------------------------------- */

static void queue_many(struct actor *a) {
    check_int(actor_pause(a, WEIR_SEND), 0);
    lend(a, 100, 100);
}

static void queue_many_and_close(struct actor *a) {
    queue_many(a);
    close_now(a);
}

static void queue_many_and_abort(struct actor *a) {
    queue_many(a);
    abort_now(a);
}

static void all_lent_were_given_back(struct actor *a, const weir_error *reason) {
    (void)a;
    (void)reason;
    check_int(lent_done, 100);
}

static void adv_A14_many_writes_then_close(struct scene *s) {
    s->client.on_connected = queue_many_and_close;
    s->client.on_disconnected = all_lent_were_given_back;
    scene_play(s);
    for (unsigned i = 0; i < 100; i++) check_int(lent[i].result, 100);
    check_int(s->server.received, 100 * 100);
}

static void adv_A14_many_writes_then_abort(struct scene *s) {
    s->client.on_connected = queue_many_and_abort;
    s->client.on_disconnected = all_lent_were_given_back;
    s->server.silenced = true;
    scene_play(s);
    for (unsigned i = 0; i < 100; i++) check_int(lent[i].result, WEIR_ECANCELED);
    check_int(s->server.received, 0);
    check_int(s->client.reason.unsent, 100 * 100);
}

/* ---- A15: an operation that is done at once
 * ------------------------------------------------------------------------- */

#define LINKS 50000

static struct errand link_errand;
static unsigned links;

static void next_link(struct errand *e, int64_t result) {
    static uint8_t byte;
    note_depth();
    if (result == 1 && links++ < LINKS)
        check(actor_lend(e->actor, e, &byte, 1) >= 0);
    else
        close_now(e->actor);
}

static void first_link(struct actor *a) {
    memset(&link_errand, 0, sizeof link_errand);
    link_errand.hushed = true;
    link_errand.on_done = next_link;
    check(actor_lend(a, &link_errand, "x", 1) >= 0);
}

static void adv_A15_done_at_once_is_deferred(struct scene *s) {
    lowest = UINTPTR_MAX, highest = 0, links = 0;
    s->client.silenced = s->server.silenced = true;
    s->client.on_connected = first_link;
    scene_play(s);
    check_int(s->server.received, LINKS + 1);
    check(highest - lowest < 4096);
}

static struct scene *stage;

static void post_again(weir_post *post) {
    note_depth();
    if (++links < 1000000) check_int(weir_loop_post(stage->loop, post), 0);
}

static void adv_A15_a_million_chained_posts(struct scene *s) {
    weir_post post = {.run = post_again};
    stage = s, lowest = UINTPTR_MAX, highest = 0, links = 0;
    check_int(weir_loop_post(s->loop, &post), 0);
    scene_run(s);
    check_int(links, 1000000);
    check(highest - lowest < 4096);
}

/* ---- A19: whoever is told of a connection does not want it
 * ---------------------------------------------------------- */

static void want_the_last_only(struct door *door, weir_transport *t) {
    if (door->accepted == 1) return; /* no protocol */
    if (door->accepted == 2) check_int(weir_transport_abort(t), 0);
    if (door->accepted == 3) check_int(weir_transport_close(t), 0);
    if (door->accepted < 4) return;
    actor_take(&door->scene->server, t);
    door_shut(door);
}

static void adv_A19_accept_callback_fails(struct scene *s) {
    weir_address address = scene_address(s);
    s->door.on_accept = want_the_last_only;
    check_int(door_open(&s->door, s, &address), 0);
    s->server.silenced = true;
    for (unsigned i = 0; i < 4; i++) {
        struct actor *caller = scene_cast(s, "caller");
        caller->silenced = true;
        caller->on_connected = say_hello_and_close;
        check_int(actor_connect(caller, &s->door.address), 0);
    }
    scene_run(s);
    check_int(s->door.accepted, 4);
    check_int(s->server.received, 5);
    check_int(scene_stats(s).transports, 0);
}

#define MAIN_MEDIA (TCP4 | UNIX_PATH | PIPE | MEMORY)

static const struct scenario order[] = {
    SCENARIO(adv_A1_close_in_own_receive, .media = EVERY, .expected = ""),
    SCENARIO(adv_A1_abort_in_own_receive, .media = EVERY, .expected = ""),
    SCENARIO(adv_A1_abort_in_own_receive_of_kept_bytes, .media = EVERY, .expected = ""),
    SCENARIO(adv_A2_close_sibling_of_same_batch, .media = SOCKETS, .expected = ""),
    SCENARIO(adv_A3_write_done_then_close, .media = EVERY),
    SCENARIO(adv_A3_write_done_then_abort, .media = EVERY, .loose = true),
    SCENARIO(adv_A3_cancel_while_all_are_ending, .media = EVERY, .expected = ""),
    SCENARIO(adv_A4_double_close, .media = EVERY),
    SCENARIO(adv_A5_use_after_close, .media = EVERY),
    SCENARIO(adv_A6_vectored_write_after_loss, .media = MAIN_MEDIA, .timed = true,
             .expected = "client connected\nclient disconnected WEIR_ERESET\n"),
    SCENARIO(adv_A7_close_from_drain_callback, .media = MAIN_MEDIA),
    SCENARIO(adv_A8_run_within_callback, .media = EVERY),
    SCENARIO(adv_A9_stop_and_free_loop_within_callback, .media = EVERY),
    SCENARIO(adv_A10_added_and_removed_while_walked, .media = NONE),
    SCENARIO(adv_A10_abort_all_from_a_callback, .media = SOCKETS, .expected = ""),
    SCENARIO(adv_A11_stop_and_start_within_receive, .media = MAIN_MEDIA, .expected = ""),
    SCENARIO(adv_A12_close_while_connecting, .media = SOCKETS, .expected = ""),
    SCENARIO(adv_A12_abort_while_connecting, .media = SOCKETS, .expected = ""),
    SCENARIO(adv_A13_data_end_and_reset, .media = EVERY),
    SCENARIO(adv_A14_many_writes_then_close, .media = EVERY),
    SCENARIO(adv_A14_many_writes_then_abort, .media = EVERY,
             .expected = "client connected\nclient disconnected WEIR_ECANCELED\n"),
    SCENARIO(adv_A15_done_at_once_is_deferred, .media = MEMORY, .expected = ""),
    SCENARIO(adv_A15_a_million_chained_posts, .media = NONE, .places = SYSTEM),
    SCENARIO(adv_A19_accept_callback_fails, .media = SOCKETS, .expected = ""),
};
const struct suite order_suite = SUITE(order);
