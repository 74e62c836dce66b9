/* SPDX-License-Identifier: MIT
 *
 * The io_uring backend: opening, waiting, and handing completions on. One enter per wait submits what the tick
 * gathered and sleeps; it does not sleep while somebody waits for a send, since its success shows only when the enter
 * is back.
 *
 * A round is what `next` hands out between two waits: the completions that had come when the wait ended, and the ops
 * that ended within the backend by then. The latter go first, because a send that is over lets its owner send again
 * what the former bring; but only a number of them, and then one of each in turn, so that neither can hold up the
 * other. What comes later, even while the round goes on, belongs to the next one. What threads have finished comes in
 * between.
 *
 * Weakness: a kernel that has no memory for requests refuses enters, and then a loop with something to submit goes
 * round without sleeping until there is some. */
#include "backend/io_uring/uring.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "backend/ready/call.h"
#include "backend/ready/perform.h"

static struct weir_uring *of(struct weir_backend_state *state) { return (struct weir_uring *)state; }

/* ---- opening and closing ---- */

/* The eventfd is never read: each write of it is one completion. */
static void listen_for_wake(struct weir_uring *u) {
    struct io_uring_sqe *sqe = u->listening ? NULL : weir_ring_sqe(&u->ring);
    if (!sqe) return;
    io_uring_prep_poll_multishot(sqe, u->wake_fd, POLLIN);
    sqe->user_data = WEIR_TAG_WAKE;
    u->listening = true;
}

static void free_names(struct weir_uring *u) {
    for (uint32_t i = 0; i < u->slots.known; i++) {
        const struct weir_port_op *op = u->slots.table[i].op;
        if (op && op->kind == WEIR_PORT_CONNECT && op->state != WEIR_URING_READY)
            weir_uring_connect_free(u, &u->slots.table[i]);
    }
}

static void close_uring(struct weir_backend_state *state, bool forked) {
    struct weir_uring *u = of(state);
    struct weir_memory *memory = u->base.env.memory;
    weir_offload_close(&u->offload, forked);
    if (u->ring.open && !forked) weir_buffers_unregister(&u->ring);
    weir_ring_close(&u->ring, forked);
    weir_sys_waker_close(u->wake_fd);
    weir_sys_conduit_close(&u->conduit);
    free_names(u);
    weir_slots_close(&u->slots);
    weir_buffers_close(&u->buffers);
    weir_sys_fork_mark_free(u->base.fork_mark);
    weir_memory_free(memory, u, sizeof *u);
}

static int open_parts(struct weir_uring *u, struct weir_uring_shape shape) {
    const struct weir_backend_env *env = &u->base.env;
    int os_code = 0;
    if (!weir_buffers_open(&u->buffers, env->memory, shape.buffers)) return WEIR_ENOMEM;
    int status = weir_uring_probe(&u->buffers, env, &u->base.system_calls);
    if (status < 0) return status;
    status = weir_ring_open(&u->ring, shape.sq_entries, shape.cq_entries, true);
    if (status < 0) return weir_uring_refuse(env, "io_uring_setup", -status);
    status = weir_buffers_register(&u->buffers, &u->ring);
    if (status < 0) return weir_uring_refuse(env, "io_uring buffer ring", -status);
    u->wake_fd = weir_sys_waker_open(&os_code);
    if (u->wake_fd < 0) return weir_uring_refuse(env, "eventfd", os_code);
    listen_for_wake(u);
    return 0;
}

int weir_uring_open(struct weir_backend_state **ret, const struct weir_backend_env *env,
                    struct weir_uring_shape shape) {
    struct weir_uring *u = weir_memory_new(env->memory, sizeof *u);
    if (!u) return WEIR_ENOMEM;
    u->base.table = &weir_backend_io_uring;
    u->base.env = *env;
    u->base.fork_mark = weir_sys_fork_mark();
    u->ring.calls = &u->base.system_calls;
    u->ring.fork_mark = u->base.fork_mark;
    u->slots.memory = env->memory;
    u->wake_fd = -1;
    weir_offload_open(&u->offload, &u->base, weir_ready_perform);
    const int status = open_parts(u, shape);
    if (status < 0)
        close_uring(&u->base, false);
    else
        *ret = &u->base;
    return status;
}

static int open_usual(struct weir_backend_state **ret, const struct weir_backend_env *env) {
    return weir_uring_open(ret, env, (struct weir_uring_shape){.sq_entries = 1024, .cq_entries = 8192, .buffers = 256});
}

/* ---- ops ---- */

static void start(struct weir_uring *u, struct weir_port_op *op) {
    static void (*const starts[])(struct weir_uring *, struct weir_port_op *) = {
        [WEIR_PORT_CONNECT] = weir_uring_connect, [WEIR_PORT_ACCEPT] = weir_uring_accept,
        [WEIR_PORT_RECEIVE] = weir_uring_receive, [WEIR_PORT_SEND] = weir_uring_send,
        [WEIR_PORT_READ_AT] = weir_uring_move,    [WEIR_PORT_WRITE_AT] = weir_uring_move,
    };
    starts[op->kind](u, op);
}

static bool is_offloaded(const struct weir_port_op *op) {
    return op->kind == WEIR_PORT_CALL || op->kind == WEIR_PORT_WORK;
}

static int submit(struct weir_backend_state *state, struct weir_port_op *op) {
    struct weir_uring *u = of(state);
    if (is_offloaded(op)) return weir_offload_submit(&u->offload, op);
    if (!weir_slots_take(&u->slots, op)) return WEIR_ENOMEM;
    op->state = WEIR_URING_ASKED;
    if (op->kind == WEIR_PORT_CONNECT && weir_uring_connect_prepare(u, op) < 0) {
        weir_slots_give(&u->slots, op);
        return WEIR_ENOMEM;
    }
    start(u, op);
    return 0;
}

static void cancel_asked(struct weir_uring *u, struct weir_port_op *op) {
    const bool under_way = weir_uring_unwanted(u, op);
    weir_uring_slot(u, op)->flags |= WEIR_SLOT_CANCELED;
    if (!under_way && weir_uring_unwanted(u, op)) weir_uring_revoke(u, op);
    if (op->kind == WEIR_PORT_SEND && op->state == WEIR_URING_ASKED) weir_uring_await(u, op);
}

static void cancel(struct weir_backend_state *state, struct weir_port_op *op) {
    if (is_offloaded(op))
        weir_offload_cancel(&of(state)->offload, op);
    else
        cancel_asked(of(state), op);
}

/* Goes on with an op that is with nobody: neither in the kernel nor in a queue. */
static void resume(struct weir_uring *u, struct weir_port_op *op) {
    if (weir_uring_flag(u, op, WEIR_SLOT_CANCELED))
        weir_uring_end_later(u, op, WEIR_ECANCELED, 0);
    else
        start(u, op);
}

static void release(struct weir_backend_state *state, const struct weir_completion *completion) {
    struct weir_uring *u = of(state);
    if (completion->lent > 0) weir_buffer_give(&u->buffers, (uint16_t)(completion->lent - 1));
    if (completion->op->state == WEIR_URING_LENT) resume(u, completion->op);
}

/* ---- waiting ---- */

static void feed_hungry(struct weir_uring *u) {
    struct weir_port_queue hungry = weir_port_take(&u->hungry);
    listen_for_wake(u);
    for (struct weir_port_op *op; (op = weir_port_pop(&hungry));) {
        struct weir_slot *slot = weir_uring_slot(u, op);
        if (slot->flags & WEIR_SLOT_UNREVOKED) {
            slot->flags &= (uint8_t)~WEIR_SLOT_UNREVOKED;
            weir_uring_revoke(u, op);
        } else {
            resume(u, op);
        }
    }
}

static bool undelivered(const struct weir_uring *u) {
    return u->ripe.first || u->ready.first || weir_ring_tail(&u->ring) != weir_ring_head(&u->ring) ||
           weir_offload_pending(&u->offload);
}

static uint64_t sleep_ns(const struct weir_uring *u, uint64_t deadline_ns) {
    if (undelivered(u) || u->awaited) return 0;
    if (deadline_ns == 0 || deadline_ns == WEIR_FOREVER) return deadline_ns;
    const uint64_t now_ns = weir_sys_now_ns();
    return deadline_ns > now_ns ? deadline_ns - now_ns : 0;
}

/* EBADR: the kernel had no memory to keep a completion, so an op would never end. EEXIST and EBADF: this is not the
 * thread that the loop belongs to. */
static int lost(int error) {
    if (error == EBADR) return WEIR_ENOMEM;
    return error == EEXIST || error == EBADF ? WEIR_EINVAL : weir_sys_error(error);
}

static int enter(struct weir_uring *u, uint64_t deadline_ns) {
    if (!u->ring.enabled) {
        const int status = weir_ring_enable(&u->ring);
        if (status < 0) return lost(-status);
    }
    feed_hungry(u);
    if (undelivered(u) && !weir_ring_pending(&u->ring) && !weir_ring_overflown(&u->ring)) return 0;
    const bool answering = u->flying.first != NULL; /* as a server of many small messages does */
    const int status = weir_ring_enter(&u->ring, sleep_ns(u, deadline_ns), answering);
    return status < 0 ? lost(-status) : 0;
}

static int wait_uring(struct weir_backend_state *state, uint64_t deadline_ns) {
    struct weir_uring *u = of(state);
    const int status = enter(u, deadline_ns);
    const unsigned from = u->until;
    u->until = weir_ring_tail(&u->ring);
    weir_uring_land(u, from, u->until);
    weir_port_append(&u->ripe, weir_port_take(&u->ready));
    weir_offload_collect(&u->offload);
    u->turn = 0;
    return status;
}

/* ---- completions ---- */

/* What came for an op that has ended is given back. */
static void discard(struct weir_uring *u, const struct io_uring_cqe *cqe) {
    uint16_t id;
    if (weir_buffer_in(cqe, &id)) weir_buffer_give(&u->buffers, id);
    if (weir_name_tag(cqe->user_data) == WEIR_TAG_KIND + WEIR_PORT_ACCEPT && cqe->res >= 0) close(cqe->res);
}

static bool polled(struct weir_uring *u, struct weir_port_op *op, struct weir_completion *ret) {
    switch (op->kind) {
    case WEIR_PORT_RECEIVE: return weir_uring_readable(u, op, ret);
    case WEIR_PORT_SEND: return weir_uring_writable(u, op, ret);
    case WEIR_PORT_ACCEPT: return weir_uring_acceptable(u, op, ret);
    default: return weir_uring_connectable(u, op, ret);
    }
}

static bool done(struct weir_uring *u, struct weir_port_op *op, const struct io_uring_cqe *cqe,
                 struct weir_completion *ret) {
    switch (op->kind) {
    case WEIR_PORT_RECEIVE: return weir_uring_received(u, op, cqe, ret);
    case WEIR_PORT_SEND: return weir_uring_sent(u, op, cqe, ret);
    case WEIR_PORT_ACCEPT: return weir_uring_accepted(u, op, cqe, ret);
    case WEIR_PORT_READ_AT:
    case WEIR_PORT_WRITE_AT: return weir_uring_moved(u, op, cqe, ret);
    default: return weir_uring_connected(u, op, cqe, ret);
    }
}

/* A file's request may be where no cancel finds it, for as long as its disk takes: asking again would be spinning. */
static void not_revoked(struct weir_uring *u, struct weir_port_op *op, int error) {
    const bool waiting = weir_uring_flag(u, op, WEIR_SLOT_UNREVOKED);
    const bool of_file = op->kind == WEIR_PORT_READ_AT || op->kind == WEIR_PORT_WRITE_AT;
    if (error == ENOENT && !waiting && !of_file && weir_uring_unwanted(u, op)) weir_uring_revoke(u, op);
}

/* A completion of a request of `op`. */
static bool requested(struct weir_uring *u, struct weir_port_op *op, const struct io_uring_cqe *cqe,
                      struct weir_completion *ret) {
    const unsigned tag = weir_name_tag(cqe->user_data);
    if (tag == WEIR_TAG_REVOKE) {
        not_revoked(u, op, -cqe->res);
        return false;
    }
    if ((cqe->flags & IORING_CQE_F_MORE) == 0) weir_uring_over(u, op);
    return tag == WEIR_TAG_POLL ? polled(u, op, ret) : done(u, op, cqe, ret);
}

static bool take_completion(struct weir_uring *u, struct weir_completion *ret) {
    const struct io_uring_cqe cqe = *weir_ring_cqe(&u->ring, weir_ring_head(&u->ring));
    io_uring_cq_advance(&u->ring.io, 1);
    if (weir_name_tag(cqe.user_data) == WEIR_TAG_WAKE) {
        u->listening = (cqe.flags & IORING_CQE_F_MORE) != 0;
        return false;
    }
    const struct weir_slot *slot = weir_slot_find(&u->slots, cqe.user_data);
    if (slot) return requested(u, slot->op, &cqe, ret);
    discard(u, &cqe);
    return false;
}

static bool take_ripe(struct weir_uring *u, struct weir_completion *ret) {
    struct weir_port_op *op = weir_port_pop(&u->ripe);
    if (op->state == WEIR_URING_DUE) return weir_uring_readable(u, op, ret);
    const struct weir_slot *slot = weir_uring_slot(u, op);
    return weir_uring_end(u, op, slot->with.result, slot->os_code, ret);
}

static bool take_finished(struct weir_uring *u, struct weir_completion *ret) {
    if (!u->offload.busy || !weir_offload_next(&u->offload, ret)) return false;
    weir_ready_performed(&u->base, ret);
    return true;
}

enum { head_start = 64 };

static bool next(struct weir_backend_state *state, struct weir_completion *ret) {
    struct weir_uring *u = of(state);
    for (;;) {
        const bool come = weir_ring_head(&u->ring) != u->until;
        if (!come && !u->ripe.first) return take_finished(u, ret);
        const unsigned turn = u->turn++;
        if (turn % 4 == 0 && take_finished(u, ret)) return true;
        const bool from_ring = come && (!u->ripe.first || (turn >= head_start && turn % 2));
        if (from_ring ? take_completion(u, ret) : take_ripe(u, ret)) return true;
    }
}

/* ---- the rest ---- */

static void wake(struct weir_backend_state *state) { weir_sys_waker_wake(of(state)->wake_fd); }

static uint64_t now_ns(struct weir_backend_state *state) {
    (void)state;
    return weir_sys_now_ns();
}

static int call(struct weir_backend_state *state, struct weir_call *act) { return weir_ready_call(state, act); }

static weir_handle handle(struct weir_backend_state *state) { return weir_sys_handle(of(state)->ring.io.ring_fd, 0); }

const struct weir_backend weir_backend_io_uring = {
    .name = "io_uring",
    .summary = "Linux 6.0 and later: completions, one system call per tick",
    .open = open_usual,
    .close = close_uring,
    .now_ns = now_ns,
    .call = call,
    .submit = submit,
    .cancel = cancel,
    .wait = wait_uring,
    .next = next,
    .release = release,
    .wake = wake,
    .handle = handle,
};
