/* SPDX-License-Identifier: MIT
 *
 * Exponential, with full jitter: many clients of one server that went away shall not come back in one wave, and the
 * whole range spreads them best. Where the system has no random numbers to give the wait is the longest one. */
#include "backoff.h"

#include <sys/random.h>

uint64_t backoff_ceiling_ns(unsigned failed) {
    uint64_t ns = BACKOFF_BASE_NS;
    while (--failed > 0 && ns < BACKOFF_MOST_NS)
        ns *= 2;
    return ns < BACKOFF_MOST_NS ? ns : BACKOFF_MOST_NS;
}

uint64_t backoff_ns(unsigned failed) {
    uint64_t ceiling_ns = backoff_ceiling_ns(failed), random;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random) return ceiling_ns;
    return random % (ceiling_ns + 1);
}
