/* SPDX-License-Identifier: MIT
 *
 * Looks at what a service has moved, a few times a second, for -p and --stats. */
#ifndef TOOL_MONITOR_H
#define TOOL_MONITOR_H

#include "progress.h"

#include <weir/timer.h>

#include <stdatomic.h>

struct service;

struct monitor {
    struct service *service; /* NULL: it does not look */
    struct progress progress;
    weir_timer timer;
    uint64_t total; /* bytes there will be, 0: not known */
    int total_way;  /* in which direction */
    char label[48];
    atomic_uint_least64_t moved[2], alive; /* when it last looked; for the first worker, which shows them all */
};

/* Nothing, unless -p or --stats was given. `total` and `way` as above. */
void monitor_start(struct monitor *monitor, struct service *service, uint64_t total, int way);

/* The last look, and no more. The second time nothing. */
void monitor_stop(struct monitor *monitor);

#endif
