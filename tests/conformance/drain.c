/* SPDX-License-Identifier: MIT
 *
 * The graceful end: what waits is taken in, what is under way is finished, what is idle is told to go, and what will
 * not go is aborted and counted. Both ends of a pair live on the loop that drains, so each counts. */
#include "conformance/suites.h"

#include <weir/drain.h>

#define GUESTS 5
#define AMPLE (60 * SECOND)

static struct {
    unsigned times;
    weir_drained result;
} done;

static void drained(weir_loop *loop, const weir_drained *result, void *user) {
    struct scene *s = user;
    scene_enter(s);
    check(loop == s->loop);
    check(!weir_draining(loop));
    check_int(scene_stats(s).transports, 0);
    check_int(scene_stats(s).listeners, 0);
    check_int(++done.times, 1);
    done.result = *result;
    scene_leave(s);
}

/* Work takes longer than a drain lets anybody be quiet, in a world where time costs nothing much longer. */
static uint64_t long_ns(const struct scene *s) { return scene_simulated(s) ? 3 * SECOND : 2 * WEIR_DRAIN_QUIET_NS; }

static void drain_within(struct scene *s, uint64_t timeout_ns) {
    memset(&done, 0, sizeof done);
    scene_calls(s);
    check_int(scene_called(s, weir_drain(s->loop, timeout_ns, drained, s)), 0);
    check(weir_draining(s->loop));
}

static void begin(struct scene *s) { drain_within(s, AMPLE); }

static void check_drained(size_t ended, size_t lost, size_t aborted) {
    check_int(done.times, 1);
    check_int(done.result.ended, ended);
    check_int(done.result.lost, lost);
    check_int(done.result.aborted, aborted);
}

/* ---- the call ---------------------------------------------------------------------------------------------------- */

static void never(weir_timer *timer) {
    (void)timer;
    check_failed("a timer was waited for");
}

static void an_empty_loop_is_drained_at_once(struct scene *s) {
    begin(s);
    check_int(weir_drain(s->loop, AMPLE, drained, s), WEIR_EALREADY);
    check_int(weir_drain(NULL, AMPLE, drained, s), WEIR_EINVAL);
    check_int(done.times, 0);
    scene_run(s);
    check_drained(0, 0, 0);
    begin(s); /* and again */
    scene_run(s);
    check_drained(0, 0, 0);
}

static void timers_are_not_waited_for(struct scene *s) {
    weir_timer timer = {.fired = never};
    check_int(weir_timer_start(s->loop, &timer, 3600 * SECOND, 0), 0);
    begin(s);
    scene_run(s);
    check_drained(0, 0, 0);
    check(weir_timer_armed(&timer));
    weir_timer_stop(&timer);
}

static void listeners_are_refused_meanwhile(struct scene *s) {
    weir_address address = scene_address(s);
    begin(s);
    check_int(door_open(&s->door, s, &address), WEIR_ECLOSED);
    scene_run(s);
    if (check_int(door_open(&s->door, s, &address), 0)) door_shut(&s->door);
    scene_run(s);
}

/* ---- transports -------------------------------------------------------------------------------------------------- */

static void idle_ones_are_half_closed(struct scene *s) {
    s->client.on_connected = say_hello;
    scene_later(s, 50 * MS, begin);
    scene_play(s);
    check_drained(2, 0, 0);
    check_int(s->client.ended + s->server.ended, 2);
    check_int(s->server.received, 5);
}

static void ones_that_nobody_reads_are_closed(struct scene *s) {
    s->client.deaf = s->server.deaf = true;
    s->client.on_connected = stay;
    scene_later(s, 50 * MS, begin);
    scene_play(s);
    check_drained(2, 0, 0);
}

static void answer_and_go_on(struct actor *a) {
    check(weir_draining(a->scene->loop));
    check(actor_say(a, "hello") > 0);
    resume_receiving(a);
}

static size_t take_time(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    if (n < 5) return 0;
    pause_receiving(a);
    actor_later(a, long_ns(a->scene), answer_and_go_on);
    begin(a->scene);
    return n;
}

/* It pauses while it works on the request. */
static void a_paused_one_may_answer(struct scene *s) {
    s->client.on_connected = say_hello;
    s->server.on_received = take_time;
    scene_play(s);
    check_int(s->client.received, 5);
    check_drained(2, 0, 0);
}

static void answer_when_busy(struct actor *a) {
    check(actor_say(a, "hello") > 0);
    check_int(weir_transport_busy(a->t, false), 0);
}

static size_t be_busy(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    if (n < 5) return 0;
    check_int(weir_transport_busy(a->t, true), 0);
    actor_later(a, long_ns(a->scene), answer_when_busy);
    begin(a->scene);
    return n;
}

/* The client hears the end early, and lets it be until the answer has come. */
static void a_busy_one_may_answer(struct scene *s) {
    s->client.on_connected = say_hello;
    s->server.on_received = be_busy;
    s->server.on_ended = stay;
    scene_play(s);
    check_int(s->client.received, 5);
    check_drained(2, 0, 0);
}

static size_t wait_for_ten(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    if (n < 10) return 0;
    check(actor_say(a, "hello") > 0);
    return n;
}

static void say_more(struct actor *a) { check(actor_say(a, "again") > 0); }

static void be_slow(struct actor *a) {
    check_int(weir_transport_busy(a->t, true), 0);
    say_hello(a);
    actor_later(a, long_ns(a->scene), say_more);
    begin(a->scene);
}

static size_t hear_and_rest(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    check_int(weir_transport_busy(a->t, false), 0);
    return n;
}

/* Half a message is unread: its transport is not idle. */
static void half_a_request_is_waited_for(struct scene *s) {
    s->client.on_connected = be_slow;
    s->client.on_received = hear_and_rest;
    s->server.on_received = wait_for_ten;
    scene_play(s);
    check_int(s->client.received, 5);
    check_drained(2, 0, 0);
}

static void drain_after(struct actor *a) { begin(a->scene); }

static void pump_much(struct actor *a) { actor_pump(a, 3000000, drain_after); }

static void queued_bytes_arrive(struct scene *s) {
    s->client.on_connected = pump_much;
    s->client.hushed = true;
    scene_play(s);
    check_int(s->server.received, 3000000);
    check_int(done.times, 1);
    check_int(done.result.aborted + done.result.lost, 0);
}

static size_t stop_reading(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    pause_receiving(a);
    drain_within(a->scene, 300 * MS);
    return n;
}

static void the_rest_is_aborted(struct scene *s) {
    s->client.on_connected = say_hello;
    s->client.on_ended = stay;
    s->server.on_received = stop_reading;
    scene_play(s);
    check_int(done.times, 1);
    check(done.result.aborted >= 1);
    check_int(done.result.ended, 0);
    check_int(done.result.aborted + done.result.lost, 2);
}

static void abort_soon(struct scene *s) { drain_within(s, 0); }

static void no_time_at_all(struct scene *s) {
    s->client.on_connected = say_hello;
    scene_later(s, 50 * MS, abort_soon);
    scene_play(s);
    check_int(done.times, 1);
    check_int(done.result.ended, 0);
    check_int(done.result.aborted + done.result.lost, 2);
}

static void leave_by_force(struct actor *a) {
    begin(a->scene);
    check_int(actor_abort(a), 0);
}

static void ones_that_are_lost_are_counted(struct scene *s) {
    s->server.on_connected = leave_by_force;
    s->client.on_connected = stay;
    scene_play(s);
    check_int(done.times, 1);
    check_int(done.result.aborted, 0);
    check(done.result.lost >= 1);
}

/* ---- listeners --------------------------------------------------------------------------------------------------- */

static struct actor *guests[GUESTS];

static void host_a_guest(struct door *door, weir_transport *t) {
    struct actor *host = scene_cast(door->scene, "host");
    host->silenced = true;
    host->on_received = echo;
    actor_take(host, t);
}

static void send_guests(struct scene *s) {
    weir_address address = scene_address(s);
    s->door.on_accept = host_a_guest;
    if (!check_int(door_open(&s->door, s, &address), 0)) return;
    for (unsigned i = 0; i < GUESTS; i++) {
        guests[i] = scene_cast(s, "guest");
        guests[i]->silenced = true;
        guests[i]->on_connected = say_hello;
        guests[i]->on_received = hear_hello_and_close;
        check_int(actor_connect(guests[i], &s->door.address), 0);
    }
}

static void check_guests(struct scene *s) {
    check_int(s->door.accepted, GUESTS);
    check_int(s->door.closed, 1);
    for (unsigned i = 0; i < GUESTS; i++) {
        check_int(guests[i]->received, 5);
        check_int(guests[i]->code, 0);
    }
    check_drained((size_t)2 * GUESTS, 0, 0);
}

/* They are connected, as far as they can tell, and nobody has accepted them. */
static void who_waits_in_the_backlog_is_served(struct scene *s) {
    send_guests(s);
    check_int(door_pause(&s->door), 0);
    scene_later(s, 100 * MS, begin);
    scene_run(s);
    check_guests(s);
}

/* Those behind the first wait for room, which the drain makes. */
static void also_one_by_one(struct scene *s) {
    s->door.options.max_connections = 1;
    send_guests(s);
    check_int(door_pause(&s->door), 0);
    scene_later(s, 100 * MS, begin);
    scene_run(s);
    check_guests(s);
}

static void a_listener_alone_ends(struct scene *s) {
    weir_address address = scene_address(s);
    s->door.on_accept = host_a_guest;
    check_int(door_open(&s->door, s, &address), 0);
    begin(s);
    scene_run(s);
    check_int(s->door.closed, 1);
    check_int(s->door.accepted, 0);
    check_drained(0, 0, 0);
}

static const struct scenario drain[] = {
    SCENARIO(an_empty_loop_is_drained_at_once, .expected = ""),
    SCENARIO(timers_are_not_waited_for, .expected = ""),
    SCENARIO(listeners_are_refused_meanwhile, .media = SOCKETS, .expected = ""),
    SCENARIO(idle_ones_are_half_closed, .media = DUPLEX, .loose = true),
    SCENARIO(ones_that_nobody_reads_are_closed, .media = DUPLEX | PIPE, .loose = true),
    SCENARIO(a_paused_one_may_answer, .media = DUPLEX, .timed = true, .loose = true),
    SCENARIO(a_busy_one_may_answer, .media = DUPLEX, .timed = true, .loose = true),
    SCENARIO(half_a_request_is_waited_for, .media = DUPLEX, .timed = true, .loose = true),
    SCENARIO(queued_bytes_arrive, .media = EVERY, .loose = true),
    SCENARIO(the_rest_is_aborted, .media = DUPLEX, .loose = true),
    SCENARIO(no_time_at_all, .media = EVERY, .loose = true),
    SCENARIO(ones_that_are_lost_are_counted, .media = DUPLEX, .loose = true),
    SCENARIO(who_waits_in_the_backlog_is_served, .media = SOCKETS, .loose = true),
    SCENARIO(also_one_by_one, .media = SOCKETS, .loose = true),
    SCENARIO(a_listener_alone_ends, .media = SOCKETS, .expected = ""),
};
const struct suite drain_suite = SUITE(drain);
