/* SPDX-License-Identifier: MIT
 *
 * Family B, the rest of it: out of descriptors, closed twice, files and devices, shared listeners, descriptors from
 * strangers, stale names, gathered writes beyond every bound, half-close, connects that cannot come about.
 *
 * Not here: B18, B19 and B20, for there are no datagrams; B22, which needs a system
 * call that lies: tests/tool/inject.sh. So does ECONNABORTED itself in B4. */
#include "adversarial/crowd.h"
#include "adversarial/further.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adversarial/suites.h"

static struct crowd crowd;

/* ---- B3: no descriptor for the next connection
 * ---------------------------------------------------------------------- */

static struct rlimit saved_limit;
static uint64_t ticks_before;

static void dress_to_echo(struct actor *host) {
    host->on_received = echo;
}

/* So that as many descriptors can be opened as are told, and no more. */
static void allow_more(int count) {
    struct rlimit lowered;
    int highest = 0, fds[64];
    for (int i = 0; i < count; i++) highest = fds[i] = dup(0);
    while (count) close(fds[--count]);
    check_int(getrlimit(RLIMIT_NOFILE, &saved_limit), 0);
    lowered = saved_limit;
    lowered.rlim_cur = (rlim_t)highest + 1;
    check_int(setrlimit(RLIMIT_NOFILE, &lowered), 0);
}

static void an_old_connection_is_served(struct scene *s) {
    check(s->door.accepted > 0 && s->door.accepted < crowd.size);
    check_int(s->warnings, 1);
    say_hello(crowd.guests[0]);
}

static void raise_the_limit(struct scene *s) {
    check_int(crowd.guests[0]->received, 5);
    check(scene_stats(s).ticks - ticks_before < 60);
    check_int(setrlimit(RLIMIT_NOFILE, &saved_limit), 0);
}

static void everybody_was_let_in(struct scene *s) {
    check_int(s->door.accepted, crowd.size);
    crowd_leave(s);
}

static void adv_B3_no_descriptor_for_accept(struct scene *s) {
    crowd = (struct crowd){.size = 12, .dress = dress_to_echo};
    allow_more(1 + 12 + 4);
    ticks_before = scene_stats(s).ticks;
    crowd_open(&crowd, s);
    scene_later(s, 50 * MS, an_old_connection_is_served);
    scene_later(s, 150 * MS, raise_the_limit);
    scene_later(s, 350 * MS, everybody_was_let_in);
    scene_run(s);
}

/* ---- B7: closed twice
 * ----------------------------------------------------------------------------------------------- */

/* Whatever the loop gave back is taken at once by a file of ours, which must stay. */
static void take_free_numbers(int *fds, unsigned count) {
    for (unsigned i = 0; i < count; i++) fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void still_ours(const int *fds, unsigned count) {
    struct stat expected, found;
    check_int(stat("/dev/null", &expected), 0);
    for (unsigned i = 0; i < count; i++) {
        check_int(fstat(fds[i], &found), 0);
        check_int(found.st_rdev, expected.st_rdev);
        close(fds[i]);
    }
}

static void adv_B7_a_descriptor_is_closed_once(struct scene *s) {
    weir_loop_options options = {.backend = s->place->backend};
    weir_transport *pair[2];
    int during[16], after[16];
    for (unsigned i = 0; i < 30; i++) {
        weir_loop *loop = NULL;
        check_int(weir_loop_open(&loop, &options), 0);
        check_int(weir_pipe_pair(loop, NULL, pair), 0);
        if (i % 2) check_int(weir_run_once(loop, 0) < 0, 0);
        weir_transport_abort(pair[i % 2]);
        weir_transport_abort(pair[1 - i % 2]);
        take_free_numbers(during, 16);
        check_int(weir_run(loop), 0);
        check_int(weir_loop_close(loop, NULL, NULL), 0);
        take_free_numbers(after, 16);
        still_ours(during, 16);
        still_ours(after, 16);
    }
    check_int(bad_closes(), 0);
}

/* ---- B8: numbers beyond a set of bits
 * ------------------------------------------------------------------------------- */

static int held[FD_SETSIZE];
static int held_count;

/* So that as many numbers below FD_SETSIZE are free as are told; above it there are plenty. */
static bool hold_all_but(int count) {
    struct rlimit raised;
    check_int(getrlimit(RLIMIT_NOFILE, &saved_limit), 0);
    raised = saved_limit;
    raised.rlim_cur = FD_SETSIZE + 64;
    if (raised.rlim_cur > raised.rlim_max || setrlimit(RLIMIT_NOFILE, &raised) < 0) return false;
    for (held_count = 0; (held[held_count] = dup(0)) < FD_SETSIZE;) held_count++;
    close(held[held_count]);
    while (count-- > 0) close(held[--held_count]);
    return true;
}

static void give_the_numbers_back(struct scene *s) {
    weir_transport *pair[2];
    check_int(weir_pipe_pair(s->loop, NULL, pair), WEIR_EMFILE);
    check_int(weir_loop_last_error(s->loop)->code, WEIR_EMFILE);
    check_int(crowd.guests[0]->received, 5);
    check(scene_stats(s).ticks - ticks_before < 60);
    while (held_count > 0) close(held[--held_count]);
    check_int(setrlimit(RLIMIT_NOFILE, &saved_limit), 0);
}

static void adv_B8_numbers_beyond_a_set(struct scene *s) {
    crowd = (struct crowd){.size = 12, .dress = dress_to_echo};
    if (!hold_all_but(1 + 12 + 4)) return;
    ticks_before = scene_stats(s).ticks;
    crowd_open(&crowd, s);
    scene_later(s, 50 * MS, an_old_connection_is_served);
    scene_later(s, 150 * MS, give_the_numbers_back);
    scene_later(s, 350 * MS, everybody_was_let_in);
    scene_run(s);
}

/* ---- B11: descriptors that cannot be waited for
 * --------------------------------------------------------------------- */

static void no_answer(void *self, weir_transport *t, const weir_error *reason) {
    (void)t;
    *(int *)self = reason ? reason->code : 0;
}

static size_t answer(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    (void)self;
    return weir_transport_write(t, bytes, n) < 0 ? 0 : n;
}

/* Copies standard input to standard output, in a process of its own. */
static int copy(const char *backend, int in, int out) {
    static const weir_protocol copying = {.received = answer, .disconnected = no_answer};
    weir_loop_options options = {.backend = backend};
    weir_loop *loop = weir_loop_new(&options);
    weir_transport *t;
    int code = 1;
    if (!loop || dup2(in, 0) < 0 || dup2(out, 1) < 0) return 1;
    if (weir_stdio_open(loop, NULL, &copying, &code, &t) < 0) return 2;
    if (weir_run(loop) < 0) return 3;
    if (weir_loop_close(loop, NULL, NULL) < 0) return 4;
    return code ? 5 : 0;
}

static void copy_in_a_child(struct scene *s, int in, int out) {
    int status = -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) _exit(copy(s->place->backend, in, out));
    check_int(waitpid(child, &status, 0), child);
    check(WIFEXITED(status));
    check_int(WEXITSTATUS(status), 0);
}

static int file_of_pattern(char *name, size_t n) {
    uint8_t bytes[30000];
    int fd = mkstemp(name);
    pattern_fill(bytes, 0, n);
    check_int(write(fd, bytes, n), (int64_t)n);
    check_int(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void adv_B11_files_and_devices(struct scene *s) {
    char in_name[] = "/tmp/weir-test-XXXXXX", out_name[] = "/tmp/weir-test-XXXXXX";
    uint8_t bytes[30001];
    int in = file_of_pattern(in_name, 30000), out = mkstemp(out_name), null = open("/dev/null", O_RDWR | O_CLOEXEC);
    copy_in_a_child(s, in, out);
    check_int(pread(out, bytes, sizeof bytes, 0), 30000);
    check(pattern_matches(bytes, 0, 30000));
    copy_in_a_child(s, null, null);
    check_int(lseek(in, 0, SEEK_SET), 0);
    copy_in_a_child(s, in, null);
    close(in);
    close(out);
    close(null);
    unlink(in_name);
    unlink(out_name);
}

/* ---- B13: two listeners on one address
 * ------------------------------------------------------------------------------ */

static void take_silently(struct door *door, weir_transport *t) {
    (void)door;
    (void)t; /* aborted */
}

static void all_were_accepted_once(struct scene *s) {
    struct door *second = s->user;
    check_int(s->door.accepted + second->accepted, 20);
    door_shut(&s->door);
    door_shut(second);
}

static void adv_B13_a_shared_address(struct scene *s) {
    struct door second = {.on_accept = take_silently, .options.reuse_port = true};
    weir_address address = scene_address(s);
    s->user = &second;
    s->door.on_accept = take_silently;
    s->door.options.reuse_port = true;
    check_int(door_open(&s->door, s, &address), 0);
    check_int(door_open(&second, s, &s->door.address), 0);
    for (unsigned i = 0; i < 20; i++) {
        struct actor *caller = scene_cast(s, "caller");
        caller->silenced = true;
        check_int(actor_connect(caller, &s->door.address), 0);
    }
    scene_later(s, 50 * MS, all_were_accepted_once);
    scene_run(s);
}

/* ---- B15: descriptors that nobody asked for
 * ------------------------------------------------------------------------- */

static int raw_connect(const weir_address *address) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    memcpy(name.sun_path, address->bytes, address->length);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + address->length);
    check_int(connect(fd, (struct sockaddr *)&name, size), 0);
    return fd;
}

static void send_descriptors(int fd) {
    union {
        char room[CMSG_SPACE(20 * sizeof(int))];
        struct cmsghdr head;
    } control = {.room = {0}};
    struct iovec five = {(char[]){'h', 'e', 'l', 'l', 'o'}, 5};
    struct msghdr message = {
        .msg_iov = &five, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    control.head.cmsg_len = CMSG_LEN(20 * sizeof(int));
    control.head.cmsg_level = SOL_SOCKET;
    control.head.cmsg_type = SCM_RIGHTS;
    check_int(sendmsg(fd, &message, MSG_NOSIGNAL), 5);
}

static int descriptors_before;

static void no_descriptor_came(struct actor *a) {
    check_int(a->received, 10);
    check_int(count_descriptors(), descriptors_before - 1); /* the stranger's, closed here */
    close_now(a);
}

static void adv_B15_descriptors_from_a_stranger(struct scene *s) {
    weir_address address = scene_address(s);
    s->server.on_ended = no_descriptor_came;
    check_int(door_open(&s->door, s, &address), 0);
    int fd = raw_connect(&s->door.address);
    send_descriptors(fd);
    for (unsigned i = 0; i < 20 && !s->server.connected; i++) check(weir_run_once(s->loop, 50 * MS) >= 0);
    check_int(weir_run_once(s->loop, 0) < 0, 0);
    descriptors_before = count_descriptors();
    send_descriptors(fd);
    close(fd);
    scene_run(s);
}

/* ---- B17: a name that was left behind
 * ------------------------------------------------------------------------------- */

static void adv_B17_a_stale_socket_file(struct scene *s) {
    weir_address address = scene_address(s);
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    memcpy(name.sun_path, address.bytes, address.length);
    check_int(bind(fd, (struct sockaddr *)&name, sizeof name), 0);
    check_int(listen(fd, 1), 0);
    check_int(door_open(&s->door, s, &address), WEIR_EADDRINUSE); /* it lives */
    close(fd);
    check_int(door_open(&s->door, s, &address), 0);
    check_int(door_shut(&s->door), 0);
    scene_run(s);
    check_int(access(name.sun_path, F_OK), -1);
    check_int(symlink("/tmp/weir-test-nowhere", name.sun_path), 0);
    check_int(door_open(&s->door, s, &address), WEIR_EADDRINUSE);
    check_int(unlink(name.sun_path), 0); /* and it was still there */
}

/* ---- B21: gathered writes beyond what a call takes
 * ------------------------------------------------------------------ */

#define SLICES 5000

static void write_many_slices(struct actor *a) {
    static weir_slice slices[SLICES];
    static uint8_t bytes[SLICES * 7];
    size_t used = 0;
    pattern_fill(bytes, 0, sizeof bytes);
    for (unsigned i = 0; i < SLICES; used += i++ % 7) slices[i] = (weir_slice){bytes + used, i % 7};
    check(used > 10000);
    scene_calls(a->scene);
    check(scene_called(a->scene, weir_transport_write_sequence(a->t, slices, SLICES)) >= 0);
    a->written = used;
    close_now(a);
}

static void adv_B21_more_slices_than_a_call_takes(struct scene *s) {
    s->client.on_connected = write_many_slices;
    scene_play(s);
    check_int(s->server.received, s->client.written);
}

static const weir_limits unbounded = {.write_cap = WEIR_UNBOUNDED};

static void write_beyond_int(struct actor *a) {
    static uint8_t byte;
    static struct errand huge;
    memset(&huge, 0, sizeof huge);
    check_int(actor_write(a, &byte, 0), INT32_MAX);
    check(actor_write(a, &byte, 1) > 0);
    check(actor_lend(a, &huge, &byte, SIZE_MAX) < 0);
    check(actor_read(a, &huge, &byte, 2, 1) < 0);
    close_now(a);
}

static void adv_B21_no_cap_is_not_overflow(struct scene *s) {
    s->limits = &unbounded;
    s->client.on_connected = write_beyond_int;
    scene_play(s);
    check_int(s->server.received, 1);
}

/* ---- B23: half-close behind what is still queued
 * -------------------------------------------------------------------- */

static void write_and_half_close_twice(struct actor *a) {
    check(actor_write_pattern(a, 900000) >= 0);
    check_int(actor_half_close(a), 0);
    check_int(actor_half_close(a), WEIR_EALREADY);
    check_int(actor_say(a, "x"), WEIR_ECLOSED);
}

static void adv_B23_half_close_behind_pending_writes(struct scene *s) {
    s->client.hushed = true;
    s->client.on_connected = write_and_half_close_twice;
    s->server.on_connected = pause_receiving;
    actor_later(&s->server, 30 * MS, resume_receiving);
    scene_play(s);
    check_int(s->server.received, 900000);
    check_int(s->server.ended, 1);
}

/* ---- B24: connects that cannot come about
 * --------------------------------------------------------------------------- */

static void connect_in_vain(struct scene *s, const char *host, uint16_t port) {
    weir_address address;
    struct actor *caller = scene_cast(s, "caller");
    caller->silenced = true;
    check_int(weir_address_ip(&address, host, port), 0);
    int status = actor_connect(caller, &address);
    check(status <= 0);
}

static void adv_B24_connects_in_vain_do_not_spin(struct scene *s) {
    s->connect_timeout_ns = 200 * MS;
    for (unsigned i = 0; i < 5; i++) {
        connect_in_vain(s, "127.0.0.1", 0);
        connect_in_vain(s, "255.255.255.255", 7);
        connect_in_vain(s, "0.0.0.0", 1);
    }
    scene_run(s);
    check(scene_stats(s).ticks < 100);
    for (unsigned i = 0; i < s->cast_count; i++) check_int(s->cast[i]->connected, 0);
}

static const struct scenario descriptors[] = {
    SCENARIO(adv_B3_no_descriptor_for_accept, .media = TCP4 | UNIX_PATH, .places = SYSTEM, .timed = true,
             .expected = ""),
    SCENARIO(adv_B7_a_descriptor_is_closed_once, .media = NONE, .places = SYSTEM),
    SCENARIO(adv_B8_numbers_beyond_a_set, .media = TCP4 | UNIX_PATH, .places = SELECT, .timed = true, .expected = ""),
    SCENARIO(adv_B11_files_and_devices, .media = NONE, .places = SYSTEM),
    SCENARIO(adv_B13_a_shared_address, .media = TCP, .expected = ""),
    SCENARIO(adv_B15_descriptors_from_a_stranger, .media = UNIX, .places = SYSTEM,
             .expected = "server connected\n"
                         "server received \"hellohello\"\n"
                         "server ended\n"
                         "server disconnected in order\n"),
    SCENARIO(adv_B17_a_stale_socket_file, .media = UNIX_PATH, .places = SYSTEM, .expected = ""),
    SCENARIO(adv_B21_more_slices_than_a_call_takes, .media = EVERY),
    SCENARIO(adv_B21_no_cap_is_not_overflow, .media = EVERY, .loose = true),
    SCENARIO(adv_B23_half_close_behind_pending_writes, .media = DUPLEX),
    SCENARIO(adv_B24_connects_in_vain_do_not_spin, .media = TCP4, .expected = ""),
};
const struct suite descriptors_suite = SUITE(descriptors);
