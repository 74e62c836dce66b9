/* SPDX-License-Identifier: MIT
 *
 * The order of a simulated world's events, against a list that is searched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backend/sim/event.h"

#define EVENTS 200

static void never(struct weir_sim_event *event) { (void)event; }

static uint32_t chance(uint32_t *state) { return (*state = *state * 1664525 + 1013904223) >> 8; }

static struct weir_sim_event *soonest(struct weir_sim_event *events) {
    struct weir_sim_event *best = NULL;
    for (struct weir_sim_event *e = events; e < events + EVENTS; e++) {
        if (!e->queued) continue;
        if (!best || e->due_ns < best->due_ns || (e->due_ns == best->due_ns && e->order < best->order)) best = e;
    }
    return best;
}

static void events_come_in_order_of_time_and_adding(void **state) {
    (void)state;
    static struct weir_sim_event events[EVENTS];
    struct weir_sim_queue queue = {0};
    uint32_t seed = 1;
    for (int i = 0; i < 20000; i++) {
        struct weir_sim_event *event = &events[chance(&seed) % EVENTS];
        event->run = never;
        if (chance(&seed) % 4 == 0 && queue.first)
            weir_sim_queue_remove(&queue, queue.first);
        else if (event->queued)
            weir_sim_queue_remove(&queue, event);
        else
            weir_sim_queue_add(&queue, event, chance(&seed) % 50);
        assert_ptr_equal(queue.first, soonest(events));
    }
    while (queue.first) {
        assert_ptr_equal(queue.first, soonest(events));
        weir_sim_queue_remove(&queue, queue.first);
    }
    assert_null(soonest(events));
    weir_sim_queue_remove(&queue, &events[0]); /* one that is not queued is left alone */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(events_come_in_order_of_time_and_adding)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
