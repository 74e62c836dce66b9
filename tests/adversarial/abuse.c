/* SPDX-License-Identifier: MIT
 *
 * L: peers that keep to the rules and mean harm: too slow to be idle, too many, gone without a word.
 *
 * Not here: L5 and L6, which are a matter of protocols above (the quantum of a turn is B14); L7, which is what fuzzing
 * with asserts is for; L8, which random calls do (tests/sim); L11, for there are no datagrams. */
#include "adversarial/crowd.h"
#include "adversarial/further.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <weir/layer.h>

/* ---- L1: a request that never ends
 * ---------------------------------------------------------------------------------- */

static void drip(struct actor *a) {
    if (actor_say(a, "x") >= 0) actor_later(a, 20 * MS, drip);
}

static void expect_a_request(struct actor *a) { check_int(weir_transport_expect(a->t, 300 * MS), 0); }

static size_t wait_for_an_empty_line(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)a;
    return memchr(bytes, '\n', n) ? n : 0;
}

static void left_behind(struct actor *server, const weir_error *reason) {
    check_int(reason->code, WEIR_ETIMEDOUT);
    check_int(reason->stage, WEIR_STAGE_READ);
    check(*reason->hint);
    actor_abort(&server->scene->client);
}

static void be_slowloris(struct scene *s) {
    s->client.silenced = s->server.silenced = true;
    s->client.on_connected = drip;
    s->client.on_ended = abort_now;
    s->server.on_received = wait_for_an_empty_line;
    s->server.on_disconnected = left_behind;
    scene_play(s);
    check_int(s->server.code, WEIR_ETIMEDOUT);
}

/* It is never idle; only the whole message counts. */
static void adv_L1_a_message_dragged_out(struct scene *s) {
    static const weir_limits idle = {.idle_ns = 100 * SECOND};
    s->server_limits = &idle;
    s->server.on_connected = expect_a_request;
    be_slowloris(s);
}

static void adv_L1_a_trickle(struct scene *s) {
    static const weir_limits fast = {.idle_ns = 100 * SECOND, .rate_min = 1000, .rate_window_ns = 200 * MS};
    s->server_limits = &fast;
    be_slowloris(s);
}

/* ---- L2: a peer that hardly reads
 * ----------------------------------------------------------------------------------- */

static void serve_much(struct actor *a) { actor_pump(a, UINT64_MAX, NULL); }

static void the_reader_was_left(struct actor *server, const weir_error *reason) {
    check_int(reason->code, WEIR_ETIMEDOUT);
    check_int(reason->stage, WEIR_STAGE_WRITE);
    check(scene_stats(server->scene).memory < 4 << 20);
    actor_abort(&server->scene->client);
}

static void be_read_slowly(struct scene *s) {
    s->client.silenced = s->server.silenced = true;
    s->server.on_connected = serve_much;
    s->server.on_disconnected = the_reader_was_left;
    scene_play(s);
    check_int(s->server.code, WEIR_ETIMEDOUT);
}

static void adv_L2_a_window_that_stays_closed(struct scene *s) {
    static const weir_limits watchful = {.stall_ns = 200 * MS};
    s->server_limits = &watchful;
    s->client.on_connected = pause_receiving;
    be_read_slowly(s);
}

static void read_on(struct actor *a) {
    if (!a->leaving) resume_receiving(a);
}

static size_t sip(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    pause_receiving(a);
    actor_later(a, 10 * MS, read_on);
    return n < 200 ? n : 200;
}

/* A byte now and then is progress, and no stall ever ends it. */
static void adv_L2_a_reader_that_sips(struct scene *s) {
    static const weir_limits watchful = {.stall_ns = 100 * SECOND, .send_rate_min = 100000, .rate_window_ns = 200 * MS};
    static const weir_limits small = {.receive = 2000};
    s->server_limits = &watchful;
    s->limits = &small;
    s->client.on_received = sip;
    be_read_slowly(s);
}

static void come_honestly(struct scene *s) {
    s->client.on_connected = say_hello;
    check_int(actor_connect(&s->client, &s->door.address), 0);
}

/* ---- L3: many connections that never speak
 * -------------------------------------------------------------------------- */

#define FLOOD 24
#define PLACES 4

static unsigned inside, served, silent_ones;

static void count_out(struct actor *a, const weir_error *reason) {
    inside--;
    if (reason && reason->code == WEIR_ETIMEDOUT) silent_ones++;
    if (a->user) {
        served++;
        door_shut(&a->scene->door);
    }
}

static void expect_a_word(struct actor *a) {
    check(++inside <= PLACES);
    check_int(weir_transport_expect(a->t, 50 * MS), 0);
}

static size_t answer_and_end(struct actor *a, const uint8_t *bytes, size_t n) {
    if (n < 5) return 0;
    a->user = a;
    check_int(weir_transport_expect(a->t, 0), 0);
    actor_write(a, bytes, n);
    close_now(a);
    return n;
}

static void let_one_in(struct door *door, weir_transport *t) {
    struct actor *host = scene_cast(door->scene, "host");
    check(weir_listener_connections(door->listener) <= PLACES);
    host->silenced = true;
    host->on_connected = expect_a_word;
    host->on_received = answer_and_end;
    host->on_disconnected = count_out;
    actor_take(host, t);
}

/* They take every place there is and say nothing; somebody honest comes last and is served. */
static void adv_L3_a_crowd_that_never_speaks(struct scene *s) {
    weir_address address = scene_address(s);
    inside = served = silent_ones = 0;
    s->door.options.max_connections = PLACES;
    s->door.on_accept = let_one_in;
    check_int(door_open(&s->door, s, &address), 0);
    for (unsigned i = 0; i < FLOOD; i++) {
        struct actor *guest = scene_cast(s, "guest");
        guest->silenced = true;
        check_int(actor_connect(guest, &s->door.address), 0);
    }
    s->client.silenced = true;
    scene_later(s, 20 * MS, come_honestly);
    scene_run(s);
    check_int(served, 1);
    check_int(s->client.received, 5);
    check_int(silent_ones, FLOOD);
    check_int(inside, 0);
}

/* ---- L4: connections that are reset at once
 * ------------------------------------------------------------------------- */

#define RESETS 200

static void connect_and_reset(const weir_address *to) {
    struct linger none = {.l_onoff = 1};
    struct sockaddr_in name = {
        .sin_family = AF_INET, .sin_port = htons(to->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(fd >= 0);
    check(connect(fd, (struct sockaddr *)&name, sizeof name) == 0);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close(fd);
}

static unsigned lost;

static void count_lost(struct actor *a, const weir_error *reason) {
    (void)a;
    check(reason != NULL);
    lost++;
}

static size_t hear_the_honest(struct actor *a, const uint8_t *bytes, size_t n) {
    a->on_disconnected = NULL;
    actor_write(a, bytes, n);
    close_now(a);
    door_shut(&a->scene->door);
    return n;
}

static struct actor reset_hosts[RESETS + 1];

static void host_the_reset(struct door *door, weir_transport *t) {
    struct actor *host = &reset_hosts[door->accepted - 1];
    if (!check(door->accepted <= RESETS + 1)) return;
    actor_init(host, "host", door->scene);
    host->silenced = true;
    host->on_disconnected = count_lost;
    host->on_received = hear_the_honest;
    actor_take(host, t);
}

/* All of them in one go, before the listener has seen any. No line in the log, no turn for nothing, and it goes on. */
static void adv_L4_a_flood_of_resets(struct scene *s) {
    weir_address address = scene_address(s);
    lost = 0;
    s->client.silenced = true;
    s->door.on_accept = host_the_reset;
    check_int(door_open(&s->door, s, &address), 0);
    for (unsigned i = 0; i < RESETS; i++)
        connect_and_reset(&s->door.address);
    uint64_t ticks = scene_stats(s).ticks;
    scene_later(s, 50 * MS, come_honestly);
    scene_run(s);
    check_int(s->client.received, 5);
    check_int(lost, s->door.accepted - 1);
    check_int(s->warnings, 0);
    check(scene_stats(s).ticks - ticks < 4 * RESETS);
}

/* ---- L9: peers that are gone without a word
 * ------------------------------------------------------------------------- */

static int option_of(int fd, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    if (getsockopt(fd, level, name, &value, &size) < 0) return -1;
    return value;
}

static void check_keepalive(int fd, int on, int idle_s) {
    check_int(option_of(fd, SOL_SOCKET, SO_KEEPALIVE), on);
    if (!on) return;
    check_int(option_of(fd, IPPROTO_TCP, TCP_KEEPIDLE), idle_s);
    check_int(option_of(fd, IPPROTO_TCP, TCP_KEEPINTVL), idle_s < 4 ? 1 : idle_s / 4);
    check_int(option_of(fd, IPPROTO_TCP, TCP_KEEPCNT), 4);
}

/* Every connected socket of this process. */
static unsigned look_at_all_sockets(int on, int idle_s) {
    unsigned seen = 0;
    for (int fd = 3; fd < 1024; fd++) {
        struct sockaddr_storage name;
        socklen_t size = sizeof name;
        if (getpeername(fd, (struct sockaddr *)&name, &size) < 0 || name.ss_family == AF_UNIX) continue;
        check_keepalive(fd, on, idle_s);
        seen++;
    }
    return seen;
}

static struct { int on, idle_s; } wanted;

static void look_and_leave(struct actor *a) {
    check_int(look_at_all_sockets(wanted.on, wanted.idle_s), 2);
    close_now(a);
}

static void look_at_keepalive(struct scene *s, const weir_limits *limits, int on, int idle_s) {
    wanted.on = on;
    wanted.idle_s = idle_s;
    s->limits = limits;
    actor_later(&s->server, 50 * MS, look_and_leave);
    scene_play(s);
}

static void adv_L9_keepalive_is_on(struct scene *s) { look_at_keepalive(s, NULL, 1, 120); }

static void adv_L9_keepalive_as_told(struct scene *s) {
    static const weir_limits often = {.keepalive_ns = 8 * SECOND + 5};
    look_at_keepalive(s, &often, 1, 8);
}

static void adv_L9_keepalive_off(struct scene *s) {
    static const weir_limits never = {.keepalive_ns = WEIR_FOREVER};
    look_at_keepalive(s, &never, 0, 0);
}

/* ---- L10: a rate limiter that overflows
 * ----------------------------------------------------------------------------- */

static void adv_L10_numbers_beyond_all_bounds(struct scene *s) {
    static const uint64_t numbers[] = {0,          1,          2,          999999999,      1000000000, 1000000001,
                                       UINT32_MAX, 1ull << 33, 1ull << 62, UINT64_MAX - 1, UINT64_MAX};
    enum { COUNT = sizeof numbers / sizeof *numbers };
    (void)s;
    for (unsigned i = 0; i < COUNT * COUNT * COUNT * COUNT; i++) {
        weir_bucket bucket = {.rate = numbers[i % COUNT], .burst = numbers[i / COUNT % COUNT]};
        uint64_t now_ns = numbers[i / COUNT / COUNT % COUNT], n = numbers[i / COUNT / COUNT / COUNT];
        uint64_t first = weir_bucket_take(&bucket, now_ns, n), second = weir_bucket_take(&bucket, now_ns, n);
        check(second >= first);                             /* never back in time */
        if (!bucket.rate) check(first == 0 && second == 0); /* no bound */
        if (n == 0) check_int(first, 0);                    /* nothing costs nothing */
        if (bucket.burst && n <= bucket.burst && bucket.rate && bucket.burst <= 1000000000) check_int(first, 0);
    }
    check_int(weir_bucket_take(NULL, 5, 5), 0);
}

/* Rounded up, never down: nobody gains by asking for little. */
static void adv_L10_small_pieces_gain_nothing(struct scene *s) {
    weir_bucket bucket = {.rate = 3, .burst = 1};
    uint64_t wait = 0;
    (void)s;
    for (int i = 0; i < 3000; i++)
        wait = weir_bucket_take(&bucket, 1000, 1);
    check(wait >= 999 * SECOND && wait <= 1000 * SECOND + 3000);
}

static const struct scenario abuse[] = {
    SCENARIO(adv_L1_a_message_dragged_out, .media = EVERY & ~PIPE, .loose = true),
    SCENARIO(adv_L1_a_trickle, .media = SOCKETS, .loose = true),
    SCENARIO(adv_L2_a_window_that_stays_closed, .media = SOCKETS, .loose = true),
    SCENARIO(adv_L2_a_reader_that_sips, .media = SOCKETS, .places = SIMULATED, .socket_buffer = 4096, .loose = true),
    SCENARIO(adv_L3_a_crowd_that_never_speaks, .media = SOCKETS, .loose = true),
    SCENARIO(adv_L4_a_flood_of_resets, .media = TCP4, .places = SYSTEM, .loose = true),
    SCENARIO(adv_L9_keepalive_is_on, .media = TCP4 | TCP6, .places = SYSTEM),
    SCENARIO(adv_L9_keepalive_as_told, .media = TCP4, .places = SYSTEM),
    SCENARIO(adv_L9_keepalive_off, .media = TCP4, .places = SYSTEM),
    SCENARIO(adv_L10_numbers_beyond_all_bounds, .media = NONE, .places = SIMULATED),
    SCENARIO(adv_L10_small_pieces_gain_nothing, .media = NONE, .places = SIMULATED),
};
const struct suite abuse_suite = SUITE(abuse);
