/* SPDX-License-Identifier: MIT
 *
 * One source, many consumers: the protocol of the source, and the producer of each consumer. As many bytes are used as
 * the consumer with the least room can take, and the source is held while any of them is above its mark: `held` counts
 * them. So all have the same bytes at any time, and no faster than the slowest.
 *
 * The end, and the loss of the source, go to every consumer. A consumer whose stop has come, or that somebody else has
 * half-closed, is lost: what follows is told by the flag. */
#include <weir/produce.h>

#include "transport/base.h"

static void hold(weir_tee_branch *branch, bool on) {
    weir_tee *tee = branch->tee;
    if (branch->held == on) return;
    branch->held = on;
    tee->held += on ? 1u : (size_t)-1;
    if (tee->from) weir_transport_hold(tee->from, WEIR_HOLD_LAYER, tee->held > 0);
}

/* ---- losing ------------------------------------------------------------------------------------------------------ */

static void stop_all(weir_tee *tee, const weir_error *reason) {
    if (tee->stopped) return;
    tee->stopped = true;
    tee->lost = *reason;
    weir_transport_abort(tee->from);
}

static size_t left(const weir_tee *tee) {
    size_t n = 0;
    for (size_t i = 0; i < tee->count; i++)
        n += tee->branches[i].to != NULL;
    return n;
}

/* The consumer is another's, or nobody's. */
static void lose(weir_tee_branch *branch, const weir_error *reason) {
    static const weir_error closed = {.code = WEIR_ECLOSED, .stage = WEIR_STAGE_WRITE};
    weir_tee *tee = branch->tee;
    if (!reason) reason = &closed;
    branch->to = NULL;
    hold(branch, false);
    if (!(tee->flags & WEIR_TEE_DROP_LOST) || !left(tee)) stop_all(tee, reason);
    if ((tee->flags & WEIR_TEE_DROP_LOST) && branch->lost) branch->lost(branch, reason);
}

/* One that nobody will write to again, though its stop is not on its way. */
static void give_up(weir_tee_branch *branch, int code) {
    const weir_error reason = {.code = code, .stage = WEIR_STAGE_WRITE};
    weir_transport *to = branch->to;
    weir_transport_unfeed(to);
    if (code != WEIR_ECLOSED) weir_transport_abort(to);
    lose(branch, &reason);
}

static bool is_going(const weir_transport *t) { return t->state > WEIR_OPEN || t->send_dead; }

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

/* How much of `n` bytes `branch` takes now. One that is going takes everything: its stop will tell. */
static size_t room_in(weir_tee_branch *branch, size_t n) {
    if (!branch->to) return n;
    int room = weir_transport_write(branch->to, NULL, 0);
    if (room == WEIR_ECLOSED) {
        if (!is_going(branch->to)) give_up(branch, WEIR_ECLOSED);
        return n;
    }
    size_t k = room < 0 ? 0 : (size_t)room < n ? (size_t)room : n;
    if (k == n) return n;
    weir_send_promise(branch->to);
    hold(branch, true);
    return k;
}

static void forward(weir_tee_branch *branch, const uint8_t *bytes, size_t n) {
    if (!branch->to || is_going(branch->to)) return;
    int status = weir_send_forward(branch->to, bytes, n);
    if (status < 0) give_up(branch, status);
}

/* Whoever is told of a lost branch may give `from` to another protocol, and then the tee may be no more. */
static bool still_reads(const weir_tee *tee, const weir_transport *from) {
    return from->own_protocol && from->self == tee;
}

static size_t room_in_all(weir_tee *tee, const weir_transport *from, size_t n) {
    size_t least = n;
    for (size_t i = 0; still_reads(tee, from) && i < tee->count; i++) {
        size_t room = room_in(&tee->branches[i], n);
        if (room < least) least = room;
    }
    return still_reads(tee, from) ? least : 0;
}

static size_t received(void *self, weir_transport *from, const uint8_t *bytes, size_t n) {
    weir_tee *tee = self;
    size_t k = room_in_all(tee, from, n);
    for (size_t i = 0; k && still_reads(tee, from) && i < tee->count; i++)
        forward(&tee->branches[i], bytes, k);
    if (still_reads(tee, from) && !tee->stopped) tee->bytes += k;
    return k;
}

static void ended(void *self, weir_transport *from) {
    weir_tee *tee = self;
    for (size_t i = 0; i < tee->count; i++)
        if (tee->branches[i].to) weir_flow_pass_end(tee->branches[i].to);
    weir_flow_close_if_ended(from);
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static void leave(weir_tee *tee, bool abort) {
    for (size_t i = 0; i < tee->count; i++) {
        weir_transport *to = tee->branches[i].to;
        tee->branches[i].to = NULL;
        if (!to) continue;
        weir_transport_unfeed(to);
        if (abort) weir_transport_abort(to);
    }
    tee->from = NULL;
}

static void replaced(weir_transport *t) { leave(t->self, false); }

static void disconnected(void *self, weir_transport *from, const weir_error *reason) {
    static const weir_error cut = {.code = WEIR_ECLOSED, .stage = WEIR_STAGE_READ};
    weir_tee *tee = self;
    if (!reason && !from->end_told) reason = &cut;
    leave(tee, reason != NULL);
    if (tee->stopped) reason = &tee->lost;
    if (tee->ended) tee->ended(tee, reason);
}

static void pause(void *self, weir_transport *to) {
    (void)to;
    hold(self, true);
}

static void resume(void *self, weir_transport *to) {
    (void)to;
    hold(self, false);
}

/* One that is gone after the end, in order, has had everything. */
static void stop(void *self, weir_transport *to, const weir_error *reason) {
    weir_tee_branch *branch = self;
    weir_tee *tee = branch->tee;
    (void)to;
    if (reason || !tee->from->end_told) {
        lose(branch, reason);
        return;
    }
    branch->to = NULL;
    hold(branch, false);
}

static void forget(void *self) { ((weir_tee_branch *)self)->to = NULL; }

static const struct weir_own_protocol protocol = {
    .protocol = {.received = received, .ended = ended, .disconnected = disconnected}, .replaced = replaced};
static const struct weir_own_producer producer = {.producer = {.pause = pause, .resume = resume, .stop = stop},
                                                  .forget = forget};

static int check(const weir_tee *tee, const weir_transport *from, const weir_tee_branch *branches, size_t count) {
    if (!tee || !branches || !count) return WEIR_EINVAL;
    if (tee->from) return WEIR_EBUSY;
    for (size_t i = 0; i < count; i++) {
        int status = weir_flow_check(from, branches[i].to);
        if (status == 0 && branches[i].to == from) status = WEIR_EINVAL;
        for (size_t k = 0; status == 0 && k < i; k++)
            if (branches[k].to == branches[i].to) status = WEIR_EINVAL;
        if (status < 0) return status;
    }
    return 0;
}

static int feed(weir_tee *tee, weir_transport *from) {
    int status = 0;
    size_t fed = 0;
    for (; status == 0 && fed < tee->count; fed += status == 0)
        status = weir_transport_feed_by(tee->branches[fed].to, &producer, &tee->branches[fed]);
    if (status == 0) weir_transport_read_by(from, &protocol, tee);
    while (status < 0 && fed)
        weir_transport_unfeed(tee->branches[--fed].to);
    return status;
}

int weir_tee_start(weir_tee *tee, weir_transport *from, weir_tee_branch *branches, size_t count) {
    int status = check(tee, from, branches, count);
    if (status < 0) return status;
    tee->branches = branches;
    tee->count = count;
    if ((status = feed(tee, from)) < 0) return status;
    tee->from = from;
    tee->held = 0;
    tee->bytes = 0;
    tee->stopped = false;
    for (size_t i = 0; i < count; i++) {
        branches[i].tee = tee;
        branches[i].held = false;
        if (weir_flow_must_wait(branches[i].to)) hold(&branches[i], true);
    }
    return 0;
}
