/* SPDX-License-Identifier: MIT
 *
 * read, as it is. */
#include "sys/plain.h"

#include <unistd.h>

#include "sys/posix/fail.h"

int64_t weir_sys_read(int fd, void *bytes, size_t size, int *os_code) {
    ssize_t n;
    do {
        n = read(fd, bytes, size);
    } while (n < 0 && errno == EINTR);
    return n >= 0 ? n : weir_sys_fail(os_code);
}
