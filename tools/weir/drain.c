/* SPDX-License-Identifier: MIT
 *
 * How a service stops:
 *
 *   runs --first signal--> drains --second signal, or DRAIN_MAX_NS--> aborts --> nothing left
 *                             +------------------------------------------------> nothing left
 *
 * To drain is to accept no more, and to let what is there come to its end. A session that has moved no byte for
 * QUIET_NS and holds none is closed in order: nothing that came to us is lost, but its peers had not ended. One whose
 * bytes are not taken is waited for until DRAIN_MAX_NS, and then cut off; the exit status tells. A known weakness:
 * what lies in the system's buffers and was not read by then counts as not sent. */
#include "say.h"
#include "service.h"
#include "units.h"

static const uint64_t LOOK_NS = (uint64_t)50 * 1000000;
static const uint64_t QUIET_NS = (uint64_t)300 * 1000000;
static const uint64_t DRAIN_MAX_NS = (uint64_t)10 * 1000000000;

void service_abort(struct service *service) {
    if (service->kind->stopping) service->kind->stopping(service);
    for (struct session *s = service->sessions.next; s != &service->sessions; s = s->next) {
        if (s->aborted) continue;
        s->aborted = true;
        service->tally.aborted++;
        session_abort(s);
    }
}

static void close_if_quiet(struct session *s, uint64_t now_ns) {
    size_t held;
    uint64_t moved = session_look(s, &held);
    if (moved != s->moved || held > 0) {
        s->moved = moved;
        s->moved_at_ns = now_ns;
    } else if (now_ns - s->moved_at_ns >= QUIET_NS) {
        s->closed = true;
        s->service->tally.closed++;
        session_close(s);
    }
}

/* Those that are closed already have a deadline of their own, the linger of their limits. */
static void look(weir_timer *timer) {
    struct service *service = timer->user;
    uint64_t now_ns = weir_now_ns(service->loop);
    bool over = now_ns - service->stopped_ns > DRAIN_MAX_NS, left = false;
    for (struct session *s = service->sessions.next; s != &service->sessions; s = s->next) {
        if (s->closed || s->aborted) continue;
        left = true;
        if (!over) close_if_quiet(s, now_ns);
    }
    if (left && over) service_abort(service);
    if (!left) weir_timer_stop(timer);
}

/* Nothing to wait for needs no words. */
static void say_draining(uint64_t sessions) {
    char text[UNITS_TEXT_MAX];
    if (sessions)
        say_line("weir: stopping, with %s to end first; another signal cuts off",
                 units_count(sessions, "connection", text, sizeof text));
}

void service_drain(struct service *service) {
    uint64_t sessions = 0;
    service->draining = service->tally.drained = true;
    service->stopped_ns = weir_now_ns(service->loop);
    service_shut_doors(service);
    if (service->kind->stopping) service->kind->stopping(service);
    for (struct session *s = service->sessions.next; s != &service->sessions; s = s->next) {
        s->moved_at_ns = service->stopped_ns;
        session_drain(s);
        sessions++;
    }
    say_draining(sessions);
    service->look = (weir_timer){.fired = look, .user = service};
    weir_timer_start(service->loop, &service->look, LOOK_NS, LOOK_NS);
}
