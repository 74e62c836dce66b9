/* SPDX-License-Identifier: MIT
 *
 * Streams that are no sockets: pipes that we make, and descriptors that we find, which may be anything. What matters
 * of those is whether one can wait for them, and only the poller itself knows: poll says "ready" of a descriptor that
 * cannot be waited for, epoll refuses it. So a throw-away epoll is asked. */
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/posix/fail.h"

int weir_sys_pipe(int64_t ret[2], int *os_code) {
    int fds[2];
    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0) return weir_sys_fail(os_code);
    ret[0] = weir_sys_handle(fds[0], 0);
    ret[1] = weir_sys_handle(fds[1], 0);
    return 0;
}

int weir_sys_can_wait(int fd) {
    struct epoll_event event = {.events = EPOLLIN};
    int poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0) return -1;
    int result = epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) == 0 ? 1 : errno == EPERM ? 0 : -1;
    int error = errno;
    close(poller);
    errno = error;
    return result;
}
