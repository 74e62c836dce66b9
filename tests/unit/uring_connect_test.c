/* SPDX-License-Identifier: MIT
 *
 * Connections through the io_uring backend: accepting and connecting, refusals, limits and cancels. */
#include "uring_loop.h"

#include <fcntl.h>
#include <sys/resource.h>

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
    while (a.count < 40)
        loop_tick(&l, SECOND);
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
        for (int k = 0; k < a.count; k++)
            close(a.fds[k]);
        for (int fd; a.count == 0 && (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0; a.count++)
            close(fd);
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
    for (int i = 0; i < 3; i++)
        loop_tick(&l, SECOND / 1000);
    assert_false(a.seen.ended);
    setrlimit(RLIMIT_NOFILE, &before);
    const int other = tcp_client(&at);
    while (a.count == 0)
        loop_tick(&l, SECOND);
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
    for (int i = 0; i < 60; i++)
        clients[i] = tcp_client(&at);
    while (a.count < 60)
        loop_tick(&l, SECOND);
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
        for (int i = 0; i < ticks; i++)
            loop_tick(&l, SECOND / 100);
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
        for (int ticks = 0; ticks < 3; ticks++)
            loop_tick(&l, SECOND / 100);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accept_reports_each_connection),
        cmocka_unit_test(cancelled_accept_leaks_nothing),
        cmocka_unit_test(accept_without_descriptors_is_told_once),
        cmocka_unit_test(accept_once_ends_with_the_first),
        cmocka_unit_test(accept_outlives_a_full_completion_queue),
        cmocka_unit_test(connect_succeeds_and_is_refused),
        cmocka_unit_test(connect_to_a_full_listener_is_refused_or_cancelled),
        cmocka_unit_test(connect_under_way_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
