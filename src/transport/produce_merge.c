/* SPDX-License-Identifier: MIT
 *
 * Many sources, one consumer: the protocol of each source, and the producer of the consumer. Turns are taken by credit:
 * a source may send so many bytes, then it is held until the round is over; a round is over when the consumer says
 * resume, and then each source has its credit anew and they are let go in an order that begins one further each time. A
 * source with nothing to send delays nobody: its credit is just not used.
 *
 * When the consumer is faster than the sources a round ends as soon as its queue is empty, so credit costs nothing. */
#include <weir/produce.h>

#include "transport/base.h"

#define CREDIT_LEAST ((size_t)4096)

static size_t credit_of(const weir_merge *merge) {
    size_t share = merge->to->scope->limits.pause_mark / merge->count;
    return share > CREDIT_LEAST ? share : CREDIT_LEAST;
}

static void hold_all(weir_merge *merge, bool on) {
    for (size_t i = 0; i < merge->count; i++) {
        weir_merge_source *source = &merge->sources[(merge->turn + i) % merge->count];
        if (source->from) weir_transport_hold(source->from, WEIR_HOLD_LAYER, on);
    }
}

static void new_round(weir_merge *merge) {
    size_t credit = credit_of(merge);
    merge->turn = (merge->turn + 1) % merge->count;
    for (size_t i = 0; i < merge->count; i++)
        merge->sources[i].credit = credit;
    hold_all(merge, false);
}

/* ---- losing ------------------------------------------------------------------------------------------------------ */

static void leave(weir_merge *merge) {
    if (merge->to) weir_transport_unfeed(merge->to);
    merge->to = NULL;
}

static void stop_all(weir_merge *merge, const weir_error *reason) {
    static const weir_error closed = {.code = WEIR_ECLOSED, .stage = WEIR_STAGE_WRITE};
    weir_transport *to = merge->to;
    if (merge->stopped) return;
    merge->stopped = true;
    merge->lost = reason ? *reason : closed;
    leave(merge);
    if (to) weir_transport_abort(to);
    for (size_t i = 0; i < merge->count; i++)
        if (merge->sources[i].from) weir_transport_abort(merge->sources[i].from);
}

/* One source less; after the last one the consumer has everything. */
static void source_over(weir_merge_source *source) {
    weir_merge *merge = source->merge;
    if (source->over) return;
    source->over = true;
    if (--merge->running == 0 && merge->to) weir_flow_pass_end(merge->to);
}

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

static bool is_going(const weir_transport *t) { return t->state > WEIR_OPEN || t->send_dead; }

/* The consumer takes no more: if it is going, its stop will tell why. */
static size_t waste(weir_merge *merge, size_t n) {
    if (merge->to && !is_going(merge->to)) {
        leave(merge);
        stop_all(merge, NULL);
    }
    return n;
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static size_t received(void *self, weir_transport *from, const uint8_t *bytes, size_t n) {
    weir_merge_source *source = self;
    weir_merge *merge = source->merge;
    int room = merge->to ? weir_transport_write(merge->to, NULL, 0) : WEIR_ECLOSED;
    size_t k = room < 0 ? 0 : least(least((size_t)room, n), source->credit);
    if (k) room = weir_send_forward(merge->to, bytes, k);
    if (room == WEIR_ECLOSED) return waste(merge, n);
    if (room == WEIR_ENOMEM) weir_transport_fail(from, WEIR_ENOMEM, WEIR_STAGE_WRITE, 0);
    if (room < 0) k = 0;
    source->credit -= k;
    source->bytes += k;
    merge->bytes += k;
    if (k < n && room != WEIR_ENOMEM) {
        weir_send_promise(merge->to);
        weir_transport_hold(from, WEIR_HOLD_LAYER, true);
    }
    return k;
}

static void ended(void *self, weir_transport *from) {
    source_over(self);
    weir_flow_close_if_ended(from);
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static void gone(weir_merge_source *source, const weir_error *reason) {
    weir_merge *merge = source->merge;
    if (reason && !(merge->flags & WEIR_MERGE_DROP_LOST)) stop_all(merge, reason);
    source_over(source);
    if (source->ended) source->ended(source, reason);
    if (--merge->left) return;
    leave(merge);
    if (merge->ended) merge->ended(merge, merge->stopped ? &merge->lost : NULL);
}

static void disconnected(void *self, weir_transport *from, const weir_error *reason) {
    static const weir_error cut = {.code = WEIR_ECLOSED, .stage = WEIR_STAGE_READ};
    weir_merge_source *source = self;
    if (!reason && !from->end_told) reason = &cut;
    source->from = NULL;
    gone(source, reason);
}

/* Another protocol reads it now: it drops out without a word. */
static void replaced(weir_transport *t) {
    weir_merge_source *source = t->self;
    weir_merge *merge = source->merge;
    source->from = NULL;
    source_over(source);
    if (--merge->left == 0) leave(merge);
}

static void pause(void *self, weir_transport *to) {
    (void)to;
    hold_all(self, true);
}

static void resume(void *self, weir_transport *to) {
    (void)to;
    new_round(self);
}

static void stop(void *self, weir_transport *to, const weir_error *reason) {
    weir_merge *merge = self;
    (void)to;
    merge->to = NULL;
    if (reason || merge->running) stop_all(merge, reason);
}

static void forget(void *self) { ((weir_merge *)self)->to = NULL; }

static const struct weir_own_protocol protocol = {
    .protocol = {.received = received, .ended = ended, .disconnected = disconnected}, .replaced = replaced};
static const struct weir_own_producer producer = {.producer = {.pause = pause, .resume = resume, .stop = stop},
                                                  .forget = forget};

static int check(const weir_merge *merge, const weir_transport *to, const weir_merge_source *sources, size_t count) {
    if (!merge || !sources || !count) return WEIR_EINVAL;
    if (merge->left) return WEIR_EBUSY;
    for (size_t i = 0; i < count; i++) {
        const weir_transport *from = sources[i].from;
        int status = weir_flow_check(from, to);
        if (status == 0 && from == to) status = WEIR_EINVAL;
        for (size_t k = 0; status == 0 && k < i; k++)
            if (sources[k].from == from) status = WEIR_EINVAL;
        if (status < 0) return status;
    }
    return 0;
}

/* Nothing of it can fail: that was checked. */
static void take_sources(weir_merge *merge) {
    for (size_t i = 0; i < merge->count; i++) {
        weir_merge_source *source = &merge->sources[i];
        source->merge = merge;
        source->bytes = 0;
        source->over = false;
        weir_transport_read_by(source->from, &protocol, source);
    }
}

int weir_merge_start(weir_merge *merge, weir_transport *to, weir_merge_source *sources, size_t count) {
    int status = check(merge, to, sources, count);
    if (status < 0 || (status = weir_transport_feed_by(to, &producer, merge)) < 0) return status;
    merge->to = to;
    merge->sources = sources;
    merge->count = merge->left = merge->running = count;
    merge->turn = 0;
    merge->bytes = 0;
    merge->stopped = false;
    take_sources(merge);
    new_round(merge);
    if (weir_flow_must_wait(to)) hold_all(merge, true);
    return 0;
}
