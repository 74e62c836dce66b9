/* SPDX-License-Identifier: MIT
 *
 * The loop: runs the callbacks of one thread. One loop, one thread; a function is for the loop's own thread unless it
 * says "any thread". No callback ever runs inside a call of this library: a tick dispatches, in this order,
 * completions, due timers, posts, deferred work, and then flushes what was written. What a phase queues for itself
 * waits for the next tick, so a match beats its timeout and a million chained operations use constant stack.
 *
 * Requirements 1, 14-27 of docs/seeds.md: PEP 3156's event loop, the reactor of 2012's lists, `run` and `run_once`. */
#ifndef WEIR_LOOP_H
#define WEIR_LOOP_H

#include <weir/alloc.h>
#include <weir/error.h>
#include <weir/export.h>
#include <weir/limits.h>

WEIR_BEGIN

typedef struct weir_loop weir_loop;
typedef struct weir_sim_host weir_sim_host;

typedef enum weir_log_level { WEIR_LOG_WARN, WEIR_LOG_INFO, WEIR_LOG_DEBUG } weir_log_level;

/* One line without a newline, valid during the call. Called on the loop's thread, must not call weir. */
typedef void weir_log_fn(void *user, weir_log_level level, const char *line);

/* All fields may be zero. The strings are read during the call only; `allocator` is copied. */
typedef struct weir_loop_options {
    const char
        *backend; /* "io_uring", "epoll", "poll", "select", "sim"; NULL: WEIR_BACKEND in the environment, else the
                            best */
    weir_sim_host *host;             /* the simulated host to live on; NULL with "sim": a world of its own */
    const weir_allocator *allocator; /* NULL: realloc and free */
    weir_log_fn *log;                /* NULL: silence */
    void *log_user;
    size_t budget;             /* bytes all transports may hold together; 0: 256 MiB; WEIR_UNBOUNDED: no bound */
    weir_limits limits;        /* for transports that are given none */
    unsigned tick_completions; /* completions dispatched before timers get their turn; 0: 256 */
} weir_loop_options;

/* Makes a loop. `options` may be NULL. Errors: WEIR_ENOMEM; WEIR_EINVAL (an unknown backend);
 * WEIR_ENOTSUP (a backend that was asked for by name is absent here); WEIR_EMFILE. Any thread; the loop belongs to the
 * thread that first runs it. On failure `*ret` is untouched. */
WEIR_API int weir_loop_open(weir_loop **ret, const weir_loop_options *options);

/* The same for short programs: NULL when it failed. Every function that takes a loop answers WEIR_EINVAL to NULL. */
WEIR_API weir_loop *weir_loop_new(const weir_loop_options *options);

/* What kept a loop from closing, or is alive in it. */
typedef enum weir_object_kind {
    WEIR_OBJECT_TRANSPORT,
    WEIR_OBJECT_LISTENER,
    WEIR_OBJECT_TIMER,
    WEIR_OBJECT_POST,
    WEIR_OBJECT_RUNNING,
    WEIR_OBJECT_FILE,
    WEIR_OBJECT_WORK
} weir_object_kind;

/* `object` is a weir_transport, weir_listener, weir_timer, weir_post, weir_file or weir_work; NULL for
 * WEIR_OBJECT_RUNNING. `what` names it, e.g. "tcp 127.0.0.1:7000 (open)". It may close or abort the object, and no
 * other. */
typedef void weir_object_fn(void *user, weir_object_kind kind, void *object, const char *what);

/* Calls `each` for everything that is still open. Returns how many. May be called from a callback. */
WEIR_API int weir_loop_each(weir_loop *loop, weir_object_fn *each, void *user);

/* Frees the loop. WEIR_EBUSY when transports, listeners, timers, posts, files or works are alive, or when called from
 * one of its callbacks: each is told to `each` (may be NULL) and the loop is as before. Zero: the loop is gone, and
 * posts from other threads must have ceased, but for those through an inbox. In a child that the loop's thread forked
 * it always frees, and leaves the parent's loop alone; a callback that does so there must not return into the loop. */
WEIR_API int weir_loop_close(weir_loop *loop, weir_object_fn *each, void *user);

/* Runs until `weir_stop`, or until nothing is left that could call back (timers and paused transports count as
 * something). Returns 0; WEIR_EBUSY when called from a callback of any loop of this thread; WEIR_EINVAL on another
 * thread than the one that first ran the loop; WEIR_EFORKED in a forked child; WEIR_ESTALLED on a simulated loop whose
 * world has no event left; or what the backend failed with. On a simulated loop this runs the whole world.
 * Other calls do not ask what thread they are on, but a build with asserts ends the program there. In a forked child
 * whatever would start something answers WEIR_EFORKED too. */
WEIR_API int weir_run(weir_loop *loop);

/* Runs one tick, waiting at most `timeout_ns` for something to do (0: do not wait; WEIR_FOREVER: until then).
 * Returns how many callbacks ran, or as `weir_run`. */
WEIR_API int weir_run_once(weir_loop *loop, uint64_t timeout_ns);

/* Lets `weir_run` return after the tick under way; one that is called later returns after its first tick. Any thread,
 * any callback. */
WEIR_API void weir_stop(weir_loop *loop);

/* A call to be made on the loop's thread. Yours; must stay where it is from `weir_loop_post` until `run` begins, and
 * may be freed or posted again from there on. */
typedef struct weir_post {
    void (*run)(struct weir_post *post);
    void *user; /* yours */
    /* private */
    struct weir_post *next;
} weir_post;

/* Queues `post`; posts of one thread run in order, each once. Any thread, any callback; lock-free, wakes the loop at
 * most once per sleep. WEIR_EINVAL without `run`; WEIR_ENOTSUP from another thread on a simulated loop. A post keeps
 * `weir_run` from returning until it ran. */
WEIR_API int weir_loop_post(weir_loop *loop, weir_post *post);

/* A way to post to a loop that outlives it, for threads that cannot know when it closes. Counted: each holder drops it
 * once, and the last one frees it, with the loop's allocator, on whatever thread that is. */
typedef struct weir_inbox weir_inbox;

/* The loop's inbox, held once more; NULL when out of memory. On the loop's thread. */
WEIR_API weir_inbox *weir_loop_inbox(weir_loop *loop);

/* One holder more (returns `inbox`), one less. NULL is let pass. Any thread. */
WEIR_API weir_inbox *weir_inbox_hold(weir_inbox *inbox);
WEIR_API void weir_inbox_drop(weir_inbox *inbox);

/* As weir_loop_post, and WEIR_ECLOSED when the loop is closed: then the post is the caller's again. What was accepted
 * keeps the loop from closing until it ran. Any thread, any callback. */
WEIR_API int weir_inbox_post(weir_inbox *inbox, weir_post *post);

/* The time of this tick, in nanoseconds on a monotonic clock whose zero means nothing. */
WEIR_API uint64_t weir_now_ns(const weir_loop *loop);

/* The loop of this thread: the one whose callback runs, else the one set here, else NULL (PEP 3156's get_event_loop
 * and set_event_loop). `set` may be given NULL. */
WEIR_API weir_loop *weir_loop_current(void);
WEIR_API void weir_loop_set_current(weir_loop *loop);

/* The backend in use, and why a better one is not ("" when it is the best, or was asked for). Valid while
 * the loop is. */
WEIR_API const char *weir_loop_backend(const weir_loop *loop);
WEIR_API const char *weir_loop_backend_reason(const weir_loop *loop);

typedef struct weir_loop_stats {
    uint64_t ticks;
    uint64_t completions;
    uint64_t system_calls; /* made by this loop and its transports */
    uint64_t allocations;  /* requests to the allocator for more memory */
    size_t memory;         /* bytes held from the allocator now */
    size_t memory_peak;
    size_t charged;    /* bytes charged to the budget now: floors, unread and queued bytes */
    size_t transports; /* alive now, as the next ones */
    size_t listeners;
    size_t timers;
    size_t ops;     /* in flight at the backend */
    size_t handles; /* open at the backend */
} weir_loop_stats;

/* What the loop has done and holds. Costs little; any callback. */
WEIR_API void weir_loop_stats_get(const weir_loop *loop, weir_loop_stats *ret);

/* The last failure of a call that takes an endpoint or an address on this loop, for programs that only want to say it:
 * prints it to stderr and returns 1, the exit status of a program that failed. `loop` may be NULL. */
WEIR_API int weir_report(weir_loop *loop);
WEIR_API const weir_error *weir_loop_last_error(const weir_loop *loop);

/* A backend as `weir doctor` shows it. Static strings, but `reason`. */
typedef struct weir_backend_info {
    const char *name;
    const char *summary; /* one line */
    int status;          /* 0: works here; else WEIR_E... */
    char reason[160];    /* why not, or what it lacks, or empty */
} weir_backend_info;

/* Probes the `index`-th backend, best first. WEIR_ENOENT past the last. Any thread. */
WEIR_API int weir_backend_probe(size_t index, weir_backend_info *ret);

WEIR_END

#endif
