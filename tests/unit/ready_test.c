/* SPDX-License-Identifier: MIT
 *
 * Readiness turned into completion, over each of the pollers, through the port alone. */
#include "unit/ready_peer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "backend/ready/ready.h"

/* ---- bytes there and back ---------------------------------------------------------------------------------------- */

static void exchange(struct port *p, weir_address address) {
    const weir_handle listener = new_listener(p, &address, 0), client = new_socket(p, address.family);
    struct seen accepted = {0}, connected = {.op.with.address = &address}, sent = {0}, received = {0};
    const struct weir_segment world = bytes_of("world", 5);
    struct weir_segment hello = bytes_of("hello ", 6);
    hello.next = (struct weir_segment *)(uintptr_t)&world;
    assert_int_equal(submit(p, &accepted, WEIR_PORT_ACCEPT, listener), 0);
    assert_int_equal(submit(p, &connected, WEIR_PORT_CONNECT, client), 0);
    assert_int_equal(connected.count, 0);
    run_until(p, &connected, 1);
    assert_int_equal(connected.result, 0);
    assert_int_equal(connected.ends, 1);
    run_until(p, &accepted, 1);
    assert_int_equal(accepted.ends, 0);
    const weir_handle server = accepted.results[0];

    assert_int_equal(submit(p, &received, WEIR_PORT_RECEIVE, server), 0);
    sent.op.with.segments = &hello;
    assert_int_equal(submit(p, &sent, WEIR_PORT_SEND, client), 0);
    run_until(p, &sent, 1);
    assert_int_equal(sent.result, 11);
    assert_int_equal(sent.ends, 1);
    run_until(p, &received, 1);
    assert_int_equal(received.ends, 0);
    assert_memory_equal(received.bytes, "hello world", 11);

    assert_int_equal(act(p, (struct weir_call){.kind = WEIR_CALL_SHUTDOWN, .handle = client}), 0);
    run_until(p, &received, 2);
    assert_int_equal(received.result, 0);
    assert_int_equal(received.ends, 1);

    p->table->cancel(p->state, &accepted.op);
    run_until(p, &accepted, 2);
    assert_int_equal(p->state->handles, 3);
    close_handle(p, client, false);
    close_handle(p, server, false);
    close_handle(p, listener, false);
}

static void tcp_moves_bytes_both_ways_of_the_port(void **state) { exchange(*state, any_port()); }

static void ipv6_does_too(void **state) {
    weir_address address;
    const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr_in6 name = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    const bool here = fd >= 0 && bind(fd, (const struct sockaddr *)&name, sizeof name) == 0;
    if (fd >= 0) close(fd);
    if (!here) skip();
    assert_int_equal(weir_address_ip(&address, "::1", 0), 0);
    exchange(*state, address);
}

static void an_abstract_unix_name_does_too(void **state) {
    weir_address address;
    char name[64];
    const int n = snprintf(name, sizeof name, "@weir-ready-%d", (int)getpid());
    assert_int_equal(weir_address_unix(&address, name, (size_t)n), 0);
    exchange(*state, address);
}

static void a_pipe_moves_bytes_and_ends(void **state) {
    struct port *p = *state;
    struct weir_call call = {.kind = WEIR_CALL_PIPE};
    const struct weir_segment hello = bytes_of("hello", 5);
    struct seen received = {0}, sent = {.op.with.segments = &hello};
    assert_int_equal(p->table->call(p->state, &call), 0);
    assert_int_equal(p->state->handles, 2);
    assert_int_equal(submit(p, &received, WEIR_PORT_RECEIVE, call.handle), 0);
    assert_int_equal(submit(p, &sent, WEIR_PORT_SEND, call.other), 0);
    run_until(p, &received, 1);
    assert_memory_equal(received.bytes, "hello", 5);
    assert_int_equal(act(p, (struct weir_call){.kind = WEIR_CALL_SHUTDOWN, .handle = call.other}), WEIR_ENOTSUP);
    close_handle(p, call.other, false);
    run_until(p, &received, 2);
    assert_int_equal(received.result, 0);
    assert_int_equal(received.ends, 1);
    close_handle(p, call.handle, false);
}

/* SIGPIPE has its default disposition here: one of them would end the test. */
static void a_pipe_without_a_reader_is_a_reset_and_no_signal(void **state) {
    struct port *p = *state;
    struct weir_call call = {.kind = WEIR_CALL_PIPE};
    const struct weir_segment hello = bytes_of("hello", 5);
    struct seen sent = {.op.with.segments = &hello};
    assert_int_equal(p->table->call(p->state, &call), 0);
    close_handle(p, call.handle, false);
    assert_int_equal(submit(p, &sent, WEIR_PORT_SEND, call.other), 0);
    run_until(p, &sent, 1);
    assert_int_equal(sent.result, WEIR_ERESET);
    assert_int_equal(sent.os_code, EPIPE);
    close_handle(p, call.other, false);
}

static void a_large_send_is_taken_in_pieces_and_in_order(void **state) {
    struct port *p = *state;
    enum { size = 8 * 1024 * 1024 };
    uint8_t *out = malloc(size), *in = malloc(size);
    int peer;
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(i * 31 + i / 251);
    const weir_handle handle = connection(p, &peer);
    struct weir_segment rest = bytes_of(out, size);
    struct seen sent = {.op.with.segments = &rest};
    size_t got = 0;
    int sends = 0;
    while (rest.size > 0) {
        assert_int_equal(submit(p, &sent, WEIR_PORT_SEND, handle), 0);
        while (sent.count == 0) {
            const ssize_t n = recv(peer, in + got, size - got, MSG_DONTWAIT);
            if (n > 0) got += (size_t)n;
            tick(p, MS);
        }
        assert_true(sent.result > 0);
        rest.bytes += sent.result;
        rest.size -= (size_t)sent.result;
        sent.op.stalled = true;
        sends++;
    }
    while (got < size) {
        const ssize_t n = recv(peer, in + got, size - got, 0);
        assert_true(n > 0);
        got += (size_t)n;
    }
    assert_memory_equal(in, out, size);
    assert_true(sends > 1);
    close(peer);
    close_handle(p, handle, false);
    free(in);
    free(out);
}

/* ---- what it costs ----------------------------------------------------------------------------------------------- */

static void a_tick_of_requests_costs_one_wait_and_two_calls_each(void **state) {
    struct port *p = *state;
    enum { connections = 8, ticks = 5 };
    struct seen received[connections] = {0};
    weir_handle handles[connections];
    int peers[connections];
    char answer[8];
    for (int i = 0; i < connections; i++) {
        handles[i] = connection(p, &peers[i]);
        assert_int_equal(submit(p, &received[i], WEIR_PORT_RECEIVE, handles[i]), 0);
    }
    const uint64_t before = p->state->system_calls;
    for (int t = 0; t < ticks; t++) {
        for (int i = 0; i < connections; i++)
            peer_write(peers[i], "ping");
        assert_int_equal(tick(p, 100 * MS), connections);
        for (int i = 0; i < connections; i++) {
            const struct weir_segment pong = bytes_of("pong", 4);
            struct weir_call call = {.kind = WEIR_CALL_TRY_SEND, .handle = handles[i], .segments = &pong};
            assert_int_equal(p->table->call(p->state, &call), 0);
            assert_int_equal(call.count, 4);
            assert_int_equal(read(peers[i], answer, sizeof answer), 4);
        }
    }
    assert_int_equal(p->state->system_calls - before, ticks * (1 + 2 * connections));
    for (int i = 0; i < connections; i++) {
        close(peers[i]);
        run_until(p, &received[i], ticks + 1);
        close_handle(p, handles[i], false);
    }
}

static void accepted_sockets_need_no_further_call(void **state) {
    struct port *p = *state;
    int peer, on = 0;
    socklen_t size = sizeof on;
    const int fd = weir_sys_fd(connection(p, &peer));
    assert_int_equal(getsockopt(fd, IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, &size), 0);
    assert_int_equal(on, 1);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    close_handle(p, weir_sys_handle(fd, WEIR_HANDLE_SOCKET), false);
    close(peer);
}

static void accepts_between_two_waits_are_bounded(void **state) {
    struct port *p = *state;
    enum { clients = 40 };
    int peers[clients];
    weir_address address = any_port();
    const weir_handle listener = new_listener(p, &address, 0);
    struct seen accepted = {0};
    for (int i = 0; i < clients; i++)
        peers[i] = peer_connect(&address);
    assert_int_equal(submit(p, &accepted, WEIR_PORT_ACCEPT, listener), 0);
    assert_int_equal(tick(p, 100 * MS), 16);
    assert_int_equal(tick(p, 100 * MS), 16);
    run_until(p, &accepted, clients);
    for (int i = 0; i < clients; i++) {
        close_handle(p, accepted.results[i], false);
        close(peers[i]);
    }
    p->table->cancel(p->state, &accepted.op);
    run_until(p, &accepted, clients + 1);
    close_handle(p, listener, false);
}

/* ---- ends -------------------------------------------------------------------------------------------------------- */

static void a_cancelled_receive_ends_once_and_loses_no_byte(void **state) {
    struct port *p = *state;
    int peer;
    const weir_handle handle = connection(p, &peer);
    struct seen first = {0}, second = {0};
    assert_int_equal(submit(p, &first, WEIR_PORT_RECEIVE, handle), 0);
    peer_write(peer, "kept");
    p->table->cancel(p->state, &first.op);
    p->table->cancel(p->state, &first.op);
    const uint64_t before = p->state->system_calls;
    assert_int_equal(submit(p, &second, WEIR_PORT_RECEIVE, handle), 0);
    assert_int_equal(p->state->system_calls, before); /* interest is sticky */
    assert_int_equal(first.count, 0);
    run_until(p, &second, 1);
    assert_int_equal(first.count, 1);
    assert_int_equal(first.result, WEIR_ECANCELED);
    assert_memory_equal(second.bytes, "kept", 4);
    close(peer);
    run_until(p, &second, 2);
    assert_int_equal(second.result, 0);
    close_handle(p, handle, false);
}

static void what_was_only_queued_can_be_cancelled(void **state) {
    struct port *p = *state;
    int peer;
    char byte;
    const weir_handle handle = connection(p, &peer), client = new_socket(p, WEIR_FAMILY_IPV4);
    const struct weir_segment hello = bytes_of("hello", 5);
    weir_address nobody = any_port();
    struct seen sent = {.op.with.segments = &hello}, connected = {.op.with.address = &nobody};
    assert_int_equal(submit(p, &sent, WEIR_PORT_SEND, handle), 0);
    assert_int_equal(submit(p, &connected, WEIR_PORT_CONNECT, client), 0);
    p->table->cancel(p->state, &sent.op);
    p->table->cancel(p->state, &connected.op);
    assert_int_equal(tick(p, WEIR_FOREVER), 2);
    assert_int_equal(sent.result, WEIR_ECANCELED);
    assert_int_equal(connected.result, WEIR_ECANCELED);
    assert_int_equal(recv(peer, &byte, 1, MSG_DONTWAIT), -1);
    close_handle(p, client, false);
    close_handle(p, handle, false);
    close(peer);
}

static void a_refused_connect_says_so_in_its_completion(void **state) {
    struct port *p = *state;
    weir_address address = any_port();
    const weir_handle listener = new_listener(p, &address, 0), client = new_socket(p, WEIR_FAMILY_IPV4);
    struct seen connected = {.op.with.address = &address};
    close_handle(p, listener, false);
    assert_int_equal(submit(p, &connected, WEIR_PORT_CONNECT, client), 0);
    run_until(p, &connected, 1);
    assert_int_equal(connected.result, WEIR_EREFUSED);
    assert_int_equal(connected.os_code, ECONNREFUSED);
    assert_int_equal(connected.ends, 1);
    close_handle(p, client, false);
}

static void a_unix_listener_without_room_refuses(void **state) {
    struct port *p = *state;
    enum { clients = 4 };
    weir_address address;
    char name[64];
    const int n = snprintf(name, sizeof name, "@weir-full-%d", (int)getpid());
    assert_int_equal(weir_address_unix(&address, name, (size_t)n), 0);
    const weir_handle listener = new_listener(p, &address, 1);
    weir_handle handles[clients];
    struct seen connected[clients] = {0};
    for (int i = 0; i < clients; i++) {
        handles[i] = new_socket(p, WEIR_FAMILY_UNIX);
        connected[i].op.with.address = &address;
        assert_int_equal(submit(p, &connected[i], WEIR_PORT_CONNECT, handles[i]), 0);
    }
    assert_int_equal(tick(p, 100 * MS), clients);
    assert_int_equal(connected[0].result, 0);
    assert_int_equal(connected[clients - 1].result, WEIR_EREFUSED);
    assert_int_equal(connected[clients - 1].os_code, EAGAIN);
    for (int i = 0; i < clients; i++)
        close_handle(p, handles[i], false);
    close_handle(p, listener, false);
}

static void a_reset_ends_a_receive_and_a_stalled_send(void **state) {
    struct port *p = *state;
    int peer;
    const weir_handle handle = connection(p, &peer);
    static uint8_t block[256 * 1024];
    const struct weir_segment segment = bytes_of(block, sizeof block);
    struct weir_call fill = {.kind = WEIR_CALL_TRY_SEND, .handle = handle, .segments = &segment};
    struct seen received = {0}, sent = {.op = {.stalled = true, .with.segments = &segment}};
    while (p->table->call(p->state, &fill) == 0)
        continue;
    assert_int_equal(submit(p, &received, WEIR_PORT_RECEIVE, handle), 0);
    assert_int_equal(submit(p, &sent, WEIR_PORT_SEND, handle), 0);
    assert_int_equal(tick(p, 5 * MS), 0);
    peer_reset(peer);
    run_until(p, &received, 1);
    run_until(p, &sent, 1);
    assert_int_equal(received.ends, 1);
    assert_int_equal(sent.result, WEIR_ERESET);
    close_handle(p, handle, false);
}

/* ---- nobody spins ------------------------------------------------------------------------------------------------ */

/* How many system calls the backend makes in 20 ms, when all that it can do is sleep. One is the sleep itself. */
static uint64_t calls_while_idle(struct port *p) {
    const uint64_t before = p->state->system_calls, end_ns = p->table->now_ns(p->state) + 20 * MS;
    while (p->table->now_ns(p->state) < end_ns) {
        assert_int_equal(p->table->wait(p->state, end_ns), 0);
        assert_int_equal(deliver(p), 0);
    }
    return p->state->system_calls - before;
}

static void a_paused_socket_costs_one_wakeup_whatever_its_peer_does(void **state) {
    struct port *p = *state;
    int peer;
    const weir_handle handle = connection(p, &peer);
    struct seen received = {0};
    assert_int_equal(submit(p, &received, WEIR_PORT_RECEIVE, handle), 0);
    p->table->cancel(p->state, &received.op);
    run_until(p, &received, 1);
    peer_write(peer, "not read");
    assert_true(calls_while_idle(p) <= 3); /* a wake-up, the removal, the sleep */
    peer_reset(peer);
    assert_true(calls_while_idle(p) <= 1);
    assert_int_equal(submit(p, &received, WEIR_PORT_RECEIVE, handle), 0);
    run_until(p, &received, 1); /* the bytes if the system kept them, and then the truth */
    while (!received.ends)
        tick(p, MS);
    assert_int_equal(received.result, WEIR_ERESET);
    close_handle(p, handle, false);
}

static void a_reset_of_a_watched_but_unread_socket_does_not_spin(void **state) {
    struct port *p = *state;
    int peer;
    const weir_handle handle = connection(p, &peer);
    struct seen received = {0};
    assert_int_equal(submit(p, &received, WEIR_PORT_RECEIVE, handle), 0);
    p->table->cancel(p->state, &received.op);
    run_until(p, &received, 1);
    peer_reset(peer);
    assert_true(calls_while_idle(p) <= 3);
    close_handle(p, handle, false);
}

static void an_ended_socket_that_is_kept_open_does_not_spin(void **state) {
    struct port *p = *state;
    int peer;
    const weir_handle handle = connection(p, &peer);
    struct seen received = {0};
    assert_int_equal(submit(p, &received, WEIR_PORT_RECEIVE, handle), 0);
    shutdown(peer, SHUT_WR);
    run_until(p, &received, 1);
    assert_int_equal(received.result, 0);
    assert_true(calls_while_idle(p) <= 3);
    close(peer);
    assert_true(calls_while_idle(p) <= 3);
    close_handle(p, handle, false);
}

static void write_interest_goes_when_nothing_is_to_be_sent(void **state) {
    struct port *p = *state;
    int peer;
    const weir_handle handle = connection(p, &peer);
    const struct weir_segment hello = bytes_of("hello", 5);
    struct seen received = {0}, sent = {.op = {.stalled = true, .with.segments = &hello}};
    assert_int_equal(submit(p, &received, WEIR_PORT_RECEIVE, handle), 0);
    assert_int_equal(submit(p, &sent, WEIR_PORT_SEND, handle), 0);
    run_until(p, &sent, 1);
    assert_int_equal(sent.result, 5);
    assert_true(calls_while_idle(p) <= 3);
    assert_int_equal(received.count, 0);
    close(peer);
    run_until(p, &received, 1);
    close_handle(p, handle, false);
}

static void a_pipe_whose_reader_left_does_not_spin(void **state) {
    struct port *p = *state;
    struct weir_call call = {.kind = WEIR_CALL_PIPE};
    const struct weir_segment hello = bytes_of("hello", 5);
    struct seen sent = {.op = {.stalled = true, .with.segments = &hello}};
    assert_int_equal(p->table->call(p->state, &call), 0);
    assert_int_equal(submit(p, &sent, WEIR_PORT_SEND, call.other), 0);
    run_until(p, &sent, 1);
    assert_int_equal(sent.result, 5);
    close_handle(p, call.handle, false);
    assert_true(calls_while_idle(p) <= 3);
    close_handle(p, call.other, false);
}

/* ---- numbers that change hands ----------------------------------------------------------------------------------- */

struct successor {
    struct port *port;
    struct seen *victim, *heir;
    weir_handle handle;
};

/* Closes the socket of the other op, whose event is in the same batch, and gives its number to a new one. */
static void replace_other(struct seen *seen) {
    struct successor *s = seen->user;
    struct port *p = s->port;
    if (s->handle != WEIR_NO_HANDLE || seen->result <= 0) return;
    const weir_handle old = s->victim->op.handle;
    p->table->cancel(p->state, &s->victim->op);
    close_handle(p, old, false);
    s->handle = new_socket(p, WEIR_FAMILY_UNIX);
    assert_int_equal(weir_sys_fd(s->handle), weir_sys_fd(old));
    assert_int_equal(submit(p, s->heir, WEIR_PORT_ACCEPT, s->handle), 0);
}

static void an_event_under_way_never_reaches_the_next_owner_of_a_number(void **state) {
    struct port *p = *state;
    int peers[2];
    struct seen received[2] = {0}, heir = {0};
    struct successor s = {p, NULL, &heir, WEIR_NO_HANDLE};
    const weir_handle handles[2] = {connection(p, &peers[0]), connection(p, &peers[1])};
    int holes[8], filled = 0; /* below those numbers, or the heir would get one of them */
    while ((holes[filled] = dup(0)) < weir_sys_fd(handles[1]))
        filled++;
    close(holes[filled]);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(submit(p, &received[i], WEIR_PORT_RECEIVE, handles[i]), 0);
        peer_write(peers[i], "both at once");
    }
    received[0].also = received[1].also = replace_other;
    received[0].user = received[1].user = &s;
    assert_int_equal(p->table->wait(p->state, WEIR_FOREVER), 0);
    /* Which of the two comes first is the system's choice: the other one is the victim. */
    struct weir_completion c;
    assert_true(p->table->next(p->state, &c));
    const int first = c.op == &received[0].op ? 0 : 1;
    s.victim = &received[1 - first];
    c.op->done(c.op, &c);
    const uint64_t before = p->state->system_calls;
    assert_int_equal(deliver(p), 0);
    assert_int_equal(p->state->system_calls, before); /* the heir was not even tried */
    assert_int_equal(heir.count, 0);
    p->table->cancel(p->state, &heir.op);
    p->table->cancel(p->state, &received[first].op);
    while (!heir.ends || !received[first].ends)
        tick(p, MS);
    assert_int_equal(s.victim->result, WEIR_ECANCELED);
    close_handle(p, s.handle, false);
    close_handle(p, handles[first], false);
    close(peers[0]);
    close(peers[1]);
    while (filled > 0)
        close(holes[--filled]);
}

static void a_copy_of_a_closed_descriptor_wakes_nobody(void **state) {
    struct port *p = *state;
    int peer;
    const weir_handle handle = connection(p, &peer);
    struct seen received = {0};
    assert_int_equal(submit(p, &received, WEIR_PORT_RECEIVE, handle), 0);
    const int copy = dup(weir_sys_fd(handle));
    p->table->cancel(p->state, &received.op);
    run_until(p, &received, 1);
    close_handle(p, handle, false);
    peer_write(peer, "for the copy");
    assert_int_equal(calls_while_idle(p), 1);
    close(copy);
    close(peer);
}

/* ---- scarcity ---------------------------------------------------------------------------------------------------- */

static void an_accept_without_descriptors_ends_and_can_be_resumed(void **state) {
    struct port *p = *state;
    weir_address address = any_port();
    const weir_handle listener = new_listener(p, &address, 0);
    const int peer = peer_connect(&address), lowest = dup(0);
    struct seen accepted = {0};
    struct rlimit before, few;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    close(lowest);
    few = before;
    few.rlim_cur = (rlim_t)lowest;
    assert_int_equal(submit(p, &accepted, WEIR_PORT_ACCEPT, listener), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    tick(p, 100 * MS);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(accepted.result, WEIR_EMFILE);
    assert_int_equal(accepted.ends, 1);
    assert_true(calls_while_idle(p) <= 3);
    assert_int_equal(submit(p, &accepted, WEIR_PORT_ACCEPT, listener), 0);
    run_until(p, &accepted, 1);
    assert_true(accepted.result >= 0);
    close_handle(p, accepted.result, false);
    p->table->cancel(p->state, &accepted.op);
    run_until(p, &accepted, 2);
    close_handle(p, listener, false);
    close(peer);
}

/* The table grows at the 64th descriptor, and is refused. */
static void without_memory_a_socket_fails_and_nothing_leaks(void **state) {
    struct port *p = *state;
    weir_handle handles[128];
    int count = 0;
    p->refuse_after = 1;
    const int before = count_descriptors();
    for (; count < 128; count++) {
        struct weir_call call = {.kind = WEIR_CALL_SOCKET, .family = WEIR_FAMILY_IPV4};
        const int status = p->table->call(p->state, &call);
        if (status == WEIR_ENOMEM) break;
        assert_int_equal(status, 0);
        handles[count] = call.handle;
    }
    assert_in_range(count, 1, 127);
    assert_int_equal(p->state->handles, count);
    assert_int_equal(count_descriptors(), before + count);
    struct weir_call pipes = {.kind = WEIR_CALL_PIPE};
    assert_int_equal(p->table->call(p->state, &pipes), WEIR_ENOMEM);
    assert_int_equal(count_descriptors(), before + count);
    for (int i = 0; i < count; i++)
        close_handle(p, handles[i], false);
    p->refuse_after = -1;
}

static void open_fails_at_every_allocation_and_leaves_nothing(void **state) {
    (void)state;
    const int before = count_descriptors();
    for (int n = 0; n < 2; n++) {
        struct port p = {.refuse_after = n};
        assert_int_equal(port_open(&p), WEIR_ENOMEM);
        assert_int_equal(p.memory.held, 0);
    }
    assert_int_equal(count_descriptors(), before);
}

static int refuse_watch(struct weir_ready *ready, int fd, unsigned before, unsigned after, uint64_t cookie) {
    (void)ready, (void)fd, (void)before, (void)after, (void)cookie;
    return WEIR_ENOMEM;
}

static void what_the_poller_cannot_watch_fails(void **state) {
    struct port *p = *state;
    struct weir_ready *ready = (struct weir_ready *)p->state;
    const struct weir_poller *poller = ready->poller;
    const struct weir_poller refusing = {.watch = refuse_watch, .wait = poller->wait};
    weir_address address = any_port();
    const weir_handle listener = new_listener(p, &address, 0), client = new_socket(p, WEIR_FAMILY_IPV4);
    struct seen accepted = {0}, connected = {.op.with.address = &address};
    ready->poller = &refusing;
    assert_int_equal(submit(p, &accepted, WEIR_PORT_ACCEPT, listener), WEIR_ENOMEM);
    assert_int_equal(submit(p, &connected, WEIR_PORT_CONNECT, client), 0);
    run_until(p, &connected, 1);
    assert_int_equal(connected.result, WEIR_ENOMEM);
    assert_int_equal(connected.ends, 1);
    ready->poller = poller;
    assert_int_equal(submit(p, &accepted, WEIR_PORT_ACCEPT, listener), 0); /* as if nothing had been */
    p->table->cancel(p->state, &accepted.op);
    run_until(p, &accepted, 1);
    close_handle(p, client, false);
    close_handle(p, listener, false);
}

/* Neither the descriptor that wakes, nor, for epoll, the second one. */
static void open_without_descriptors_says_so_and_leaves_nothing(void **state) {
    (void)state;
    struct rlimit before, few;
    const int count = count_descriptors(), lowest = dup(0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    close(lowest);
    for (int n = 0; n < 2; n++) {
        struct port p = {.refuse_after = -1};
        few = before;
        few.rlim_cur = (rlim_t)(lowest + n);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
        const int status = port_open(&p);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        if (status == 0 && n > 0 && port_backend != &weir_backend_epoll) {
            p.table->close(p.state, false);
        } else {
            assert_int_equal(status, WEIR_EMFILE);
            assert_true(p.reason[0] != 0);
        }
        assert_int_equal(p.memory.held, 0);
        assert_int_equal(count_descriptors(), count);
    }
}

/* ---- standard input and output ----------------------------------------------------------------------------------- */

struct kept {
    int which, copy;
};

static struct kept replace_stdio(int which, int fd) {
    const struct kept kept = {which, fcntl(which, F_DUPFD_CLOEXEC, 10)};
    assert_int_equal(dup2(fd, which), which);
    return kept;
}

static void restore_stdio(struct kept kept) {
    dup2(kept.copy, kept.which);
    close(kept.copy);
}

static void stdin_from_a_file_is_read_to_its_end(void **state) {
    struct port *p = *state;
    FILE *file = tmpfile();
    for (int i = 0; i < 40000; i++)
        assert_true(fputs("12345678", file) >= 0);
    fflush(file);
    lseek(fileno(file), 0, SEEK_SET);
    const struct kept kept = replace_stdio(0, fileno(file));
    struct weir_call call = {.kind = WEIR_CALL_ADOPT, .value = 0, .owner = WEIR_BORROW};
    struct seen received = {0};
    assert_int_equal(p->table->call(p->state, &call), 0);
    assert_true(weir_sys_is(call.handle, WEIR_HANDLE_FILE));
    assert_int_equal(submit(p, &received, WEIR_PORT_RECEIVE, call.handle), 0);
    assert_int_equal(tick(p, WEIR_FOREVER), 1); /* one turn per wait: a file must not keep others waiting */
    while (!received.ends)
        assert_int_equal(tick(p, WEIR_FOREVER), 1);
    assert_int_equal(received.result, 0);
    assert_int_equal(received.size, 320000);
    assert_int_equal(submit(p, &received, WEIR_PORT_RECEIVE, call.handle), 0);
    p->table->cancel(p->state, &received.op);
    assert_int_equal(tick(p, WEIR_FOREVER), 1);
    assert_int_equal(received.result, WEIR_ECANCELED);
    close_handle(p, call.handle, false);
    assert_true(fcntl(0, F_GETFD) >= 0); /* borrowed */
    restore_stdio(kept);
    fclose(file);
}

static void stdout_on_a_full_device_says_so(void **state) {
    struct port *p = *state;
    const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    const struct kept kept = replace_stdio(1, full);
    struct weir_call call = {.kind = WEIR_CALL_ADOPT, .value = 1, .owner = WEIR_BORROW};
    const struct weir_segment hello = bytes_of("hello", 5);
    struct seen sent = {.op.with.segments = &hello};
    const int status = p->table->call(p->state, &call);
    if (status == 0) submit(p, &sent, WEIR_PORT_SEND, call.handle);
    tick(p, MS);
    restore_stdio(kept);
    close(full);
    assert_int_equal(status, 0);
    assert_int_equal(sent.result, WEIR_ENOSPC);
    close_handle(p, call.handle, false);
}

static void stdin_from_a_pipe_is_borrowed_and_keeps_its_flags(void **state) {
    struct port *p = *state;
    int fds[2];
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    const struct kept kept = replace_stdio(0, fds[0]);
    struct weir_call call = {.kind = WEIR_CALL_ADOPT, .value = 0, .owner = WEIR_BORROW}, again = call;
    struct seen received = {0}, second = {0};
    assert_int_equal(p->table->call(p->state, &call), 0);
    assert_int_equal(p->table->call(p->state, &again), 0);
    assert_int_equal(p->state->handles, 0);
    assert_int_equal(submit(p, &received, WEIR_PORT_RECEIVE, call.handle), 0);
    assert_int_equal(submit(p, &second, WEIR_PORT_RECEIVE, again.handle), WEIR_EBUSY);
    close_handle(p, again.handle, false); /* and the first one goes on */
    assert_int_equal(tick(p, MS), 0);
    peer_write(fds[1], "piped");
    run_until(p, &received, 1);
    assert_memory_equal(received.bytes, "piped", 5);
    assert_false(fcntl(0, F_GETFL) & O_NONBLOCK);
    close(fds[1]);
    run_until(p, &received, 2);
    assert_int_equal(received.result, 0);
    close_handle(p, call.handle, false);
    restore_stdio(kept);
    close(fds[0]);
}

/* ---- time, wakes, forks ------------------------------------------------------------------------------------------ */

static void a_sleep_never_ends_early(void **state) {
    struct port *p = *state;
    const uint64_t naps_ns[] = {1, 1000, 999999, 1000000, 1500000, 3300000, 7000001};
    for (size_t i = 0; i < sizeof naps_ns / sizeof *naps_ns; i++) {
        const uint64_t until_ns = p->table->now_ns(p->state) + naps_ns[i];
        assert_int_equal(p->table->wait(p->state, until_ns), 0);
        assert_int_equal(deliver(p), 0);
        assert_true(p->table->now_ns(p->state) >= until_ns);
    }
    const uint64_t now_ns = p->table->now_ns(p->state);
    assert_int_equal(p->table->wait(p->state, 0), 0);
    assert_int_equal(p->table->wait(p->state, 1), 0); /* long past */
    assert_true(p->table->now_ns(p->state) - now_ns < 60000 * MS);
}

static void *wake_soon(void *user) {
    struct port *p = user;
    poll(NULL, 0, 5);
    p->table->wake(p->state);
    return NULL;
}

static void a_wake_ends_the_sleep_under_way_or_else_the_next(void **state) {
    struct port *p = *state;
    pthread_t thread;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_create(&thread, NULL, wake_soon, p), 0);
        assert_int_equal(tick(p, WEIR_FOREVER), 0);
        pthread_join(thread, NULL);
    }
    errno = E2BIG;
    p->table->wake(p->state);
    p->table->wake(p->state);
    assert_int_equal(errno, E2BIG);
    assert_int_equal(tick(p, WEIR_FOREVER), 0);
    const uint64_t start_ns = p->table->now_ns(p->state);
    assert_int_equal(tick(p, 3 * MS), 0); /* two wakes were one */
    assert_true(p->table->now_ns(p->state) - start_ns >= 3 * MS);
}

static void on_alarm(int number) { (void)number; }

static void a_signal_ends_a_sleep_without_an_error(void **state) {
    struct port *p = *state;
    struct sigaction action = {.sa_handler = on_alarm}, before;
    sigaction(SIGALRM, &action, &before);
    const struct itimerval soon = {.it_value = {.tv_usec = 3000}};
    setitimer(ITIMER_REAL, &soon, NULL);
    assert_int_equal(tick(p, WEIR_FOREVER), 0);
    sigaction(SIGALRM, &before, NULL);
}

static void the_handle_becomes_ready_when_there_is_work(void **state) {
    struct port *p = *state;
    int peer;
    if (p->table->handle(p->state) == WEIR_NO_HANDLE) skip();
    const weir_handle handle = connection(p, &peer);
    struct seen received = {0};
    struct pollfd host = {.fd = weir_sys_fd(p->table->handle(p->state)), .events = POLLIN};
    assert_int_equal(submit(p, &received, WEIR_PORT_RECEIVE, handle), 0);
    tick(p, 0);
    assert_int_equal(poll(&host, 1, 0), 0);
    p->table->wake(p->state);
    assert_int_equal(poll(&host, 1, 0), 1);
    tick(p, 0);
    assert_int_equal(poll(&host, 1, 0), 0);
    peer_write(peer, "x");
    assert_int_equal(poll(&host, 1, 1000), 1);
    run_until(p, &received, 1);
    assert_int_equal(poll(&host, 1, 0), 0);
    close(peer);
    run_until(p, &received, 2);
    close_handle(p, handle, false);
}

static int child_of(struct port *p, weir_handle handle) {
    if (!p->state->fork_mark || *p->state->fork_mark) return 1;
    p->table->close(p->state, true);
    if (p->memory.held != 0) return 2;
    return fcntl(weir_sys_fd(handle), F_GETFD) >= 0 ? 3 : 0;
}

static void a_childs_close_leaves_the_parents_loop_alone(void **state) {
    struct port *p = *state;
    int peer, status;
    const weir_handle handle = connection(p, &peer);
    struct seen received = {0};
    assert_int_equal(submit(p, &received, WEIR_PORT_RECEIVE, handle), 0);
    const pid_t child = fork();
    if (child == 0) _exit(child_of(p, handle));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(*p->state->fork_mark, 1);
    peer_write(peer, "still here");
    run_until(p, &received, 1);
    assert_memory_equal(received.bytes, "still here", 10);
    close(peer);
    run_until(p, &received, 2);
    close_handle(p, handle, false);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_A_PORT(tcp_moves_bytes_both_ways_of_the_port),
        ON_A_PORT(ipv6_does_too),
        ON_A_PORT(an_abstract_unix_name_does_too),
        ON_A_PORT(a_pipe_moves_bytes_and_ends),
        ON_A_PORT(a_pipe_without_a_reader_is_a_reset_and_no_signal),
        ON_A_PORT(a_large_send_is_taken_in_pieces_and_in_order),
        ON_A_PORT(a_tick_of_requests_costs_one_wait_and_two_calls_each),
        ON_A_PORT(accepted_sockets_need_no_further_call),
        ON_A_PORT(accepts_between_two_waits_are_bounded),
        ON_A_PORT(a_cancelled_receive_ends_once_and_loses_no_byte),
        ON_A_PORT(what_was_only_queued_can_be_cancelled),
        ON_A_PORT(a_refused_connect_says_so_in_its_completion),
        ON_A_PORT(a_unix_listener_without_room_refuses),
        ON_A_PORT(a_reset_ends_a_receive_and_a_stalled_send),
        ON_A_PORT(a_paused_socket_costs_one_wakeup_whatever_its_peer_does),
        ON_A_PORT(a_reset_of_a_watched_but_unread_socket_does_not_spin),
        ON_A_PORT(an_ended_socket_that_is_kept_open_does_not_spin),
        ON_A_PORT(write_interest_goes_when_nothing_is_to_be_sent),
        ON_A_PORT(a_pipe_whose_reader_left_does_not_spin),
        ON_A_PORT(an_event_under_way_never_reaches_the_next_owner_of_a_number),
        ON_A_PORT(a_copy_of_a_closed_descriptor_wakes_nobody),
        ON_A_PORT(an_accept_without_descriptors_ends_and_can_be_resumed),
        ON_A_PORT(without_memory_a_socket_fails_and_nothing_leaks),
        cmocka_unit_test(open_fails_at_every_allocation_and_leaves_nothing),
        ON_A_PORT(what_the_poller_cannot_watch_fails),
        cmocka_unit_test(open_without_descriptors_says_so_and_leaves_nothing),
        ON_A_PORT(stdin_from_a_file_is_read_to_its_end),
        ON_A_PORT(stdout_on_a_full_device_says_so),
        ON_A_PORT(stdin_from_a_pipe_is_borrowed_and_keeps_its_flags),
        ON_A_PORT(a_sleep_never_ends_early),
        ON_A_PORT(a_wake_ends_the_sleep_under_way_or_else_the_next),
        ON_A_PORT(a_signal_ends_a_sleep_without_an_error),
        ON_A_PORT(the_handle_becomes_ready_when_there_is_work),
        ON_A_PORT(a_childs_close_leaves_the_parents_loop_alone),
    };
    return on_each_port(tests);
}
