/* SPDX-License-Identifier: MIT
 *
 * What ends a sleep from another thread: an eventfd. Its counter has room for more wakes than there will be, so one
 * that is only watched for edges need not be drained. */
#include <sys/eventfd.h>
#include <unistd.h>

#include "sys/posix/fail.h"

int weir_sys_waker_open(int *os_code) {
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return fd >= 0 ? fd : weir_sys_fail(os_code);
}

void weir_sys_waker_close(int waker) {
    if (waker >= 0) close(waker);
}

/* From any thread and any signal handler, so errno is not ours to change. A full counter means that it is awake. */
void weir_sys_waker_wake(int waker) {
    const uint64_t one = 1;
    int error = errno;
    ssize_t n = write(waker, &one, sizeof one);
    (void)n;
    errno = error;
}

void weir_sys_waker_drain(int waker) {
    uint64_t wakes;
    ssize_t n = read(waker, &wakes, sizeof wakes);
    (void)n;
}
