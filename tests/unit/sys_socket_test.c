/* SPDX-License-Identifier: MIT
 *
 * Sockets: names that are in the way, connections that take their time, and what close leaves behind. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sys/sys.h"

static char folder[] = "/tmp/weir-sys-XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return rmdir(folder); /* fails when a test left a file */
}

static weir_address path_of(const char *name) {
    char text[WEIR_UNIX_PATH_MAX];
    weir_address address;
    const int n = snprintf(text, sizeof text, "%s/%s", folder, name);
    assert_int_equal(weir_address_unix(&address, text, (size_t)n), 0);
    return address;
}

static int64_t socket_of(uint8_t family) {
    int os_code = 0;
    const int64_t handle = weir_sys_socket(family, &os_code);
    assert_true(handle >= 0);
    return handle;
}

static int64_t listener_on(weir_address *address) {
    int os_code = 0;
    const int64_t handle = socket_of(address->family);
    assert_int_equal(weir_sys_bind(handle, address, &os_code), 0);
    assert_int_equal(weir_sys_listen(handle, 0, &os_code), 0);
    assert_int_equal(weir_sys_local(handle, address, &os_code), 0);
    return handle;
}

static weir_address any_port(void) {
    weir_address address;
    assert_int_equal(weir_address_ip(&address, "127.0.0.1", 0), 0);
    return address;
}

/* A connected pair over TCP: ret[0] connected, ret[1] accepted. */
static void tcp_pair(int64_t ret[2]) {
    int os_code = 0;
    weir_address address = any_port();
    const int64_t listener = listener_on(&address);
    ret[0] = socket_of(WEIR_FAMILY_IPV4);
    assert_int_equal(weir_sys_connect(ret[0], &address, &os_code), WEIR_EAGAIN);
    struct pollfd ready = {.fd = weir_sys_fd(ret[0]), .events = POLLOUT};
    assert_int_equal(poll(&ready, 1, 2000), 1);
    assert_int_equal(weir_sys_connect_result(ret[0], &os_code), 0);
    ret[1] = weir_sys_accept(listener, &os_code);
    assert_true(ret[1] >= 0);
    assert_int_equal(weir_sys_accept(listener, &os_code), WEIR_EAGAIN);
    weir_sys_close(listener, false);
}

static void a_dead_socket_file_is_replaced(void **state) {
    (void)state;
    int os_code = 0;
    weir_address address = path_of("dead");
    weir_sys_close(listener_on(&address), false); /* leaves its file */
    const int64_t heir = listener_on(&address);
    const int64_t client = socket_of(WEIR_FAMILY_UNIX);
    assert_int_equal(weir_sys_connect(client, &address, &os_code), 0);
    weir_sys_close(client, false);
    weir_sys_close(heir, false);
    assert_int_equal(weir_sys_unlink(&address, &os_code), 0);
    assert_int_equal(weir_sys_unlink(&address, &os_code), WEIR_ENOENT);
}

static void a_live_socket_file_is_not(void **state) {
    (void)state;
    int os_code = 0;
    weir_address address = path_of("live");
    const int64_t owner = listener_on(&address), late = socket_of(WEIR_FAMILY_UNIX);
    assert_int_equal(weir_sys_bind(late, &address, &os_code), WEIR_EADDRINUSE);
    assert_int_equal(os_code, EADDRINUSE);
    assert_int_equal(weir_sys_connect(late, &address, &os_code), 0);
    weir_sys_close(late, false);
    weir_sys_close(owner, false);
    assert_int_equal(weir_sys_unlink(&address, &os_code), 0);
}

static void another_kind_of_file_is_never_touched(void **state) {
    (void)state;
    int os_code = 0;
    const weir_address address = path_of("file");
    const char *path = (const char *)address.bytes;
    const int64_t handle = socket_of(WEIR_FAMILY_UNIX);
    struct stat found;
    close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    assert_int_equal(weir_sys_bind(handle, &address, &os_code), WEIR_EADDRINUSE);
    assert_int_equal(weir_sys_unlink(&address, &os_code), WEIR_ENOENT);
    assert_int_equal(stat(path, &found), 0);
    unlink(path);
    assert_int_equal(symlink("/nowhere", path), 0);
    assert_int_equal(weir_sys_bind(handle, &address, &os_code), WEIR_EADDRINUSE);
    assert_int_equal(lstat(path, &found), 0);
    unlink(path);
    weir_sys_close(handle, false);
}

static void two_listeners_cannot_share_a_port_unless_both_say_so(void **state) {
    (void)state;
    int os_code = 0;
    weir_address address = any_port();
    const int64_t first = socket_of(WEIR_FAMILY_IPV4), second = socket_of(WEIR_FAMILY_IPV4);
    assert_int_equal(weir_sys_reuse_port(first, true, &os_code), 0);
    assert_int_equal(weir_sys_bind(first, &address, &os_code), 0);
    assert_int_equal(weir_sys_listen(first, 0, &os_code), 0);
    assert_int_equal(weir_sys_local(first, &address, &os_code), 0);
    assert_int_equal(weir_sys_bind(second, &address, &os_code), WEIR_EADDRINUSE);
    assert_int_equal(weir_sys_reuse_port(second, true, &os_code), 0);
    assert_int_equal(weir_sys_bind(second, &address, &os_code), 0);
    weir_sys_close(first, false);
    weir_sys_close(second, false);
}

static void a_connection_under_way_is_not_taken_for_one(void **state) {
    (void)state;
    int os_code = 0;
    enum { clients = 8 };
    weir_address address = any_port();
    const int64_t listener = socket_of(WEIR_FAMILY_IPV4);
    int64_t handles[clients];
    int waiting = 0;
    assert_int_equal(weir_sys_bind(listener, &address, &os_code), 0);
    assert_int_equal(weir_sys_listen(listener, 1, &os_code), 0);
    assert_int_equal(weir_sys_local(listener, &address, &os_code), 0);
    for (int i = 0; i < clients; i++) { /* more than the listener has room for: the last ones wait */
        handles[i] = socket_of(WEIR_FAMILY_IPV4);
        assert_int_equal(weir_sys_connect(handles[i], &address, &os_code), WEIR_EAGAIN);
    }
    poll(NULL, 0, 5);
    for (int i = 0; i < clients; i++)
        waiting += weir_sys_connect_result(handles[i], &os_code) == WEIR_EAGAIN;
    assert_in_range(waiting, 1, clients - 1);
    for (int i = 0; i < clients; i++)
        weir_sys_close(handles[i], true);
    weir_sys_close(listener, false);
}

static void close_can_reset(void **state) {
    (void)state;
    int os_code = 0;
    int64_t pair[2];
    char byte;
    tcp_pair(pair);
    assert_int_equal(weir_sys_close(pair[0], true), 0);
    assert_int_equal(weir_sys_receive(pair[1], &byte, 1, &os_code), WEIR_ERESET);
    assert_int_equal(os_code, ECONNRESET);
    weir_sys_close(pair[1], false);
}

/* The peer's system acknowledges what it has room for, so most of what it was sent counts as unsent no longer. */
static void unsent_counts_bytes_and_not_the_end(void **state) {
    (void)state;
    int os_code = 0;
    int64_t pair[2];
    static uint8_t block[65536];
    struct weir_segment segment = {.bytes = block, .size = sizeof block};
    size_t sent = 0, got = 0;
    tcp_pair(pair);
    assert_int_equal(weir_sys_unsent(pair[0]), 0);
    for (int64_t n; (n = weir_sys_send(pair[0], &segment, &os_code)) > 0;)
        sent += (size_t)n;
    const size_t unsent = weir_sys_unsent(pair[0]);
    assert_in_range(unsent, 1, sent);
    assert_int_equal(weir_sys_shutdown_send(pair[0], &os_code), 0);
    assert_in_range(weir_sys_unsent(pair[0]), 1, unsent);
    struct pollfd ready = {.fd = weir_sys_fd(pair[1]), .events = POLLIN};
    while (poll(&ready, 1, 1000) == 1) {
        const int64_t n = weir_sys_receive(pair[1], block, sizeof block, &os_code);
        if (n == 0) break;
        got += (size_t)n;
    }
    assert_int_equal(got, sent);
    for (int i = 0; i < 1000 && weir_sys_unsent(pair[0]) > 0; i++)
        poll(NULL, 0, 1); /* acknowledged a little later */
    assert_int_equal(weir_sys_unsent(pair[0]), 0);
    weir_sys_close(pair[0], false);
    weir_sys_close(pair[1], false);
}

static void what_is_no_socket_has_nothing_unsent_and_no_end(void **state) {
    (void)state;
    int os_code = 0;
    int64_t ends[2];
    weir_address address;
    assert_int_equal(weir_sys_pipe(ends, &os_code), 0);
    assert_int_equal(weir_sys_unsent(ends[1]), 0);
    assert_int_equal(weir_sys_shutdown_send(ends[1], &os_code), WEIR_ENOTSUP);
    assert_int_equal(weir_sys_local(ends[0], &address, &os_code), WEIR_ENOTSUP);
    weir_sys_close(ends[0], true);
    weir_sys_close(ends[1], true);
}

static void random_bytes_differ(void **state) {
    (void)state;
    uint8_t a[300] = {0}, b[300] = {0};
    int os_code = 0;
    assert_int_equal(weir_sys_random(a, sizeof a, &os_code), 0);
    assert_int_equal(weir_sys_random(b, sizeof b, &os_code), 0);
    assert_memory_not_equal(a, b, sizeof a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dead_socket_file_is_replaced),
        cmocka_unit_test(a_live_socket_file_is_not),
        cmocka_unit_test(another_kind_of_file_is_never_touched),
        cmocka_unit_test(two_listeners_cannot_share_a_port_unless_both_say_so),
        cmocka_unit_test(a_connection_under_way_is_not_taken_for_one),
        cmocka_unit_test(close_can_reset),
        cmocka_unit_test(unsent_counts_bytes_and_not_the_end),
        cmocka_unit_test(what_is_no_socket_has_nothing_unsent_and_no_end),
        cmocka_unit_test(random_bytes_differ),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
