/* SPDX-License-Identifier: MIT
 *
 * The io_uring backend through the port: each op alone, its cancel at awkward moments, and rings that are too small. */
#include "uring_loop.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

static void usual(struct loop *l) { loop_open(l, 1024, 8192, 256); }

static struct weir_segment lent(const void *bytes, size_t size) {
    return (struct weir_segment){.bytes = (uint8_t *)(uintptr_t)bytes, .size = size};
}

static void receive_ends_with_zero_after_all_bytes(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int fds[2];
    unix_pair(fds);
    struct seen r = seen_op(WEIR_PORT_RECEIVE, socket_handle(fds[0]));
    loop_submit(&l, &r.op);
    assert_int_equal(write(fds[1], "hello", 5), 5);
    close(fds[1]);
    loop_until(&l, &r.ended);
    assert_int_equal(r.sum, 5);
    assert_int_equal(r.result, 0);
    close(fds[0]);
    loop_close(&l);
}

static void small_send_completes_without_further_events(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int fds[2];
    unix_pair(fds);
    struct weir_segment s = lent("hello", 5);
    struct seen w = seen_op(WEIR_PORT_SEND, socket_handle(fds[0]));
    w.op.with.segments = &s;
    loop_submit(&l, &w.op);
    const uint64_t start = loop_now(&l);
    loop_until(&l, &w.ended);
    assert_int_equal(w.result, 5);
    assert_true(loop_now(&l) - start < SECOND);
    close(fds[0]);
    close(fds[1]);
    loop_close(&l);
}

/* Unless it is cancelled: then somebody waits for it. */
static void quiet_send_lets_the_loop_sleep(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int fds[2];
    unix_pair(fds);
    struct weir_segment s = lent("hello", 5);
    struct seen w = seen_op(WEIR_PORT_SEND, socket_handle(fds[0]));
    w.op.with.segments = &s;
    w.op.quiet = true;
    for (int cancelled = 0; cancelled < 2; cancelled++) {
        w.ended = false;
        loop_submit(&l, &w.op);
        if (cancelled) loop_cancel(&l, &w.op);
        const uint64_t start = loop_now(&l);
        loop_tick(&l, SECOND / 20);
        assert_int_equal(loop_now(&l) - start > SECOND / 25, !cancelled);
        assert_true(w.ended);
        assert_int_equal(w.result, 5);
    }
    close(fds[1]); /* and a failure is told at once */
    w.ended = false;
    loop_submit(&l, &w.op);
    const uint64_t start = loop_now(&l);
    loop_tick(&l, SECOND);
    assert_true(loop_now(&l) - start < SECOND / 2);
    assert_int_equal(w.result, WEIR_ERESET);
    close(fds[0]);
    loop_close(&l);
}

static void send_to_a_closed_peer_fails(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int fds[2];
    unix_pair(fds);
    close(fds[1]);
    struct weir_segment s = lent("hello", 5);
    struct seen w = seen_op(WEIR_PORT_SEND, socket_handle(fds[0]));
    w.op.with.segments = &s;
    loop_submit(&l, &w.op);
    loop_until(&l, &w.ended);
    assert_int_equal(w.result, WEIR_ERESET);
    assert_int_equal(w.os_code, EPIPE);
    close(fds[0]);
    loop_close(&l);
}

/* Fills a socket until it refuses; returns how much it took. */
static size_t fill(int fd) {
    static const uint8_t zeros[4096];
    size_t sum = 0;
    for (ssize_t n; (n = send(fd, zeros, sizeof zeros, MSG_DONTWAIT)) > 0;) sum += (size_t)n;
    return sum;
}

static size_t empty(int fd) {
    static uint8_t scrap[65536];
    size_t sum = 0;
    for (ssize_t n; (n = recv(fd, scrap, sizeof scrap, MSG_DONTWAIT)) > 0;) sum += (size_t)n;
    return sum;
}

static void refused_send_waits_for_room(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int fds[2];
    unix_pair(fds);
    fill(fds[0]);
    struct weir_segment s = lent("hello", 5);
    struct seen w = seen_op(WEIR_PORT_SEND, socket_handle(fds[0]));
    w.op.with.segments = &s;
    for (int stalled = 0; stalled < 2; stalled++) {
        w.ended = false;
        w.op.stalled = stalled;
        loop_submit(&l, &w.op);
        for (int i = 0; i < 5; i++) loop_tick(&l, SECOND / 1000);
        assert_false(w.ended);
        empty(fds[1]);
        loop_until(&l, &w.ended);
        assert_int_equal(w.result, 5);
        assert_int_equal(empty(fds[1]), 5);
        fill(fds[0]);
    }
    close(fds[0]);
    close(fds[1]);
    loop_close(&l);
}

static void refused_send_can_be_cancelled(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int fds[2];
    unix_pair(fds);
    const size_t before = fill(fds[0]);
    struct weir_segment s = lent("hello", 5);
    struct seen w = seen_op(WEIR_PORT_SEND, socket_handle(fds[0]));
    w.op.with.segments = &s;
    for (int ticks = 0; ticks < 3; ticks++) { /* cancelled before, while and after it was refused */
        w.ended = false;
        loop_submit(&l, &w.op);
        for (int i = 0; i < ticks; i++) loop_tick(&l, 0);
        loop_cancel(&l, &w.op);
        loop_cancel(&l, &w.op);
        loop_until(&l, &w.ended);
        assert_int_equal(w.result, WEIR_ECANCELED);
    }
    assert_int_equal(empty(fds[1]), before);
    close(fds[0]);
    close(fds[1]);
    loop_close(&l);
}

static void part_of_a_send_is_told(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int fds[2];
    unix_pair(fds);
    static uint8_t bytes[8000];
    const int smallest = 1;
    setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &smallest, sizeof smallest);
    struct weir_segment s = lent(bytes, sizeof bytes);
    struct seen w = seen_op(WEIR_PORT_SEND, socket_handle(fds[0]));
    w.op.with.segments = &s;
    loop_submit(&l, &w.op);
    loop_until(&l, &w.ended);
    assert_in_range(w.result, 1, 7999);
    assert_int_equal(empty(fds[1]), w.result);
    close(fds[0]);
    close(fds[1]);
    loop_close(&l);
}

static void chain_is_sent_in_order(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int fds[2];
    char got[16] = "";
    unix_pair(fds);
    struct weir_segment second = lent("world", 5), first = lent("hello ", 6);
    first.next = &second;
    struct seen w = seen_op(WEIR_PORT_SEND, socket_handle(fds[0]));
    w.op.with.segments = &first;
    loop_submit(&l, &w.op);
    assert_false(w.ended);
    loop_until(&l, &w.ended);
    assert_int_equal(w.result, 11);
    assert_int_equal(read(fds[1], got, sizeof got), 11);
    assert_string_equal(got, "hello world");
    close(fds[0]);
    close(fds[1]);
    loop_close(&l);
}

static void reset_is_told_after_the_bytes(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int fds[2];
    tcp_pair(fds);
    assert_int_equal(write(fds[1], "hello", 5), 5);
    reset_close(fds[1]);
    struct seen r = seen_op(WEIR_PORT_RECEIVE, socket_handle(fds[0]));
    loop_submit(&l, &r.op);
    loop_until(&l, &r.ended);
    assert_int_equal(r.sum, 5);
    assert_int_equal(r.result, WEIR_ERESET);
    assert_int_equal(r.os_code, ECONNRESET);
    close(fds[0]);
    loop_close(&l);
}

static void cancelled_receive_loses_nothing(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int fds[2];
    unix_pair(fds);
    struct seen r = seen_op(WEIR_PORT_RECEIVE, socket_handle(fds[0]));
    int64_t sent = 0;
    for (int i = 0; i < 200; i++) {
        r.ended = false;
        loop_submit(&l, &r.op);
        for (int t = 0; t < i % 3; t++) loop_tick(&l, 0);
        static uint8_t bytes[9000];
        const size_t n = i % 4 == 0 ? sizeof bytes : 700;
        if (i % 5 != 0) sent += send(fds[1], bytes, n, 0);
        if (i % 2) loop_tick(&l, 0);
        loop_cancel(&l, &r.op);
        loop_until(&l, &r.ended);
        assert_int_equal(r.result, WEIR_ECANCELED);
    }
    sent -= (int64_t)empty(fds[0]);
    assert_int_equal(r.sum, sent);
    close(fds[0]);
    close(fds[1]);
    loop_close(&l);
}

struct acceptor {
    struct seen seen;
    int fds[64], count;
};

static void accept_done(struct weir_port_op *op, const struct weir_completion *c) {
    struct acceptor *a = (struct acceptor *)op;
    seen_done(op, c);
    if (c->result >= 0) a->fds[a->count++] = weir_sys_fd(c->result);
}

static void accept_reports_each_connection(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    weir_address at;
    const int listener = tcp_listener(&at);
    struct acceptor a = {.seen = seen_op(WEIR_PORT_ACCEPT, socket_handle(listener))};
    a.seen.op.done = accept_done;
    loop_submit(&l, &a.seen.op);
    int clients[40];
    for (int i = 0; i < 40; i++) {
        clients[i] = tcp_client(&at);
        if (i % 7 == 0) loop_tick(&l, 0);
    }
    while (a.count < 40) loop_tick(&l, SECOND);
    assert_int_equal(l.state->handles, 40);
    loop_cancel(&l, &a.seen.op);
    loop_until(&l, &a.seen.ended);
    assert_int_equal(a.seen.result, WEIR_ECANCELED);
    for (int i = 0; i < 40; i++) {
        assert_int_equal(fcntl(a.fds[i], F_GETFD), FD_CLOEXEC);
        close(a.fds[i]);
        close(clients[i]);
    }
    close(listener);
    loop_close(&l);
}

/* Connections that come around the cancel are delivered before the end, or stay in the backlog. */
static void cancelled_accept_leaks_nothing(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    weir_address at;
    const int listener = tcp_listener(&at);
    struct acceptor a = {.seen = seen_op(WEIR_PORT_ACCEPT, socket_handle(listener))};
    a.seen.op.done = accept_done;
    int lowest = dup(0);
    close(lowest);
    for (int i = 0; i < 50; i++) {
        a.seen.ended = false;
        a.count = 0;
        loop_submit(&l, &a.seen.op);
        if (i % 2) loop_tick(&l, 0);
        int client = tcp_client(&at);
        if (i % 3 == 0) loop_tick(&l, 0);
        loop_cancel(&l, &a.seen.op);
        loop_until(&l, &a.seen.ended);
        for (int k = 0; k < a.count; k++) close(a.fds[k]);
        for (int fd; a.count == 0 && (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0; a.count++) close(fd);
        assert_int_equal(a.count, 1);
        close(client);
    }
    int now = dup(0);
    close(now);
    assert_int_equal(now, lowest);
    close(listener);
    loop_close(&l);
}

/* The refusal ends the op; the next one is quiet until there is somebody to accept. */
static void accept_without_descriptors_is_told_once(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    weir_address at;
    struct rlimit before, none;
    const int listener = tcp_listener(&at);
    const int client = socket(AF_INET, SOCK_STREAM, 0);
    struct acceptor a = {.seen = seen_op(WEIR_PORT_ACCEPT, socket_handle(listener))};
    a.seen.op.done = accept_done;
    loop_tick(&l, 0);
    getrlimit(RLIMIT_NOFILE, &before);
    none = before;
    none.rlim_cur = 3;
    setrlimit(RLIMIT_NOFILE, &none);
    loop_submit(&l, &a.seen.op);
    struct sockaddr_storage to;
    const unsigned size = weir_sys_sockaddr(&at, &to);
    assert_int_equal(connect(client, (struct sockaddr *)&to, size), 0);
    loop_until(&l, &a.seen.ended);
    assert_int_equal(a.seen.result, WEIR_EMFILE);
    setrlimit(RLIMIT_NOFILE, &before);
    close(accept(listener, NULL, NULL));
    setrlimit(RLIMIT_NOFILE, &none);
    a.seen.ended = false;
    loop_submit(&l, &a.seen.op);
    for (int i = 0; i < 3; i++) loop_tick(&l, SECOND / 1000);
    assert_false(a.seen.ended);
    setrlimit(RLIMIT_NOFILE, &before);
    const int other = tcp_client(&at);
    while (a.count == 0) loop_tick(&l, SECOND);
    loop_cancel(&l, &a.seen.op);
    loop_until(&l, &a.seen.ended);
    assert_int_equal(a.seen.result, WEIR_ECANCELED);
    close(a.fds[0]);
    close(client);
    close(other);
    close(listener);
    loop_close(&l);
}

static void accept_once_ends_with_the_first(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    weir_address at;
    const int listener = tcp_listener(&at), clients[] = {tcp_client(&at), tcp_client(&at)};
    struct acceptor a = {.seen = seen_op(WEIR_PORT_ACCEPT, socket_handle(listener))};
    a.seen.op.done = accept_done;
    a.seen.op.once = true;
    loop_submit(&l, &a.seen.op);
    loop_until(&l, &a.seen.ended);
    assert_int_equal(a.count, 1);
    a.seen.ended = false;
    loop_submit(&l, &a.seen.op);
    loop_until(&l, &a.seen.ended);
    assert_int_equal(a.count, 2);
    a.seen.ended = false;
    loop_submit(&l, &a.seen.op);
    loop_tick(&l, 0);
    loop_cancel(&l, &a.seen.op);
    loop_until(&l, &a.seen.ended);
    assert_int_equal(a.seen.result, WEIR_ECANCELED);
    for (int i = 0; i < 2; i++) {
        close(a.fds[i]);
        close(clients[i]);
    }
    close(listener);
    loop_close(&l);
}

/* More connections than the completion queue holds end the kernel's request, not the op. */
static void accept_outlives_a_full_completion_queue(void **unused) {
    (void)unused;
    struct loop l;
    loop_open(&l, 4, 8, 4);
    weir_address at;
    int clients[60];
    const int listener = tcp_listener(&at);
    struct acceptor a = {.seen = seen_op(WEIR_PORT_ACCEPT, socket_handle(listener))};
    a.seen.op.done = accept_done;
    loop_submit(&l, &a.seen.op);
    for (int i = 0; i < 60; i++) clients[i] = tcp_client(&at);
    while (a.count < 60) loop_tick(&l, SECOND);
    loop_cancel(&l, &a.seen.op);
    loop_until(&l, &a.seen.ended);
    assert_int_equal(a.seen.result, WEIR_ECANCELED);
    for (int i = 0; i < 60; i++) {
        close(a.fds[i]);
        close(clients[i]);
    }
    close(listener);
    loop_close(&l);
}

static weir_handle new_socket(struct loop *l, weir_family family) {
    struct weir_call c = {.kind = WEIR_CALL_SOCKET, .family = (uint8_t)family};
    assert_int_equal(l->state->table->call(l->state, &c), 0);
    return c.handle;
}

static void close_handle(struct loop *l, weir_handle handle) {
    struct weir_call c = {.kind = WEIR_CALL_CLOSE, .handle = handle};
    assert_int_equal(l->state->table->call(l->state, &c), 0);
}

static void connect_succeeds_and_is_refused(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    weir_address at, name;
    int listener = tcp_listener(&at);
    for (int refused = 0; refused < 2; refused++) {
        struct seen c = seen_op(WEIR_PORT_CONNECT, new_socket(&l, WEIR_FAMILY_IPV4));
        c.op.with.address = &at;
        loop_submit(&l, &c.op);
        loop_until(&l, &c.ended);
        assert_int_equal(c.result, refused ? WEIR_EREFUSED : 0);
        assert_int_equal(c.os_code, refused ? ECONNREFUSED : 0);
        close_handle(&l, c.op.handle);
        if (!refused) close(listener);
    }
    assert_int_equal(weir_address_unix(&name, "@weir-nobody-listens-here", 25), 0);
    struct seen c = seen_op(WEIR_PORT_CONNECT, new_socket(&l, WEIR_FAMILY_UNIX));
    c.op.with.address = &name;
    loop_submit(&l, &c.op);
    loop_until(&l, &c.ended);
    assert_int_equal(c.result, WEIR_EREFUSED);
    close_handle(&l, c.op.handle);
    assert_int_equal(l.state->handles, 0);
    loop_close(&l);
}

static int full_unix_listener(weir_address *ret, int *ret_first) {
    char text[64];
    const int length = snprintf(text, sizeof text, "@weir-full-%d", (int)getpid());
    assert_int_equal(weir_address_unix(ret, text, (size_t)length), 0);
    struct sockaddr_storage to;
    const unsigned size = weir_sys_sockaddr(ret, &to);
    const int listener = socket(AF_UNIX, SOCK_STREAM, 0), first = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&to, size), 0);
    assert_int_equal(listen(listener, 0), 0);
    assert_int_equal(connect(first, (struct sockaddr *)&to, size), 0);
    *ret_first = first;
    return listener;
}

/* Ours are refused by a full backlog; one that was made elsewhere and blocks would wait in a thread of the kernel. */
static void connect_to_a_full_listener_is_refused_or_cancelled(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    weir_address name;
    int first;
    const int listener = full_unix_listener(&name, &first);
    struct seen c = seen_op(WEIR_PORT_CONNECT, new_socket(&l, WEIR_FAMILY_UNIX));
    c.op.with.address = &name;
    loop_submit(&l, &c.op);
    loop_until(&l, &c.ended);
    assert_int_equal(c.result, WEIR_EREFUSED);
    assert_int_equal(c.os_code, EAGAIN);
    close_handle(&l, c.op.handle);
    for (int ticks = 0; ticks < 4; ticks++) {
        c = seen_op(WEIR_PORT_CONNECT, socket_handle(socket(AF_UNIX, SOCK_STREAM, 0)));
        c.op.with.address = &name;
        loop_submit(&l, &c.op);
        for (int i = 0; i < ticks; i++) loop_tick(&l, SECOND / 100);
        assert_false(c.ended);
        loop_cancel(&l, &c.op);
        loop_until(&l, &c.ended);
        assert_int_equal(c.result, WEIR_ECANCELED);
        close(weir_sys_fd(c.op.handle));
    }
    close(first);
    close(listener);
    loop_close(&l);
}

/* A socket that somebody else had begun to connect: its result comes by a poll. */
static void connect_under_way_is_waited_for(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    weir_address at;
    const int listener = tcp_listener(&at);
    struct sockaddr_storage to;
    const unsigned size = weir_sys_sockaddr(&at, &to);
    listen(listener, 0);
    const int first = tcp_client(&at);
    int second[2];
    for (int i = 0; i < 2; i++) {
        second[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        assert_int_equal(connect(second[i], (struct sockaddr *)&to, size), -1);
        assert_int_equal(errno, EINPROGRESS);
    }
    for (int i = 0; i < 2; i++) {
        struct seen c = seen_op(WEIR_PORT_CONNECT, socket_handle(second[i]));
        c.op.with.address = &at;
        loop_submit(&l, &c.op);
        for (int ticks = 0; ticks < 3; ticks++) loop_tick(&l, SECOND / 100);
        assert_false(c.ended);
        if (i == 0)
            loop_cancel(&l, &c.op);
        else
            close(accept(listener, NULL, NULL));
        loop_until(&l, &c.ended);
        assert_int_equal(c.result, i == 0 ? WEIR_ECANCELED : 0);
        close(second[i]);
    }
    close(first);
    close(listener);
    loop_close(&l);
}

static void *wake_soon(void *state) {
    usleep(20000);
    ((struct weir_backend_state *)state)->table->wake(state);
    return NULL;
}

static void wake_ends_a_sleep(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    const struct weir_backend *table = l.state->table;
    struct weir_completion c;
    for (int i = 0; i < 3; i++) { /* the one under way, or else the next one */
        const uint64_t start = loop_now(&l);
        pthread_t thread;
        if (i == 1)
            pthread_create(&thread, NULL, wake_soon, l.state);
        else
            table->wake(l.state);
        assert_int_equal(table->wait(l.state, WEIR_FOREVER), 0);
        assert_false(table->next(l.state, &c));
        if (i == 1) pthread_join(thread, NULL);
        assert_in_range(loop_now(&l) - start, i == 1 ? SECOND / 100 : 0, SECOND);
    }
    const uint64_t start = loop_now(&l); /* and no more than one */
    loop_tick(&l, SECOND / 50);
    loop_tick(&l, SECOND / 50);
    assert_true(loop_now(&l) - start >= SECOND / 50);
    loop_close(&l);
}

static void wait_lasts_until_its_deadline(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    loop_tick(&l, 0);
    for (uint64_t ns = 1000; ns <= 50000000; ns *= 7) {
        const uint64_t deadline = loop_now(&l) + ns;
        assert_int_equal(l.state->table->wait(l.state, deadline), 0);
        assert_true(loop_now(&l) + 1000000 >= deadline);
    }
    loop_close(&l);
}

/* More requests than entries, before the ring is enabled and after; cancelled while they wait for one. */
static void full_submission_queue_is_no_matter(void **unused) {
    (void)unused;
    struct loop l;
    loop_open(&l, 4, 16, 8);
    static struct seen ops[100];
    int fds[100][2];
    for (int i = 0; i < 100; i++) {
        unix_pair(fds[i]);
        assert_int_equal(write(fds[i][1], "x", 1), 1);
    }
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++) {
            ops[i] = seen_op(WEIR_PORT_RECEIVE, socket_handle(fds[i][0]));
            loop_submit(&l, &ops[i].op);
        }
        if (round == 1) loop_tick(&l, 0);
        for (int i = 0; i < 100; i += 2) loop_cancel(&l, &ops[i].op);
        for (int i = 0; i < 100; i += 4) loop_cancel(&l, &ops[i].op);
        for (int i = 0; i < 100; i += 2) loop_until(&l, &ops[i].ended);
        for (int i = 1; i < 100; i += 2) {
            while (ops[i].sum == 0) loop_tick(&l, SECOND);
            assert_false(ops[i].ended);
            loop_cancel(&l, &ops[i].op);
        }
        loop_drain(&l);
        for (int i = 0; i < 100; i++) {
            if (ops[i].sum == 1) assert_int_equal(write(fds[i][1], "x", 1), 1);
        }
    }
    for (int i = 0; i < 100; i++) {
        close(fds[i][0]);
        close(fds[i][1]);
    }
    loop_close(&l);
}

/* A thousand receives and sends on a completion queue of sixteen, with eight buffers, a few completions per tick. */
static void tiny_rings_lose_nothing(void **unused) {
    (void)unused;
    enum { pairs = 500 };
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    static struct seen in[pairs], out[pairs];
    static int fds[pairs][2];
    static uint8_t bytes[6000];
    struct loop l;
    loop_open(&l, 8, 16, 8);
    l.per_tick = 5;
    struct weir_segment s = lent(bytes, sizeof bytes);
    for (int i = 0; i < pairs; i++) {
        unix_pair(fds[i]);
        in[i] = seen_op(WEIR_PORT_RECEIVE, socket_handle(fds[i][0]));
        out[i] = seen_op(WEIR_PORT_SEND, socket_handle(fds[i][1]));
        out[i].op.with.segments = &s;
        loop_submit(&l, &in[i].op);
    }
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < pairs; i++) {
            out[i].ended = false;
            loop_submit(&l, &out[i].op);
        }
        const uint64_t end = loop_now(&l) + 20 * SECOND;
        for (int i = 0; i < pairs;) {
            if (out[i].ended && in[i].sum == (round + 1) * (int64_t)sizeof bytes) {
                assert_int_equal(out[i].result, sizeof bytes);
                i++;
            } else {
                loop_tick(&l, SECOND / 100);
                assert_true(loop_now(&l) < end);
            }
        }
    }
    for (int i = 0; i < pairs; i++) close(fds[i][1]);
    loop_drain(&l);
    for (int i = 0; i < pairs; i++) {
        assert_int_equal(in[i].result, 0);
        close(fds[i][0]);
    }
    loop_close(&l);
}

static void nothing_to_do_means_sleep(void **unused) {
    (void)unused;
    struct loop l;
    loop_open(&l, 64, 256, 4);
    static struct seen in[50];
    int fds[50][2];
    for (int i = 0; i < 50; i++) { /* more bytes than buffers: all come, and then it is quiet */
        unix_pair(fds[i]);
        in[i] = seen_op(WEIR_PORT_RECEIVE, socket_handle(fds[i][0]));
        loop_submit(&l, &in[i].op);
        assert_int_equal(write(fds[i][1], "some bytes", 10), 10);
    }
    for (int i = 0; i < 100; i++) loop_tick(&l, SECOND / 1000);
    for (int i = 0; i < 50; i++) assert_int_equal(in[i].sum, 10);
    const uint64_t before = l.state->system_calls;
    loop_tick(&l, SECOND / 20);
    assert_int_equal(l.state->system_calls, before + 1);
    for (int i = 0; i < 50; i++) loop_cancel(&l, &in[i].op);
    loop_drain(&l);
    for (int i = 0; i < 50; i++) {
        close(fds[i][0]);
        close(fds[i][1]);
    }
    loop_close(&l);
}

static void *refuse(void *user, void *old, size_t old_size, size_t new_size) {
    (void)old_size;
    if (new_size == 0) {
        free(old);
        return NULL;
    }
    int *left = user;
    return *left < 0 || (*left)-- > 0 ? realloc(old, new_size) : NULL;
}

static void refused_memory_is_reported(void **unused) {
    (void)unused;
    int left = 0, status = WEIR_ENOMEM;
    const weir_allocator allocator = {.resize = refuse, .user = &left};
    struct loop l = {.active = 0};
    weir_memory_init(&l.memory, &allocator);
    l.env = (struct weir_backend_env){.memory = &l.memory, .reason = l.reason, .reason_size = sizeof l.reason};
    for (int n = 0; status < 0; n++) {
        left = n;
        status = weir_uring_open(&l.state, &l.env, (struct weir_uring_shape){64, 256, 8});
        if (status < 0) {
            assert_int_equal(status, WEIR_ENOMEM);
            assert_int_equal(l.memory.held, 0);
        }
    }
    left = 0;
    weir_address at;
    const int listener = tcp_listener(&at);
    struct seen c = seen_op(WEIR_PORT_CONNECT, new_socket(&l, WEIR_FAMILY_IPV4));
    c.op.with.address = &at;
    for (int n = 0; n < 2; n++) { /* the slot, then the name */
        left = n;
        assert_int_equal(loop_submit(&l, &c.op), WEIR_ENOMEM);
    }
    left = 1;
    assert_int_equal(loop_submit(&l, &c.op), 0);
    loop_until(&l, &c.ended);
    assert_int_equal(c.result, 0);
    /* A large receive without memory for the scratch buffer goes by the spare one. */
    const int peer = accept(listener, NULL, NULL);
    static uint8_t bytes[100000];
    left = 0;
    struct seen r = seen_op(WEIR_PORT_RECEIVE, c.op.handle);
    loop_submit(&l, &r.op);
    assert_int_equal(send(peer, bytes, sizeof bytes, 0), sizeof bytes);
    close(peer);
    loop_until(&l, &r.ended);
    assert_int_equal(r.sum, sizeof bytes);
    left = -1;
    close_handle(&l, c.op.handle);
    close(listener);
    loop_close(&l);
}

static void child_leaves_the_parents_ring_alone(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int fds[2];
    unix_pair(fds);
    struct seen r = seen_op(WEIR_PORT_RECEIVE, socket_handle(fds[0]));
    loop_submit(&l, &r.op);
    loop_tick(&l, 0);
    const pid_t child = fork();
    if (child == 0) {
        struct seen other = seen_op(WEIR_PORT_RECEIVE, socket_handle(fds[0]));
        loop_submit(&l, &other.op);
        loop_cancel(&l, &other.op);
        loop_cancel(&l, &r.op);
        l.state->table->close(l.state, true);
        _exit(l.memory.held == 0 ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(write(fds[1], "still here", 10), 10);
    close(fds[1]);
    loop_until(&l, &r.ended);
    assert_int_equal(r.sum, 10);
    close(fds[0]);
    loop_close(&l);
}

static void file_is_received_to_its_end(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    FILE *file = tmpfile();
    assert_non_null(file);
    for (int i = 0; i < 100000; i++) fputs("0123456789", file);
    rewind(file);
    struct seen r = seen_op(WEIR_PORT_RECEIVE, weir_sys_handle(fileno(file), WEIR_HANDLE_FILE | WEIR_HANDLE_BORROWED));
    loop_submit(&l, &r.op);
    loop_until(&l, &r.ended);
    assert_int_equal(r.sum, 1000000);
    assert_int_equal(r.result, 0);
    rewind(file);
    r.ended = false;
    loop_submit(&l, &r.op);
    loop_cancel(&l, &r.op);
    loop_until(&l, &r.ended);
    assert_int_equal(r.result, WEIR_ECANCELED);
    fclose(file);
    loop_close(&l);
}

/* What a foreign loop would see: readable when there is something to do, and only then. */
static void handle_tells_when_there_is_work(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int fds[2];
    unix_pair(fds);
    struct seen r = seen_op(WEIR_PORT_RECEIVE, socket_handle(fds[0]));
    loop_submit(&l, &r.op);
    loop_tick(&l, 0);
    struct pollfd ring = {.fd = weir_sys_fd(l.state->table->handle(l.state)), .events = POLLIN};
    assert_int_equal(poll(&ring, 1, 0), 0);
    assert_int_equal(write(fds[1], "x", 1), 1);
    assert_int_equal(poll(&ring, 1, 1000), 1);
    loop_tick(&l, 0);
    assert_int_equal(r.sum, 1);
    assert_int_equal(poll(&ring, 1, 0), 0);
    l.state->table->wake(l.state);
    assert_int_equal(poll(&ring, 1, 1000), 1);
    loop_tick(&l, 0);
    assert_int_equal(poll(&ring, 1, 0), 0);
    close(fds[1]);
    loop_drain(&l);
    close(fds[0]);
    loop_close(&l);
}

static void *wait_elsewhere(void *state) {
    return (void *)(intptr_t)((struct weir_backend_state *)state)->table->wait(state, 0);
}

static void other_threads_are_refused(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    pthread_t thread;
    void *status;
    loop_tick(&l, 0);
    pthread_create(&thread, NULL, wait_elsewhere, l.state);
    pthread_join(thread, &status);
    assert_int_equal((intptr_t)status, WEIR_EINVAL);
    loop_tick(&l, 0);
    loop_close(&l);
}

/* Makes the calls of io_uring fail with `error` in this process, from `number` on. */
static void forbid(unsigned number, unsigned error) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = 4, .filter = filter};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) _exit(77);
}

/* How opening ends in a child that runs `restrict_it`. */
static int open_in_child(void (*restrict_it)(void), char *reason, size_t size) {
    int out[2], status;
    assert_int_equal(pipe(out), 0);
    const pid_t child = fork();
    if (child == 0) {
        struct loop l = {.active = 0};
        weir_memory_init(&l.memory, NULL);
        l.env = (struct weir_backend_env){.memory = &l.memory, .reason = l.reason, .reason_size = sizeof l.reason};
        restrict_it();
        const int result = weir_backend_io_uring.open(&l.state, &l.env);
        if (result >= 0) l.state->table->close(l.state, false);
        const ssize_t n = write(out[1], l.reason, sizeof l.reason);
        _exit(n < 0 || l.memory.held > 0 ? 99 : -result);
    }
    close(out[1]);
    waitpid(child, &status, 0);
    assert_true(read(out[0], reason, size) > 0);
    close(out[0]);
    return -WEXITSTATUS(status);
}

static void forbid_setup(void) { forbid(SYS_io_uring_setup, EPERM); }
static void lack_setup(void) { forbid(SYS_io_uring_setup, ENOSYS); }
static void forbid_enter(void) { forbid(SYS_io_uring_enter, EPERM); }
static void forbid_register(void) { forbid(SYS_io_uring_register, EINVAL); }
static void forbid_nothing(void) {}
static void forbid_descriptors(void) {
    const struct rlimit none = {.rlim_cur = 3, .rlim_max = 3};
    setrlimit(RLIMIT_NOFILE, &none);
}

static void absence_is_told_with_its_reason(void **unused) {
    (void)unused;
    char reason[160];
    if (open_in_child(forbid_setup, reason, sizeof reason) == -77) skip();
    assert_string_equal(reason, "io_uring_setup: Operation not permitted (seccomp or io_uring_disabled)");
    assert_int_equal(open_in_child(forbid_setup, reason, sizeof reason), WEIR_ENOTSUP);
    assert_int_equal(open_in_child(lack_setup, reason, sizeof reason), WEIR_ENOTSUP);
    assert_string_equal(reason, "io_uring_setup: Function not implemented (no io_uring in this kernel)");
    assert_int_equal(open_in_child(forbid_enter, reason, sizeof reason), WEIR_ENOTSUP);
    assert_int_equal(open_in_child(forbid_register, reason, sizeof reason), WEIR_ENOTSUP);
    assert_int_equal(open_in_child(forbid_descriptors, reason, sizeof reason), WEIR_EMFILE);
    assert_int_equal(open_in_child(forbid_nothing, reason, sizeof reason), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(receive_ends_with_zero_after_all_bytes),
        cmocka_unit_test(small_send_completes_without_further_events),
        cmocka_unit_test(quiet_send_lets_the_loop_sleep),
        cmocka_unit_test(send_to_a_closed_peer_fails),
        cmocka_unit_test(refused_send_waits_for_room),
        cmocka_unit_test(refused_send_can_be_cancelled),
        cmocka_unit_test(part_of_a_send_is_told),
        cmocka_unit_test(chain_is_sent_in_order),
        cmocka_unit_test(reset_is_told_after_the_bytes),
        cmocka_unit_test(cancelled_receive_loses_nothing),
        cmocka_unit_test(accept_reports_each_connection),
        cmocka_unit_test(cancelled_accept_leaks_nothing),
        cmocka_unit_test(accept_without_descriptors_is_told_once),
        cmocka_unit_test(accept_once_ends_with_the_first),
        cmocka_unit_test(accept_outlives_a_full_completion_queue),
        cmocka_unit_test(connect_succeeds_and_is_refused),
        cmocka_unit_test(connect_to_a_full_listener_is_refused_or_cancelled),
        cmocka_unit_test(connect_under_way_is_waited_for),
        cmocka_unit_test(wake_ends_a_sleep),
        cmocka_unit_test(wait_lasts_until_its_deadline),
        cmocka_unit_test(full_submission_queue_is_no_matter),
        cmocka_unit_test(tiny_rings_lose_nothing),
        cmocka_unit_test(nothing_to_do_means_sleep),
        cmocka_unit_test(refused_memory_is_reported),
        cmocka_unit_test(child_leaves_the_parents_ring_alone),
        cmocka_unit_test(file_is_received_to_its_end),
        cmocka_unit_test(handle_tells_when_there_is_work),
        cmocka_unit_test(other_threads_are_refused),
        cmocka_unit_test(absence_is_told_with_its_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
