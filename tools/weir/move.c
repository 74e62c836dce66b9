/* SPDX-License-Identifier: MIT
 *
 * Four transports on one loop, so that nothing but the library and the system is measured. The first failure anywhere
 * ends the move, and so does standing still. */
#include "move_wiring.h"

#include "looping.h"

#include <stdio.h>
#include <stdlib.h>

static const uint64_t STUCK_NS = (uint64_t)10 * 1000000000;

void move_fail(struct move *m, const char *what) {
    if (!*m->problem) snprintf(m->problem, sizeof m->problem, "%s", what);
    looping_abort(m->wiring->loop);
}

void move_fail_for(struct move *m, const weir_error *reason) {
    char text[sizeof m->problem];
    move_fail(m, weir_error_format(reason, text, sizeof text));
}

void move_fail_with(struct move *m, int code, weir_stage stage) {
    move_fail_for(m, &(weir_error){.code = code, .stage = stage});
}

static void guard_fired(weir_timer *timer) {
    struct move *m = timer->user;
    if (m->arrived == m->wiring->arrived) move_fail(m, "stuck: no byte arrived for ten seconds");
    m->wiring->arrived = m->arrived;
}

static void begin(struct move *m) {
    struct move_wiring *w = m->wiring;
    int code = m->medium->begin(m);
    if (code < 0) {
        const weir_error *last = weir_loop_last_error(w->loop);
        if (last)
            move_fail_for(m, last);
        else
            move_fail_with(m, code, WEIR_STAGE_OPEN);
        return;
    }
    w->guard = (weir_timer){.fired = guard_fired, .user = m};
    weir_timer_start(w->loop, &w->guard, STUCK_NS, STUCK_NS);
}

static void run(struct move *m) {
    begin(m);
    int code = weir_run(m->wiring->loop);
    if (code < 0) move_fail_with(m, code, WEIR_STAGE_NONE);
    looping_end(m->wiring->loop);
    if (!*m->problem && m->arrived != m->sample->bytes)
        snprintf(m->problem, sizeof m->problem, "%llu bytes arrived of %llu", (unsigned long long)m->arrived,
                 (unsigned long long)m->sample->bytes);
}

bool move_run(struct move *m) {
    struct move_wiring *w = m->wiring = calloc(1, sizeof *w);
    if (!w || looping_open(&w->loop, m->backend) < 0) {
        snprintf(m->problem, sizeof m->problem, "no loop could be made");
    } else if (!hash_begin(&w->hash)) {
        snprintf(m->problem, sizeof m->problem, "libcrypto cannot make a SHA-256");
        looping_end(w->loop);
    } else {
        run(m);
        if (!hash_end(&w->hash, m->digest) && !*m->problem)
            snprintf(m->problem, sizeof m->problem, "libcrypto failed in the middle");
    }
    free(w);
    return !*m->problem;
}
