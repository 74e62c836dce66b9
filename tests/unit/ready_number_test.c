/* SPDX-License-Identifier: MIT
 *
 * Numbers of descriptors that a poller may not like: those beyond what select has bits for, and those that somebody
 * else has closed. What cannot be watched is refused, and everything else goes on. */
#include "unit/ready_peer.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/select.h>

static bool has_a_bound(const struct port *p) { return p->table == &weir_backend_select; }

/* Room for high numbers; false where the system has none. */
static bool raise_the_limit(struct rlimit *before) {
    assert_int_equal(getrlimit(RLIMIT_NOFILE, before), 0);
    struct rlimit raised = *before;
    if (raised.rlim_cur < FD_SETSIZE + 64) raised.rlim_cur = FD_SETSIZE + 64;
    return raised.rlim_max >= raised.rlim_cur && setrlimit(RLIMIT_NOFILE, &raised) == 0;
}

/* A connected socket of a high number, and its peer. */
static weir_handle high_socket(int *peer) {
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    const int high = fcntl(fds[0], F_DUPFD_CLOEXEC, FD_SETSIZE);
    assert_true(high >= FD_SETSIZE);
    close(fds[0]);
    *peer = fds[1];
    return weir_sys_handle(high, WEIR_HANDLE_SOCKET | WEIR_HANDLE_BORROWED);
}

static void fill(weir_handle handle) {
    static uint8_t block[65536];
    const struct weir_segment much = bytes_of(block, sizeof block);
    int os_code;
    while (weir_sys_send(handle, &much, &os_code) > 0) {
    }
}

static void a_high_number_is_watched_or_refused(void **state) {
    struct port *p = *state;
    struct rlimit before;
    int peer;
    if (!raise_the_limit(&before)) skip();
    const weir_handle handle = high_socket(&peer);
    const struct weir_segment hello = bytes_of("hello", 5);
    struct seen received = {0}, sent = {.op.with.segments = &hello}, stuck = {.op.with.segments = &hello};
    assert_int_equal(submit(p, &received, WEIR_PORT_RECEIVE, handle), has_a_bound(p) ? WEIR_EMFILE : 0);
    assert_int_equal(submit(p, &sent, WEIR_PORT_SEND, handle), 0); /* it need not wait */
    run_until(p, &sent, 1);
    assert_int_equal(sent.result, 5);
    fill(handle);
    assert_int_equal(submit(p, &stuck, WEIR_PORT_SEND, handle), 0);
    tick(p, 0);
    tick(p, 0);
    assert_int_equal(stuck.ends, has_a_bound(p));
    if (has_a_bound(p)) {
        assert_int_equal(stuck.result, WEIR_EMFILE);
        assert_int_equal(submit(p, &received, WEIR_PORT_RECEIVE, handle), WEIR_EMFILE); /* as before */
    } else {
        peer_write(peer, "seen");
        run_until(p, &received, 1);
        assert_memory_equal(received.bytes, "seen", 4);
        p->table->cancel(p->state, &stuck.op);
        p->table->cancel(p->state, &received.op);
        while (!stuck.ends || !received.ends)
            tick(p, MS);
    }
    close_handle(p, handle, false);
    close(weir_sys_fd(handle));
    close(peer);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

/* All numbers below FD_SETSIZE are taken: what is made now would get a high one. */
static void what_would_get_a_high_number_is_made_or_refused(void **state) {
    struct port *p = *state;
    static int held[FD_SETSIZE];
    struct rlimit before;
    int count = 0;
    if (!raise_the_limit(&before)) skip();
    weir_address address = any_port();
    const weir_handle listener = new_listener(p, &address, 0);
    const int guest = peer_connect(&address);
    while ((held[count] = dup(0)) < FD_SETSIZE)
        count++;
    close(held[count]);
    const int open_ones = count_descriptors(), expected = has_a_bound(p) ? WEIR_EMFILE : 0;
    struct weir_call made = {.kind = WEIR_CALL_SOCKET, .family = WEIR_FAMILY_IPV4}, pipes = {.kind = WEIR_CALL_PIPE};
    struct weir_call file = {.kind = WEIR_CALL_OPEN, .path = "/dev/null", .value = WEIR_FILE_READ};
    struct seen accepted = {.op.once = true};
    assert_int_equal(p->table->call(p->state, &made), expected);
    assert_int_equal(p->table->call(p->state, &pipes), expected);
    assert_int_equal(p->table->call(p->state, &file), 0); /* nobody waits for a file */
    assert_int_equal(submit(p, &accepted, WEIR_PORT_ACCEPT, listener), 0);
    run_until(p, &accepted, 1);
    assert_int_equal(accepted.ends, 1);
    if (has_a_bound(p)) {
        assert_int_equal(accepted.result, WEIR_EMFILE);
        assert_int_equal(count_descriptors(), open_ones);
    } else {
        assert_true(weir_sys_fd(accepted.result) >= FD_SETSIZE);
        close_handle(p, accepted.result, false);
        close_handle(p, made.handle, false);
        close_handle(p, pipes.handle, false);
        close_handle(p, pipes.other, false);
    }
    close_handle(p, file.handle, false);
    while (count > 0)
        close(held[--count]);
    if (has_a_bound(p)) { /* the guest is still in the queue */
        assert_int_equal(submit(p, &accepted, WEIR_PORT_ACCEPT, listener), 0);
        run_until(p, &accepted, 1);
        assert_true(accepted.result >= 0);
        close_handle(p, accepted.result, false);
    }
    close(guest);
    close_handle(p, listener, false);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void a_number_closed_behind_our_back_is_told_once_or_not_at_all(void **state) {
    struct port *p = *state;
    int fds[2], peer;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    const weir_handle borrowed = weir_sys_handle(fds[0], WEIR_HANDLE_SOCKET | WEIR_HANDLE_BORROWED);
    const weir_handle other = connection(p, &peer);
    struct seen lost = {0}, received = {0};
    assert_int_equal(submit(p, &lost, WEIR_PORT_RECEIVE, borrowed), 0);
    assert_int_equal(submit(p, &received, WEIR_PORT_RECEIVE, other), 0);
    close(fds[0]);
    tick(p, 0);
    tick(p, 0);
    if (p->table == &weir_backend_epoll) { /* which drops it silently */
        assert_int_equal(lost.count, 0);
        p->table->cancel(p->state, &lost.op);
        run_until(p, &lost, 1);
    } else {
        assert_int_equal(lost.ends, 1);
        assert_int_equal(lost.os_code, EBADF);
    }
    const uint64_t until_ns = p->table->now_ns(p->state) + 5 * MS;
    assert_int_equal(tick(p, 5 * MS), 0);
    assert_true(p->table->now_ns(p->state) >= until_ns); /* nobody spins */
    peer_write(peer, "unharmed");
    run_until(p, &received, 1);
    assert_memory_equal(received.bytes, "unharmed", 8);
    peer_reset(peer);
    while (!received.ends)
        tick(p, MS);
    close_handle(p, other, false);
    close(fds[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_A_PORT(a_high_number_is_watched_or_refused),
        ON_A_PORT(what_would_get_a_high_number_is_made_or_refused),
        ON_A_PORT(a_number_closed_behind_our_back_is_told_once_or_not_at_all),
    };
    return on_each_port(tests);
}
