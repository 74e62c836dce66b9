/* SPDX-License-Identifier: MIT
 *
 * What wakes a sleeper. Named after adversarial case H7: so many wakes that no more can be counted neither hold up the
 * one who wakes, nor are lost. A waker that blocked would hang the test. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "sys/sys.h"

static bool is_awake(int waker) {
    struct pollfd ready = {.fd = waker, .events = POLLIN};
    return poll(&ready, 1, 0) == 1 && (ready.revents & POLLIN);
}

static int open_waker(void) {
    int os_code = 0, waker = weir_sys_waker_open(&os_code);
    assert_true(waker >= 0);
    assert_false(is_awake(waker));
    return waker;
}

static void adv_H7_a_full_counter(void **state) {
    const uint64_t most = UINT64_MAX - 1;
    int waker = open_waker();
    (void)state;
    assert_int_equal(write(waker, &most, sizeof most), sizeof most);
    for (int i = 0; i < 3; i++) {
        errno = ENOTTY;
        weir_sys_waker_wake(waker);
        assert_int_equal(errno, ENOTTY);
    }
    assert_true(is_awake(waker));
    weir_sys_waker_drain(waker);
    assert_false(is_awake(waker));
    weir_sys_waker_wake(waker);
    assert_true(is_awake(waker));
    weir_sys_waker_close(waker);
}

static void draining_one_that_sleeps_does_not_wait(void **state) {
    int waker = open_waker();
    (void)state;
    weir_sys_waker_drain(waker);
    assert_false(is_awake(waker));
    weir_sys_waker_close(waker);
    weir_sys_waker_close(-1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adv_H7_a_full_counter),
        cmocka_unit_test(draining_one_that_sleeps_does_not_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
