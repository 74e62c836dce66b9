/* SPDX-License-Identifier: MIT
 *
 * Listeners: paused, bounded, out of descriptors, on addresses that are taken. A listener neither spins nor dies. */
#include "conformance/suites.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define GUESTS 5

static struct actor *guests[GUESTS], *hosts[GUESTS];

static void host_a_guest(struct door *door, weir_transport *t) {
    struct actor *host = hosts[door->accepted - 1] = scene_cast(door->scene, "host");
    actor_take(host, t);
}

static bool open_door(struct scene *s) {
    weir_address address = scene_address(s);
    s->door.on_accept = host_a_guest;
    return check_int(door_open(&s->door, s, &address), 0);
}

static void send_guests(struct scene *s, unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        guests[i] = scene_cast(s, "guest");
        check_int(actor_connect(guests[i], &s->door.address), 0);
    }
}

static void all_go_home(struct scene *s) {
    for (unsigned i = 0; i < GUESTS; i++)
        if (guests[i]) actor_close(guests[i]);
    door_shut(&s->door);
}

/* ---- pause and limits -------------------------------------------------------------------------------------------- */

static void nobody_is_in(struct scene *s) {
    check_int(s->door.accepted, 0);
    check_int(door_resume(&s->door), 0);
}

static void everybody_is_in(struct scene *s) {
    check_int(s->door.accepted, GUESTS);
    check_int(weir_listener_connections(s->door.listener), GUESTS);
    all_go_home(s);
}

static void a_paused_listener_accepts_later(struct scene *s) {
    if (!open_door(s)) return;
    check_int(door_pause(&s->door), 0);
    send_guests(s, GUESTS);
    scene_later(s, 100 * MS, nobody_is_in);
    scene_later(s, 300 * MS, everybody_is_in);
    scene_run(s);
}

static void pause_the_door(struct scene *s) { check_int(door_pause(&s->door), 0); }

static void send_three(struct scene *s) { send_guests(s, 3); }

static void none_came_meanwhile(struct scene *s) {
    check_int(s->door.accepted, 0);
    all_go_home(s);
}

/* While it is accepting already. */
static void a_running_listener_can_be_paused(struct scene *s) {
    memset(guests, 0, sizeof guests);
    if (!open_door(s)) return;
    scene_later(s, 50 * MS, pause_the_door);
    scene_later(s, 100 * MS, send_three);
    scene_later(s, 200 * MS, none_came_meanwhile);
    scene_run(s);
}

static void one_leaves(struct scene *s) {
    check_int(s->door.accepted, 2);
    check_int(weir_listener_connections(s->door.listener), 2);
    actor_close(hosts[0]);
}

static void another_leaves(struct scene *s) {
    check_int(s->door.accepted, 3);
    check_int(weir_listener_connections(s->door.listener), 2);
    actor_close(hosts[1]);
}

static void four_were_in(struct scene *s) {
    check_int(s->door.accepted, 4);
    all_go_home(s);
}

static void no_more_connections_than_allowed(struct scene *s) {
    s->door.options.max_connections = 2;
    if (!open_door(s)) return;
    memset(guests, 0, sizeof guests);
    send_guests(s, 4);
    scene_later(s, 100 * MS, one_leaves);
    scene_later(s, 200 * MS, another_leaves);
    scene_later(s, 300 * MS, four_were_in);
    scene_run(s);
}

static void accept_and_refuse(struct door *door, weir_transport *t) {
    (void)t; /* given no protocol */
    if (door->accepted == 2) door_shut(door);
}

static void one_without_a_protocol_is_aborted(struct scene *s) {
    if (!open_door(s)) return;
    s->door.on_accept = accept_and_refuse;
    send_guests(s, 2);
    scene_run(s);
    check_int(scene_stats(s).transports, 0);
}

static void close_in_accept(struct door *door, weir_transport *t) {
    host_a_guest(door, t);
    close_now(hosts[door->accepted - 1]);
    if (door->accepted == 2) door_shut(door);
}

static void a_connection_may_be_closed_at_once(struct scene *s) {
    if (!open_door(s)) return;
    s->door.on_accept = close_in_accept;
    send_guests(s, 2);
    scene_run(s);
}

/* The first came as bytes wait, and after the listener has gone. */
static void connections_outlive_their_listener(struct scene *s) {
    s->client.on_connected = say_hello;
    s->server.on_received = echo;
    actor_later(&s->client, 100 * MS, close_now);
    scene_play(s);
    check_int(s->client.received, 5);
}

/* ---- out of descriptors ------------------------------------------------------------------------------------------ */

static struct rlimit saved_limit;
static unsigned many;

/* So that `spare` more descriptors can be opened, and no more. */
static void lower_the_limit(unsigned spare) {
    struct rlimit lowered;
    int fds[64];
    for (unsigned i = 0; i < spare; i++)
        fds[i] = dup(0);
    check_int(getrlimit(RLIMIT_NOFILE, &saved_limit), 0);
    lowered = saved_limit;
    lowered.rlim_cur = (rlim_t)fds[spare - 1] + 1;
    for (unsigned i = 0; i < spare; i++)
        close(fds[i]);
    check_int(setrlimit(RLIMIT_NOFILE, &lowered), 0);
}

static void restore_the_limit(void) { check_int(setrlimit(RLIMIT_NOFILE, &saved_limit), 0); }

static void host_an_echo(struct door *door, weir_transport *t) {
    struct actor *host = scene_cast(door->scene, "host");
    host->silenced = true;
    host->on_received = echo;
    actor_take(host, t);
    if (door->accepted == many) door_shut(door);
}

static uint64_t ticks_before;

static void relax_the_limit(struct scene *s) {
    check(s->door.accepted < many);
    check(scene_stats(s).ticks - ticks_before < 200);
    check_int(s->warnings, 1);
    restore_the_limit();
}

/* More guests than there are descriptors for both ends. They are all served in the end, for those who were let in
 * leave, or the limit is raised. */
static void run_out_of_descriptors(struct scene *s) {
    if (!open_door(s)) return;
    s->door.on_accept = host_an_echo;
    ticks_before = scene_stats(s).ticks;
    for (unsigned i = 0; i < many; i++) {
        struct actor *guest = scene_cast(s, "guest");
        guest->silenced = true;
        guest->on_connected = say_hello;
        guest->on_received = hear_hello_and_close;
        check_int(actor_connect(guest, &s->door.address), 0);
    }
    scene_run(s);
    check_int(s->door.accepted, many);
    for (unsigned i = 0; i < s->cast_count; i++)
        check_int(s->cast[i]->received, 5);
}

static void a_listener_without_descriptors_waits(struct scene *s) {
    many = 8;
    lower_the_limit(many + 1); /* the guests' and the listener's own */
    scene_later(s, 250 * MS, relax_the_limit);
    run_out_of_descriptors(s);
}

/* The simulated host's limit stays; each guest that is served gives two back. */
static void a_simulated_one_too(struct scene *s) {
    many = 8;
    run_out_of_descriptors(s);
    check(s->warnings > 0);
}

/* ---- out of budget ----------------------------------------------------------------------------------------------- */

#define POOR ((size_t)16 * 1024)

static struct actor *miser, *heir;

/* Leaves one floor, for the guest's own end. */
static void spend_all_but_one(struct scene *s) {
    static const uint8_t bytes[POOR];
    miser = scene_cast(s, "miser");
    heir = scene_cast(s, "heir");
    miser->silenced = heir->silenced = true;
    scene_open_memory(s, miser, heir);
    check_int(actor_pause(heir, WEIR_RECEIVE), 0);
    check(actor_write(miser, bytes, POOR - 2 * WEIR_DEFAULT_FLOOR) > 0);
    check_int(scene_stats(s).charged, POOR - WEIR_DEFAULT_FLOOR);
    send_guests(s, 1);
    guests[0]->on_connected = say_hello;
    guests[0]->on_received = hear_hello_and_close;
}

static void inherit(struct scene *s) {
    check_int(guests[0]->connected, 1);
    check_int(guests[0]->disconnected, 0);
    check_int(s->door.accepted, 0);
    close_now(miser);
    check_int(actor_resume(heir, WEIR_RECEIVE), 0);
}

/* The listener is accepting when the budget goes: whom it gets then waits for what comes back. */
static void a_connection_that_came_too_early_is_kept(struct scene *s) {
    weir_listener_stats stats;
    if (!open_door(s)) return;
    many = 1;
    s->door.on_accept = host_an_echo;
    scene_later(s, 50 * MS, spend_all_but_one);
    scene_later(s, 150 * MS, inherit);
    weir_listener_stats_get(s->door.listener, &stats);
    check_int(stats.accepted + stats.refused + stats.backoffs, 0);
    scene_run(s);
    check_int(guests[0]->received, 5);
    check_int(guests[0]->code, 0);
    check_int(s->door.accepted, 1);
}

/* ---- addresses --------------------------------------------------------------------------------------------------- */

static void shut_both(struct scene *s) {
    door_shut(&s->door);
    if (s->user) door_shut(s->user);
}

static void an_address_in_use_is_told(struct scene *s) {
    struct door second = {0};
    if (!open_door(s)) return;
    check_int(door_open(&second, s, &s->door.address), WEIR_EADDRINUSE);
    check_int(weir_loop_last_error(s->loop)->code, WEIR_EADDRINUSE);
    check_int(weir_loop_last_error(s->loop)->stage, WEIR_STAGE_LISTEN);
    shut_both(s);
    scene_run(s);
}

static void reuse_port_shares_an_address(struct scene *s) {
    struct door second = {.on_accept = host_a_guest, .options.reuse_port = true};
    s->door.options.reuse_port = true;
    if (!open_door(s)) return;
    check_int(door_open(&second, s, &s->door.address), 0);
    check_int(second.address.port, s->door.address.port);
    s->user = &second;
    shut_both(s);
    scene_run(s);
}

static void open_again(struct door *door, const weir_error *reason) {
    struct scene *s = door->scene;
    struct door *second = s->user;
    (void)reason;
    if (check_int(door_open(second, s, &door->address), 0)) door_shut(second);
}

/* Also right after connections to it. */
static void an_address_is_free_again_after_close(struct scene *s) {
    struct door second = {0};
    s->user = &second;
    s->door.on_closed = open_again;
    s->client.on_connected = say_hello_and_close;
    scene_play(s);
    check_int(second.closed, 1);
}

static void foreign_addresses_are_refused(struct scene *s) {
    weir_address address;
    struct door door = {0};
    check_int(weir_address_ip(&address, s->medium == TCP6 ? "2001:db8::1" : "192.0.2.1", 1), 0);
    check_int(door_open(&door, s, &address), WEIR_EADDRNOTAVAIL);
    address.family = WEIR_FAMILY_NONE;
    check_int(door_open(&door, s, &address), WEIR_EINVAL);
}

static struct sockaddr_un system_name(const weir_address *address) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    memcpy(name.sun_path, address->bytes, address->length);
    return name;
}

static void a_dead_socket_file_is_replaced(struct scene *s) {
    weir_address address = scene_address(s);
    struct sockaddr_un name = system_name(&address);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check_int(bind(fd, (struct sockaddr *)&name, sizeof name), 0);
    close(fd);
    check_int(access(name.sun_path, F_OK), 0);
    if (check_int(door_open(&s->door, s, &address), 0)) door_shut(&s->door);
    scene_run(s);
    check_int(access(name.sun_path, F_OK), -1); /* and its own is removed */
}

static void a_live_socket_file_is_not(struct scene *s) {
    weir_address address = scene_address(s);
    struct sockaddr_un name = system_name(&address);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check_int(bind(fd, (struct sockaddr *)&name, sizeof name), 0);
    check_int(listen(fd, 1), 0);
    check_int(door_open(&s->door, s, &address), WEIR_EADDRINUSE);
    check_int(access(name.sun_path, F_OK), 0);
    close(fd);
    unlink(name.sun_path);
}

static void a_file_of_another_kind_is_not(struct scene *s) {
    weir_address address = scene_address(s);
    struct sockaddr_un name = system_name(&address);
    int fd = open(name.sun_path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    check(fd >= 0);
    close(fd);
    check_int(door_open(&s->door, s, &address), WEIR_EADDRINUSE);
    check_int(unlink(name.sun_path), 0);
}

static void a_path_without_a_directory_is_told(struct scene *s) {
    weir_address address;
    const char *path = "/tmp/weir-no-such-directory/socket";
    check_int(weir_address_unix(&address, path, strlen(path)), 0);
    check_int(door_open(&s->door, s, &address), WEIR_ENOENT);
    check_int(actor_connect(&s->client, &address), 0);
    scene_run(s);
    check_int(s->client.code, WEIR_ENOENT);
}

static void both_families_or_one(struct scene *s) {
    weir_address any, four;
    s->door.options.ipv6_only = true;
    s->door.on_accept = host_a_guest;
    check_int(weir_address_ip(&any, "::", 0), 0);
    check_int(door_open(&s->door, s, &any), 0);
    check_int(weir_address_ip(&four, "127.0.0.1", s->door.address.port), 0);
    check_int(actor_connect(&s->client, &four), 0);
    scene_later(s, 100 * MS, shut_both);
    scene_run(s);
    check_int(s->client.code, WEIR_EREFUSED);
}

static const struct scenario listener[] = {
    SCENARIO(a_paused_listener_accepts_later, .media = SOCKETS),
    SCENARIO(a_running_listener_can_be_paused, .media = SOCKETS, .loose = true),
    SCENARIO(no_more_connections_than_allowed, .media = SOCKETS, .loose = true),
    SCENARIO(one_without_a_protocol_is_aborted, .media = SOCKETS, .loose = true),
    SCENARIO(a_connection_may_be_closed_at_once, .media = SOCKETS),
    SCENARIO(connections_outlive_their_listener, .media = SOCKETS),
    SCENARIO(a_listener_without_descriptors_waits, .media = SOCKETS, .places = SYSTEM, .timed = true, .expected = ""),
    SCENARIO(a_simulated_one_too, .media = SOCKETS, .places = SIMULATED, .handle_limit = 12, .expected = ""),
    SCENARIO(a_connection_that_came_too_early_is_kept, .media = TCP | UNIX, .budget = POOR, .loose = true),
    SCENARIO(an_address_in_use_is_told, .media = SOCKETS, .expected = ""),
    SCENARIO(reuse_port_shares_an_address, .media = TCP, .expected = ""),
    SCENARIO(an_address_is_free_again_after_close, .media = SOCKETS),
    SCENARIO(foreign_addresses_are_refused, .media = TCP, .expected = ""),
    SCENARIO(a_dead_socket_file_is_replaced, .media = UNIX_PATH, .places = SYSTEM, .expected = ""),
    SCENARIO(a_live_socket_file_is_not, .media = UNIX_PATH, .places = SYSTEM, .expected = ""),
    SCENARIO(a_file_of_another_kind_is_not, .media = UNIX_PATH, .places = SYSTEM, .expected = ""),
    SCENARIO(a_path_without_a_directory_is_told, .media = UNIX_PATH, .places = SYSTEM,
             .expected = "client disconnected WEIR_ENOENT\n"),
    SCENARIO(both_families_or_one, .media = TCP6, .places = SYSTEM, .expected = "client disconnected WEIR_EREFUSED\n"),
};
const struct suite listener_suite = SUITE(listener);
