/* SPDX-License-Identifier: MIT
 *
 * Family J, the rest of it: slots and numbers that are used again, a full submission queue, cancels that come too late,
 * buffers that nobody gives back, credentials, a second thread.
 *
 * Not here: J10, for no operations are linked; J14, which is B12; J16, for no loop lives inside another yet; J17, which
 * is a matter of documentation. */
#include "adversarial/crowd.h"
#include "adversarial/further.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- J4, J15: the number and the slot are somebody else's
 * ----------------------------------------------------------- */

static struct crowd crowd;
static unsigned rounds;

static void write_and_abort(struct actor *a) {
    check(actor_write_pattern(a, 100) >= 0);
    abort_now(a);
}

static void one_more_guest(struct scene *s);

static void guest_left(struct actor *a, const weir_error *reason) {
    (void)reason;
    if (++rounds < 50) one_more_guest(a->scene);
}

/* Everything of the one before may still be unsubmitted when its successor begins. */
static void one_more_guest(struct scene *s) {
    struct actor *guest = scene_cast(s, "guest");
    guest->silenced = true;
    guest->on_connected = write_and_abort;
    guest->on_disconnected = guest_left;
    check_int(actor_connect(guest, &s->door.address), 0);
    if (rounds == 49) door_shut(&s->door);
}

static void forget_it(struct door *door, weir_transport *t) {
    (void)door;
    if (rounds % 2) check_int(weir_transport_set_protocol(t, NULL, NULL), 0);
    if (rounds % 2) check_int(weir_transport_abort(t), 0);
}

static void adv_J4_slots_and_numbers_used_again(struct scene *s) {
    weir_address address = scene_address(s);
    rounds = 0;
    s->door.on_accept = forget_it;
    check_int(door_open(&s->door, s, &address), 0);
    one_more_guest(s);
    scene_run(s);
    check_int(rounds, 50);
}

/* ---- J6: more operations than the submission queue holds
 * ------------------------------------------------------------ */

#define PAIRS 600

static unsigned told;

static void told_of_the_end(void *self, weir_transport *t, const weir_error *reason) {
    (void)self;
    (void)t;
    (void)reason;
    told++;
}

static size_t take_all(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    (void)self;
    (void)bytes;
    check_int(weir_transport_abort(t), 0);
    return n;
}

static const weir_protocol taking = {.received = take_all, .disconnected = told_of_the_end};
static const weir_protocol giving = {.disconnected = told_of_the_end};

static void open_many(weir_post *post) {
    struct scene *s = post->user;
    weir_transport *pair[2];
    for (unsigned i = 0; i < PAIRS; i++) {
        if (!check_int(weir_pipe_pair(s->loop, NULL, pair), 0)) return;
        check_int(weir_transport_set_protocol(pair[0], &taking, s), 0);
        check_int(weir_transport_set_protocol(pair[1], &giving, s), 0);
        check(weir_transport_write(pair[1], "x", 1) >= 0);
        check_int(weir_transport_close(pair[1]), 0);
    }
}

static void adv_J6_more_than_the_submission_queue_holds(struct scene *s) {
    weir_post post = {.run = open_many, .user = s};
    told = 0;
    check_int(weir_loop_post(s->loop, &post), 0);
    scene_run(s);
    check_int(told, 2 * PAIRS);
}

/* ---- J8: a cancel that comes as the operation ends
 * ------------------------------------------------------------------ */

static struct errand reader;
static uint8_t four[4];
static unsigned reads_ended;

static void read_and_cancel(struct actor *a);

static void ended_by_either(struct errand *e, int64_t result) {
    check(result == 1 || result == WEIR_ECANCELED || result == WEIR_EEND || result == WEIR_ERESET);
    reads_ended++;
    if (e->actor->received < 300 && result != WEIR_EEND && result != WEIR_ERESET)
        read_and_cancel(e->actor);
    else
        close_now(e->actor);
}

/* Sometimes at once, sometimes after the byte has come. */
static void read_and_cancel(struct actor *a) {
    memset(&reader, 0, sizeof reader);
    reader.hushed = true;
    reader.on_done = ended_by_either;
    check_int(actor_read(a, &reader, four, 1, 1), 0);
    check(actor_say(a, "y") >= 0 || actor_info(a).state != WEIR_OPEN);
    if (dice_roll(&a->scene->dice, 2)) check_int(errand_cancel(&reader), 0);
}

static void adv_J8_cancel_as_it_ends(struct scene *s) {
    reads_ended = 0;
    s->client.silenced = s->server.silenced = true;
    s->client.deaf = true;
    s->client.on_connected = read_and_cancel;
    s->server.on_received = echo;
    scene_play(s);
    check(reads_ended >= 300);
    check_int(s->client.received, 300);
}

/* ---- J9: buffers that are held back
 * --------------------------------------------------------------------------------- */

static void say_much(struct scene *s) {
    check_int(s->door.accepted, crowd.size);
    for (unsigned i = 0; i < crowd.size; i++) check(actor_write_pattern(crowd.guests[i], 60000) >= 0);
}

static bool take_it_now;

static size_t hold_back(struct actor *a, const uint8_t *bytes, size_t n) {
    check(pattern_matches(bytes, a->received, n));
    return take_it_now ? n : 0;
}

static void dress_to_hold_back(struct actor *host) {
    host->on_received = hold_back;
}

static void all_was_heard(struct scene *s) {
    for (unsigned i = 0; i < crowd.size; i++) check(crowd.hosts[i]->received >= 60000);
    crowd_leave(s);
}

static void take_everything(struct scene *s) {
    (void)s;
    for (unsigned i = 0; i < crowd.size; i++) {
        check_int(actor_pause(crowd.hosts[i], WEIR_RECEIVE), 0);
        check_int(actor_resume(crowd.hosts[i], WEIR_RECEIVE), 0);
    }
    take_it_now = true;
}

/* A million bytes lie unused in twenty transports, and others still receive; then all of it is taken, unharmed. */
static void adv_J9_unread_bytes_stay_whole(struct scene *s) {
    take_it_now = false;
    crowd = (struct crowd){.size = 20, .dress = dress_to_hold_back};
    crowd_open(&crowd, s);
    scene_later(s, 30 * MS, say_much);
    scene_later(s, 80 * MS, take_everything);
    scene_later(s, 150 * MS, all_was_heard);
    scene_run(s);
}

/* ---- J13 and C10: in a child that is nobody
 * ------------------------------------------------------------------------- */

#define NOBODY 65534
#define UNCLEAR 99

static void in_a_child(int (*act)(const char *backend), struct scene *s) {
    int status = -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) _exit(act(s->place->backend));
    check_int(waitpid(child, &status, 0), child);
    check(WIFEXITED(status));
    if (WEXITSTATUS(status) == UNCLEAR)
        fprintf(stderr, "SKIPPED: only root can become nobody\n");
    else
        check_int(WEXITSTATUS(status), 0);
}

static void nobody_came(weir_transport *t, void *user) {
    (void)t;
    (void)user;
}

/* What is asked after setuid is asked with the rights of nobody. */
static int lose_rights(const char *backend) {
    weir_loop_options options = {.backend = backend};
    weir_loop *loop = weir_loop_new(&options);
    weir_listener *door;
    weir_address address;
    char folder[] = "/tmp/weir-test-XXXXXX", path[64];
    if (!loop || weir_run_once(loop, 0) < 0) return 1;
    if (!mkdtemp(folder)) return 2;
    snprintf(path, sizeof path, "%s/x", folder);
    weir_address_unix(&address, path, strlen(path));
    pid_t child = fork();
    if (child > 0) { /* who keeps its rights, to clean up */
        int status = -1;
        waitpid(child, &status, 0);
        unlink(path);
        rmdir(folder);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 3;
    }
    if (weir_loop_close(loop, NULL, NULL) || !(loop = weir_loop_new(&options)) || weir_run_once(loop, 0) < 0) _exit(4);
    if (setgid(NOBODY) || setuid(NOBODY)) _exit(UNCLEAR);
    _exit(weir_socket_listen(loop, &address, NULL, nobody_came, NULL, &door) == WEIR_EACCES ? 0 : 5);
}

static void adv_J13_rights_that_were_given_up(struct scene *s) {
    if (getuid() == 0)
        in_a_child(lose_rights, s);
    else
        fprintf(stderr, "SKIPPED: only root can become nobody\n");
}

static int echo_a_byte(weir_loop *loop) {
    weir_transport *pair[2];
    static struct scene none;
    told = 0;
    if (weir_pipe_pair(loop, NULL, pair) < 0) return 10;
    if (weir_transport_set_protocol(pair[0], &taking, &none)) return 11;
    if (weir_transport_set_protocol(pair[1], &giving, &none)) return 12;
    if (weir_transport_write(pair[1], "x", 1) < 0 || weir_transport_close(pair[1])) return 13;
    if (weir_run(loop)) return 14;
    return told == 2 && !weir_loop_close(loop, NULL, NULL) ? 0 : 15;
}

/* Root ignores the limit, so nobody meets it: the ring works all the same, or epoll takes its place and says why. */
static int lock_no_memory(const char *backend) {
    struct rlimit none = {0, 0};
    weir_loop *loop;
    (void)backend;
    if (setrlimit(RLIMIT_MEMLOCK, &none) || (getuid() == 0 && (setgid(NOBODY) || setuid(NOBODY)))) return UNCLEAR;
    loop = weir_loop_new(NULL);
    if (!loop) return 1;
    if (!strcmp(weir_loop_backend(loop), "epoll") && !*weir_loop_backend_reason(loop)) return 2;
    return echo_a_byte(loop);
}

static void adv_J11_nobody_may_lock_memory(struct scene *s) {
    in_a_child(lock_no_memory, s);
}

/* ---- J18: a second thread runs the loop
 * ----------------------------------------------------------------------------- */

static void *run_a_little(void *loop) {
    int status = weir_run_once(loop, 0);
    return status < 0 && status != WEIR_EINVAL && status != WEIR_EEXIST && status != WEIR_EBUSY ? loop : NULL;
}

/* It is a mistake of the program, told or harmless: the first thread's run is not disturbed by it. */
static void adv_J18_a_second_thread(struct scene *s) {
    pthread_t thread;
    void *odd = NULL;
    check(weir_run_once(s->loop, 0) >= 0);
    check_int(pthread_create(&thread, NULL, run_a_little, s->loop), 0);
    check_int(pthread_join(thread, &odd), 0);
    check(!odd);
    s->client.on_connected = say_hello_and_close;
    scene_play(s);
    check_int(s->server.received, 5);
}

static const struct scenario ring[] = {
    SCENARIO(adv_J4_slots_and_numbers_used_again, .media = SOCKETS, .expected = ""),
    SCENARIO(adv_J6_more_than_the_submission_queue_holds, .media = NONE, .places = SYSTEM & ~SELECT), /* it has a bound */
    SCENARIO(adv_J8_cancel_as_it_ends, .media = DUPLEX, .expected = ""),
    SCENARIO(adv_J9_unread_bytes_stay_whole, .media = TCP4 | UNIX_NAME, .expected = ""),
    SCENARIO(adv_J11_nobody_may_lock_memory, .media = NONE, .places = IO_URING),
    SCENARIO(adv_J13_rights_that_were_given_up, .media = NONE, .places = SYSTEM),
    SCENARIO(adv_J18_a_second_thread, .media = TCP4, .places = SYSTEM),
};
const struct suite ring_suite = SUITE(ring);
