/* SPDX-License-Identifier: MIT
 *
 * A crew: threads, each with a loop. A thread makes its loop, sets it up, says how that went, runs, and empties the
 * loop again; the loop itself is freed only when every thread has been joined, so that a stop from anywhere finds it
 * there.
 *
 * The threads start one after the other, each when the one before has said how its set-up went. What phase a member is
 * in is guarded by a lock. A stop takes none, since it may come from a signal handler: it leaves a mark for those that
 * have no loop yet, and a member that has made one looks for the mark. */
#include <weir/workers.h>

#include <weir/drain.h>
#include <weir/file.h>
#include <weir/socket.h>
#include <weir/work.h>

#include "core/inbox.h"
#include "core/loop.h"
#include "sys/thread.h"

enum phase { SETTING_UP, RUNNING, OVER };

struct member {
    weir_worker worker;
    struct weir_sys_thread thread;
    _Atomic(weir_loop *) loop; /* the worker's, for those who stop it */
    enum phase phase;          /* under the crew's lock, as the next one */
    int status;                /* of the set-up, then of the run */
    weir_post drain;
    weir_file_op closing; /* the file that is being closed at the end */
};

struct weir_crew {
    weir_crew_options options;
    struct weir_memory memory;
    struct weir_sys_lock lock;
    struct weir_sys_signal moved; /* a member's phase has changed */
    atomic_bool stopped;
    bool draining; /* under the lock, as the next one */
    uint64_t drain_ns;
    unsigned started;
    struct member members[];
};

static size_t size_of(unsigned count) { return sizeof(weir_crew) + count * sizeof(struct member); }

/* A drain that came before the member ran is its first post. */
static void move_on(struct member *m, enum phase phase, int status) {
    weir_crew *crew = m->worker.crew;
    weir_sys_lock(&crew->lock);
    m->phase = phase;
    m->status = status;
    if (phase == RUNNING && crew->draining) weir_loop_post(m->worker.loop, &m->drain);
    weir_sys_signal_all(&crew->moved);
    weir_sys_unlock(&crew->lock);
}

/* ---- the end of a loop ------------------------------------------------------------------------------------------- */

static void file_closed(weir_file_op *op, int64_t result) {
    (void)op;
    (void)result;
}

/* Work and posts end by themselves, and a file that is busy, or not the first, gets its turn next time. */
static void end_object(void *user, weir_object_kind kind, void *object, const char *what) {
    struct member *m = user;
    (void)what;
    switch (kind) {
    case WEIR_OBJECT_TRANSPORT: weir_transport_abort(object); break;
    case WEIR_OBJECT_LISTENER: weir_listener_close(object); break;
    case WEIR_OBJECT_TIMER: weir_timer_stop(object); break;
    case WEIR_OBJECT_FILE: weir_file_close(object, &m->closing); break;
    case WEIR_OBJECT_WORK: weir_work_cancel(object); break;
    case WEIR_OBJECT_POST:
    case WEIR_OBJECT_RUNNING: break;
    }
}

/* What ended within the call leaves nothing to wait for. Nobody runs the loop after this, so its inbox
 * takes no more. */
static void empty_loop(struct member *m) {
    do {
        weir_inbox_shut(m->worker.loop->inbox, false);
        weir_loop_each(m->worker.loop, end_object, m);
    } while (weir_loop_alive(m->worker.loop) && weir_run_once(m->worker.loop, WEIR_FOREVER) >= 0);
}

/* ---- a thread ---------------------------------------------------------------------------------------------------- */

static int make_loop(struct member *m) {
    weir_loop *loop;
    int status = weir_loop_open(&loop, m->worker.crew->options.loop);
    if (status < 0) return status;
    loop->shares_ports = true;
    m->worker.loop = loop;
    atomic_store(&m->loop, loop);
    if (atomic_load(&m->worker.crew->stopped)) weir_stop(loop);
    return loop->backend->turn ? WEIR_EINVAL : 0;
}

static int set_up(struct member *m) {
    const weir_crew_options *o = &m->worker.crew->options;
    int status = make_loop(m);
    if (status >= 0) status = o->setup(&m->worker, o->user);
    if (status >= 0) return 0;
    if (o->error && m->worker.loop) *o->error = m->worker.loop->last_error;
    return status;
}

static void work(void *user) {
    struct member *m = user;
    const weir_crew_options *o = &m->worker.crew->options;
    int status = set_up(m);
    if (status >= 0) {
        move_on(m, RUNNING, 0);
        status = weir_run(m->worker.loop);
        if (o->teardown) o->teardown(&m->worker, o->user);
    }
    move_on(m, OVER, status);
    if (m->worker.loop) empty_loop(m);
}

static int start(weir_crew *crew, struct member *m) {
    int status = weir_sys_thread_start(&m->thread, work, m);
    if (status < 0) return status;
    crew->started++;
    weir_sys_lock(&crew->lock);
    while (m->phase == SETTING_UP)
        weir_sys_signal_wait(&crew->moved, &crew->lock);
    status = m->status;
    weir_sys_unlock(&crew->lock);
    return status;
}

/* ---- the crew ---------------------------------------------------------------------------------------------------- */

static void drain(weir_post *post) {
    struct member *m = post->user;
    weir_drain(m->worker.loop, m->worker.crew->drain_ns, NULL, NULL);
}

static weir_crew *new_crew(const weir_crew_options *options, unsigned count) {
    struct weir_memory memory;
    weir_memory_init(&memory, options->loop ? options->loop->allocator : NULL);
    weir_crew *crew = weir_memory_new(&memory, size_of(count));
    if (!crew) return NULL;
    crew->options = *options;
    crew->options.count = count;
    crew->memory = memory;
    weir_sys_lock_init(&crew->lock);
    weir_sys_signal_init(&crew->moved);
    for (unsigned i = 0; i < count; i++) {
        struct member *m = &crew->members[i];
        m->worker = (weir_worker){.index = i, .count = count, .crew = crew};
        m->drain = (weir_post){.run = drain, .user = m};
        m->closing.done = file_closed;
    }
    return crew;
}

static int start_all(weir_crew *crew) {
    int status = 0;
    for (unsigned i = 0; status >= 0 && i < crew->options.count; i++)
        status = start(crew, &crew->members[i]);
    if (status >= 0) return 0;
    weir_crew_stop(crew);
    weir_crew_close(crew);
    return status;
}

int weir_crew_open(weir_crew **ret, const weir_crew_options *options) {
    if (!ret || !options || !options->setup || options->count > WEIR_WORKERS_MAX) return WEIR_EINVAL;
    unsigned count = options->count ? options->count : weir_sys_processors();
    if (options->error) *options->error = (weir_error){.code = 0};
    weir_crew *crew = new_crew(options, count < WEIR_WORKERS_MAX ? count : WEIR_WORKERS_MAX);
    int status = crew ? start_all(crew) : WEIR_ENOMEM;
    if (status >= 0) *ret = crew;
    if (options->error) options->error->code = status;
    return status;
}

void weir_crew_stop(weir_crew *crew) {
    if (!crew) return;
    atomic_store(&crew->stopped, true);
    for (unsigned i = 0; i < crew->options.count; i++)
        weir_stop(atomic_load(&crew->members[i].loop));
}

void weir_crew_drain(weir_crew *crew, uint64_t timeout_ns) {
    if (!crew) return;
    weir_sys_lock(&crew->lock);
    bool first = !crew->draining;
    crew->draining = true;
    if (first) crew->drain_ns = timeout_ns;
    for (unsigned i = 0; first && i < crew->options.count; i++)
        if (crew->members[i].phase == RUNNING) weir_loop_post(crew->members[i].worker.loop, &crew->members[i].drain);
    weir_sys_unlock(&crew->lock);
}

static void free_crew(weir_crew *crew) {
    struct weir_memory memory = crew->memory;
    weir_sys_lock_free(&crew->lock);
    weir_sys_signal_free(&crew->moved);
    weir_memory_free(&memory, crew, size_of(crew->options.count));
}

int weir_crew_close(weir_crew *crew) {
    int status = 0;
    if (!crew) return WEIR_EINVAL;
    for (unsigned i = 0; i < crew->started; i++)
        weir_sys_thread_join(&crew->members[i].thread);
    for (unsigned i = 0; i < crew->started; i++) {
        struct member *m = &crew->members[i];
        if (m->worker.loop) weir_loop_close(m->worker.loop, NULL, NULL);
        if (status == 0) status = m->status;
    }
    free_crew(crew);
    return status;
}

int weir_workers(unsigned count, weir_worker_fn *setup, void *user) {
    weir_crew *crew;
    int status = weir_crew_open(&crew, &(weir_crew_options){.count = count, .setup = setup, .user = user});
    return status < 0 ? status : weir_crew_close(crew);
}
