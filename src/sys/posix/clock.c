/* SPDX-License-Identifier: MIT
 *
 * The clock: CLOCK_MONOTONIC, which neither counts the time a machine was suspended nor follows the calendar. That it
 * never goes back is the kernel's promise; a backend that wants to be sure against a broken one keeps the largest value
 * it has seen, since there is no global state here. */
#include <time.h>

#include "sys/sys.h"

uint64_t weir_sys_now_ns(void) {
    struct timespec now = {0, 0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}
