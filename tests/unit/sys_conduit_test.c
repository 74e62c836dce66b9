/* SPDX-License-Identifier: MIT
 *
 * Bytes that go from socket to socket unseen: all of them arrive, in order, whether the second socket takes them or not,
 * and what it refuses comes back. SIGPIPE has its default disposition: one of them ends the test. */
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "sys/sys.h"

enum { SCRATCH = 512 * 1024, TOTAL = 8 << 20 };

struct relay {
    struct weir_conduit conduit;
    int source, from, to, sink; /* source -> from, to -> sink */
    uint8_t scratch[SCRATCH];
};

static void tcp_pair(int *client, int *server) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(bind(listener, (struct sockaddr *)&at, size) == 0 && listen(listener, 1) == 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &size), 0);
    *client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(*client, (struct sockaddr *)&at, size), 0);
    *server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    fcntl(*client, F_SETFL, O_NONBLOCK);
    fcntl(*server, F_SETFL, O_NONBLOCK);
    close(listener);
}

static int set_up(void **state) {
    struct relay *r = *state = calloc(1, sizeof *r);
    assert_non_null(r);
    tcp_pair(&r->source, &r->from);
    tcp_pair(&r->to, &r->sink);
    return 0;
}

static int tear_down(void **state) {
    struct relay *r = *state;
    weir_sys_conduit_close(&r->conduit);
    close(r->source);
    close(r->from);
    close(r->to);
    close(r->sink);
    free(r);
    return 0;
}

static int64_t forward(struct relay *r, size_t *moved, int *os_code) {
    *moved = 0;
    return weir_sys_forward(&r->conduit, weir_sys_handle(r->from, WEIR_HANDLE_SOCKET),
                            weir_sys_handle(r->to, WEIR_HANDLE_SOCKET), r->scratch, SCRATCH, moved, os_code);
}

static uint8_t pattern(size_t at) { return (uint8_t)(at * 31 + (at >> 10)); }

/* Takes what is there and checks it. */
static size_t take(struct relay *r, size_t at) {
    static uint8_t bytes[100000];
    ssize_t n = recv(r->sink, bytes, sizeof bytes, 0);
    for (ssize_t i = 0; i < n; i++)
        if (bytes[i] != pattern(at + (size_t)i)) fail_msg("wrong byte at %zu", at + (size_t)i);
    return n > 0 ? (size_t)n : 0;
}

static size_t give(struct relay *r, size_t at) {
    static uint8_t bytes[200000];
    size_t n = TOTAL - at < sizeof bytes ? TOTAL - at : sizeof bytes;
    for (size_t i = 0; i < n; i++)
        bytes[i] = pattern(at + i);
    ssize_t sent = n ? send(r->source, bytes, n, MSG_NOSIGNAL) : 0;
    return sent > 0 ? (size_t)sent : 0;
}

/* What `to` refuses is kept here until it takes it, before anything else goes there. */
static void all_arrives_in_order_whatever_is_refused(void **state) {
    struct relay *r = *state;
    static uint8_t kept[SCRATCH];
    size_t given = 0, taken = 0, waiting = 0, moved_in_all = 0, refused = 0;
    while (taken < TOTAL) {
        size_t moved;
        int os_code = 0;
        given += give(r, given);
        if (!waiting) {
            int64_t left = forward(r, &moved, &os_code);
            assert_true(left >= 0 || left == WEIR_EAGAIN);
            moved_in_all += moved;
            waiting = left > 0 ? (size_t)left : 0;
            refused += waiting;
            memcpy(kept, r->scratch, waiting);
        } else {
            ssize_t n = send(r->to, kept, waiting, MSG_NOSIGNAL);
            if (n > 0) memmove(kept, kept + n, waiting -= (size_t)n);
        }
        if (taken > given / 2 || given == TOTAL || refused) taken += take(r, taken);
        if (given - taken > 2 * SCRATCH) taken += take(r, taken);
    }
    assert_int_equal(moved_in_all + refused, TOTAL);
    assert_true(moved_in_all > 0);
}

static void what_a_full_socket_refuses_comes_back(void **state) {
    struct relay *r = *state;
    size_t moved = 0;
    int64_t left = 0;
    int os_code = 0;
    for (size_t given = 0; left <= 0; given += give(r, given))
        left = forward(r, &moved, &os_code);
    assert_true(left > 0);
    assert_true(moved + (size_t)left <= SCRATCH);
}

static void nothing_and_the_end_are_told_apart(void **state) {
    struct relay *r = *state;
    size_t moved;
    int os_code = 0;
    assert_int_equal(forward(r, &moved, &os_code), WEIR_EAGAIN);
    shutdown(r->source, SHUT_WR);
    int64_t n = WEIR_EAGAIN;
    while (n == WEIR_EAGAIN)
        n = forward(r, &moved, &os_code);
    assert_int_equal(n, 0);
    assert_int_equal(moved, 0);
}

static void a_lost_socket_refuses_without_a_signal(void **state) {
    struct relay *r = *state;
    size_t moved;
    int os_code = 0;
    shutdown(r->to, SHUT_WR);
    assert_int_equal(send(r->source, "hello", 5, MSG_NOSIGNAL), 5);
    int64_t n = WEIR_EAGAIN;
    while (n == WEIR_EAGAIN)
        n = forward(r, &moved, &os_code);
    assert_int_equal(n, 5);
    assert_int_equal(moved, 0);
    assert_memory_equal(r->scratch, "hello", 5);
}

static void without_a_pipe_it_is_a_receive(void **state) {
    struct relay *r = *state;
    size_t moved;
    int os_code = 0;
    r->conduit.in = -1;
    assert_int_equal(send(r->source, "hello", 5, MSG_NOSIGNAL), 5);
    int64_t n = WEIR_EAGAIN;
    while (n == WEIR_EAGAIN)
        n = forward(r, &moved, &os_code);
    assert_int_equal(n, 5);
    assert_int_equal(moved, 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        test(all_arrives_in_order_whatever_is_refused), test(what_a_full_socket_refuses_comes_back),
        test(nothing_and_the_end_are_told_apart),       test(a_lost_socket_refuses_without_a_signal),
        test(without_a_pipe_it_is_a_receive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
