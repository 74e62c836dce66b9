/* SPDX-License-Identifier: MIT
 *
 * How long to sleep, as the system wants to be told: in nanoseconds, since time never runs early. */
#ifndef WEIR_BACKEND_READY_SLEEP_H
#define WEIR_BACKEND_READY_SLEEP_H

#include <time.h>

#include <weir/loop.h>

/* Fills `ret` and returns it; NULL: for ever. */
static inline const struct timespec *weir_ready_timeout(uint64_t timeout_ns, struct timespec *ret) {
    if (timeout_ns == WEIR_FOREVER) return NULL;
    ret->tv_sec = (time_t)(timeout_ns / 1000000000);
    ret->tv_nsec = (long)(timeout_ns % 1000000000);
    return ret;
}

#endif
