/* SPDX-License-Identifier: MIT
 *
 * A flow from one transport to another: the protocol of the one and the producer of the other. Back-pressure is
 * arithmetic: it uses as many bytes as `to` has room for, and holds `from` while `to` is above its mark or full. Bytes
 * bring the charge they had, so that a relay drains even when the budget is spent.
 *
 * The end of `from` is passed on as a half-close; a transport that a flow reads and whose two directions have ended is
 * closed. A loss is passed on as an abort, in both directions, so that a part is never taken for the whole. */
#include <weir/pipe.h>

#include "transport/base.h"

/* Nobody will write to it any more, or it has been told so. */
static bool sending_is_over(const weir_transport *t) {
    return t->half_closed || !(t->caps & WEIR_CAN_SEND) || !weir_transport_has_producer(t);
}

void weir_flow_close_if_ended(weir_transport *t) {
    if (t->own_protocol && t->end_told && sending_is_over(t)) weir_transport_close(t);
}

void weir_flow_pass_end(weir_transport *to) {
    if (weir_transport_half_close(to) == WEIR_ENOTSUP) weir_transport_close(to);
    weir_flow_close_if_ended(to);
}

static void hold(weir_flow *flow, bool on) { weir_transport_hold(flow->from, WEIR_HOLD_LAYER, on); }

static void hold_until_resume(weir_flow *flow) {
    weir_send_promise(flow->to);
    hold(flow, true);
}

static void lose(weir_flow *flow, const weir_error *reason) {
    flow->stopped = true;
    flow->lost = reason ? *reason : (weir_error){.code = WEIR_ECLOSED, .stage = WEIR_STAGE_WRITE};
    weir_transport_abort(flow->from);
}

/* `to` takes no more. If it is going its stop will tell why; if somebody else ended what it sends, nobody else will. */
static size_t waste(weir_flow *flow, size_t n) {
    if (flow->to && flow->to->state == WEIR_OPEN && !flow->to->send_dead) lose(flow, NULL);
    return n;
}

static size_t received(void *self, weir_transport *from, const uint8_t *bytes, size_t n) {
    weir_flow *flow = self;
    int room = flow->to ? weir_transport_write(flow->to, NULL, 0) : WEIR_ECLOSED;
    size_t k = room < 0 ? 0 : (size_t)room < n ? (size_t)room : n;
    if (k) room = weir_send_forward(flow->to, bytes, k);
    if (room == WEIR_ECLOSED) return waste(flow, n);
    if (room == WEIR_ENOMEM) weir_transport_fail(from, WEIR_ENOMEM, WEIR_STAGE_WRITE, 0);
    if (room < 0) return 0;
    if (k < n) hold_until_resume(flow);
    flow->bytes += k;
    return k;
}

static void ended(void *self, weir_transport *from) {
    weir_flow *flow = self;
    if (flow->to) weir_flow_pass_end(flow->to);
    weir_flow_close_if_ended(from);
}

static void leave(weir_flow *flow) {
    if (flow->to) weir_transport_unfeed(flow->to);
    flow->to = NULL;
}

static void replaced(weir_transport *t) {
    weir_flow *flow = t->self;
    leave(flow);
    flow->from = NULL;
    if (flow->owned) weir_memory_free(&loop_of(t)->memory, flow, sizeof *flow);
}

/* `from` is gone. Unless it had ended before, what `to` got is only a part. */
static void disconnected(void *self, weir_transport *from, const weir_error *reason) {
    weir_flow *flow = self;
    weir_transport *to = flow->to;
    weir_loop *loop = loop_of(from);
    bool owned = flow->owned;
    const weir_error cut = {.code = WEIR_ECLOSED, .stage = WEIR_STAGE_READ}; /* closed by the program before its end */
    leave(flow);
    if (!reason && !from->end_told) reason = &cut;
    if (to && to != from && reason) weir_transport_abort(to);
    flow->from = NULL;
    if (flow->stopped) reason = &flow->lost;
    if (flow->ended) flow->ended(flow, reason);
    if (owned) weir_memory_free(&loop->memory, flow, sizeof *flow);
}

static void pause(void *self, weir_transport *to) {
    (void)to;
    hold(self, true);
}

static void resume(void *self, weir_transport *to) {
    (void)to;
    hold(self, false);
}

/* `to` is gone before `from`. If it could not take everything, `from` has nowhere to go. */
static void stop(void *self, weir_transport *to, const weir_error *reason) {
    weir_flow *flow = self;
    flow->to = NULL;
    if (to == flow->from) return;
    if (reason || !flow->from->end_told) {
        lose(flow, reason);
        return;
    }
    weir_flow_close_if_ended(flow->from);
}

static void forget(void *self) { ((weir_flow *)self)->to = NULL; }

static const struct weir_own_protocol flow_protocol = {
    .protocol = {.received = received, .ended = ended, .disconnected = disconnected}, .replaced = replaced};
static const struct weir_own_producer flow_producer = {.producer = {.pause = pause, .resume = resume, .stop = stop},
                                                       .forget = forget};

int weir_flow_check(const weir_transport *from, const weir_transport *to) {
    if (!from || !to || loop_of(from) != loop_of(to)) return WEIR_EINVAL;
    if (!(from->caps & WEIR_CAN_RECEIVE) || !(to->caps & WEIR_CAN_SEND)) return WEIR_ENOTSUP;
    return to->half_closed || to->send_dead ? WEIR_ECLOSED : weir_transport_may_give(from, true);
}

/* An end that is passed on before `to` is connected would cancel it. */
bool weir_flow_must_wait(weir_transport *to) {
    if (to->state == WEIR_CONNECTING) weir_send_promise(to);
    return to->above || to->state == WEIR_CONNECTING;
}

static bool gives_freely(const weir_transport *t) {
    return t->state == WEIR_OPEN && !t->fresh && !t->unread && !t->holds && !t->dropped && !weir_rare_if_any(t);
}

static bool takes_freely(const weir_transport *t) {
    return t->state == WEIR_OPEN && !t->first && !t->half_closed && !t->send_dead && !t->dropped && !t->above &&
           !t->owing && !(t->holds & WEIR_HOLD_USER_SEND) && !weir_rare_if_any(t);
}

const weir_transport *weir_flow_shortcut(const weir_transport *from) {
    const weir_flow *flow = from->protocol == &flow_protocol.protocol ? from->self : NULL;
    return flow && flow->to && gives_freely(from) && takes_freely(flow->to) ? flow->to : NULL;
}

void weir_flow_moved(weir_transport *from, size_t n) {
    weir_flow *flow = from->self;
    flow->bytes += n;
    from->received_at = flow->to->sent_at = weir_slot_now(from);
}

static int start(weir_flow *flow, weir_transport *from, weir_transport *to) {
    int status = flow->from ? WEIR_EBUSY : weir_transport_feed_by(to, &flow_producer, flow);
    if (status < 0) return status;
    weir_transport_read_by(from, &flow_protocol, flow);
    flow->from = from;
    flow->to = to;
    flow->bytes = 0;
    flow->stopped = false;
    if (weir_flow_must_wait(to)) hold(flow, true);
    return 0;
}

int weir_pipe_flow(weir_transport *from, weir_transport *to, weir_flow *flow) {
    int status = weir_flow_check(from, to);
    if (status < 0) return status;
    if (flow) {
        flow->owned = false;
        return start(flow, from, to);
    }
    struct weir_memory *memory = &loop_of(from)->memory;
    flow = weir_memory_new(memory, sizeof *flow);
    if (!flow) return WEIR_ENOMEM;
    flow->owned = true;
    status = start(flow, from, to);
    if (status < 0) weir_memory_free(memory, flow, sizeof *flow);
    return status;
}

int weir_pipe(weir_transport *from, weir_transport *to) { return weir_pipe_flow(from, to, NULL); }
