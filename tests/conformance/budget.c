/* SPDX-License-Identifier: MIT
 *
 * Contract 7, the tree: opening takes a floor, listeners wait for one, receiving stops above the floors when the budget
 * is spent and goes on when it is back; and if nothing moves for the stall time the largest holder goes. */
#include "conformance/suites.h"

/* ---- floors ------------------------------------------------------------------------------------------------------ */

static const weir_limits one_kilobyte_floor = {.floor = 1024};

static void open_until_refused(struct scene *s) {
    weir_transport *pairs[5][2];
    size_t n = 0;
    int status = 0;
    while (n < 5 && (status = weir_mem_pair(s->loop, &one_kilobyte_floor, pairs[n])) == 0)
        n++;
    check_int(n, 4);
    check_int(status, WEIR_EBUDGET);
    check_int(scene_stats(s).charged, 8 * 1024);
    for (size_t i = 0; i < n; i++) {
        check_int(weir_transport_abort(pairs[i][0]), 0);
        check_int(weir_transport_abort(pairs[i][1]), 0);
    }
    scene_run(s);
    check_int(scene_stats(s).charged, s->rest);
}

/* Twice: what was given back can be taken again. */
static void opening_takes_a_floor(struct scene *s) {
    open_until_refused(s);
    open_until_refused(s);
}

static void connect_fails_without_a_floor(struct scene *s) {
    weir_transport *pair[2];
    weir_address address = scene_address(s);
    s->limits = &one_kilobyte_floor;
    check_int(door_open(&s->door, s, &address), 0);
    check_int(weir_mem_pair(s->loop, s->limits, pair), 0);
    check_int(actor_connect(&s->client, &s->door.address), WEIR_EBUDGET);
    weir_transport_abort(pair[0]);
    weir_transport_abort(pair[1]);
    door_shut(&s->door);
    scene_run(s);
}

/* ---- the budget of a listener ------------------------------------------------------------------------------------ */

static struct actor *guests[3], *hosts[3];

static void serve_a_guest(struct door *door, weir_transport *t) {
    struct actor *host = hosts[door->accepted - 1] = scene_cast(door->scene, "host");
    actor_take(host, t);
    if (door->accepted == 3) door_shut(door);
}

static void two_are_in(struct scene *s) {
    check_int(s->door.accepted, 2);
    check_int(weir_listener_connections(s->door.listener), 2);
    actor_close(hosts[0]);
}

static void all_are_in(struct scene *s) {
    check_int(s->door.accepted, 3);
    actor_close(hosts[1]);
    actor_close(hosts[2]);
}

static void invite(struct scene *s) {
    weir_address address = scene_address(s);
    s->door.on_accept = serve_a_guest;
    check_int(door_open(&s->door, s, &address), 0);
    for (unsigned i = 0; i < 3; i++) {
        guests[i] = scene_cast(s, "guest");
        check_int(actor_connect(guests[i], &s->door.address), 0);
    }
    scene_later(s, 100 * MS, two_are_in);
    scene_later(s, 200 * MS, all_are_in);
    scene_run(s);
}

/* The third waits outside until one of the two has gone. */
static void a_listener_waits_for_its_budget(struct scene *s) {
    s->door.options.budget = 2048;
    s->door.options.limits = &one_kilobyte_floor;
    invite(s);
}

static void a_listener_waits_for_the_loops_budget(struct scene *s) {
    s->limits = s->door.options.limits = &one_kilobyte_floor;
    invite(s);
}

static void spend_nearly_all(struct actor *a) {
    check_int(actor_pause(a, WEIR_SEND), 0);
    check(actor_write_pattern(a, 9500) >= 0);
}

static void let_it_in(struct scene *s) { check_int(door_resume(&s->door), 0); }

static void there_was_no_room(struct scene *s) {
    check_int(s->door.accepted, 0);
    check_int(s->client.connected, 1);
    abort_now(&s->client);
}

/* What was spent by another comes back when that is gone, and the one who waits outside is let in. */
static void a_listener_goes_on_when_budget_is_back(struct scene *s) {
    scene_open_pair(s);
    check_int(door_pause(&s->door), 0);
    s->client.on_connected = spend_nearly_all;
    s->server.silenced = true;
    scene_later(s, 30 * MS, let_it_in);
    scene_later(s, 60 * MS, there_was_no_room);
    scene_run(s);
    check_int(s->door.accepted, 1);
}

/* ---- exhaustion -------------------------------------------------------------------------------------------------- */

#define HOARDERS 4

static struct actor *writers[HOARDERS], *hoarders[HOARDERS];

static size_t hoard(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    (void)n;
    pause_receiving(a);
    return 0;
}

static void pump_200k_and_close(struct actor *a) { actor_pump(a, 200000, close_now); }

/* Pairs of which one end writes and the other takes nothing and pauses, so that the bytes pile up. */
static void open_hoarders(struct scene *s, const weir_limits *limits) {
    s->limits = limits;
    for (unsigned i = 0; i < HOARDERS; i++) {
        writers[i] = scene_cast(s, "writer");
        hoarders[i] = scene_cast(s, "hoarder");
        writers[i]->hushed = true;
        writers[i]->on_connected = pump_200k_and_close;
        hoarders[i]->on_received = hoard;
        scene_open_memory(s, writers[i], hoarders[i]);
    }
}

static void spend_no_more(struct actor *a) {
    a->on_received = NULL;
    resume_receiving(a);
}

static void take_what_is_there(struct scene *s) {
    check(scene_stats(s).charged <= s->scenario->budget + WEIR_DELIVERY_MAX);
    for (unsigned i = 0; i < HOARDERS; i++)
        actor_later(hoarders[i], (i + 1) * 10 * MS, spend_no_more);
}

/* The budget is spent, nothing moves; then all is taken, and no byte is missing. */
static void what_was_held_up_goes_on(struct scene *s) {
    static const weir_limits held = {.floor = 1024, .receive = 65536, .write_cap = 65536, .stall_ns = 100 * SECOND};
    open_hoarders(s, &held);
    scene_later(s, 300 * MS, take_what_is_there);
    scene_run(s);
}

/* ---- nothing moves ----------------------------------------------------------------------------------------------- */

static void host_a_hoarder(struct door *door, weir_transport *t) {
    struct actor *hoarder = hoarders[door->accepted - 1] = scene_cast(door->scene, "hoarder");
    hoarder->on_received = take_nothing;
    actor_take(hoarder, t);
    if (door->accepted == HOARDERS) door_shut(door);
}

static void count_the_lost(struct scene *s) {
    unsigned lost = 0;
    check_int(s->door.accepted, HOARDERS);
    for (unsigned i = 0; i < HOARDERS; i++) {
        if (hoarders[i]->code == WEIR_EBUDGET || writers[i]->code == WEIR_EBUDGET) lost++;
        actor_abort(writers[i]);
        actor_abort(hoarders[i]);
    }
    check(lost > 0 && lost < HOARDERS);
}

static void pump_60k(struct actor *a) { actor_pump(a, 60000, NULL); }

/* Four wait for more bytes than all four together may hold: the loop does not stand still for ever. */
static void the_largest_holder_goes(struct scene *s) {
    weir_address address = scene_address(s);
    s->door.on_accept = host_a_hoarder;
    check_int(door_open(&s->door, s, &address), 0);
    for (unsigned i = 0; i < HOARDERS; i++) {
        writers[i] = scene_cast(s, "writer");
        writers[i]->on_connected = pump_60k;
        check_int(actor_connect(writers[i], &s->door.address), 0);
    }
    scene_later(s, 700 * MS, count_the_lost);
    scene_run(s);
}

static void write_too_much(struct actor *a) {
    static const uint8_t bytes[20000];
    check_int(actor_pause(a, WEIR_SEND), 0);
    check_int(actor_write(a, bytes, sizeof bytes), WEIR_EMSGSIZE); /* more than there will ever be */
    check(actor_write(a, bytes, 1000) >= 0);
    check_int(actor_write(a, bytes, 9500), WEIR_EBUDGET);
    check_int(actor_info(a).queued, 1000);
    abort_now(a);
}

static void a_write_beyond_the_budget_queues_nothing(struct scene *s) {
    s->client.on_connected = write_too_much;
    s->server.silenced = true;
    scene_play(s);
}

#define ALL_200K                                                                                                       \
    "writer connected\nwriter disconnected in order\n"                                                                 \
    "hoarder connected\nhoarder received 200000 of the pattern\nhoarder ended\nhoarder disconnected in order\n"

static const struct scenario budget[] = {
    SCENARIO(opening_takes_a_floor, .media = NONE, .budget = 8 * 1024),
    SCENARIO(connect_fails_without_a_floor, .media = SOCKETS, .budget = 2 * 1024),
    SCENARIO(a_listener_waits_for_its_budget, .media = TCP | UNIX, .loose = true),
    SCENARIO(a_listener_waits_for_the_loops_budget, .media = TCP | UNIX, .budget = 5 * 1024, .loose = true),
    SCENARIO(a_listener_goes_on_when_budget_is_back, .media = TCP | UNIX, .budget = 10000,
             .expected = "client connected\n"
                         "client disconnected WEIR_ECANCELED\n"),
    SCENARIO(what_was_held_up_goes_on, .media = NONE, .budget = 100000,
             .expected = ALL_200K ALL_200K ALL_200K ALL_200K),
    SCENARIO(the_largest_holder_goes, .media = TCP4 | UNIX_PATH, .budget = 200000, .socket_buffer = 65536,
             .timed = true, .stall_ns = 100 * MS, .loose = true),
    SCENARIO(a_write_beyond_the_budget_queues_nothing, .media = EVERY, .budget = 10000,
             .expected = "client connected\n"
                         "client disconnected WEIR_ECANCELED\n"),
};
const struct suite budget_suite = SUITE(budget);
