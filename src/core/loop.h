/* SPDX-License-Identifier: MIT
 *
 * The loop from inside: what the floors above it use. The struct is open to them so that the hot paths need no call;
 * only core/ changes the fields that have a function here. */
#ifndef WEIR_CORE_LOOP_H
#define WEIR_CORE_LOOP_H

#include <assert.h>
#include <stdatomic.h>

#include <weir/drain.h>
#include <weir/loop.h>
#include <weir/timer.h>

#include "base/memory.h"
#include "base/mpsc.h"
#include "base/segment.h"
#include "base/wheel.h"
#include "core/backend.h"
#include "core/scope.h"
#include "core/task.h"

/* A link in one of the loop's lists of what is open. */
struct weir_object {
    struct weir_object *next, *prev;
};

/* Writes what `object` is into `text`: "tcp 127.0.0.1:7000 (open)". */
typedef void weir_describe_fn(const struct weir_object *object, char *text, size_t size);

/* The public pointer that belongs to `object`. */
typedef void *weir_public_fn(struct weir_object *object);

struct weir_object_list {
    struct weir_object head;
    size_t count;
    weir_describe_fn *describe;
    weir_public_fn *publish;
    void (*discard)(struct weir_object *object); /* in a forked child: free it, tell nobody */
};

/* What other threads write, a cache line apart from what the loop's own thread writes all the time. */
struct weir_door {
    char before[64];
    struct weir_mpsc posts;
    atomic_bool asleep; /* in the backend's wait: a post must wake it */
    char after[64];
};

/* The graceful end, while it is under way (transport/drain.c). */
struct weir_drain {
    struct weir_timer_node look;
    uint64_t deadline_ns, quiet_ns;
    weir_drain_fn *done;
    void *user;
    weir_drained result;
    bool on;
};

struct weir_loop {
    const struct weir_backend *backend;
    struct weir_backend_state *state;
    uint64_t now_ns;
    struct weir_task_queue steps; /* transports with deferred work; runs after the posts */
    struct weir_task_queue
        flushes; /* transports with bytes to send; runs last, so that a tick's bytes leave together */
    struct weir_task_queue retries; /* listeners to look after; runs with the steps */
    struct weir_task_queue pulls;   /* struct weir_turn: whatever else is deferred; runs with the steps */
    struct weir_pool pool;
    struct weir_memory memory;
    struct weir_scope scope;         /* the limits of transports that are given none, and the root of the budget */
    size_t starved;                  /* transports that wait for budget */
    struct weir_timer_node starving; /* when the largest holder must go */
    bool starve_relieved;            /* some budget came back since that was armed */
    struct weir_object *relieved;    /* the transport that goes on first with what came back */
    size_t relief_turns;             /* how many may follow it */
    bool floor_awaited;              /* a listener waits for budget */

    struct weir_wheel wheel;
    struct weir_timer_node due; /* timers that came up in this tick and have not fired yet */

    struct weir_post *posted; /* taken from `door.posts`, not run yet */
    struct weir_door door;
    weir_inbox *inbox;           /* made when somebody asks for it */
    atomic_bool stop;            /* by any thread */
    _Atomic(const void *) owner; /* the thread that first ran it; NULL: nobody has */
    bool in_tick;
    bool shares_ports; /* it is one of several that listen on the same addresses */
    const void *maker; /* the thread that made it: a simulated loop takes posts from no other */

    struct weir_object_list transports, listeners, files, works;
    struct weir_drain drain;
    size_t ops; /* port ops in flight */
    unsigned tick_completions;
    uint64_t ticks, completions, callbacks;

    weir_log_fn *log;
    void *log_user;
    weir_error last_error;
    char reason[160];
};

/* Makes a loop on one backend; the floor above chooses which. As weir_loop_open, and `reason` says why not. */
int weir_loop_make(weir_loop **ret, const weir_loop_options *options, const struct weir_backend *backend, char *reason,
                   size_t reason_size);

/* Frees a loop in which nothing is open, or, in a forked child, whatever is. */
void weir_loop_destroy(weir_loop *loop, bool forked);

/* One tick, sleeping until `deadline_ns` at most. */
int weir_loop_tick(weir_loop *loop, uint64_t deadline_ns);

/* Whether anything is left that could call back. */
bool weir_loop_alive(const weir_loop *loop);

/* Makes `loop` the running one of this thread, and returns what was, to be restored by leave. */
weir_loop *weir_loop_enter(weir_loop *loop);
void weir_loop_leave(weir_loop *before);

/* Names this thread: equal for equal threads that live. */
const void *weir_thread_here(void);

/* Whether the loop is this thread's to use: it first ran it, or nobody has yet, or this is a forked child, which may
 * only close it. For asserts: a program that calls from a thread of its own must be told, not served. */
bool weir_loop_is_ours(const weir_loop *loop);

/* Whether a callback of any loop runs on this thread. */
bool weir_loop_running_here(void);

/* Has `turn->run` called later in this tick, or in the next one; take it back before `turn` is freed. */
static inline void weir_turn_later(weir_loop *loop, struct weir_turn *turn) {
    weir_task_push(&loop->pulls, &turn->task);
}
static inline void weir_turn_cancel(weir_loop *loop, struct weir_turn *turn) {
    weir_task_remove(&loop->pulls, &turn->task);
}

/* Objects that the loop lists and waits for. */
void weir_object_add(struct weir_object_list *list, struct weir_object *object);
void weir_object_remove(struct weir_object_list *list, struct weir_object *object);

/* Port ops: submit counts them; `done` runs from the tick. A submitted op must not be submitted again before its last
 * completion. Cancel is legal for an idle op. */
int weir_port_submit(weir_loop *loop, struct weir_port_op *op);
void weir_port_cancel(weir_loop *loop, struct weir_port_op *op);
static inline int weir_port_call(weir_loop *loop, struct weir_call *call) {
    assert(weir_loop_is_ours(loop));
    return loop->backend->call(loop->state, call);
}

/* Deadlines within the library: a bare node, `expire` set by its owner. Start also moves; stop takes an idle one. */
void weir_deadline_start(weir_loop *loop, struct weir_timer_node *node, uint64_t deadline_ns);
void weir_deadline_stop(weir_loop *loop, struct weir_timer_node *node);

/* Fills zero fields of `given` (may be NULL) from `defaults` and puts the marks in order. */
weir_limits weir_limits_fill(const weir_limits *given, const weir_limits *defaults);
extern const weir_limits weir_limits_default;

void weir_loop_log(weir_loop *loop, weir_log_level level, const char *format, ...) WEIR_PRINTF(3, 4);

/* Keeps a failure for weir_report, and returns its code. `peer` may be NULL. */
int weir_loop_fail(weir_loop *loop, int code, weir_stage stage, int os_code, const weir_address *peer);

#endif
