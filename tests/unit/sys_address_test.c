/* SPDX-License-Identifier: MIT
 *
 * Addresses to the system's form and back, and what its errors mean. */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#include "sys/sys.h"

static void there_and_back(const weir_address *address) {
    struct sockaddr_storage name;
    weir_address back;
    const unsigned size = weir_sys_sockaddr(address, &name);
    assert_true(size > 0);
    weir_sys_address(&name, size, &back);
    assert_true(weir_address_equal(address, &back));
}

static void ip_addresses_survive(void **state) {
    (void)state;
    weir_address address;
    assert_int_equal(weir_address_ip(&address, "192.0.2.7", 65535), 0);
    there_and_back(&address);
    assert_int_equal(weir_address_ip(&address, "2001:db8::7", 1), 0);
    address.scope = 3;
    there_and_back(&address);
}

static void unix_names_survive_at_every_length(void **state) {
    (void)state;
    char text[WEIR_UNIX_PATH_MAX + 1];
    weir_address address;
    for (size_t n = 2; n <= WEIR_UNIX_PATH_MAX; n++) {
        memset(text, 'x', n);
        text[0] = '/';
        assert_int_equal(weir_address_unix(&address, text, n), 0);
        there_and_back(&address);
        text[0] = '@';
        text[n / 2] = n > 2 ? '\0' : 'x'; /* an abstract name holds any byte */
        assert_int_equal(weir_address_unix(&address, text, n), 0);
        there_and_back(&address);
    }
}

static void the_kernel_takes_the_longest_path_whole(void **state) {
    (void)state;
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    struct sockaddr_storage name;
    weir_address address;
    memset(un.sun_path, 'p', sizeof un.sun_path); /* no final zero */
    memcpy(&name, &un, sizeof un);
    weir_sys_address(&name, sizeof un + 1, &address);
    assert_int_equal(address.family, WEIR_FAMILY_UNIX);
    assert_int_equal(address.length, sizeof un.sun_path);
    assert_int_equal(weir_sys_sockaddr(&address, &name), 0); /* a path this long has no room for its zero */
}

static void an_unnamed_socket_has_no_bytes(void **state) {
    (void)state;
    const struct sockaddr_storage name = {.ss_family = AF_UNIX};
    weir_address address;
    weir_sys_address(&name, sizeof(sa_family_t), &address);
    assert_int_equal(address.family, WEIR_FAMILY_UNIX);
    assert_int_equal(address.length, 0);
    weir_sys_address(&name, 0, &address);
    assert_int_equal(address.family, WEIR_FAMILY_NONE);
}

static void no_family_is_no_address(void **state) {
    (void)state;
    struct sockaddr_storage name;
    const weir_address none = {0};
    assert_int_equal(weir_sys_sockaddr(&none, &name), 0);
}

static void errors_mean_what_they_should(void **state) {
    (void)state;
    assert_int_equal(weir_sys_error(0), 0);
    assert_int_equal(weir_sys_error(EPIPE), WEIR_ERESET);
    assert_int_equal(weir_sys_error(ECONNRESET), WEIR_ERESET);
    assert_int_equal(weir_sys_error(ECONNREFUSED), WEIR_EREFUSED);
    assert_int_equal(weir_sys_error(EHOSTUNREACH), WEIR_EUNREACH);
    assert_int_equal(weir_sys_error(ENFILE), WEIR_EMFILE);
    assert_int_equal(weir_sys_error(ENOBUFS), WEIR_ENOMEM);
    assert_int_equal(weir_sys_error(EADDRINUSE), WEIR_EADDRINUSE);
    assert_int_equal(weir_sys_error(99999), WEIR_EUNKNOWN);
    for (int e = 1; e < 140; e++)
        assert_true(weir_sys_error(e) < 0);
}

static void what_is_wrong_with_one_connection_does_not_end_a_listener(void **state) {
    (void)state;
    const int of_the_connection[] = {ECONNABORTED, EPROTO, ENETDOWN, EHOSTUNREACH, ENETUNREACH, ETIMEDOUT, ECONNRESET};
    for (size_t i = 0; i < sizeof of_the_connection / sizeof *of_the_connection; i++) {
        assert_int_equal(weir_sys_accept_error(of_the_connection[i]), WEIR_EABORTED);
    }
    assert_int_equal(weir_sys_accept_error(EMFILE), WEIR_EMFILE);
    assert_int_equal(weir_sys_accept_error(ENOBUFS), WEIR_ENOMEM);
    assert_int_equal(weir_sys_accept_error(EPERM), WEIR_EACCES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ip_addresses_survive),
        cmocka_unit_test(unix_names_survive_at_every_length),
        cmocka_unit_test(the_kernel_takes_the_longest_path_whole),
        cmocka_unit_test(an_unnamed_socket_has_no_bytes),
        cmocka_unit_test(no_family_is_no_address),
        cmocka_unit_test(errors_mean_what_they_should),
        cmocka_unit_test(what_is_wrong_with_one_connection_does_not_end_a_listener),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
