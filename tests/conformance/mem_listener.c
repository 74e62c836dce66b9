/* SPDX-License-Identifier: MIT
 *
 * Listeners in memory: names within one loop, and otherwise what any listener promises. */
#include "conformance/suites.h"

#include <weir/mem.h>

#include <stdio.h>

#define GUESTS 5

struct lobby {
    struct scene *scene;
    weir_listener *listener;
    weir_listen_options options;
    void (*on_accept)(struct lobby *lobby, weir_transport *t);
    unsigned accepted, closed;
};

static struct lobby lobby;
static struct actor *guests[GUESTS], *hosts[GUESTS];

static void host_a_guest(weir_transport *t) {
    struct actor *host = hosts[lobby.accepted - 1] = scene_cast(lobby.scene, "host");
    host->on_received = echo;
    actor_take(host, t);
}

static void accepted(weir_transport *t, void *user) {
    scene_enter(lobby.scene);
    check(user == &lobby);
    check(!lobby.closed);
    lobby.accepted++;
    if (lobby.on_accept)
        lobby.on_accept(&lobby, t);
    else
        host_a_guest(t);
    scene_leave(lobby.scene);
}

static void closed(weir_listener *listener, void *user, const weir_error *reason) {
    scene_enter(lobby.scene);
    check(user == &lobby && listener == lobby.listener && !reason);
    check_int(++lobby.closed, 1);
    lobby.listener = NULL;
    scene_leave(lobby.scene);
}

static int open_lobby_named(struct scene *s, const char *name) {
    lobby.scene = s;
    lobby.options.closed = closed;
    scene_calls(s);
    return scene_called(s, weir_mem_listen(s->loop, name, &lobby.options, accepted, &lobby, &lobby.listener));
}

static void open_lobby(struct scene *s) {
    memset(&lobby, 0, sizeof lobby);
    memset(guests, 0, sizeof guests);
    memset(hosts, 0, sizeof hosts);
    check_int(open_lobby_named(s, "lobby"), 0);
}

static int go_to(struct actor *a, const char *name, uint64_t timeout_ns) {
    const weir_connect_options options = {.timeout_ns = timeout_ns};
    weir_transport *t;
    scene_calls(a->scene);
    int status = scene_called(a->scene, weir_mem_connect(a->scene->loop, name, &options, NULL, NULL, &t));
    return status < 0 ? status : actor_take(a, t);
}

static void send_guests(struct scene *s, unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        guests[i] = scene_cast(s, "guest");
        guests[i]->on_connected = say_hello;
        check_int(go_to(guests[i], "lobby", 0), 0);
    }
}

static void close_lobby(struct scene *s) {
    if (!lobby.listener) return;
    scene_calls(s);
    check_int(scene_called(s, weir_listener_close(lobby.listener)), 0);
}

static void all_go_home(struct scene *s) {
    for (unsigned i = 0; i < GUESTS; i++)
        if (guests[i]) actor_close(guests[i]);
    close_lobby(s);
}

static void bytes_go_both_ways(struct scene *s) {
    open_lobby(s);
    send_guests(s, 1);
    guests[0]->on_received = hear_hello_and_close;
    scene_later(s, 100 * MS, close_lobby);
    scene_run(s);
    check_int(guests[0]->received, 5);
    check_int(lobby.accepted, 1);
    check_int(lobby.closed, 1);
}

static void nobody_listens(struct scene *s) {
    check_int(go_to(&s->client, "nowhere", 0), 0);
    scene_run(s);
    check_int(s->client.code, WEIR_EREFUSED);
    check_int(s->client.reason.stage, WEIR_STAGE_CONNECT);
}

static void names_are_checked(struct scene *s) {
    char name[WEIR_MEM_NAME_MAX + 2];
    weir_address address;
    weir_listener *second;
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = 0;
    open_lobby(s);
    check_int(weir_mem_listen(s->loop, "lobby", NULL, accepted, &lobby, &second), WEIR_EADDRINUSE);
    check_int(weir_mem_listen(s->loop, "", NULL, accepted, &lobby, &second), WEIR_EINVAL);
    check_int(weir_mem_listen(s->loop, name, NULL, accepted, &lobby, &second), WEIR_ENAMETOOLONG);
    check_int(go_to(&s->client, name, 0), WEIR_ENAMETOOLONG);
    check_int(go_to(&s->client, NULL, 0), WEIR_EINVAL);
    check_int(weir_listener_address(lobby.listener, &address), 0);
    check_int(address.family, WEIR_FAMILY_NONE);
    close_lobby(s);
    check_int(weir_listener_close(lobby.listener), WEIR_EALREADY);
    check_int(weir_mem_listen(s->loop, "lobby", NULL, accepted, &lobby, &second), 0); /* free again */
    check_int(weir_listener_close(second), 0);
    scene_run(s);
}

static void nobody_is_in(struct scene *s) {
    check_int(lobby.accepted, 0);
    for (unsigned i = 0; i < GUESTS; i++)
        check_int(guests[i]->connected, 0);
    check_int(weir_listener_resume(lobby.listener), 0);
    (void)s;
}

static void everybody_is_in(struct scene *s) {
    weir_listener_stats stats;
    check_int(lobby.accepted, GUESTS);
    check_int(weir_listener_connections(lobby.listener), GUESTS);
    weir_listener_stats_get(lobby.listener, &stats);
    check_int(stats.accepted, GUESTS);
    check_int(stats.refused, 0);
    for (unsigned i = 0; i < GUESTS; i++)
        check_int(guests[i]->received, 5);
    all_go_home(s);
}

static void a_paused_one_accepts_later(struct scene *s) {
    open_lobby(s);
    check_int(weir_listener_pause(lobby.listener), 0);
    send_guests(s, GUESTS);
    scene_later(s, 100 * MS, nobody_is_in);
    scene_later(s, 300 * MS, everybody_is_in);
    scene_run(s);
}

static void one_leaves(struct scene *s) {
    check_int(lobby.accepted, 2);
    check_int(guests[2]->connected, 0);
    actor_close(hosts[0]);
    (void)s;
}

static void another_came(struct scene *s) {
    check_int(lobby.accepted, 3);
    all_go_home(s);
}

static void no_more_connections_than_allowed(struct scene *s) {
    memset(&lobby, 0, sizeof lobby);
    memset(guests, 0, sizeof guests);
    lobby.options.max_connections = 2;
    check_int(open_lobby_named(s, "lobby"), 0);
    send_guests(s, 3);
    scene_later(s, 100 * MS, one_leaves);
    scene_later(s, 200 * MS, another_came);
    scene_run(s);
}

static void who_waits_is_refused_by_a_close(struct scene *s) {
    open_lobby(s);
    check_int(weir_listener_pause(lobby.listener), 0);
    send_guests(s, 2);
    scene_later(s, 50 * MS, close_lobby);
    scene_run(s);
    check_int(guests[0]->code, WEIR_EREFUSED);
    check_int(guests[1]->code, WEIR_EREFUSED);
    check_int(lobby.accepted, 0);
}

static void a_full_backlog_refuses(struct scene *s) {
    memset(&lobby, 0, sizeof lobby);
    memset(guests, 0, sizeof guests);
    lobby.options.backlog = 2;
    check_int(open_lobby_named(s, "lobby"), 0);
    check_int(weir_listener_pause(lobby.listener), 0);
    send_guests(s, 3);
    scene_later(s, 50 * MS, close_lobby);
    scene_run(s);
    check_int(guests[2]->code, WEIR_EREFUSED);
}

static void give_up_waiting(struct scene *s) {
    check_int(actor_abort(guests[0]), 0);
    (void)s;
}

static void resume_lobby(struct scene *s) {
    check_int(weir_listener_resume(lobby.listener), 0);
    (void)s;
}

/* One is aborted, one times out, one closes; the last in the line is served. */
static void who_gives_up_leaves_the_line(struct scene *s) {
    open_lobby(s);
    check_int(weir_listener_pause(lobby.listener), 0);
    send_guests(s, 1);
    struct actor *patient = guests[1] = scene_cast(s, "patient"), *hasty = scene_cast(s, "hasty");
    check_int(go_to(hasty, "lobby", 50 * MS), 0);
    check_int(go_to(patient, "lobby", 60 * SECOND), 0);
    patient->on_connected = say_hello;
    patient->on_received = hear_hello_and_close;
    scene_later(s, 20 * MS, give_up_waiting);
    scene_later(s, 200 * MS, resume_lobby);
    scene_later(s, 300 * MS, close_lobby);
    scene_run(s);
    check_int(guests[0]->code, WEIR_ECANCELED);
    check_int(hasty->code, WEIR_ETIMEDOUT);
    check_int(patient->received, 5);
    check_int(lobby.accepted, 1);
}

static void refuse(struct lobby *l, weir_transport *t) {
    (void)t; /* given no protocol */
    close_lobby(l->scene);
}

static void one_without_a_protocol_is_aborted(struct scene *s) {
    open_lobby(s);
    lobby.on_accept = refuse;
    send_guests(s, 1);
    guests[0]->on_connected = stay;
    scene_run(s);
    check_int(guests[0]->code, WEIR_ERESET);
}

static void connect_from_a_callback(struct actor *a) {
    guests[0] = scene_cast(a->scene, "guest");
    guests[0]->on_connected = say_hello;
    guests[0]->on_received = hear_hello_and_close;
    check_int(go_to(guests[0], "lobby", 0), 0);
    close_now(a);
}

static void hosts_may_be_guests(struct scene *s) {
    open_lobby(s);
    s->client.on_connected = connect_from_a_callback;
    check_int(go_to(&s->client, "lobby", 0), 0);
    scene_later(s, 100 * MS, close_lobby);
    scene_run(s);
    check_int(guests[0]->received, 5);
    check_int(lobby.accepted, 2);
}

/* More than may be held at once; those that do not fit wait for budget. */
static void out_of_budget_they_wait(struct scene *s) {
    memset(&lobby, 0, sizeof lobby);
    memset(guests, 0, sizeof guests);
    lobby.options.budget = 2 * WEIR_DEFAULT_FLOOR;
    check_int(open_lobby_named(s, "lobby"), 0);
    send_guests(s, GUESTS);
    for (unsigned i = 0; i < GUESTS; i++)
        guests[i]->on_received = hear_hello_and_close;
    scene_later(s, 500 * MS, close_lobby);
    scene_run(s);
    check_int(lobby.accepted, GUESTS);
    for (unsigned i = 0; i < GUESTS; i++)
        check_int(guests[i]->received, 5);
}

static const struct scenario mem_listener[] = {
    SCENARIO(bytes_go_both_ways, .places = 0),
    SCENARIO(nobody_listens, .expected = "client disconnected WEIR_EREFUSED\n"),
    SCENARIO(names_are_checked, .expected = ""),
    SCENARIO(a_paused_one_accepts_later, .places = 0),
    SCENARIO(no_more_connections_than_allowed, .loose = true),
    SCENARIO(who_waits_is_refused_by_a_close, .places = 0),
    SCENARIO(a_full_backlog_refuses, .places = 0),
    SCENARIO(who_gives_up_leaves_the_line, .places = 0, .timed = true),
    SCENARIO(one_without_a_protocol_is_aborted, .places = 0),
    SCENARIO(hosts_may_be_guests, .places = 0),
    SCENARIO(out_of_budget_they_wait, .loose = true),
};
const struct suite mem_listener_suite = SUITE(mem_listener);
