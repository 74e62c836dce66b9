/* SPDX-License-Identifier: MIT
 *
 * The tick, in the order that the public header promises: completions, due timers, posts, deferred work, flush. Every
 * phase is finite: completions are counted, the others run what was there when they began. A tick sleeps only when
 * nothing waits for it. */
#include <limits.h>

#include "core/loop.h"
#include "core/phases.h"

/* When to wake: at once if work is waiting, else at the next timer or the caller's own deadline. */
static uint64_t sleep_until(weir_loop *loop, uint64_t deadline_ns) {
    weir_loop_settle_timers(loop);
    if (loop->steps.first || loop->retries.first || loop->pulls.first || loop->flushes.first || loop->posted) return 0;
    uint64_t timer_ns = weir_wheel_next_ns(&loop->wheel);
    return timer_ns < deadline_ns ? timer_ns : deadline_ns;
}

/* Sleeps. A post or stop that came before `asleep` was set is seen here; one that comes later wakes the backend. What
 * other threads write is looked at only when there is nothing else to do: each look takes it away from them. */
static int wait(weir_loop *loop, uint64_t deadline_ns) {
    uint64_t until_ns = sleep_until(loop, deadline_ns);
    bool sleeps = until_ns != 0;
    if (sleeps) {
        atomic_store(&loop->door.asleep, true);
        if (atomic_load(&loop->stop) || !weir_mpsc_empty(&loop->door.posts)) until_ns = 0;
    }
    int status = loop->backend->wait(loop->state, until_ns);
    if (sleeps) atomic_store_explicit(&loop->door.asleep, false, memory_order_relaxed);
    loop->now_ns = loop->backend->now_ns(loop->state);
    return status;
}

static unsigned run_completions(weir_loop *loop) {
    struct weir_completion c;
    unsigned ran = 0;
    for (; ran < loop->tick_completions && loop->backend->next(loop->state, &c); ran++) {
        if (c.last) {
            c.op->active = false;
            loop->ops--;
        }
        c.op->done(c.op, &c);
        if (c.bytes) loop->backend->release(loop->state, &c);
    }
    loop->completions += ran;
    return ran;
}

/* They are short and come in crowds, and another tick is a system call: four to a completion. */
static unsigned run_posts(weir_loop *loop) {
    unsigned ran = 0, most = loop->tick_completions < UINT_MAX / 4 ? 4 * loop->tick_completions : UINT_MAX;
    if (!loop->posted) loop->posted = weir_mpsc_take_all(&loop->door.posts);
    for (weir_post *post; ran < most && (post = loop->posted); ran++) {
        loop->posted = post->next;
        post->run(post);
    }
    return ran;
}

int weir_loop_tick(weir_loop *loop, uint64_t deadline_ns) {
    weir_loop *before = weir_loop_enter(loop);
    loop->in_tick = true;
    int status = wait(loop, deadline_ns);
    if (status >= 0) {
        loop->ticks++;
        loop->callbacks += run_completions(loop);
        loop->callbacks += weir_loop_run_timers(loop);
        loop->callbacks += run_posts(loop);
        loop->callbacks += weir_task_run_all(&loop->retries);
        loop->callbacks += weir_task_run_all(&loop->pulls);
        loop->callbacks += weir_task_run_all(&loop->steps);
        weir_task_run_all(&loop->flushes);
    }
    loop->in_tick = false;
    weir_loop_leave(before);
    return status;
}

bool weir_loop_alive(const weir_loop *loop) {
    return loop->transports.count || loop->listeners.count || loop->ops || loop->pulls.first || loop->wheel.count ||
           loop->posted || !weir_mpsc_empty(&loop->door.posts);
}

/* One step: a tick, or, where the backend is part of a world, a step of that world, which may be another loop's. */
static int step(weir_loop *loop, uint64_t deadline_ns) {
    return loop->backend->turn ? loop->backend->turn(loop->state, deadline_ns) : weir_loop_tick(loop, deadline_ns);
}

/* The first thread that runs a loop is its own. */
static bool claim(weir_loop *loop) {
    const void *owner = NULL;
    return atomic_compare_exchange_strong(&loop->owner, &owner, weir_thread_here()) || owner == weir_thread_here();
}

static int may_run(weir_loop *loop) {
    if (!loop) return WEIR_EINVAL;
    if (weir_loop_running_here()) return WEIR_EBUSY;
    if (weir_loop_forked(loop)) return WEIR_EFORKED;
    return claim(loop) ? 0 : WEIR_EINVAL;
}

int weir_run(weir_loop *loop) {
    int status = may_run(loop);
    if (status < 0) return status;
    while (status >= 0 && weir_loop_alive(loop)) {
        status = step(loop, WEIR_FOREVER);
        if (atomic_load(&loop->stop)) break;
        if (weir_loop_forked(loop)) status = WEIR_EFORKED;
    }
    atomic_store(&loop->stop, false);
    return status < 0 ? status : 0;
}

int weir_run_once(weir_loop *loop, uint64_t timeout_ns) {
    int status = may_run(loop);
    if (status < 0) return status;
    uint64_t callbacks = loop->callbacks, ticks = loop->ticks;
    uint64_t deadline_ns = timeout_ns ? weir_after_ns(loop->backend->now_ns(loop->state), timeout_ns) : 0;
    do
        status = step(loop, deadline_ns);
    while (status >= 0 && loop->ticks == ticks && loop->backend->now_ns(loop->state) < deadline_ns);
    atomic_store(&loop->stop, false);
    return status < 0 ? status : (int)(loop->callbacks - callbacks);
}
