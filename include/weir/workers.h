/* SPDX-License-Identifier: MIT
 *
 * Workers: one loop on each of several threads, nothing shared between them. Every worker runs the same set-up and
 * listens on the same addresses; the system deals the connections out, since within a worker TCP listeners are made
 * with SO_REUSEPORT. A connection stays with the loop that took it. For one loop's program this is one line more:
 *
 *     static int serve(const weir_worker *worker, void *user) {
 *         return weir_serve(worker->loop, "tcp://0.0.0.0:7000", on_connection, user);
 *     }
 *     int main(void) { return weir_workers(4, serve, NULL) < 0; }
 *
 * The system deals by a hash of the addresses, so a few long connections may meet on one worker. UNIX sockets know no
 * such sharing: listen on one worker only. Sources: the loop per thread of PEP 3156, requirements 24-26 of
 * docs/seeds.md. */
#ifndef WEIR_WORKERS_H
#define WEIR_WORKERS_H

#include <weir/loop.h>

WEIR_BEGIN

#define WEIR_WORKERS_MAX 1024

/* The workers that run together. */
typedef struct weir_crew weir_crew;

typedef struct weir_worker {
    weir_loop *loop; /* its own; closed by weir_crew_close, and its inbox when its run has returned */
    unsigned index, count;
    weir_crew *crew;
} weir_worker;

/* Prepares a worker, on its own thread; `worker` lives as long as the crew. They are called one after the other, in
 * the order of `index`, so that the first may choose a port that the others then use. Zero, or WEIR_E...: then the
 * crew does not come about. */
typedef int weir_worker_fn(const weir_worker *worker, void *user);

/* All fields but `setup` may be zero. */
typedef struct weir_crew_options {
    unsigned count;                /* of workers, at most WEIR_WORKERS_MAX; 0: one for each processor there is */
    const weir_loop_options *loop; /* for each loop; its strings and functions must serve several threads at once */
    weir_worker_fn *setup;
    /* On the worker's thread, when its run has returned: stops what only the user can. What is open afterwards is
     * aborted. NULL: nothing. */
    void (*teardown)(const weir_worker *worker, void *user);
    void *user;
    weir_error *error; /* out: why the crew did not come about; NULL: not asked */
} weir_crew_options;

/* Starts the threads and returns when every worker is set up and runs. All signals are blocked in them: a signal comes
 * to a thread of the program's own. On failure those that ran are stopped, and `*ret` is untouched. WEIR_EINVAL (no
 * setup, too many, simulated loops), WEIR_ENOMEM (also when the system gives no thread), and what opening a loop or
 * `setup` answered. Any thread. */
WEIR_API int weir_crew_open(weir_crew **ret, const weir_crew_options *options);

/* Stops every worker, as weir_stop does its loop; also before it runs. Any thread, also
 * a worker's; async-signal-safe. */
WEIR_API void weir_crew_stop(weir_crew *crew);

/* Drains every worker that still runs, as weir_drain does its loop; each ends when it is done. Any thread, also a
 * worker's, but not a signal handler. The second call of one crew is ignored. */
WEIR_API void weir_crew_drain(weir_crew *crew, uint64_t timeout_ns);

/* Waits until every worker's run has returned (it does not stop them), closes the loops and frees the crew. Returns 0,
 * or the first error that a run returned. A worker whose work (weir_work) never returns is waited for. Any thread but
 * a worker's; once. A forked child leaves the crew alone: its threads are the parent's. */
WEIR_API int weir_crew_close(weir_crew *crew);

/* For short programs: `count` workers (0: one for each processor) until each one's run has returned. Returns as
 * weir_crew_open and weir_crew_close do. A worker that wants the others to stop calls weir_crew_stop. */
WEIR_API int weir_workers(unsigned count, weir_worker_fn *setup, void *user);

WEIR_END

#endif
