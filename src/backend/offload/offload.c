/* SPDX-License-Identifier: MIT
 *
 * One row of waiting jobs under one lock, and one condition that threads without a job wait on. A job comes back over a
 * lock-free list that the loop takes whole. A thread is started when there are more ops here than threads; one whose op
 * was not handed out yet counts, so that the loop alone decides, without asking who is idle.
 *
 * Who may touch a job: the loop until it is in the row; a thread from taking it out until it is on the list of finished
 * ones; then the loop again. The lock and that list carry what was written from one to the other. */
#include "backend/offload/offload.h"

#include <assert.h>

/* ---- jobs -------------------------------------------------------------------------------------------------------- */

static bool widen(struct weir_offload *o) {
    enum { first_capacity = 16 };
    uint32_t capacity = o->capacity ? o->capacity * 2 : first_capacity;
    struct weir_offload_job **jobs =
        weir_memory_resize(o->state->env.memory, o->jobs, o->capacity * sizeof *jobs, capacity * sizeof *jobs);
    if (!jobs) return false;
    o->jobs = jobs;
    o->capacity = capacity;
    return true;
}

static struct weir_offload_job *make_job(struct weir_offload *o) {
    if (o->known == o->capacity && !widen(o)) return NULL;
    struct weir_offload_job *job = weir_memory_new(o->state->env.memory, sizeof *job);
    if (!job) return NULL;
    job->slot = o->known;
    return o->jobs[o->known++] = job;
}

static struct weir_offload_job *take_job(struct weir_offload *o, struct weir_port_op *op) {
    struct weir_offload_job *job = o->spare;
    if (job)
        o->spare = job->next;
    else
        job = make_job(o);
    if (!job) return NULL;
    job->op = op;
    job->os_code = 0;
    op->slot = job->slot;
    o->busy++;
    return job;
}

static void give_job(struct weir_offload *o, struct weir_offload_job *job) {
    job->next = o->spare;
    o->spare = job;
    o->busy--;
}

/* ---- the row, under the lock ------------------------------------------------------------------------------------- */

static void enter(struct weir_offload *o, struct weir_offload_job *job) {
    job->next = NULL;
    job->prev = o->last;
    if (o->last)
        o->last->next = job;
    else
        o->first = job;
    o->last = job;
    job->waiting = true;
}

static void leave(struct weir_offload *o, struct weir_offload_job *job) {
    if (job->prev)
        job->prev->next = job->next;
    else
        o->first = job->next;
    if (job->next)
        job->next->prev = job->prev;
    else
        o->last = job->prev;
    job->waiting = false;
}

/* ---- the threads ------------------------------------------------------------------------------------------------- */

/* Waits for a job; NULL when the pool closes. */
static struct weir_offload_job *await_job(struct weir_offload *o) {
    weir_sys_lock(&o->lock);
    while (!o->first && !o->closing)
        weir_sys_signal_wait(&o->change, &o->lock);
    struct weir_offload_job *job = o->first;
    if (job) leave(o, job);
    weir_sys_unlock(&o->lock);
    return job;
}

static void work(void *user) {
    struct weir_offload *o = user;
    for (struct weir_offload_job *job; (job = await_job(o));) {
        job->result = o->run(job->op, &job->os_code);
        if (weir_mpsc_push(&o->finished, &job->finished)) o->state->table->wake(o->state);
    }
}

/* A thread for one op more, unless there are enough. It fails only when there is none at all. */
static int start_thread(struct weir_offload *o) {
    if (o->busy <= o->threads || o->threads == WEIR_OFFLOAD_THREADS) return 0;
    int status = weir_sys_thread_start(&o->thread[o->threads], work, o);
    if (status == 0) o->threads++;
    return o->threads > 0 ? 0 : status;
}

/* ---- the loop's side --------------------------------------------------------------------------------------------- */

void weir_offload_open(struct weir_offload *offload, struct weir_backend_state *state, weir_offload_fn *run) {
    offload->state = state;
    offload->run = run;
    weir_sys_lock_init(&offload->lock);
    weir_sys_signal_init(&offload->change);
}

static void end_threads(struct weir_offload *o) {
    weir_sys_lock(&o->lock);
    o->closing = true;
    weir_sys_signal_all(&o->change);
    weir_sys_unlock(&o->lock);
    while (o->threads > 0)
        weir_sys_thread_join(&o->thread[--o->threads]);
    weir_sys_signal_free(&o->change);
    weir_sys_lock_free(&o->lock);
}

void weir_offload_close(struct weir_offload *offload, bool forked) {
    if (!offload->state) return;
    struct weir_memory *memory = offload->state->env.memory;
    assert(forked || offload->busy == 0);
    if (!forked) end_threads(offload);
    for (uint32_t i = 0; i < offload->known; i++)
        weir_memory_free(memory, offload->jobs[i], sizeof *offload->jobs[i]);
    weir_memory_free(memory, offload->jobs, offload->capacity * sizeof *offload->jobs);
}

int weir_offload_submit(struct weir_offload *offload, struct weir_port_op *op) {
    struct weir_offload_job *job = take_job(offload, op);
    if (!job) return WEIR_ENOMEM;
    int status = start_thread(offload);
    if (status < 0) {
        give_job(offload, job);
        return status;
    }
    weir_sys_lock(&offload->lock);
    enter(offload, job);
    weir_sys_signal_one(&offload->change);
    weir_sys_unlock(&offload->lock);
    return 0;
}

void weir_offload_cancel(struct weir_offload *offload, struct weir_port_op *op) {
    struct weir_offload_job *job = offload->jobs[op->slot];
    weir_sys_lock(&offload->lock);
    bool waited = job->waiting;
    if (waited) leave(offload, job);
    weir_sys_unlock(&offload->lock);
    if (!waited) return;
    job->result = WEIR_ECANCELED;
    if (weir_mpsc_push(&offload->finished, &job->finished)) offload->state->table->wake(offload->state);
}

bool weir_offload_pending(const struct weir_offload *offload) {
    return offload->busy > 0 && (offload->handing || !weir_mpsc_empty(&offload->finished));
}

void weir_offload_collect(struct weir_offload *offload) {
    if (offload->busy > 0 && !offload->handing) offload->handing = weir_mpsc_take_all(&offload->finished);
}

bool weir_offload_next(struct weir_offload *offload, struct weir_completion *ret) {
    struct weir_offload_job *job = (struct weir_offload_job *)offload->handing;
    if (!job) return false;
    offload->handing = job->finished.next;
    *ret = (struct weir_completion){.op = job->op, .result = job->result, .os_code = job->os_code, .last = true};
    give_job(offload, job);
    return true;
}
