/* SPDX-License-Identifier: MIT
 *
 * Listeners that come from others: adopted descriptors, socket activation, and the hand-over from one process to the
 * next. The successor is a forked child with a loop of its own; what it found is its exit status. A client that waits in
 * the backlog meanwhile must be served by it, and by the predecessor when the successor dies before it has said that it
 * took over. */
#include "conformance/suites.h"

#include <weir/handover.h>
#include <weir/pipe.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- raw sockets ------------------------------------------------------------------------------------------------- */

static int raw_listener(int flags) {
    const struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | flags, 0);
    check(fd >= 0);
    check_int(bind(fd, (const struct sockaddr *)&any, sizeof any), 0);
    check_int(listen(fd, 16), 0);
    return fd;
}

static struct sockaddr_un unix_name(const char *path) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    snprintf(name.sun_path, sizeof name.sun_path, "%s", path);
    return name;
}

static int raw_connect(const char *path) {
    struct sockaddr_un name = unix_name(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&name, sizeof name) == 0) return fd;
    close(fd);
    return -1;
}

/* ---- adopting ---------------------------------------------------------------------------------------------------- */

static weir_listener *adopted;
static unsigned gone;

static void echo_back(weir_transport *t, void *user) {
    struct scene *s = user;
    if (s) scene_enter(s);
    check_int(weir_pipe(t, t), 0);
    if (s && adopted) weir_listener_close(adopted);
    if (s) scene_leave(s);
}

static void adopted_gone(weir_listener *listener, void *user, const weir_error *reason) {
    struct scene *s = user;
    check(listener == adopted && !reason);
    adopted = NULL;
    gone++;
    scene_release(s);
}

static const weir_listen_options watched = {.closed = adopted_gone};

static void meet(struct scene *s) {
    weir_address address;
    scene_hold(s);
    check_int(weir_listener_address(adopted, &address), 0);
    s->client.on_connected = say_hello;
    s->client.on_received = hear_hello_and_close;
    check_int(actor_connect(&s->client, &address), 0);
    scene_run(s);
    check_int(s->client.received, 5);
    check(!adopted);
}

static void what_is_given_is_closed(struct scene *s) {
    int fd = raw_listener(0);
    check_int(weir_listener_adopt(s->loop, fd, WEIR_TAKE, &watched, echo_back, s, &adopted), 0);
    check(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    check(fcntl(fd, F_GETFL) & O_NONBLOCK);
    meet(s);
    check_int(fcntl(fd, F_GETFD), -1);
}

static void what_is_borrowed_is_left_alone(struct scene *s) {
    int fd = raw_listener(SOCK_NONBLOCK);
    check_int(weir_listener_adopt(s->loop, fd, WEIR_BORROW, &watched, echo_back, s, &adopted), 0);
    meet(s);
    check_int(fcntl(fd, F_GETFD), 0);
    close(fd);
}

static void a_duplicate_is_worked_on(struct scene *s) {
    int fd = raw_listener(SOCK_NONBLOCK);
    check_int(weir_listener_adopt(s->loop, fd, WEIR_DUP, &watched, echo_back, s, &adopted), 0);
    meet(s);
    check_int(fcntl(fd, F_GETFD), 0);
    close(fd);
}

static const char *hint(struct scene *s) { return weir_loop_last_error(s->loop)->hint; }

static int try_to_adopt(struct scene *s, int fd, weir_ownership owner) {
    return weir_listener_adopt(s->loop, fd, owner, NULL, echo_back, NULL, NULL);
}

static void others_are_refused_with_the_reason(struct scene *s) {
    int plain = socket(AF_INET, SOCK_STREAM, 0), datagram = socket(AF_INET, SOCK_DGRAM, 0), blocks = raw_listener(0);
    int pair[2], file = open("/dev/null", O_RDONLY);
    check_int(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    check_int(try_to_adopt(s, plain, WEIR_BORROW), WEIR_ENOTSUP);
    check(strstr(hint(s), "listens"));
    check_int(try_to_adopt(s, datagram, WEIR_BORROW), WEIR_ENOTSUP);
    check_int(try_to_adopt(s, pair[0], WEIR_BORROW), WEIR_ENOTSUP);
    check_int(try_to_adopt(s, file, WEIR_BORROW), WEIR_ENOTSUP);
    check_int(try_to_adopt(s, blocks, WEIR_BORROW), WEIR_ENOTSUP);
    check(strstr(hint(s), "O_NONBLOCK"));
    check_int(try_to_adopt(s, blocks, WEIR_DUP), WEIR_ENOTSUP);
    check_int(fcntl(blocks, F_GETFL) & O_NONBLOCK, 0);
    check_int(try_to_adopt(s, 9999, WEIR_BORROW), WEIR_ENOENT);
    check_int(try_to_adopt(s, -1, WEIR_BORROW), WEIR_EINVAL);
    check_int(try_to_adopt(s, blocks, (weir_ownership)0), WEIR_EINVAL);
    check_int(try_to_adopt(s, pair[0], WEIR_TAKE), WEIR_ENOTSUP);
    check_int(fcntl(pair[0], F_GETFD), -1); /* it was given away */
    close(pair[1]);
    close(plain);
    close(datagram);
    close(blocks);
    close(file);
}

static void simulated_loops_have_no_descriptors(struct scene *s) {
    weir_listener *none[1];
    check_int(try_to_adopt(s, 0, WEIR_BORROW), WEIR_ENOTSUP);
    check_int(weir_systemd_listen(s->loop, "0", NULL, echo_back, NULL, NULL), WEIR_ENOTSUP);
    weir_address address = scene_address(s);
    check_int(weir_socket_listen(s->loop, &address, NULL, echo_back, NULL, &none[0]), 0);
    check_int(weir_handover_offer(s->loop, "/run/nothing", none, 1, NULL, NULL, NULL), WEIR_ENOTSUP);
    check_int(weir_listener_close(none[0]), 0);
    scene_run(s);
}

/* ---- socket activation ------------------------------------------------------------------------------------------- */

/* In a child of its own, since descriptors from 3 on are this program's. Returns what `act` found wrong. */
static void in_a_child(struct scene *s, int (*act)(const char *backend)) {
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        if (weir_loop_close(s->loop, NULL, NULL) < 0) _exit(100);
        _exit(act(s->place->backend));
    }
    check(child > 0);
    check_int(waitpid(child, &status, 0), child);
    check(WIFEXITED(status));
    check_int(WEXITSTATUS(status), 0);
}

static weir_loop *own_loop(const char *backend) {
    const weir_loop_options options = {.backend = backend};
    weir_loop *loop = NULL;
    if (weir_loop_open(&loop, &options) < 0) _exit(101);
    return loop;
}

static void set_number(const char *name, int value) {
    char text[16];
    snprintf(text, sizeof text, "%d", value);
    setenv(name, text, 1);
}

static int find(weir_loop *loop, const char *name, weir_listener **ret) {
    return weir_systemd_listen(loop, name, NULL, echo_back, NULL, ret);
}

static bool is_at(weir_listener *l, int fd) {
    struct sockaddr_in name;
    socklen_t size = sizeof name;
    weir_address address;
    return getsockname(fd, (struct sockaddr *)&name, &size) == 0 && weir_listener_address(l, &address) == 0 &&
           address.port == ntohs(name.sin_port);
}

#define EXPECT(condition)                                                                                              \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                                                    \
            return 1;                                                                                                  \
        }                                                                                                              \
    } while (0)

static int find_activated(const char *backend) {
    weir_listener *l[4];
    int first = raw_listener(0), second = raw_listener(0);
    EXPECT(dup2(first, 103) == 103 && dup2(second, 104) == 104);
    closefrom(105);
    for (int fd = 3; fd < 103; fd++)
        close(fd);
    EXPECT(dup2(103, 3) == 3 && dup2(104, 4) == 4);
    weir_loop *loop = own_loop(backend);
    EXPECT(find(loop, "web", &l[0]) == WEIR_ENOENT); /* no environment at all */
    setenv("LISTEN_FDNAMES", "web:admin", 1);
    set_number("LISTEN_FDS", 2);
    set_number("LISTEN_PID", (int)getppid());
    EXPECT(find(loop, "web", &l[0]) == WEIR_ENOENT); /* for another */
    set_number("LISTEN_PID", (int)getpid());
    EXPECT(find(loop, "web", &l[0]) == 0 && is_at(l[0], 103));
    EXPECT(find(loop, "admin", &l[1]) == 0 && is_at(l[1], 104));
    EXPECT(find(loop, "0", &l[2]) == 0 && is_at(l[2], 103));
    EXPECT(find(loop, "1", &l[3]) == 0 && is_at(l[3], 104));
    EXPECT(fcntl(3, F_GETFD) == FD_CLOEXEC);
    EXPECT(find(loop, "2", NULL) == WEIR_ENOENT);
    EXPECT(find(loop, "we", NULL) == WEIR_ENOENT);
    EXPECT(strstr(weir_loop_last_error(loop)->hint, "web:admin"));
    EXPECT(find(loop, "", NULL) == WEIR_EINVAL);
    setenv("LISTEN_FDS", "2 ", 1);
    EXPECT(find(loop, "web", NULL) == WEIR_ENOENT);
    setenv("LISTEN_FDS", "+2", 1);
    EXPECT(find(loop, "web", NULL) == WEIR_ENOENT);
    EXPECT(getenv("LISTEN_PID") && getenv("LISTEN_FDNAMES"));
    for (int i = 0; i < 4; i++)
        EXPECT(weir_listener_close(l[i]) == 0);
    EXPECT(weir_run(loop) == 0);
    EXPECT(fcntl(3, F_GETFD) >= 0); /* left where it was */
    EXPECT(weir_loop_close(loop, NULL, NULL) == 0);
    return 0;
}

static void sockets_are_found_by_name(struct scene *s) { in_a_child(s, find_activated); }

/* ---- handing over ------------------------------------------------------------------------------------------------ */

enum step { NOBODY, TAKES_ALL, DIES_CONNECTED, DIES_WITH_DESCRIPTORS, DIES_IN_TAKEN, REFUSES, SERVES_ON };

static struct {
    char path[64];
    enum step step;
    weir_listener *listener;
    weir_handover *offer;
    unsigned offered_done, served_here;
    int status, go;
    pid_t child;
    void (*then)(struct scene *s); /* when the successor has died */
} over;

static void serve_here(weir_transport *t, void *user) {
    over.served_here++;
    echo_back(t, NULL);
    (void)user;
}

/* The successor: serves one, and says so by its status. */
static struct {
    weir_listener *listener;
    unsigned served;
    int status;
    bool ended;
} heir;

static void serve_there(weir_transport *t, void *user) {
    (void)user;
    heir.served++;
    echo_back(t, NULL);
    if (over.step != SERVES_ON) weir_listener_close(heir.listener);
}

static int taken(weir_loop *loop, const char *name, int fd, void *user) {
    (void)user;
    if (over.step == DIES_IN_TAKEN) _exit(0);
    if (over.step == REFUSES) {
        close(fd);
        return WEIR_EBUSY;
    }
    if (strncmp(name, "tcp://127.0.0.1:", 16) != 0 && strncmp(name, "unix:", 5) != 0) _exit(102);
    if (!(fcntl(fd, F_GETFD) & FD_CLOEXEC)) _exit(103);
    return weir_listener_adopt(loop, fd, WEIR_TAKE, NULL, serve_there, NULL, &heir.listener);
}

static void takeover_ended(weir_loop *loop, int status, void *user) {
    (void)loop;
    (void)user;
    heir.ended = true;
    heir.status = status;
}

/* Reads what a successor would, and goes. */
static int take_and_die(bool with_descriptors) {
    char bytes[512], control[512];
    struct iovec piece = {bytes, sizeof bytes};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    int fd = raw_connect(over.path);
    if (fd < 0) return 104;
    if (with_descriptors && recvmsg(fd, &message, 0) <= 0) return 105;
    return 0;
}

static int succeed(const char *backend) {
    if (over.step == DIES_CONNECTED || over.step == DIES_WITH_DESCRIPTORS)
        return take_and_die(over.step == DIES_WITH_DESCRIPTORS);
    weir_loop *loop = own_loop(backend);
    EXPECT(weir_handover_take(loop, over.path, 0, taken, takeover_ended, NULL) == 0);
    EXPECT(weir_run(loop) == 0);
    EXPECT(heir.ended);
    EXPECT(heir.status == (over.step == REFUSES ? WEIR_EBUSY : 0));
    EXPECT(heir.served == (over.step == REFUSES ? 0 : 1));
    EXPECT(weir_loop_close(loop, NULL, NULL) == 0);
    return 0;
}

static void offer_ended(weir_handover *offer, int status, void *user) {
    struct scene *s = user;
    scene_enter(s);
    check(offer == over.offer);
    check_int(++over.offered_done, 1);
    over.status = status;
    scene_release(s);
    scene_leave(s);
}

static void listener_gone(weir_listener *listener, void *user, const weir_error *reason) {
    check(listener == over.listener && !reason);
    over.listener = NULL;
    scene_release(user);
}

static void name_the_path(void) { snprintf(over.path, sizeof over.path, "/tmp/weir-handover-%d", (int)getpid()); }

/* Forked before there is anything that it could inherit, it waits for a word to begin. */
static void raise_a_successor(struct scene *s, enum step step) {
    int go[2];
    char word;
    name_the_path();
    check_int(pipe(go), 0);
    over.child = fork();
    if (over.child == 0) {
        alarm(30);
        over.step = step;
        close(go[1]);
        if (weir_loop_close(s->loop, NULL, NULL) < 0) _exit(100);
        _exit(read(go[0], &word, 1) == 1 ? succeed(s->place->backend) : 106);
    }
    check(over.child > 0);
    close(go[0]);
    over.go = go[1];
}

static void send_the_successor(struct scene *s) {
    (void)s;
    check_int(write(over.go, "g", 1), 1);
    close(over.go);
}

static void check_the_successor(pid_t found, int status) {
    check_int(found, over.child);
    check(WIFEXITED(status));
    check_int(WEXITSTATUS(status), 0);
}

static void wait_for_the_successor(void) {
    int status = -1;
    pid_t found = waitpid(over.child, &status, 0);
    check_the_successor(found, status);
}

/* The loop goes on meanwhile, since the successor may need it. */
static void once_it_is_gone(struct scene *s) {
    int status = -1;
    pid_t found = waitpid(over.child, &status, WNOHANG);
    if (found == 0) {
        scene_later(s, 20 * MS, once_it_is_gone);
        return;
    }
    check_the_successor(found, status);
    over.then(s);
}

/* A listener whose guests wait in its backlog, on offer. */
static bool offer(struct scene *s, enum step step) {
    weir_address address = scene_address(s);
    const weir_listen_options options = {.closed = listener_gone};
    memset(&over, 0, sizeof over);
    if (step != NOBODY) raise_a_successor(s, step);
    name_the_path();
    if (!check_int(weir_socket_listen(s->loop, &address, &options, serve_here, s, &over.listener), 0)) return false;
    check_int(weir_listener_address(over.listener, &s->door.address), 0);
    check_int(weir_listener_pause(over.listener), 0);
    scene_calls(s);
    int status =
        scene_called(s, weir_handover_offer(s->loop, over.path, &over.listener, 1, offer_ended, s, &over.offer));
    scene_hold(s);
    scene_hold(s);
    return check_int(status, 0);
}

static void send_a_guest(struct scene *s) {
    s->client.on_connected = say_hello;
    s->client.on_received = hear_hello_and_close;
    check_int(actor_connect(&s->client, &s->door.address), 0);
}

static bool file_is_there(const struct scene *s) {
    return s->medium != UNIX_PATH || access((const char *)s->door.address.bytes, F_OK) == 0;
}

static void who_waits_is_served_by_the_successor(struct scene *s) {
    struct stat control;
    if (!offer(s, TAKES_ALL)) return;
    check_int(stat(over.path, &control), 0);
    check_int(control.st_mode & 0777, 0600);
    send_a_guest(s);
    scene_later(s, 50 * MS, send_the_successor);
    scene_run(s);
    wait_for_the_successor();
    check_int(over.offered_done, 1);
    check_int(over.status, 0);
    check_int(over.served_here, 0);
    check_int(s->client.received, 5);
    check_int(access(over.path, F_OK), -1);
    check(file_is_there(s)); /* it belongs to the successor's socket too */
    if (s->medium == UNIX_PATH) unlink((const char *)s->door.address.bytes);
}

static void go_on_here(struct scene *s) {
    check_int(over.offered_done, 0);
    check(over.listener != NULL);
    check_int(weir_listener_resume(over.listener), 0);
    (void)s;
}

static void withdraw(struct actor *client, const weir_error *reason) {
    struct scene *s = client->scene;
    (void)reason;
    scene_calls(s);
    check_int(scene_called(s, weir_handover_withdraw(over.offer)), 0);
    check_int(weir_handover_withdraw(over.offer), WEIR_EALREADY);
    check_int(weir_listener_close(over.listener), 0);
}

static void predecessor_goes_on(struct scene *s, enum step step) {
    if (!offer(s, step)) return;
    send_a_guest(s);
    s->client.on_disconnected = withdraw;
    over.then = go_on_here;
    scene_later(s, 50 * MS, send_the_successor);
    scene_later(s, 100 * MS, once_it_is_gone);
    scene_run(s);
    check_int(over.offered_done, 1);
    check_int(over.status, WEIR_ECANCELED);
    check_int(over.served_here, 1);
    check_int(s->client.received, 5);
    check(s->warnings >= 1);
    check_int(access(over.path, F_OK), -1);
}

static void a_successor_may_die_when_connected(struct scene *s) { predecessor_goes_on(s, DIES_CONNECTED); }
static void a_successor_may_die_with_descriptors(struct scene *s) { predecessor_goes_on(s, DIES_WITH_DESCRIPTORS); }
static void a_successor_may_die_taking_them(struct scene *s) { predecessor_goes_on(s, DIES_IN_TAKEN); }
static void a_successor_may_refuse(struct scene *s) { predecessor_goes_on(s, REFUSES); }

/* The second one takes over what the first could not. */
static struct {
    pid_t child;
    int go;
} second;

static void send_the_second(struct scene *s) {
    over.child = second.child;
    over.go = second.go;
    send_the_successor(s);
}

static void the_next_successor_may_do_better(struct scene *s) {
    raise_a_successor(s, TAKES_ALL);
    second.child = over.child;
    second.go = over.go;
    if (!offer(s, DIES_WITH_DESCRIPTORS)) return;
    over.then = send_the_second;
    send_a_guest(s);
    scene_later(s, 50 * MS, send_the_successor);
    scene_later(s, 100 * MS, once_it_is_gone);
    scene_run(s);
    wait_for_the_successor();
    check_int(over.status, 0);
    check_int(over.served_here, 0);
    check_int(s->client.received, 5);
}

#define CROWD 40

static struct actor *crowd[CROWD];
static unsigned sent;

static void send_one_more(struct scene *s) {
    struct actor *guest = crowd[sent++] = scene_cast(s, "guest");
    guest->silenced = true;
    guest->on_connected = say_hello;
    guest->on_received = hear_hello_and_close;
    check_int(actor_connect(guest, &s->door.address), 0);
    if (sent == CROWD / 4) send_the_successor(s);
    if (sent < CROWD) scene_later(s, 2 * MS, send_one_more);
}

/* Both accept for a while, and each guest is served by one of them. */
static void nobody_is_lost_meanwhile(struct scene *s) {
    if (!offer(s, SERVES_ON)) return;
    check_int(weir_listener_resume(over.listener), 0);
    sent = 0;
    scene_later(s, MS, send_one_more);
    scene_run(s);
    for (unsigned i = 0; i < CROWD; i++) {
        check_int(crowd[i]->received, 5);
        check_int(crowd[i]->code, 0);
    }
    check_int(over.status, 0);
    check(over.served_here >= 1);
    kill(over.child, SIGKILL);
    check_int(waitpid(over.child, NULL, 0), over.child);
    if (s->medium == UNIX_PATH) unlink((const char *)s->door.address.bytes);
}

static void close_the_listener(struct scene *s) {
    check_int(weir_listener_close(over.listener), 0);
    (void)s;
}

static void an_offer_ends_with_its_listeners(struct scene *s) {
    weir_handover *another;
    if (!offer(s, NOBODY)) return;
    check_int(weir_handover_offer(s->loop, "@weir-second", &over.listener, 1, NULL, NULL, &another), WEIR_EBUSY);
    check_int(weir_handover_offer(s->loop, over.path, NULL, 0, NULL, NULL, &another), WEIR_EINVAL);
    scene_later(s, 50 * MS, close_the_listener);
    scene_run(s);
    check_int(over.status, WEIR_ECLOSED);
}

static void a_silent_successor_calls(struct scene *s) {
    (void)s;
    over.go = raw_connect(over.path);
    check(over.go >= 0);
}

static void cut(void *user, weir_object_kind kind, void *object, const char *what) {
    (void)user;
    (void)what;
    if (kind == WEIR_OBJECT_TRANSPORT) check_int(weir_transport_abort(object), 0);
}

/* Once the conversation is under way. */
static void cut_and_withdraw(struct scene *s) {
    char byte;
    if (recv(over.go, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 1) {
        scene_later(s, 10 * MS, cut_and_withdraw);
        return;
    }
    weir_loop_each(s->loop, cut, NULL);
    check_int(weir_handover_withdraw(over.offer), 0);
    check_int(weir_listener_close(over.listener), 0);
}

static void a_conversation_may_outlive_its_offer(struct scene *s) {
    if (!offer(s, NOBODY)) return;
    scene_later(s, 50 * MS, a_silent_successor_calls);
    scene_later(s, 100 * MS, cut_and_withdraw);
    scene_run(s);
    close(over.go);
    check_int(over.offered_done, 1);
    check_int(over.status, WEIR_ECANCELED);
}

static int no_status;

static void note_status(weir_loop *loop, int status, void *user) {
    (void)loop;
    no_status = status;
    scene_release(user);
}

static void nobody_offers(struct scene *s) {
    no_status = 0;
    scene_hold(s);
    check_int(weir_handover_take(s->loop, "/tmp/weir-no-such-offer", 0, taken, note_status, s), 0);
    scene_run(s);
    check_int(no_status, WEIR_ENOENT);
}

static void memory_stays_here(struct scene *s) {
    weir_listener *l;
    check_int(weir_mem_listen(s->loop, "here", NULL, echo_back, NULL, &l), 0);
    check_int(weir_handover_offer(s->loop, "@weir-third", &l, 1, NULL, NULL, NULL), WEIR_ENOTSUP);
    check_int(weir_listener_close(l), 0);
    scene_run(s);
}

#define HANDED TCP4 | UNIX_PATH

static const struct scenario handover[] = {
    SCENARIO(what_is_given_is_closed, .media = TCP4, .places = SYSTEM, .loose = true),
    SCENARIO(what_is_borrowed_is_left_alone, .media = TCP4, .places = SYSTEM, .loose = true),
    SCENARIO(a_duplicate_is_worked_on, .media = TCP4, .places = SYSTEM, .loose = true),
    SCENARIO(others_are_refused_with_the_reason, .places = SYSTEM, .expected = ""),
    SCENARIO(simulated_loops_have_no_descriptors, .media = TCP4, .places = SIMULATED, .expected = ""),
    SCENARIO(sockets_are_found_by_name, .places = SYSTEM, .expected = ""),
    SCENARIO(who_waits_is_served_by_the_successor, .media = HANDED, .places = SYSTEM, .loose = true),
    SCENARIO(a_successor_may_die_when_connected, .media = HANDED, .places = SYSTEM, .loose = true),
    SCENARIO(a_successor_may_die_with_descriptors, .media = HANDED, .places = SYSTEM, .loose = true),
    SCENARIO(a_successor_may_die_taking_them, .media = HANDED, .places = SYSTEM, .loose = true),
    SCENARIO(a_successor_may_refuse, .media = HANDED, .places = SYSTEM, .loose = true),
    SCENARIO(the_next_successor_may_do_better, .media = TCP4, .places = SYSTEM, .loose = true),
    SCENARIO(nobody_is_lost_meanwhile, .media = HANDED, .places = SYSTEM, .loose = true),
    SCENARIO(an_offer_ends_with_its_listeners, .media = TCP4, .places = SYSTEM, .loose = true),
    SCENARIO(a_conversation_may_outlive_its_offer, .media = TCP4, .places = SYSTEM, .loose = true),
    SCENARIO(nobody_offers, .places = SYSTEM, .expected = ""),
    SCENARIO(memory_stays_here, .expected = ""),
};
const struct suite handover_suite = SUITE(handover);
