/* SPDX-License-Identifier: MIT
 *
 * Ops on transports: a read into the user's buffer, a write from the user's memory. Both end through the list of
 * finished ops of their transport, which a step empties, so that `done` never runs inside a call. Cancel and timeout
 * only mark the op; the transport gives it back when nothing of the system looks at its buffer any more. */
#include "transport/base.h"

enum op_state { OP_IDLE, OP_ACTIVE, OP_CANCELLED, OP_FINISHED };

bool weir_op_active(const weir_op *op) { return op && op->state != OP_IDLE; }

bool weir_op_cancelled(const weir_op *op) { return op->state == OP_CANCELLED; }

static bool is_reader(const weir_op *op) { return op->transport->extras->reader == op; }

static void cancel(weir_op *op, int code) {
    weir_transport *t = op->transport;
    if (op->state != OP_ACTIVE) return;
    op->state = OP_CANCELLED;
    op->result = code;
    if (is_reader(op)) {
        t->extras->reader = NULL;
        weir_op_finish(op, code);
        weir_transport_step_later(t);
        return;
    }
    t->recalling = 1;
    if (t->sending)
        t->driver->recall(t);
    else
        weir_send_purge(t);
    weir_transport_step_later(t);
}

static void timed_out(weir_timer *timer) {
    cancel((weir_op *)(void *)((char *)timer - offsetof(weir_op, timer)), WEIR_ETIMEDOUT);
}

int weir_op_cancel(weir_op *op) {
    if (!op) return WEIR_EINVAL;
    cancel(op, WEIR_ECANCELED);
    return 0;
}

void weir_op_start(weir_op *op, weir_transport *t) {
    op->transport = t;
    op->moved = 0;
    op->state = OP_ACTIVE;
    op->timer = (weir_timer){.fired = timed_out};
    if (op->timeout_ns) weir_timer_start(loop_of(t), &op->timer, op->timeout_ns, 0);
}

void weir_op_finish(weir_op *op, int64_t result) {
    struct weir_extras *e = op->transport->extras;
    weir_timer_stop(&op->timer);
    op->state = OP_FINISHED;
    op->result = result;
    op->next = e->finished ? e->finished->next : op;
    if (e->finished) e->finished->next = op;
    e->finished = op;
}

void weir_op_run_finished(weir_transport *t) {
    weir_op *last = t->extras ? t->extras->finished : NULL;
    if (!last) return;
    weir_op *op = last->next, *next;
    t->extras->finished = NULL;
    last->next = NULL;
    for (; op; op = next) {
        next = op->next;
        op->state = OP_IDLE;
        op->done(op, op->result);
    }
}

void weir_op_fail_reader(weir_transport *t, int code) {
    weir_op *op = t->extras ? t->extras->reader : NULL;
    if (!op) return;
    t->extras->reader = NULL;
    weir_op_finish(op, code);
}

int weir_transport_read(weir_transport *t, weir_op *op, void *buffer, size_t least, size_t size) {
    if (!t || !op || !op->done || !buffer || !size || least > size) return WEIR_EINVAL;
    if (!(t->caps & WEIR_CAN_RECEIVE)) return WEIR_ENOTSUP;
    if (t->state > WEIR_OPEN) return WEIR_ECLOSED;
    if (weir_op_active(op) || weir_receive_has_reader(t)) return WEIR_EBUSY;
    if (!weir_extras_of(t)) return WEIR_ENOMEM;
    op->bytes = buffer;
    op->size = size;
    op->least = least ? least : 1;
    weir_op_start(op, t);
    t->extras->reader = op;
    t->offered = 0;
    weir_transport_step_later(t);
    return 0;
}
