/* SPDX-License-Identifier: MIT
 *
 * How the world moves. One step is one of: an event that is due; the tick of one loop that has something to do, which
 * one is drawn; or, when neither is there, the clock set to whatever comes next. A tick takes TICK_NS, so that a loop
 * which always has something to do does not stop the clock for the others. A loop that has something to do may be kept
 * waiting for up to LATE_NS while events come in, as a busy machine does: that is how several of them meet in one tick.
 *
 * A loop says its deadline when it waits, before its callbacks run; so it is ticked until it waits with nothing to do.
 * What others do to it after that (a post or a timer from another loop's callback, or from outside) it cannot say; so
 * every loop is asked again before the clock leaps, before the world is called stalled, and after STALE_NS. */
#include <assert.h>

#include "backend/sim/port.h"
#include "backend/sim/world.h"

#define TICK_NS ((uint64_t)1000)
#define LATE_NS ((uint64_t)50000)
#define LEAP_NS ((uint64_t)100000)
#define STALE_NS ((uint64_t)1000000)

static bool counts(const weir_sim_host *host) { return host->port && weir_sim_port_wants(host->port); }

static bool stale(const weir_sim_host *host) { return host->sim->now_ns - host->port->waited_ns > STALE_NS; }

static bool busy(const weir_sim_host *host) { return counts(host) && (weir_sim_port_busy(host->port) || stale(host)); }

static unsigned count_busy(const weir_sim *sim) {
    unsigned n = 0;
    for (const weir_sim_host *host = sim->hosts; host; host = host->next)
        n += busy(host);
    return n;
}

static weir_sim_host *nth_busy(const weir_sim *sim, uint64_t n) {
    weir_sim_host *host = sim->hosts;
    while (!busy(host) || n--)
        host = host->next;
    return host;
}

static void run_event(weir_sim *sim) {
    struct weir_sim_event *event = sim->events.first;
    if (event->due_ns > sim->now_ns) sim->now_ns = event->due_ns;
    weir_sim_queue_remove(&sim->events, event);
    sim->asked = false;
    event->run(event);
}

/* When the next event or deadline is due; UINT64_MAX when there is none. */
static uint64_t next_ns(const weir_sim *sim) {
    uint64_t next = sim->events.first ? sim->events.first->due_ns : UINT64_MAX;
    for (const weir_sim_host *host = sim->hosts; host; host = host->next) {
        if (counts(host) && weir_sim_port_deadline(host->port) < next) next = weir_sim_port_deadline(host->port);
    }
    return next;
}

/* Lets every loop say again what it waits for. */
static int ask_all(weir_sim *sim) {
    for (weir_sim_host *host = sim->hosts; host; host = host->next) {
        if (host->port) host->port->settled = false;
    }
    sim->asked = true;
    return 0;
}

static int advance(weir_sim *sim, uint64_t until_ns) {
    uint64_t next = next_ns(sim);
    if (!sim->asked && next - sim->now_ns > LEAP_NS) return ask_all(sim);
    sim->asked = false;
    if (next == UINT64_MAX) return WEIR_ESTALLED;
    if (next > until_ns)
        sim->now_ns = until_ns;
    else if (sim->events.first && sim->events.first->due_ns == next)
        run_event(sim);
    else
        sim->now_ns = next;
    return 0;
}

/* Whether the next event is so near that it may come before the loops that are ready. */
static bool overtakes(weir_sim *sim, uint64_t until_ns) {
    uint64_t due = sim->events.first ? sim->events.first->due_ns : UINT64_MAX;
    return due <= until_ns && due - sim->now_ns <= LATE_NS && weir_sim_draw(sim, 4) == 0;
}

int weir_sim_step(weir_sim *sim, uint64_t until_ns) {
    unsigned ready;
    int result = 0;

    assert(!sim->in_turn);
    if (sim->events.first && sim->events.first->due_ns <= sim->now_ns) {
        run_event(sim);
        return 0;
    }
    ready = count_busy(sim);
    if (!ready) return advance(sim, until_ns);
    if (overtakes(sim, until_ns)) {
        run_event(sim);
        return 0;
    }
    sim->in_turn = true;
    result = weir_sim_port_tick(nth_busy(sim, weir_sim_draw(sim, ready))->port);
    sim->in_turn = false;
    sim->now_ns += TICK_NS;
    return result < 0 ? result : 0;
}

static bool any_counts(const weir_sim *sim) {
    for (const weir_sim_host *host = sim->hosts; host; host = host->next) {
        if (counts(host)) return true;
    }
    return false;
}

int weir_sim_run(weir_sim *sim, uint64_t until_ns) {
    int result = 0;
    if (!sim) return WEIR_EINVAL;
    if (sim->in_turn) return WEIR_EBUSY;
    ask_all(sim);
    while (result == 0 && sim->now_ns < until_ns && any_counts(sim))
        result = weir_sim_step(sim, until_ns);
    return result;
}
