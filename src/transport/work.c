/* SPDX-License-Identifier: MIT
 *
 * Work off the loop's thread: one port op of the kind WORK inside the user's struct. Whether it has begun is settled by
 * one atomic word, which the other thread and a cancel both try to move away from WAITING: so the answer of a cancel is
 * exact, though the port's own cancel says nothing. The word is all that two threads share; everything else is the
 * loop's before the submit and after the completion. */
#include <weir/work.h>

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/loop.h"

enum phase { IDLE, WAITING, BEGUN, CANCELED };

struct inside {
    struct weir_object object;
    struct weir_port_op op;
    struct weir_job job;
    weir_loop *loop;
    atomic_int phase;
};

_Static_assert(sizeof(struct inside) <= sizeof((weir_work *)0)->inside.bytes, "it lives in the user's struct");

static struct inside *inside_of(weir_work *work) { return (struct inside *)(void *)work->inside.bytes; }

static weir_work *work_of(struct inside *in) {
    return (weir_work *)(void *)((char *)in - offsetof(weir_work, inside.bytes));
}

static struct inside *of_object(struct weir_object *object) {
    return (struct inside *)(void *)((char *)object - offsetof(struct inside, object));
}

static void describe(const struct weir_object *object, char *text, size_t size) {
    const struct inside *in =
        (const struct inside *)(const void *)((const char *)object - offsetof(struct inside, object));
    snprintf(text, size, "work (%s)", atomic_load(&in->phase) == BEGUN ? "running" : "waiting");
}

static void *publish(struct weir_object *object) { return work_of(of_object(object)); }

static void discard(struct weir_object *object) {
    struct inside *in = of_object(object);
    weir_object_remove(&in->loop->works, object);
    atomic_store(&in->phase, IDLE);
}

/* On the other thread. */
static int64_t run(struct weir_job *job, int *os_code) {
    struct inside *in = (struct inside *)(void *)((char *)job - offsetof(struct inside, job));
    weir_work *work = work_of(in);
    int waiting = WAITING;
    (void)os_code;
    if (!atomic_compare_exchange_strong(&in->phase, &waiting, BEGUN)) return WEIR_ECANCELED;
    return work->run(work->user);
}

static void done(struct weir_port_op *op, const struct weir_completion *c) {
    struct inside *in = (struct inside *)(void *)((char *)op - offsetof(struct inside, op));
    weir_work *work = work_of(in);
    assert(c->last);
    weir_object_remove(&in->loop->works, &in->object);
    atomic_store(&in->phase, IDLE);
    work->done(work, c->result);
}

static void join(weir_loop *loop, struct inside *in) {
    loop->works.describe = describe;
    loop->works.publish = publish;
    loop->works.discard = discard;
    weir_object_add(&loop->works, &in->object);
}

int weir_work_submit(weir_loop *loop, weir_work *work) {
    if (!loop || !work || !work->run || !work->done) return WEIR_EINVAL;
    if (weir_work_active(work)) return WEIR_EBUSY;
    struct inside *in = inside_of(work);
    memset(in, 0, sizeof *in);
    in->loop = loop;
    in->job.run = run;
    in->op =
        (struct weir_port_op){.done = done, .handle = WEIR_NO_HANDLE, .with.work = &in->job, .kind = WEIR_PORT_WORK};
    atomic_init(&in->phase, WAITING);
    int status = weir_port_submit(loop, &in->op);
    if (status < 0)
        atomic_store(&in->phase, IDLE);
    else
        join(loop, in);
    return status;
}

int weir_work_cancel(weir_work *work) {
    if (!work) return WEIR_EINVAL;
    struct inside *in = inside_of(work);
    int phase = WAITING;
    if (atomic_compare_exchange_strong(&in->phase, &phase, CANCELED)) weir_port_cancel(in->loop, &in->op);
    return phase == BEGUN ? WEIR_EBUSY : 0;
}

bool weir_work_active(const weir_work *work) {
    if (!work) return false;
    const struct inside *in = (const struct inside *)(const void *)work->inside.bytes;
    return atomic_load(&in->phase) != IDLE;
}
