/* SPDX-License-Identifier: MIT
 *
 * Each worker has a service of its own, a copy of the verb's; nothing is shared while they run but what the monitor
 * sees. Signals come to one thread, which posts to the loops of those that run. When all is over the tallies are
 * added, summed up, and decide about the exit status.
 *
 * Descriptors are what such a program runs out of first, so it takes all that it may. */
#include "crew.h"

#include "looping.h"
#include "say.h"
#include "stats.h"
#include "summary.h"

#include <weir/workers.h>

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

struct crew {
    struct service *first;
    unsigned count;
    const struct options *options;
    struct stop stop;
    int status; /* of a set-up that failed */
};

static struct service *worker_of(const struct crew *crew, unsigned i) {
    return (struct service *)((char *)crew->first + i * crew->first->kind->size);
}

/* ---- signals ---- */

static void tell(void *user, int times) {
    struct crew *crew = user;
    for (unsigned i = 0; i < crew->count; i++)
        service_stop(worker_of(crew, i), times);
}

/* A worker begins or ends to be told. */
static void set_running(struct crew *crew, struct service *service, bool running) {
    pthread_mutex_lock(&crew->stop.lock);
    service->running = running;
    pthread_mutex_unlock(&crew->stop.lock);
}

/* ---- a worker ---- */

static int begin(struct crew *crew, struct service *service, weir_loop *loop) {
    service_begin(service, loop);
    crew->status = service->kind->set_up(service, crew->first);
    set_running(crew, service, !crew->status);
    return crew->status;
}

/* A post may be under way still, so the loop runs once more. */
static void end(struct crew *crew, struct service *service) {
    set_running(crew, service, false);
    service_end(service);
}

/* ---- one ---- */

static bool listen_for_signals(struct crew *crew) {
    if (stop_begin(&crew->stop)) return true;
    say_error("open: no thread could be made to wait for signals");
    return false;
}

static int run_one(struct crew *crew) {
    weir_loop *loop;
    struct service *service = crew->first;
    if (looping_open(&loop, crew->options->backend) < 0) return EXIT_FAILED;
    int status = begin(crew, service, loop);
    if (!status && !listen_for_signals(crew)) status = EXIT_FAILED;
    if (!status) service_say_listening(service);
    service_ran(service, status ? 0 : weir_run(loop));
    stop_end(&crew->stop);
    end(crew, service);
    looping_end(loop);
    return status;
}

/* ---- many ---- */

static int set_up_worker(const weir_worker *worker, void *user) {
    struct crew *crew = user;
    return begin(crew, worker_of(crew, worker->index), worker->loop) ? WEIR_ECANCELED : 0;
}

static void tear_down_worker(const weir_worker *worker, void *user) {
    struct crew *crew = user;
    end(crew, worker_of(crew, worker->index));
}

/* Each of them is `service`, as it was before anything began. */
static struct service *copies_of(const struct service *service, unsigned count) {
    struct service *copies = calloc(count, service->kind->size);
    for (unsigned i = 0; copies && i < count; i++) {
        struct service *copy = (struct service *)((char *)copies + i * service->kind->size);
        memcpy(copy, service, service->kind->size);
        copy->first = copies;
        copy->index = i;
    }
    if (!copies) say_error("open: out of memory");
    return copies;
}

static int run_many(struct crew *crew) {
    weir_crew *threads;
    weir_error error;
    const weir_loop_options loop = {.backend = crew->options->backend, .log = say_log};
    const weir_crew_options options = {.count = crew->count,
                                       .loop = &loop,
                                       .setup = set_up_worker,
                                       .teardown = tear_down_worker,
                                       .user = crew,
                                       .error = &error};
    int code = weir_crew_open(&threads, &options);
    if (code < 0 && !crew->status) say_error("open %u workers: %s", crew->count, weir_error_text(code));
    if (code < 0) return crew->status ? crew->status : EXIT_FAILED;
    service_say_listening(crew->first);
    int status = listen_for_signals(crew) ? 0 : EXIT_FAILED;
    if (status) weir_crew_stop(threads);
    code = weir_crew_close(threads);
    stop_end(&crew->stop);
    service_ran(crew->first, code);
    return status;
}

/* ---- the whole ---- */

/* The soft limit is there for programs that use select; this is none. */
static void raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* One that does not last has one job: to be stopped before its end is not to have done it. */
static int status_of(const struct tally *tally, bool lasting) {
    if (tally->failures) return EXIT_FAILED;
    if (tally->aborted || (tally->closed && !lasting)) return EXIT_INTERRUPTED;
    return EXIT_DELIVERED;
}

static int conclude(const struct crew *crew, int status) {
    const struct options *options = crew->options;
    const struct service *first = crew->first;
    struct tally total = {.opened = 0};
    for (unsigned i = 0; i < crew->count; i++)
        tally_add(&total, &worker_of(crew, i)->tally);
    if (!status && (total.drained || options->given & (OPTION_VERBOSE | OPTION_PROGRESS)))
        summary_say(&total, first->kind);
    if (!status) status = status_of(&total, first->lasting);
    if (options->given & OPTION_STATS && !stats_write(&total, first->kind, options, status)) status = EXIT_FAILED;
    return status;
}

int crew_run(struct service *service, const struct options *options) {
    bool many = options->workers > 1;
    static struct crew crew; /* the thread that waits for signals looks at it to the very end */
    if (!looping_reaches_others(options->backend)) return EXIT_USAGE;
    raise_descriptor_limit();
    crew = (struct crew){.first = service, .count = many ? options->workers : 1, .options = options};
    service->options = options;
    service->first = service;
    service->count = crew.count;
    if (many && !(crew.first = copies_of(service, crew.count))) return EXIT_FAILED;
    stop_prepare(&crew.stop, tell, &crew);
    int status = conclude(&crew, many ? run_many(&crew) : run_one(&crew));
    if (many) free(crew.first);
    return status;
}
