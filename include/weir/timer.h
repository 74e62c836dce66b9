/* SPDX-License-Identifier: MIT
 *
 * Timers. A timer fires at or after its deadline, never early. Deadlines are nanoseconds of the loop's monotonic clock;
 * they are met with a granularity of WEIR_TIMER_GRANULARITY_NS on every backend, and timers that fall into the same
 * slot fire in the order in which they were armed. Arming, stopping and moving cost the same among a million. */
#ifndef WEIR_TIMER_H
#define WEIR_TIMER_H

#include <weir/loop.h>

WEIR_BEGIN

#define WEIR_TIMER_GRANULARITY_NS ((uint64_t)1 << 20) /* about a millisecond */

/* Yours; zero it, set `fired`. It must stay where it is while armed. When `fired` runs, a one-shot timer is idle again
 * and may be freed, started or left; a repeating one is armed for its next deadline already. */
typedef struct weir_timer {
    void (*fired)(struct weir_timer *timer);
    void *user; /* yours */
    /* private */
    struct weir_timer_node {
        struct weir_timer_node *next, *prev;
        uint64_t deadline_ns;
        void (*expire)(weir_loop *loop, struct weir_timer_node *node);
    } node;
    uint64_t repeat_ns;
    weir_loop *loop;
} weir_timer;

/* Arms `timer` to fire `delay_ns` from now (0: in the next tick), and then every `repeat_ns` after that deadline (0:
 * once). "Now" is the real time, however long the callback has worked: it is asked for once for the timers that a tick
 * arms, after the call and at the tick's end at the latest. Deadlines of a repeating timer that were missed are
 * skipped, so that it fires once after a long sleep and keeps its phase. An armed timer is moved. A sum beyond the
 * clock's range means never. Errors: WEIR_EINVAL (no `fired`; armed on another loop). Allocates nothing. May be called
 * from any callback of the loop. */
WEIR_API int weir_timer_start(weir_loop *loop, weir_timer *timer, uint64_t delay_ns, uint64_t repeat_ns);

/* Disarms. It will not fire, even if it was due in the same batch. An idle timer is left alone. */
WEIR_API void weir_timer_stop(weir_timer *timer);

/* Whether it was started and will fire, or fire again. */
WEIR_API bool weir_timer_armed(const weir_timer *timer);

WEIR_END

#endif
