/* SPDX-License-Identifier: MIT
 *
 * The life of an op over a poller. An op is in one of four places: it waits in its descriptor's entry for an event; it
 * is queued, to be tried or ended without one; it was cancelled, and is queued to say so; or it may block, and is with
 * the threads of backend/offload/. Completions are made one at a time, in `next`, by the system call itself, so a
 * receive buffer is filled only when its reader is at hand, and all connections share one that stays in the cache.
 *
 * Who is tried when: receives and accepts after an event, since asking before costs a refusal; sends and connects at
 * once, unless a refusal is known already; streams of files, for which there are no events, once per wait; reads by
 * offset once, for what the system has in memory, before a thread is asked. An op that ends without an event is
 * delivered after the next wait, so that what callbacks start is bounded by what there was.
 * Events are level-triggered: what was not taken is reported again, so no call is made only to see EAGAIN (but by an
 * accept, which goes on until there is none, or ACCEPTS of them). */
#include "backend/ready/ready.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "backend/ready/draw.h"
#include "backend/ready/own.h"
#include "backend/ready/perform.h"
#include "backend/ready/watch.h"
#include "sys/sys.h"

#define SCRATCH WEIR_DELIVERY_MAX
#define SCRATCH_ALIGN 4096 /* a copy of 100 KiB to the middle of a cache line takes 5 % longer */
#define ACCEPTS 16
#define HEAD_START 64 /* completions without an event that come before those with one; then they take turns */

enum place { WAITING, QUEUED, CANCELED, OFFLOADED };

static struct weir_ready *of(struct weir_backend_state *state) { return (struct weir_ready *)state; }

static bool receives(const struct weir_port_op *op) {
    return op->kind == WEIR_PORT_RECEIVE || op->kind == WEIR_PORT_ACCEPT;
}

/* What is about a file by offset, or about no handle at all; the others are about a stream. */
static bool may_block(const struct weir_port_op *op) { return op->kind >= WEIR_PORT_READ_AT; }

static bool has_events(const struct weir_port_op *op) {
    return !may_block(op) && !weir_sys_is(op->handle, WEIR_HANDLE_FILE);
}

/* ---- starting and ending ----------------------------------------------------------------------------------------- */

static struct weir_port_op **place_of(struct weir_ready *r, const struct weir_port_op *op) {
    struct weir_ready_entry *entry = &r->entries[weir_sys_fd(op->handle)];
    return receives(op) ? &entry->in : &entry->out;
}

static int watch_for(struct weir_ready *r, const struct weir_port_op *op) {
    int fd = weir_sys_fd(op->handle);
    unsigned bit = receives(op) ? WEIR_READY_IN : WEIR_READY_OUT;
    return weir_watch_set(r, fd, r->entries[fd].interest | bit);
}

static int enqueue(struct weir_ready *r, struct weir_port_op *op) {
    op->state = QUEUED;
    weir_port_push(&r->fresh, op);
    return 0;
}

static int offload(struct weir_ready *r, struct weir_port_op *op) {
    const struct weir_call *call =
        op->kind == WEIR_PORT_CALL && weir_ready_closes(op->with.call) ? op->with.call : NULL;
    if (call) weir_ready_disown(r, call->handle);
    int status = weir_offload_submit(&r->offload, op);
    if (status == 0) op->state = OFFLOADED;
    if (status < 0 && call) weir_ready_reown(r, call->handle);
    return status;
}

/* WEIR_EBUSY: standard input or output was opened twice, and two cannot take turns on one stream. */
int weir_ready_submit(struct weir_backend_state *state, struct weir_port_op *op) {
    struct weir_ready *r = of(state);
    if (may_block(op) && op->kind != WEIR_PORT_READ_AT) return offload(r, op);
    if (!has_events(op)) return enqueue(r, op);
    int status = weir_watch_reserve(r, weir_sys_fd(op->handle));
    if (status < 0) return status;
    if (*place_of(r, op)) return WEIR_EBUSY;
    if (receives(op) || (op->kind == WEIR_PORT_SEND && op->stalled)) {
        op->state = WAITING;
        status = watch_for(r, op);
    } else {
        status = enqueue(r, op);
    }
    if (status == 0) *place_of(r, op) = op;
    return status;
}

void weir_ready_cancel(struct weir_backend_state *state, struct weir_port_op *op) {
    struct weir_ready *r = of(state);
    if (op->state == CANCELED) return;
    if (op->state == OFFLOADED) {
        weir_offload_cancel(&r->offload, op);
        return;
    }
    if (has_events(op)) *place_of(r, op) = NULL;
    if (op->state == WAITING) weir_port_push(&r->fresh, op);
    op->state = CANCELED;
}

/* ---- trying ------------------------------------------------------------------------------------------------------ */

static int64_t accept_one(struct weir_ready *r, const struct weir_port_op *op, int *os_code) {
    if (!weir_ready_has_room(r)) return WEIR_EMFILE;
    int64_t handle = weir_sys_accept(op->handle, os_code);
    if (handle < 0) return handle;
    r->state.handles++;
    int status = weir_ready_keep(r, &handle, 1);
    return status < 0 ? status : handle;
}

static int64_t read_now(weir_handle handle, const struct weir_piece *piece) {
    return weir_sys_read_at_now(handle, piece->bytes, piece->size, piece->offset);
}

static int64_t attempt(struct weir_ready *r, struct weir_port_op *op, struct weir_completion *ret) {
    int *os_code = &ret->os_code;
    r->state.system_calls++;
    switch (op->kind) {
    case WEIR_PORT_RECEIVE: return weir_ready_draw(&r->conduit, op, r->scratch, SCRATCH, &ret->moved, os_code);
    case WEIR_PORT_ACCEPT: return accept_one(r, op, os_code);
    case WEIR_PORT_SEND: return weir_sys_send(op->handle, op->with.segments, os_code);
    case WEIR_PORT_READ_AT: return read_now(op->handle, op->with.piece);
    default: break;
    }
    if (op->state == QUEUED) return weir_sys_connect(op->handle, op->with.address, os_code);
    return weir_sys_connect_result(op->handle, os_code);
}

static bool ends(const struct weir_port_op *op, int64_t result, size_t moved) {
    if (op->kind == WEIR_PORT_RECEIVE) return result <= 0 && !moved;
    if (op->kind == WEIR_PORT_ACCEPT && !op->once) return result < 0 && result != WEIR_EABORTED;
    return true;
}

/* Makes the completion of `op`, if it comes to one now. */
static bool try(struct weir_ready *r, struct weir_port_op *op, struct weir_completion *ret) {
    *ret = (struct weir_completion){.op = op};
    ret->result = attempt(r, op, ret);
    if (ret->result == WEIR_EAGAIN) return false;
    ret->last = ends(op, ret->result, ret->moved);
    if (op->kind == WEIR_PORT_RECEIVE && ret->result > 0) ret->bytes = r->scratch;
    if (ret->last && has_events(op)) *place_of(r, op) = NULL;
    return true;
}

/* ---- delivering -------------------------------------------------------------------------------------------------- */

static bool fail(struct weir_port_op *op, int code, int os_code, struct weir_completion *ret) {
    *ret = (struct weir_completion){.op = op, .result = code, .os_code = os_code, .last = true};
    return true;
}

/* What was refused at once waits for a thread or an event from now on. The stream of a file has neither, and must not
 * be asked for ever. */
static bool go_on(struct weir_ready *r, struct weir_port_op *op, struct weir_completion *ret) {
    if (may_block(op)) {
        int status = offload(r, op);
        return status < 0 && fail(op, status, 0, ret);
    }
    if (!has_events(op)) return fail(op, WEIR_EIO, ret->os_code, ret);
    op->state = WAITING;
    int status = watch_for(r, op);
    if (status == 0) return false;
    *place_of(r, op) = NULL;
    return fail(op, status, 0, ret);
}

static bool deliver_queued(struct weir_ready *r, struct weir_port_op *op, struct weir_completion *ret) {
    if (op->state == CANCELED) return fail(op, WEIR_ECANCELED, 0, ret);
    if (!try(r, op, ret)) return go_on(r, op, ret);
    if (!ret->last) weir_port_push(&r->fresh, op);
    return true;
}

/* Tries the op of one side. `*event` keeps the bit of an accept that may have more to come. */
static bool deliver_side(struct weir_ready *r, struct weir_port_op *op, struct weir_ready_event *event, unsigned bit,
                         struct weir_completion *ret) {
    event->bits &= ~bit;
    if (op->state == QUEUED || !try(r, op, ret)) return false;
    if (op->kind == WEIR_PORT_ACCEPT && !ret->last && ++r->accepted < ACCEPTS) event->bits |= bit;
    return true;
}

/* The next completion that comes of an event; false when it is used up. A side that is ready and has no op is not
 * watched any longer, or it would be reported for ever. */
static bool deliver_event(struct weir_ready *r, struct weir_ready_event *event, struct weir_completion *ret) {
    const struct weir_ready_entry *entry = weir_watch_find(r, event->cookie);
    if (!entry) return false;
    bool in = event->bits & WEIR_READY_IN, out = event->bits & WEIR_READY_OUT;
    if (in && entry->in && deliver_side(r, entry->in, event, WEIR_READY_IN, ret)) return true;
    if (out && entry->out && deliver_side(r, entry->out, event, WEIR_READY_OUT, ret)) return true;
    if (event->bits) weir_watch_set(r, (int)(uint32_t)event->cookie, entry->interest & ~event->bits);
    return false;
}

/* A thread is done with an op. What it opened is kept; what it was to close, and did not, is ours still. */
static void performed(struct weir_ready *r, struct weir_completion *ret) {
    const struct weir_call *call = ret->op->with.call;
    weir_ready_performed(&r->state, ret);
    if (ret->op->kind != WEIR_PORT_CALL) return;
    if (weir_ready_closes(call) && weir_ready_undone(ret)) weir_ready_reown(r, call->handle);
    if (ret->result == 0) ret->result = weir_ready_keep_made(r, call);
}

static bool next_without_event(struct weir_ready *r, struct weir_completion *ret) {
    for (struct weir_port_op *op; (op = weir_port_pop(&r->due));) {
        if (deliver_queued(r, op, ret)) return true;
    }
    if (!weir_offload_next(&r->offload, ret)) return false;
    performed(r, ret);
    return true;
}

static bool next_event(struct weir_ready *r, struct weir_completion *ret) {
    for (; r->at < r->count; r->at++, r->accepted = 0) {
        if (deliver_event(r, &r->events[r->at], ret)) return true;
    }
    return false;
}

bool weir_ready_next(struct weir_backend_state *state, struct weir_completion *ret) {
    struct weir_ready *r = of(state);
    unsigned turn = r->turn++;
    if (turn < HEAD_START || turn % 2) return next_without_event(r, ret) || next_event(r, ret);
    return next_event(r, ret) || next_without_event(r, ret);
}

void weir_ready_release(struct weir_backend_state *state, const struct weir_completion *completion) {
    (void)state;
    (void)completion;
}

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

uint64_t weir_ready_now_ns(struct weir_backend_state *state) {
    struct weir_ready *r = of(state);
    uint64_t now_ns = weir_sys_now_ns();
    if (now_ns > r->now_ns) r->now_ns = now_ns;
    return r->now_ns;
}

static uint64_t time_left(struct weir_ready *r, uint64_t deadline_ns) {
    if (r->due.first || deadline_ns == 0 || weir_offload_pending(&r->offload)) return 0;
    if (deadline_ns == WEIR_FOREVER) return WEIR_FOREVER;
    uint64_t now_ns = weir_ready_now_ns(&r->state);
    return deadline_ns > now_ns ? deadline_ns - now_ns : 0;
}

static int wait_for_events(struct weir_ready *r, uint64_t deadline_ns) {
    if (r->at < r->count) return 0;
    r->state.system_calls++;
    r->at = r->count = 0;
    int count = r->poller->wait(r, time_left(r, deadline_ns), r->events, WEIR_READY_EVENTS);
    if (count < 0) return count;
    r->count = count;
    return 0;
}

int weir_ready_wait(struct weir_backend_state *state, uint64_t deadline_ns) {
    struct weir_ready *r = of(state);
    weir_port_append(&r->due, weir_port_take(&r->fresh));
    int status = wait_for_events(r, deadline_ns);
    weir_offload_collect(&r->offload);
    r->turn = 0;
    return status;
}

void weir_ready_wake(struct weir_backend_state *state) { weir_sys_waker_wake(of(state)->waker); }

weir_handle weir_ready_no_handle(struct weir_backend_state *state) {
    (void)state;
    return WEIR_NO_HANDLE;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

int weir_ready_refuse(const struct weir_backend_env *env, const char *act, int error) {
    int code = error == ENOSYS || error == EPERM ? WEIR_ENOTSUP : weir_sys_error(error);
    snprintf(env->reason, env->reason_size, "%s: error %d of the system", act, error);
    return code;
}

static int open_parts(struct weir_ready *r) {
    int os_code = 0;
    r->piece = weir_memory_resize(r->state.env.memory, NULL, 0, SCRATCH + SCRATCH_ALIGN);
    if (!r->piece) return WEIR_ENOMEM;
    r->scratch = (uint8_t *)(((uintptr_t)r->piece + SCRATCH_ALIGN - 1) & ~(uintptr_t)(SCRATCH_ALIGN - 1));
    r->waker = weir_sys_waker_open(&os_code);
    return r->waker < 0 ? weir_ready_refuse(&r->state.env, "eventfd", os_code) : 0;
}

int weir_ready_open(struct weir_ready *ready, const struct weir_backend *table, const struct weir_poller *poller,
                    const struct weir_backend_env *env) {
    ready->state.table = table;
    ready->state.env = *env;
    ready->state.caps = WEIR_CAP_TRY_FIRST;
    ready->state.fork_mark = weir_sys_fork_mark();
    ready->poller = poller;
    ready->waker = -1;
    weir_offload_open(&ready->offload, &ready->state, weir_ready_perform);
    return open_parts(ready);
}

void weir_ready_close(struct weir_ready *ready, bool forked) {
    struct weir_memory *memory = ready->state.env.memory;
    assert(forked || ready->state.handles == 0);
    weir_offload_close(&ready->offload, forked);
    if (forked) weir_ready_close_copies(ready);
    weir_sys_waker_close(ready->waker);
    weir_sys_fork_mark_free(ready->state.fork_mark);
    weir_memory_free(memory, ready->entries, ready->capacity * sizeof *ready->entries);
    weir_sys_conduit_close(&ready->conduit);
    weir_memory_free(memory, ready->piece, ready->piece ? SCRATCH + SCRATCH_ALIGN : 0);
}
