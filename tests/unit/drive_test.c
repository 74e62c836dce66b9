/* SPDX-License-Identifier: MIT
 *
 * The drives themselves: what a protocol sees of them is what it sees of any transport, and what their caller sees is
 * what the header promises. Nothing here depends on timing: the clock over memory is the caller's, and over descriptors
 * only deadlines that must come are waited for. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include <weir/weir.h>

#include "support/meter.h"

#define MS ((uint64_t)1000000)
#define SECOND ((uint64_t)1000000000)

/* ---- a protocol that counts, and echoes -------------------------------------------------------------------------- */

struct echo {
    weir_transport *t;
    weir_drive *drive;
    unsigned connected, ended, paused, resumed, gone;
    size_t received;
    int code;
    bool silent, takes_nothing, pauses, stays, closes, half_closes;
};

static void connected(void *self, weir_transport *t) {
    struct echo *e = self;
    e->t = t;
    e->connected++;
    if (e->pauses) weir_transport_pause(t, WEIR_RECEIVE);
    if (e->closes) weir_transport_close(t);
}

static size_t received(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    struct echo *e = self;
    if (e->takes_nothing) return 0;
    if (!e->silent && weir_transport_write(t, bytes, n) < 0) {
        weir_transport_pause(t, WEIR_RECEIVE);
        return 0;
    }
    e->received += n;
    return n;
}

static void ended(void *self, weir_transport *t) {
    struct echo *e = self;
    e->ended++;
    if (e->half_closes) weir_transport_half_close(t);
    if (!e->stays) weir_transport_close(t);
}

static void paused(void *self, weir_transport *t) {
    struct echo *e = self;
    e->paused++;
    weir_transport_pause(t, WEIR_RECEIVE);
}

static void resumed(void *self, weir_transport *t) {
    struct echo *e = self;
    e->resumed++;
    weir_transport_resume(t, WEIR_RECEIVE);
}

static void gone(void *self, weir_transport *t, const weir_error *reason) {
    struct echo *e = self;
    (void)t;
    e->gone++;
    e->code = reason ? reason->code : 0;
    e->t = NULL;
}

static const weir_protocol echoing = {connected, received, ended, paused, resumed, gone};

static void begin(struct echo *e, const weir_limits *limits) {
    weir_loop_options options = {.backend = "no such backend"};
    if (limits) options.limits = *limits;
    assert_int_equal(weir_drive_open(&e->drive, &echoing, e, &options), 0);
    assert_int_equal(e->connected, 1);
    assert_ptr_equal(weir_drive_transport(e->drive), e->t);
}

static void finish(struct echo *e) {
    assert_int_equal(weir_drive_close(e->drive), 0);
    assert_int_equal(e->gone, 1);
}

/* ---- over memory ------------------------------------------------------------------------------------------------- */

static void what_is_fed_is_received_and_what_is_written_is_taken(void **state) {
    struct echo e = {0};
    char taken[16];
    (void)state;
    begin(&e, NULL);
    assert_int_equal(weir_drive_feed(e.drive, "hello", 5), 5);
    assert_int_equal(weir_drive_take(e.drive, taken, 3), 3);
    assert_memory_equal(taken, "hel", 3);
    assert_int_equal(weir_drive_take(e.drive, taken, sizeof taken), 2);
    assert_memory_equal(taken, "lo", 2);
    assert_int_equal(weir_drive_take(e.drive, taken, sizeof taken), 0);
    assert_int_equal(weir_drive_feed(e.drive, NULL, 0), 0);
    assert_int_equal(weir_drive_end(e.drive), 0);
    assert_int_equal(weir_drive_end(e.drive), WEIR_ECLOSED);
    assert_int_equal(e.ended, 1);
    assert_int_equal(e.gone, 1);
    assert_int_equal(e.code, 0);
    assert_true(weir_drive_finished(e.drive));
    finish(&e);
}

static void a_close_waits_for_its_last_byte_to_be_taken(void **state) {
    struct echo e = {0};
    char taken[16];
    (void)state;
    begin(&e, NULL);
    weir_drive_feed(e.drive, "hello", 5);
    assert_int_equal(weir_drive_end(e.drive), 0);
    assert_int_equal(e.gone, 0);
    assert_int_equal(weir_drive_end(e.drive), WEIR_EALREADY);
    assert_int_equal(weir_drive_feed(e.drive, "x", 1), WEIR_ECLOSED);
    assert_int_equal(weir_drive_take(e.drive, taken, 4), 4);
    assert_false(weir_drive_finished(e.drive));
    assert_int_equal(weir_drive_take(e.drive, taken, 4), 1);
    assert_true(weir_drive_finished(e.drive));
    assert_int_equal(e.gone, 1);
    assert_int_equal(e.code, 0);
    finish(&e);
}

static void a_half_close_is_seen_when_all_is_taken(void **state) {
    struct echo e = {.stays = true, .half_closes = true};
    char taken[16];
    (void)state;
    begin(&e, NULL);
    weir_drive_feed(e.drive, "hello", 5);
    weir_drive_end(e.drive);
    assert_false(weir_drive_finished(e.drive));
    assert_int_equal(weir_drive_take(e.drive, taken, 16), 5);
    assert_true(weir_drive_finished(e.drive));
    assert_int_equal(e.gone, 0);
    finish(&e);
    assert_int_equal(e.code, WEIR_ECANCELED);
}

static void what_a_paused_transport_does_not_take_stays_with_the_feeder(void **state) {
    struct echo e = {.pauses = true};
    (void)state;
    begin(&e, NULL);
    assert_int_equal(weir_drive_feed(e.drive, "hello", 5), 0);
    weir_transport_resume(e.t, WEIR_RECEIVE);
    assert_int_equal(weir_drive_feed(e.drive, "hello", 5), 5);
    finish(&e);
}

static void the_receive_limit_is_that_of_any_transport(void **state) {
    const weir_limits limits = {.receive = 100};
    struct echo e = {.takes_nothing = true};
    (void)state;
    begin(&e, &limits);
    for (unsigned i = 0; i < 99; i++)
        assert_int_equal(weir_drive_feed(e.drive, "x", 1), 1);
    assert_int_equal(e.gone, 0);
    weir_drive_feed(e.drive, "x", 1);
    assert_int_equal(e.gone, 1);
    assert_int_equal(e.code, WEIR_EMSGSIZE);
    assert_int_equal(weir_drive_feed(e.drive, "x", 1), WEIR_ECLOSED);
    assert_null(weir_drive_transport(e.drive));
    finish(&e);
}

static void the_write_queue_has_its_marks_and_its_cap(void **state) {
    const weir_limits limits = {.pause_mark = 4096, .resume_mark = 1024, .write_cap = 8192};
    struct echo e = {0};
    char bytes[1024] = {0}, taken[512];
    unsigned fed = 0, total = 0;
    (void)state;
    begin(&e, &limits);
    for (int64_t n = 1; n > 0; fed += (unsigned)n)
        n = weir_drive_feed(e.drive, bytes, sizeof bytes);
    assert_int_equal(e.paused, 1);
    assert_in_range(fed, 4096, 8192 + sizeof bytes);
    assert_int_equal(weir_transport_write(e.t, bytes, 1024 * 9), WEIR_EMSGSIZE);
    for (int64_t n = 1; n > 0; total += (unsigned)n)
        n = weir_drive_take(e.drive, taken, sizeof taken);
    assert_int_equal(total, fed);
    assert_int_equal(e.resumed, 1);
    assert_true(weir_drive_feed(e.drive, bytes, 10) == 10);
    finish(&e);
}

static void a_reset_is_a_reset(void **state) {
    struct echo e = {0};
    char taken[16];
    (void)state;
    begin(&e, NULL);
    weir_drive_feed(e.drive, "hello", 5);
    assert_int_equal(weir_drive_reset(e.drive), 0);
    assert_int_equal(weir_drive_reset(e.drive), WEIR_ECLOSED);
    assert_int_equal(e.gone, 1);
    assert_int_equal(e.code, WEIR_ERESET);
    assert_int_equal(e.ended, 0);
    assert_int_equal(weir_drive_take(e.drive, taken, sizeof taken), 0);
    assert_false(weir_drive_finished(e.drive));
    finish(&e);
}

struct tick {
    weir_timer timer;
    uint64_t at_ns[4];
    unsigned fired;
};

static void fired(weir_timer *timer) {
    struct tick *tick = timer->user;
    tick->at_ns[tick->fired++ % 4] = weir_now_ns(timer->loop);
}

static void the_clock_is_the_callers(void **state) {
    const weir_limits limits = {.idle_ns = 10 * SECOND};
    struct echo e = {0};
    struct tick tick = {.timer = {.fired = fired, .user = &tick}};
    (void)state;
    begin(&e, &limits);
    weir_loop *loop = weir_transport_loop(e.t);
    uint64_t began_ns = weir_now_ns(loop);
    weir_timer_start(loop, &tick.timer, SECOND, SECOND);
    weir_drive_feed(e.drive, "x", 1);
    assert_int_equal(weir_now_ns(loop), began_ns);
    assert_int_equal(weir_drive_advance(e.drive, 3 * SECOND + 500 * MS), 0);
    assert_int_equal(tick.fired, 3);
    for (unsigned i = 0; i < 3; i++)
        assert_in_range(tick.at_ns[i], began_ns + (i + 1) * SECOND,
                        began_ns + (i + 1) * SECOND + 2 * WEIR_TIMER_GRANULARITY_NS);
    assert_int_equal(weir_now_ns(loop), began_ns + 3 * SECOND + 500 * MS);
    assert_int_equal(e.gone, 0);
    weir_drive_advance(e.drive, 8 * SECOND);
    assert_int_equal(e.gone, 1);
    assert_int_equal(e.code, WEIR_ETIMEDOUT);
    assert_int_equal(weir_drive_close(e.drive), WEIR_EBUSY);
    weir_timer_stop(&tick.timer);
    finish(&e);
}

static size_t call_back_in(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    struct echo *e = self;
    char taken[4];
    weir_stop(weir_transport_loop(t));
    assert_ptr_equal(weir_loop_current(), weir_transport_loop(t));
    assert_int_equal(weir_drive_feed(e->drive, bytes, n), WEIR_EBUSY);
    assert_int_equal(weir_drive_take(e->drive, taken, 4), WEIR_EBUSY);
    assert_int_equal(weir_drive_end(e->drive), WEIR_EBUSY);
    assert_int_equal(weir_drive_reset(e->drive), WEIR_EBUSY);
    assert_int_equal(weir_drive_run(e->drive), WEIR_EBUSY);
    assert_int_equal(weir_drive_advance(e->drive, 1), WEIR_EBUSY);
    assert_int_equal(weir_drive_close(e->drive), WEIR_EBUSY);
    assert_int_equal(weir_blocking_run(0, 1, &echoing, e, NULL), WEIR_EBUSY);
    struct echo inner = {0}; /* but another drive may run */
    begin(&inner, NULL);
    assert_int_equal(weir_drive_feed(inner.drive, bytes, n), n);
    finish(&inner);
    e->received += n;
    return n;
}

static void callbacks_may_not_call_their_own_drive(void **state) {
    static const weir_protocol protocol = {.received = call_back_in, .disconnected = gone};
    struct echo e = {0};
    (void)state;
    assert_int_equal(weir_drive_open(&e.drive, &protocol, &e, NULL), 0);
    assert_int_equal(weir_drive_feed(e.drive, "ab", 2), 2);
    assert_int_equal(e.received, 2);
    finish(&e);
}

static void nonsense_is_invalid(void **state) {
    weir_drive *drive;
    struct echo e = {0};
    (void)state;
    assert_int_equal(weir_drive_open(NULL, &echoing, &e, NULL), WEIR_EINVAL);
    assert_int_equal(weir_drive_open(&drive, NULL, &e, NULL), WEIR_EINVAL);
    assert_int_equal(weir_drive_feed(NULL, "a", 1), WEIR_EINVAL);
    assert_int_equal(weir_drive_end(NULL), WEIR_EINVAL);
    assert_int_equal(weir_drive_close(NULL), WEIR_EINVAL);
    assert_null(weir_drive_transport(NULL));
    assert_false(weir_drive_finished(NULL));
    begin(&e, NULL);
    assert_int_equal(weir_drive_feed(e.drive, NULL, 1), WEIR_EINVAL);
    assert_int_equal(weir_drive_take(e.drive, NULL, 1), WEIR_EINVAL);
    assert_int_equal(weir_run(weir_transport_loop(e.t)), WEIR_ESTALLED);
    finish(&e);
}

static void do_nothing(weir_post *post) { (void)post; }

static void *post_from_outside(void *loop) {
    static weir_post post = {.run = do_nothing};
    static int status;
    status = weir_loop_post(loop, &post);
    return &status;
}

static void a_private_loop_has_one_stream(void **state) {
    struct echo e = {0}, ends[2] = {{0}};
    weir_transport *pair[2], *t;
    weir_address address;
    pthread_t thread;
    void *status;
    (void)state;
    begin(&e, NULL);
    weir_loop *loop = weir_transport_loop(e.t);
    assert_int_equal(weir_address_ip(&address, "127.0.0.1", 9), 0);
    assert_int_equal(weir_socket_connect(loop, &address, NULL, &echoing, &e, &t), WEIR_ENOTSUP);
    assert_int_equal(weir_fd_open(loop, 0, WEIR_BORROW, NULL, &echoing, &e, &t), WEIR_ENOTSUP);
    assert_int_equal(pthread_create(&thread, NULL, post_from_outside, loop), 0);
    pthread_join(thread, &status);
    assert_int_equal(*(int *)status, WEIR_ENOTSUP);
    assert_int_equal(weir_mem_pair(loop, NULL, pair), 0);
    for (int i = 0; i < 2; i++)
        weir_transport_set_protocol(pair[i], &echoing, &ends[i]);
    ends[1].silent = true;
    weir_transport_write(pair[1], "hello", 5);
    assert_int_equal(weir_drive_run(e.drive), 0);
    assert_int_equal(ends[1].received, 5);
    assert_int_equal(weir_drive_close(e.drive), WEIR_EBUSY);
    weir_transport_close(pair[1]);
    finish(&e);
    assert_int_equal(ends[0].gone + ends[1].gone, 2);
}

static void the_environment_has_no_say(void **state) {
    struct echo e = {0};
    (void)state;
    setenv("WEIR_BACKEND", "no such backend", 1);
    begin(&e, NULL);
    finish(&e);
    unsetenv("WEIR_BACKEND");
}

/* ---- over descriptors -------------------------------------------------------------------------------------------- */

static void make_socket_pair(int ends[2], int flags) {
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0, ends), 0);
}

struct peer {
    int fd;
    size_t sent, received;
    bool closes;
};

/* Sends a million bytes and its end, and then reads them back. */
static void *send_and_read(void *user) {
    struct peer *peer = user;
    static char bytes[4096];
    char back[4096];
    struct pollfd ready = {.fd = peer->fd};
    const size_t total = 1 << 20;
    for (ssize_t n = 1; n;) {
        ready.events = (short)(POLLIN | (peer->sent < total ? POLLOUT : 0));
        poll(&ready, 1, -1);
        if ((ready.revents & POLLOUT) && peer->sent < total) {
            n = send(peer->fd, bytes, sizeof bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
            peer->sent += n > 0 ? (size_t)n : 0;
            if (peer->sent == total) shutdown(peer->fd, SHUT_WR);
        }
        if (ready.revents & (POLLIN | POLLHUP)) {
            n = recv(peer->fd, back, sizeof back, 0);
            peer->received += n > 0 ? (size_t)n : 0;
        }
    }
    close(peer->fd);
    return NULL;
}

static void a_megabyte_is_echoed_over_a_socket_that_blocks_or_not(void **state) {
    (void)state;
    for (int flags = 0; flags <= SOCK_NONBLOCK; flags += SOCK_NONBLOCK) {
        struct echo e = {.half_closes = true};
        struct peer peer;
        pthread_t thread;
        int ends[2];
        make_socket_pair(ends, flags);
        int before = fcntl(ends[0], F_GETFL);
        peer = (struct peer){.fd = ends[1]};
        assert_int_equal(pthread_create(&thread, NULL, send_and_read, &peer), 0);
        assert_int_equal(weir_blocking_run(ends[0], ends[0], &echoing, &e, NULL), 0);
        assert_int_equal(fcntl(ends[0], F_GETFL), before);
        pthread_join(thread, NULL);
        assert_int_equal(peer.received, 1 << 20);
        assert_int_equal(e.received, 1 << 20);
        assert_int_equal(e.gone, 1);
        close(ends[0]);
    }
}

static void pipes_go_one_way_each(void **state) {
    struct echo e = {0};
    int in[2], out[2];
    char back[16];
    (void)state;
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(write(in[1], "hello", 5), 5);
    close(in[1]);
    assert_int_equal(weir_blocking_run(in[0], out[1], &echoing, &e, NULL), 0);
    assert_int_equal(e.ended, 1);
    close(out[1]);
    assert_int_equal(read(out[0], back, sizeof back), 5);
    assert_int_equal(read(out[0], back, sizeof back), 0);
    close(in[0]);
    close(out[0]);
}

static void a_reader_that_is_gone_is_a_reset_and_no_signal(void **state) {
    struct echo e = {0};
    int in[2], out[2];
    (void)state;
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(write(in[1], "hello", 5), 5);
    close(out[0]);
    signal(SIGPIPE, SIG_DFL);
    assert_int_equal(weir_blocking_run(in[0], out[1], &echoing, &e, NULL), WEIR_ERESET);
    assert_int_equal(e.code, WEIR_ERESET);
    close(in[0]);
    close(in[1]);
    close(out[1]);
}

static void a_file_is_read_to_its_end(void **state) {
    struct echo e = {.silent = true};
    FILE *file = tmpfile();
    char bytes[3000] = {0};
    (void)state;
    assert_non_null(file);
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(fwrite(bytes, 1, sizeof bytes, file), sizeof bytes);
    rewind(file);
    assert_int_equal(weir_blocking_run(fileno(file), -1, &echoing, &e, NULL), 0);
    assert_int_equal(e.received, 100 * sizeof bytes);
    fclose(file);
}

static void a_direction_that_is_not_there_is_not_supported(void **state) {
    struct echo e = {.silent = true};
    int ends[2];
    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(weir_blocking_run(-1, -1, &echoing, &e, NULL), WEIR_EINVAL);
    assert_int_equal(weir_blocking_run(ends[1], -1, &echoing, &e, NULL), WEIR_EINVAL);
    assert_int_equal(weir_blocking_run(-1, ends[0], &echoing, &e, NULL), WEIR_EINVAL);
    assert_int_equal(weir_blocking_run(9999, -1, &echoing, &e, NULL), WEIR_ENOENT);
    assert_int_equal(weir_blocking_run(ends[0], -1, NULL, &e, NULL), WEIR_EINVAL);
    assert_int_equal(e.connected, 0);
    e.closes = true;
    assert_int_equal(weir_blocking_run(-1, ends[1], &echoing, &e, NULL), 0);
    assert_int_equal(e.gone, 1);
    close(ends[0]);
    close(ends[1]);
}

static void deadlines_hold_while_blocked(void **state) {
    const weir_loop_options options = {.limits = {.idle_ns = 20 * MS}};
    struct echo e = {0};
    int ends[2];
    (void)state;
    make_socket_pair(ends, 0);
    assert_int_equal(weir_blocking_run(ends[0], ends[0], &echoing, &e, &options), WEIR_ETIMEDOUT);
    close(ends[0]);
    close(ends[1]);
}

static void a_peer_that_never_reads_stalls_the_writer(void **state) {
    const weir_loop_options options = {.limits = {.stall_ns = 20 * MS}};
    struct echo e = {0};
    int ends[2], file = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    (void)state;
    make_socket_pair(ends, 0);
    assert_int_equal(weir_blocking_run(file, ends[0], &echoing, &e, &options), WEIR_ETIMEDOUT);
    assert_true(e.paused > 0);
    close(file);
    close(ends[0]);
    close(ends[1]);
}

static void what_could_never_go_on_is_told(void **state) {
    struct echo e = {.pauses = true};
    int ends[2];
    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(weir_blocking_run(ends[0], -1, &echoing, &e, NULL), WEIR_ESTALLED);
    assert_int_equal(e.code, WEIR_ECANCELED);
    assert_int_equal(e.gone, 1);
    close(ends[0]);
    close(ends[1]);
}

static volatile sig_atomic_t alarms;
static int alarm_fd;

/* The third interruption brings the end. */
static void on_alarm(int signal) {
    (void)signal;
    if (++alarms == 3) close(alarm_fd);
}

static void signals_do_not_end_it(void **state) {
    struct sigaction action = {.sa_handler = on_alarm}, before;
    struct itimerval often = {{0, 5000}, {0, 5000}}, never = {{0, 0}, {0, 0}};
    struct echo e = {0};
    int ends[2];
    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    alarm_fd = ends[1];
    sigaction(SIGALRM, &action, &before);
    setitimer(ITIMER_REAL, &often, NULL);
    assert_int_equal(weir_blocking_run(ends[0], -1, &echoing, &e, NULL), 0);
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &before, NULL);
    assert_true(alarms >= 3);
    assert_int_equal(e.ended, 1);
    close(ends[0]);
}

static void *discard_all(void *user) {
    const struct peer *peer = user;
    char bytes[4096];
    while (read(peer->fd, bytes, sizeof bytes) > 0) {
    }
    close(peer->fd);
    return NULL;
}

static void a_close_drains_the_peer_of_a_socket(void **state) {
    struct echo e = {.closes = true};
    struct peer peer;
    pthread_t thread;
    int ends[2];
    (void)state;
    make_socket_pair(ends, 0);
    assert_int_equal(write(ends[1], "unread", 6), 6);
    peer = (struct peer){.fd = ends[1]};
    assert_int_equal(pthread_create(&thread, NULL, discard_all, &peer), 0);
    assert_int_equal(weir_blocking_run(ends[0], ends[0], &echoing, &e, NULL), 0);
    pthread_join(thread, NULL);
    assert_int_equal(e.received, 0);
    close(ends[0]);
}

static void a_full_device_is_told(void **state) {
    struct echo e = {0};
    int in[2], full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    (void)state;
    assert_true(full >= 0);
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(write(in[1], "hello", 5), 5);
    close(in[1]);
    assert_int_equal(weir_blocking_run(in[0], full, &echoing, &e, NULL), WEIR_ENOSPC);
    close(in[0]);
    close(full);
}

/* One run in which request `refuse_at` for memory is refused, and an echo that cannot be written waits for a resume
 * that nobody has promised. Returns whether there were so many. */
static bool starved_run(size_t refuse_at) {
    struct meter meter = {.refuse_at = refuse_at};
    const weir_allocator allocator = meter_allocator(&meter);
    const weir_loop_options options = {.allocator = &allocator};
    struct echo e = {0};
    int in[2], out[2];
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(write(in[1], "hello", 5), 5);
    close(in[1]);
    int status = weir_blocking_run(in[0], out[1], &echoing, &e, &options);
    assert_int_equal(e.gone, e.connected);
    assert_int_equal(meter.held, 0);
    if (!e.connected) assert_int_equal(status, WEIR_ENOMEM);
    if (!meter.refused) assert_int_equal(e.received, 5);
    close(in[0]);
    close(out[0]);
    close(out[1]);
    return meter.refused > 0;
}

static void without_memory_it_ends_in_order(void **state) {
    size_t refuse_at = 1;
    (void)state;
    while (starved_run(refuse_at))
        refuse_at++;
    assert_in_range(refuse_at, 4, 100);
}

/* ---- what outlives a drive --------------------------------------------------------------------------------------- */

static void nothing_to_do(weir_post *post) { (void)post; }

static void keep_the_inbox(void *self, weir_transport *t) {
    *(weir_inbox **)self = weir_loop_inbox(weir_transport_loop(t));
    weir_transport_close(t);
}

static void an_inbox_knows_that_the_drive_is_over(void **state) {
    static const weir_protocol keeping = {.connected = keep_the_inbox};
    weir_post post = {.run = nothing_to_do};
    weir_inbox *of_memory = NULL, *of_descriptors = NULL;
    weir_drive *drive;
    int pair[2];
    (void)state;
    assert_int_equal(weir_drive_open(&drive, &keeping, &of_memory, NULL), 0);
    assert_int_equal(weir_drive_close(drive), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    assert_int_equal(close(pair[1]), 0);
    assert_int_equal(weir_blocking_run(pair[0], pair[0], &keeping, &of_descriptors, NULL), 0);
    assert_int_equal(close(pair[0]), 0);
    assert_int_equal(weir_inbox_post(of_memory, &post), WEIR_ECLOSED);
    assert_int_equal(weir_inbox_post(of_descriptors, &post), WEIR_ECLOSED);
    weir_inbox_drop(of_memory);
    weir_inbox_drop(of_descriptors);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_inbox_knows_that_the_drive_is_over),
        cmocka_unit_test(what_is_fed_is_received_and_what_is_written_is_taken),
        cmocka_unit_test(a_close_waits_for_its_last_byte_to_be_taken),
        cmocka_unit_test(a_half_close_is_seen_when_all_is_taken),
        cmocka_unit_test(what_a_paused_transport_does_not_take_stays_with_the_feeder),
        cmocka_unit_test(the_receive_limit_is_that_of_any_transport),
        cmocka_unit_test(the_write_queue_has_its_marks_and_its_cap),
        cmocka_unit_test(a_reset_is_a_reset),
        cmocka_unit_test(the_clock_is_the_callers),
        cmocka_unit_test(callbacks_may_not_call_their_own_drive),
        cmocka_unit_test(nonsense_is_invalid),
        cmocka_unit_test(a_private_loop_has_one_stream),
        cmocka_unit_test(the_environment_has_no_say),
        cmocka_unit_test(a_megabyte_is_echoed_over_a_socket_that_blocks_or_not),
        cmocka_unit_test(pipes_go_one_way_each),
        cmocka_unit_test(a_reader_that_is_gone_is_a_reset_and_no_signal),
        cmocka_unit_test(a_file_is_read_to_its_end),
        cmocka_unit_test(a_direction_that_is_not_there_is_not_supported),
        cmocka_unit_test(deadlines_hold_while_blocked),
        cmocka_unit_test(a_peer_that_never_reads_stalls_the_writer),
        cmocka_unit_test(what_could_never_go_on_is_told),
        cmocka_unit_test(signals_do_not_end_it),
        cmocka_unit_test(a_close_drains_the_peer_of_a_socket),
        cmocka_unit_test(a_full_device_is_told),
        cmocka_unit_test(without_memory_it_ends_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
