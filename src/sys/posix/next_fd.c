/* SPDX-License-Identifier: MIT
 *
 * Numbers of descriptors are given out lowest first; a copy shows which one is next, and gives it back at once. */
#include <fcntl.h>
#include <unistd.h>

#include "sys/sys.h"

int weir_sys_next_fd(int fd) {
    int next = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (next >= 0) close(next);
    return next;
}
