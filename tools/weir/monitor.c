/* SPDX-License-Identifier: MIT
 *
 * Where the size of one direction is known, that direction is watched; else both together. It stands still when a
 * connection is there and no byte has moved for a while, whosever fault that is. The timer would keep the loop running,
 * so it is stopped with the last thing that could still move. Of several workers each publishes what it sees, and the
 * first one adds it up. */
#include "monitor.h"

#include "service.h"
#include "units.h"

static const uint64_t LOOK_NS = (uint64_t)200 * 1000000;

static void publish(struct monitor *monitor) {
    uint64_t moved[2];
    service_moved(monitor->service, moved);
    for (int way = 0; way < 2; way++)
        atomic_store(&monitor->moved[way], moved[way]);
    atomic_store(&monitor->alive, monitor->service->alive);
}

/* All workers together. Returns how many connections there are. */
static uint64_t add_up(const struct service *first, uint64_t moved[2]) {
    uint64_t alive = 0;
    moved[0] = moved[1] = 0;
    for (unsigned i = 0; i < first->count; i++) {
        const char *at = (const char *)first + i * first->kind->size;
        const struct monitor *monitor = &((const struct service *)at)->monitor;
        for (int way = 0; way < 2; way++)
            moved[way] += atomic_load(&monitor->moved[way]);
        alive += atomic_load(&monitor->alive);
    }
    return alive;
}

static void look(weir_timer *timer) {
    struct monitor *monitor = timer->user;
    const struct service *service = monitor->service;
    uint64_t moved[2];
    publish(monitor);
    if (service->index > 0) return;
    uint64_t alive = add_up(service, moved);
    if (service->lasting) units_count(alive, "connection", monitor->label, sizeof monitor->label);
    progress_update(&monitor->progress, monitor->total ? moved[monitor->total_way] : moved[0] + moved[1], alive > 0);
}

void monitor_start(struct monitor *monitor, struct service *service, uint64_t total, int way) {
    const struct options *options = service->options;
    bool shows = options->given & OPTION_PROGRESS && !(options->given & OPTION_QUIET);
    if (!(options->given & (OPTION_PROGRESS | OPTION_STATS))) return;
    monitor->service = service;
    monitor->total = total;
    monitor->total_way = way;
    monitor->timer = (weir_timer){.fired = look, .user = monitor};
    progress_begin(&monitor->progress, monitor->label, total, PROGRESS_LINES, !shows || service->index > 0);
    weir_timer_start(service->loop, &monitor->timer, LOOK_NS, LOOK_NS);
}

void monitor_stop(struct monitor *monitor) {
    if (!monitor->service) return;
    look(&monitor->timer);
    weir_timer_stop(&monitor->timer);
    progress_end(&monitor->progress, NULL);
    monitor->service = NULL;
}
