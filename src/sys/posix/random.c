/* SPDX-License-Identifier: MIT
 *
 * The system's randomness. Early in the life of a machine there may be none yet: then WEIR_EAGAIN, since nothing here
 * waits. */
#include <sys/random.h>

#include "sys/posix/fail.h"

int weir_sys_random(void *bytes, size_t size, int *os_code) {
    uint8_t *at = bytes;
    while (size > 0) {
        ssize_t n = getrandom(at, size, GRND_NONBLOCK);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return weir_sys_fail(os_code);
        at += n;
        size -= (size_t)n;
    }
    return 0;
}
