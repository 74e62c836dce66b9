/* SPDX-License-Identifier: MIT
 *
 * Where the size of one direction is known, that direction is watched; else both together. It stands still when a
 * connection is there and no byte has moved for a while, whosever fault that is. The timer would keep the loop running,
 * so it is stopped with the last thing that could still move. */
#include "monitor.h"

#include "service.h"
#include "units.h"

static const uint64_t LOOK_NS = (uint64_t)200 * 1000000;

static void look(weir_timer *timer) {
    struct monitor *monitor = timer->user;
    const struct service *service = monitor->service;
    uint64_t moved[2], sessions = service->alive;
    service_moved(service, moved);
    if (service->lasting) units_count(sessions, "connection", monitor->label, sizeof monitor->label);
    progress_update(&monitor->progress, monitor->total ? moved[monitor->total_way] : moved[0] + moved[1],
                    sessions > 0);
}

void monitor_start(struct monitor *monitor, struct service *service, uint64_t total, int way) {
    const struct options *options = service->options;
    bool shows = options->given & OPTION_PROGRESS;
    if (!shows && !(options->given & OPTION_STATS)) return;
    *monitor = (struct monitor){.service = service, .total = total, .total_way = way};
    monitor->timer = (weir_timer){.fired = look, .user = monitor};
    progress_begin(&monitor->progress, monitor->label, total, PROGRESS_LINES,
                   !shows || options->given & OPTION_QUIET);
    weir_timer_start(service->loop, &monitor->timer, LOOK_NS, LOOK_NS);
}

void monitor_stop(struct monitor *monitor) {
    if (!monitor->service) return;
    look(&monitor->timer);
    weir_timer_stop(&monitor->timer);
    progress_end(&monitor->progress, NULL);
    monitor->service = NULL;
}
