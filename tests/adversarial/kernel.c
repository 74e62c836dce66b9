/* SPDX-License-Identifier: MIT
 *
 * B: descriptors and the kernel. */
#include "adversarial/suites.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- B1 ---------------------------------------------------------------------------------------------------------- */

static struct actor *left[3], *right[3];

static void host(struct door *door, weir_transport *t) {
    actor_take(right[door->accepted - 1], t);
    if (door->accepted == 3) door_shut(door);
}

/* The first to hear ends the other, and opens a third in the same callback, whose descriptor may be the same number. */
static size_t end_the_other_and_open(struct actor *a, const uint8_t *bytes, size_t n) {
    struct actor *other = a == right[0] ? right[1] : right[0];
    (void)bytes;
    if (other->t) abort_now(other);
    if (!left[2]->t) check_int(actor_connect(left[2], &a->scene->door.address), 0);
    return n;
}

static void both_say_hello(struct scene *s) {
    (void)s;
    say_hello(left[0]);
    say_hello(left[1]);
}

static void adv_B1_descriptor_reused_within_a_tick(struct scene *s) {
    weir_address address = scene_address(s);
    for (unsigned i = 0; i < 3; i++) {
        left[i] = scene_cast(s, "left");
        right[i] = scene_cast(s, "right");
        actor_later(left[i], 100 * MS, close_now);
    }
    right[0]->on_received = right[1]->on_received = end_the_other_and_open;
    s->door.on_accept = host;
    check_int(door_open(&s->door, s, &address), 0);
    check_int(actor_connect(left[0], &s->door.address), 0);
    check_int(actor_connect(left[1], &s->door.address), 0);
    scene_later(s, 30 * MS, both_say_hello);
    scene_run(s);
    check_int(right[2]->connected, 1);
    check_int(right[2]->received, 0);
    check_int(bad_closes(), 0);
}

/* ---- B2 ---------------------------------------------------------------------------------------------------------- */

static pid_t holder;
static uint64_t ticks_before;

static void fork_a_holder(struct scene *s) {
    holder = fork();
    if (holder == 0) {
        pause();
        _exit(0);
    }
    check(holder > 0);
    ticks_before = scene_stats(s).ticks;
    close_now(&s->client);
}

static void the_loop_slept(struct scene *s) {
    check(scene_stats(s).ticks - ticks_before < 30);
    kill(holder, SIGKILL);
    check_int(waitpid(holder, NULL, 0), holder);
}

/* A child holds every description open: what was closed here must not go on to fire. */
static void adv_B2_description_outlives_its_descriptor(struct scene *s) {
    s->client.on_connected = say_hello;
    scene_later(s, 30 * MS, fork_a_holder);
    scene_later(s, 150 * MS, the_loop_slept);
    scene_play(s);
}

/* ---- B4 ---------------------------------------------------------------------------------------------------------- */

static void go_before_being_accepted(struct scene *s) {
    abort_now(left[0]);
    check_int(door_resume(&s->door), 0);
    check_int(actor_connect(left[1], &s->door.address), 0);
    say_hello(left[1]);
}

static void greet(struct door *door, weir_transport *t) {
    struct actor *a = scene_cast(door->scene, "right");
    a->on_received = echo;
    actor_take(a, t);
}

static size_t heard(struct actor *a, const uint8_t *bytes, size_t n) {
    hear_hello_and_close(a, bytes, n);
    door_shut(&a->scene->door);
    return n;
}

static void adv_B4_gone_before_it_was_accepted(struct scene *s) {
    weir_address address = scene_address(s);
    left[0] = scene_cast(s, "left");
    left[1] = scene_cast(s, "left");
    left[1]->on_received = heard;
    s->door.on_accept = greet;
    check_int(door_open(&s->door, s, &address), 0);
    check_int(door_pause(&s->door), 0);
    check_int(actor_connect(left[0], &s->door.address), 0);
    scene_later(s, 30 * MS, go_before_being_accepted);
    scene_run(s);
    check(left[1]->received >= 1);
}

/* ---- B5 ---------------------------------------------------------------------------------------------------------- */

static atomic_bool nagging;
static pthread_t nagged;

static void ignore(int signal) { (void)signal; }

static void *nag(void *none) {
    (void)none;
    for (; atomic_load(&nagging); usleep(200))
        pthread_kill(nagged, SIGUSR1);
    return NULL;
}

static void pump_and_half_close(struct actor *a) { actor_pump(a, 3 << 20, half_close_now); }

static void pipe_to_itself(struct actor *a) {
    weir_transport *t = a->t;
    actor_leave(a);
    check_int(weir_pipe(t, t), 0);
}

/* Every call may be interrupted, thousands of times. */
static void adv_B5_signals_all_the_time(struct scene *s) {
    struct sigaction action = {.sa_handler = ignore}, before;
    pthread_t thread;
    sigaction(SIGUSR1, &action, &before);
    nagged = pthread_self();
    atomic_store(&nagging, true);
    check_int(pthread_create(&thread, NULL, nag, NULL), 0);
    s->client.hushed = true;
    s->client.on_connected = pump_and_half_close;
    s->server.on_connected = pipe_to_itself;
    actor_later(&s->client, 30 * MS, stay);
    scene_play(s);
    atomic_store(&nagging, false);
    pthread_join(thread, NULL);
    sigaction(SIGUSR1, &before, NULL);
}

/* ---- B6 ---------------------------------------------------------------------------------------------------------- */

static void keep_writing(struct actor *a) {
    static uint8_t large[30000];
    if (actor_say(a, "x") < 0) return;
    actor_write(a, large, sizeof large);
    actor_later(a, 5 * MS, keep_writing);
}

/* SIGPIPE has its default here and would end this program. */
static void adv_B6_no_signal_for_a_broken_pipe(struct scene *s) {
    struct sigaction action;
    sigset_t mask;
    s->client.deaf = true;
    s->client.hushed = true;
    s->client.on_connected = keep_writing;
    actor_later(&s->server, 30 * MS, abort_now);
    scene_play(s);
    check_int(s->client.code, WEIR_ERESET);
    check_int(sigaction(SIGPIPE, NULL, &action), 0);
    check(action.sa_handler == SIG_DFL);
    check_int(pthread_sigmask(SIG_BLOCK, NULL, &mask), 0);
    check(!sigismember(&mask, SIGPIPE));
}

/* ---- B9 ---------------------------------------------------------------------------------------------------------- */

static bool was_open[1024];

static void note_open(void) {
    for (int fd = 0; fd < 1024; fd++)
        was_open[fd] = fcntl(fd, F_GETFD) >= 0;
}

static void all_close_on_exec(struct scene *s) {
    unsigned ours = 0;
    for (int fd = 0; fd < 1024; fd++) {
        int flags = fcntl(fd, F_GETFD);
        if (flags < 0 || was_open[fd]) continue;
        ours++;
        check(flags & FD_CLOEXEC);
    }
    check(ours >= 2);
    close_now(&s->client);
}

/* Those of the loop itself were open before the scene: they are looked at with a second loop. */
static void adv_B9_every_descriptor_is_close_on_exec(struct scene *s) {
    weir_loop_options options = {.backend = s->place->backend};
    weir_loop *second = NULL;
    note_open();
    check_int(weir_loop_open(&second, &options), 0);
    scene_later(s, 30 * MS, all_close_on_exec);
    scene_play(s);
    check_int(weir_loop_close(second, NULL, NULL), 0);
}

/* ---- B10 --------------------------------------------------------------------------------------------------------- */

static void note_ticks(struct scene *s) { ticks_before = scene_stats(s).ticks; }

static void it_did_not_spin(struct scene *s) {
    check(scene_stats(s).ticks - ticks_before < 20);
    actor_abort(&s->server);
}

/* Its peer is gone and readiness systems say so in every wait, but receiving is paused. */
static void adv_B10_a_hang_up_nobody_waits_for(struct scene *s) {
    s->client.on_connected = say_hello;
    s->server.on_connected = pause_receiving;
    actor_later(&s->client, 20 * MS, abort_now);
    scene_later(s, 40 * MS, note_ticks);
    scene_later(s, 140 * MS, it_did_not_spin);
    scene_play(s);
}

/* ---- B12 --------------------------------------------------------------------------------------------------------- */

static void fork_and_close_the_loop(struct scene *s) {
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        int wrong = (weir_run(s->loop) != WEIR_EFORKED) | (weir_run_once(s->loop, 0) != WEIR_EFORKED) << 1;
        _exit(wrong | (weir_loop_close(s->loop, NULL, NULL) != 0) << 2);
    }
    check_int(waitpid(child, &status, 0), child);
    check(WIFEXITED(status));
    check_int(WEXITSTATUS(status), 0);
}

/* The child ends its copy; here everything goes on: what was connected, what listens, what comes new. */
static void adv_B12_fork_with_a_live_loop(struct scene *s) {
    s->client.on_connected = say_hello;
    s->client.on_received = hear_hello_and_close;
    s->server.on_connected = pause_receiving;
    s->server.on_received = echo;
    scene_open_pair(s);
    for (unsigned i = 0; i < 20 && !s->server.connected; i++)
        check(weir_run_once(s->loop, 50 * MS) >= 0);
    fork_and_close_the_loop(s);
    actor_later(&s->server, 10 * MS, resume_receiving);
    scene_run(s);
    check_int(s->client.received, 5);
}

/* ---- B14 --------------------------------------------------------------------------------------------------------- */

static uint64_t first_tick, last_tick;

static size_t ping(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    if (a->written == 0) first_tick = scene_stats(a->scene).ticks;
    a->written += n;
    last_tick = scene_stats(a->scene).ticks;
    if (a->written < 500)
        say_hello(a);
    else
        close_now(a);
    return n;
}

static void flood(struct actor *a) { actor_pump(a, UINT64_MAX, NULL); }

static void stop_the_flood(struct actor *a, const weir_error *reason) {
    struct scene *s = a->scene;
    (void)reason;
    abort_now(&s->client);
}

/* A firehose and a polite pair: a hundred rounds of theirs take a bounded number of ticks. */
static void adv_B14_a_firehose_starves_nobody(struct scene *s) {
    struct actor *polite = scene_cast(s, "polite"), *answering = scene_cast(s, "answering");
    s->client.silenced = s->server.silenced = polite->silenced = answering->silenced = true;
    s->client.on_connected = flood;
    polite->on_connected = say_hello;
    polite->on_received = ping;
    polite->on_disconnected = stop_the_flood;
    answering->on_received = echo;
    scene_open_memory(s, polite, answering);
    scene_play(s);
    check(polite->written >= 500);
    check(last_tick - first_tick < 100 * 20);
}

/* ---- B16 --------------------------------------------------------------------------------------------------------- */

static void adv_B16_unix_names_are_never_cut(struct scene *s) {
    weir_address address;
    char name[120];
    (void)s;
    memset(name, 'x', sizeof name);
    memcpy(name, "/tmp/", 5);
    check_int(weir_address_unix(&address, name, WEIR_UNIX_PATH_MAX), 0);
    check_int(weir_address_unix(&address, name, WEIR_UNIX_PATH_MAX + 1), WEIR_ENAMETOOLONG);
    check_int(weir_address_unix(&address, name, sizeof name), WEIR_ENAMETOOLONG);
    check_int(weir_address_unix(&address, "/tmp/a\0b", 8), WEIR_EINVAL);
    check_int(weir_address_unix(&address, "", 0), WEIR_EINVAL);
}

static void adv_B16_the_longest_name_works(struct scene *s) {
    weir_address address = scene_address(s), longest;
    char name[WEIR_UNIX_PATH_MAX];
    size_t n = address.length;
    memset(name, 'x', sizeof name);
    memcpy(name, address.bytes, n);
    if (!name[0]) name[0] = '@';
    check_int(weir_address_unix(&longest, name, sizeof name), 0);
    s->client.on_connected = say_hello_and_close;
    check_int(door_open(&s->door, s, &longest), 0);
    check_int(actor_connect(&s->client, &s->door.address), 0);
    scene_run(s);
    check_int(s->server.received, 5);
}

/* ---- B7, B21 ----------------------------------------------------------------------------------------------------- */

static void write_a_lot_and_half_close(struct actor *a) {
    check(actor_write_pattern(a, 900000) >= 0);
    check_int(actor_half_close(a), 0);
    check_int(actor_half_close(a), WEIR_EALREADY);
}

static size_t take_a_little_at_a_time(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    pause_receiving(a);
    actor_later(a, MS, resume_receiving);
    return n;
}

/* B23 too: the end comes after all of it, once. */
static void adv_B21_partial_writes_go_on(struct scene *s) {
    s->client.hushed = true;
    s->client.on_connected = write_a_lot_and_half_close;
    s->server.on_received = take_a_little_at_a_time;
    scene_play(s);
    check_int(bad_closes(), 0);
}

static const struct scenario kernel[] = {
    SCENARIO(adv_B1_descriptor_reused_within_a_tick, .media = SOCKETS, .loose = true),
    SCENARIO(adv_B2_description_outlives_its_descriptor, .media = SOCKETS | PIPE, .places = SYSTEM, .timed = true,
             .loose = true),
    SCENARIO(adv_B4_gone_before_it_was_accepted, .media = SOCKETS, .loose = true),
    SCENARIO(adv_B5_signals_all_the_time, .media = SOCKETS, .places = SYSTEM),
    SCENARIO(adv_B6_no_signal_for_a_broken_pipe, .media = SOCKETS | PIPE, .places = SYSTEM, .timed = true,
             .loose = true),
    SCENARIO(adv_B9_every_descriptor_is_close_on_exec, .media = SOCKETS | PIPE, .places = SYSTEM, .loose = true),
    SCENARIO(adv_B10_a_hang_up_nobody_waits_for, .media = SOCKETS | PIPE, .timed = true, .loose = true),
    SCENARIO(adv_B12_fork_with_a_live_loop, .media = SOCKETS, .places = SYSTEM),
    SCENARIO(adv_B14_a_firehose_starves_nobody, .media = SOCKETS | PIPE, .places = SYSTEM, .loose = true),
    SCENARIO(adv_B16_unix_names_are_never_cut, .media = NONE),
    SCENARIO(adv_B16_the_longest_name_works, .media = UNIX),
    SCENARIO(adv_B21_partial_writes_go_on, .media = DUPLEX,
             .expected = "client connected\n"
                         "client ended\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server received 900000 of the pattern\n"
                         "server ended\n"
                         "server disconnected in order\n"),
};
const struct suite kernel_suite = SUITE(kernel);
