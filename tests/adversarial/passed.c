/* SPDX-License-Identifier: MIT
 *
 * B15: descriptors that come over a UNIX socket, from a peer that sends more of them than were asked for, fewer, none,
 * or as many as the process has no room for; with lines that are not as they should be. And a successor that talks,
 * floods or stays silent. Whatever comes, no descriptor is left open (each scene counts them), and what was offered
 * stays. */
#include "adversarial/further.h"

#include <weir/handover.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MOST 253 /* descriptors that the system lets one message carry */

/* ---- a raw predecessor ------------------------------------------------------------------------------------------- */

struct message {
    const char *line;
    size_t size;     /* 0: the line's own */
    unsigned fds;    /* that go with it */
    unsigned groups; /* control messages they are spread over; 0: one */
};

static struct {
    struct scene *scene;
    const struct message *messages;
    size_t count;
    int listener, peer;
    bool polite; /* waits for the answer before it goes */
    unsigned taken, ended;
    int status;
    void (*after)(void); /* it was all sent */
} old;

static struct sockaddr_un control_name(void) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    snprintf(name.sun_path, sizeof name.sun_path, "/tmp/weir-passed-%d", (int)getpid());
    return name;
}

static void raw_send(int to, const struct message *m) {
    static char control[2048];
    int fds[MOST];
    unsigned groups = m->groups ? m->groups : 1;
    struct iovec piece = {(void *)(uintptr_t)m->line, m->size ? m->size : strlen(m->line)};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    memset(control, 0, sizeof control);
    for (unsigned i = 0; i < m->fds; i++)
        fds[i] = 0; /* the same one may be sent many times */
    if (m->fds) {
        size_t at = 0, per_group = m->fds / groups;
        for (unsigned g = 0; g < groups; g++) {
            struct cmsghdr *head = (struct cmsghdr *)(void *)(control + at);
            head->cmsg_level = SOL_SOCKET;
            head->cmsg_type = SCM_RIGHTS;
            head->cmsg_len = CMSG_LEN(per_group * sizeof(int));
            memcpy(CMSG_DATA(head), fds, per_group * sizeof(int));
            at += CMSG_SPACE(per_group * sizeof(int));
        }
        message.msg_control = control;
        message.msg_controllen = at;
    }
    check_int(sendmsg(to, &message, MSG_NOSIGNAL), (int64_t)piece.iov_len);
}

static void leave(void) {
    close(old.peer);
    old.peer = -1;
}

static void hear_the_answer(struct scene *s) {
    char answer[16];
    ssize_t n = recv(old.peer, answer, sizeof answer, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) {
        scene_later(s, 5 * MS, hear_the_answer);
        return;
    }
    check_int(n, 6);
    check(n == 6 && memcmp(answer, "taken\n", 6) == 0);
    if (old.after)
        old.after();
    else
        leave();
}

static void let_in(struct scene *s) {
    old.peer = accept4(old.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (old.peer < 0) {
        scene_later(s, 5 * MS, let_in);
        return;
    }
    for (size_t i = 0; i < old.count; i++)
        raw_send(old.peer, &old.messages[i]);
    if (old.polite)
        hear_the_answer(s);
    else if (old.after)
        old.after();
}

static int take_it(weir_loop *loop, const char *name, int fd, void *user) {
    struct scene *s = user;
    scene_enter(s);
    check(loop == s->loop && *name);
    check(fcntl(fd, F_GETFD) == FD_CLOEXEC);
    close(fd);
    old.taken++;
    scene_leave(s);
    return 0;
}

static void it_ended(weir_loop *loop, int status, void *user) {
    struct scene *s = user;
    (void)loop;
    scene_enter(s);
    check_int(++old.ended, 1);
    old.status = status;
    if (old.peer >= 0) leave();
    scene_release(s);
    scene_leave(s);
}

static void begin(struct scene *s, const struct message *messages, size_t count) {
    memset(&old, 0, sizeof old);
    old.scene = s;
    old.messages = messages;
    old.count = count;
    old.peer = -1;
}

static void perform(struct scene *s, uint64_t timeout_ns) {
    struct sockaddr_un name = control_name();
    old.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    check_int(bind(old.listener, (struct sockaddr *)&name, sizeof name), 0);
    check_int(listen(old.listener, 4), 0);
    scene_hold(s);
    check_int(weir_handover_take(s->loop, name.sun_path, timeout_ns, take_it, it_ended, s), 0);
    scene_later(s, MS, let_in);
    scene_run(s);
    close(old.listener);
    unlink(name.sun_path);
    check_int(old.ended, 1);
}

#define LINE(index, count) "weir-handover 1 " #index " " #count " tcp://127.0.0.1:1\n"

static void B15_extra_descriptors_are_closed(struct scene *s) {
    static const struct message messages[] = {
        {.line = LINE(0, 3), .fds = 3}, {.line = LINE(1, 3), .fds = MOST}, {.line = LINE(2, 3), .fds = 8, .groups = 4}};
    begin(s, messages, 3);
    old.polite = true;
    perform(s, 0);
    check_int(old.status, 0);
    check_int(old.taken, 3);
}

/* Each is an end of it, and nothing is taken. */
static void B15_strange_messages_are_refused(struct scene *s) {
    static const struct message messages[] = {
        {.line = LINE(0, 1)}, /* and no descriptor */
        {.line = LINE(1, 2), .fds = 1},
        {.line = LINE(0, 0), .fds = 1},
        {.line = LINE(0, 65), .fds = 1},
        {.line = LINE(0, 100), .fds = 1},
        {.line = LINE(00, 1), .fds = 1},
        {.line = LINE(0, 01), .fds = 1},
        {.line = LINE(-0, 1), .fds = 1},
        {.line = "weir-handover 2 0 1 tcp://127.0.0.1:1\n", .fds = 1},
        {.line = "weir-handover 1 0 1 \n", .fds = 1},
        {.line = "weir-handover 1 0 1\n", .fds = 1},
        {.line = "weir-handover 1 0 1 a\tb\n", .fds = 2},
        {.line = "weir-handover 1 0 1 tcp://127.0.0.1:1", .fds = 1},
        {.line = LINE(0, 2) LINE(1, 2), .fds = 2},
        {.line = "weir-handover 1 0 1 a\0b\n", .size = 24, .fds = 1},
        {.line = "\n", .fds = 1},
        {.line = "HTTP/1.1 400 Bad Request\r\n\r\n", .fds = MOST},
    };
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        begin(s, &messages[i], 1);
        perform(s, 0);
        if (!check_int(old.status, WEIR_EINVAL)) check_failed("    message %zu", i);
        check_int(old.taken, 0);
    }
}

static void B15_a_changing_count_is_refused(struct scene *s) {
    static const struct message messages[] = {{.line = LINE(0, 3), .fds = 1}, {.line = LINE(1, 2), .fds = 1}};
    begin(s, messages, 2);
    perform(s, 0);
    check_int(old.status, WEIR_EINVAL);
    check_int(old.taken, 0);
}

static void B15_an_early_end_is_told(struct scene *s) {
    static const struct message messages[] = {{.line = LINE(0, 2), .fds = 1}};
    begin(s, messages, 1);
    old.after = leave;
    perform(s, 0);
    check_int(old.status, WEIR_ERESET);
    check_int(old.taken, 0);
}

static void B15_silence_is_timed_out(struct scene *s) {
    static const struct message messages[] = {{.line = LINE(0, 2), .fds = 1}};
    begin(s, messages, 1);
    perform(s, 200 * MS);
    check_int(old.status, WEIR_ETIMEDOUT);
    check_int(old.taken, 0);
}

static void say_more(void) { check_int(send(old.peer, "more", 4, MSG_NOSIGNAL), 4); }

static void B15_nothing_may_follow(struct scene *s) {
    static const struct message messages[] = {{.line = LINE(0, 1), .fds = 1}};
    begin(s, messages, 1);
    old.polite = true;
    old.after = say_more;
    perform(s, 0);
    check_int(old.status, WEIR_EINVAL);
    check_int(old.taken, 1); /* it is the program's by then */
}

static struct rlimit saved;

static void lower_the_limit(void) {
    struct rlimit lowered;
    int next = dup(0);
    check_int(getrlimit(RLIMIT_NOFILE, &saved), 0);
    lowered = saved;
    lowered.rlim_cur = (rlim_t)next + 4;
    close(next);
    check_int(setrlimit(RLIMIT_NOFILE, &lowered), 0);
}

/* The kernel gives those that fit, and says that there were more. */
static void B15_out_of_descriptors_is_told(struct scene *s) {
    static const struct message messages[] = {{.line = LINE(0, 1), .fds = 100}};
    begin(s, messages, 1);
    old.after = lower_the_limit;
    perform(s, 0);
    check_int(setrlimit(RLIMIT_NOFILE, &saved), 0);
    check_int(old.status, WEIR_EMFILE);
    check_int(old.taken, 0);
}

/* ---- a raw successor --------------------------------------------------------------------------------------------- */

static struct {
    weir_listener *listener;
    weir_handover *offer;
    int peer, status;
    unsigned ended;
} offered;

static void refuse(weir_transport *t, void *user) {
    (void)t;
    (void)user;
}

static void offer_ended(weir_handover *offer, int status, void *user) {
    struct scene *s = user;
    scene_enter(s);
    check(offer == offered.offer);
    check_int(++offered.ended, 1);
    offered.status = status;
    scene_release(s);
    scene_leave(s);
}

static void open_offer(struct scene *s) {
    struct sockaddr_un name = control_name();
    weir_address address = scene_address(s);
    memset(&offered, 0, sizeof offered);
    check_int(weir_socket_listen(s->loop, &address, NULL, refuse, NULL, &offered.listener), 0);
    check_int(weir_handover_offer(s->loop, name.sun_path, &offered.listener, 1, offer_ended, s, &offered.offer), 0);
    scene_hold(s);
    offered.peer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    check_int(connect(offered.peer, (struct sockaddr *)&name, sizeof name), 0);
}

/* Reads, until the predecessor ends it; descriptors are lost in the reading. */
static void until_the_end(struct scene *s) {
    char bytes[4096];
    ssize_t n = recv(offered.peer, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n > 0 || (n < 0 && errno == EAGAIN)) {
        scene_later(s, 5 * MS, until_the_end);
        return;
    }
    check_int(offered.ended, 0); /* the offer stands */
    check_int(weir_handover_withdraw(offered.offer), 0);
    check_int(weir_listener_close(offered.listener), 0);
}

static void play_successor(struct scene *s, const struct message *message) {
    open_offer(s);
    raw_send(offered.peer, message);
    scene_later(s, 5 * MS, until_the_end);
    scene_run(s);
    close(offered.peer);
    check_int(offered.status, WEIR_ECANCELED);
    check(s->warnings >= 1);
}

static void B15_a_successor_that_talks_otherwise(struct scene *s) {
    play_successor(s, &(struct message){.line = "taken by storm\n"});
}

static void B15_a_successor_that_sends_descriptors(struct scene *s) {
    play_successor(s, &(struct message){.line = "tax\n", .fds = MOST});
}

static void B15_a_successor_that_floods(struct scene *s) {
    static char flood[100000];
    memset(flood, 't', sizeof flood);
    play_successor(s, &(struct message){.line = flood, .size = sizeof flood});
}

/* The whole word, in two pieces, with descriptors that nobody asked for: it is a word all the same. */
static void say_the_rest(struct scene *s) {
    raw_send(offered.peer, &(struct message){.line = "en\n", .fds = 5});
    check_int(shutdown(offered.peer, SHUT_WR), 0);
    (void)s;
}

static void B15_an_answer_in_pieces_counts(struct scene *s) {
    open_offer(s);
    raw_send(offered.peer, &(struct message){.line = "tak", .fds = 7});
    scene_later(s, 50 * MS, say_the_rest);
    scene_run(s);
    check_int(offered.status, 0);
    close(offered.peer);
}

static const struct scenario passed[] = {
    SCENARIO(B15_extra_descriptors_are_closed, .places = SYSTEM, .expected = ""),
    SCENARIO(B15_strange_messages_are_refused, .places = SYSTEM, .expected = ""),
    SCENARIO(B15_a_changing_count_is_refused, .places = SYSTEM, .expected = ""),
    SCENARIO(B15_an_early_end_is_told, .places = SYSTEM, .expected = ""),
    SCENARIO(B15_silence_is_timed_out, .places = SYSTEM, .expected = ""),
    SCENARIO(B15_nothing_may_follow, .places = SYSTEM, .expected = ""),
    SCENARIO(B15_out_of_descriptors_is_told, .places = SYSTEM, .expected = ""),
    SCENARIO(B15_a_successor_that_talks_otherwise, .media = TCP4, .places = SYSTEM, .expected = ""),
    SCENARIO(B15_a_successor_that_sends_descriptors, .media = TCP4, .places = SYSTEM, .expected = ""),
    SCENARIO(B15_a_successor_that_floods, .media = TCP4, .places = SYSTEM, .expected = ""),
    SCENARIO(B15_an_answer_in_pieces_counts, .media = TCP4, .places = SYSTEM, .expected = ""),
};
const struct suite passed_suite = SUITE(passed);
