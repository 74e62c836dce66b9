/* SPDX-License-Identifier: MIT
 *
 * The receiving side: bytes come from the driver and are offered to whoever reads, a protocol or one read op. What
 * they do not take is copied to `unread`, one segment that grows to the receive limit and a delivery; at the limit the
 * driver is told to stop. So a parser needs no buffer, and a peer can fill no more than the limit.
 *
 * Known weakness: unread bytes are kept in one piece, since a protocol is offered all of them in a row, so a protocol
 * that leaves a little each time pays a copy of what it left. */
#include <assert.h>
#include <string.h>

#include "transport/base.h"

/* Offers within one turn, so that a firehose of tiny messages cannot keep a loop from its other work. A turn is a
 * step, or all that is delivered within a slot of the clock: a backend may deliver many times in a tick. */
#define QUANTUM 1000

static weir_op *reader_of(const weir_transport *t) { return t->extras ? t->extras->reader : NULL; }

bool weir_receive_has_reader(const weir_transport *t) { return t->protocol->received != NULL || reader_of(t) != NULL; }

static bool may_offer(const weir_transport *t) {
    return t->state == WEIR_OPEN && !t->fresh && !t->end_told && !(t->holds & WEIR_HOLD_OFFER) &&
           weir_receive_has_reader(t);
}

/* Gives bytes to the read op; it ends when it has the least it asked for. */
static size_t feed(weir_transport *t, weir_op *op, const uint8_t *bytes, size_t n) {
    size_t k = op->size - op->moved < n ? op->size - op->moved : n;
    memcpy(op->bytes + op->moved, bytes, k);
    op->moved += k;
    if (op->moved >= op->least) {
        t->extras->reader = NULL;
        weir_op_finish(op, (int64_t)op->moved);
    }
    return k;
}

static size_t offer_once(weir_transport *t, const uint8_t *bytes, size_t n) {
    weir_op *op = reader_of(t);
    if (op) return feed(t, op, bytes, n);
    size_t used = t->protocol->received(t->self, t, bytes, n);
    assert(used <= n);
    return used <= n ? used : n;
}

/* Offers until all is used, nothing more is, or the turn is over. Returns how many were used. */
static size_t offer(weir_transport *t, const uint8_t *bytes, size_t n) {
    size_t used = 0;
    for (; used < n && may_offer(t); t->offers++) {
        if (t->offers == QUANTUM) {
            weir_transport_step_later(t);
            return used;
        }
        size_t k = offer_once(t, bytes + used, n - used);
        used += k;
        if (t->fresh)
            weir_transport_greet(t);
        else if (!k && !(t->holds & WEIR_HOLD_OFFER)) {
            t->offered = 1;
            break;
        }
    }
    return used;
}

static void fail_if_too_large(weir_transport *t, size_t left) {
    if (t->offered && t->state == WEIR_OPEN && left >= weir_receive_limit(t))
        weir_transport_fail(t, WEIR_EMSGSIZE, WEIR_STAGE_READ, 0);
}

/* Makes room behind the unread bytes, by moving them to the front or to a larger segment. */
static bool make_room(weir_transport *t, size_t n) {
    struct weir_segment *s = t->unread;
    struct weir_pool *pool = &loop_of(t)->pool;
    if (s && weir_segment_room(s) >= n) return true;
    if (s && s->capacity - s->size >= n && s->size <= s->capacity / 2) {
        s->bytes = memmove(weir_segment_storage(s), s->bytes, s->size);
        return true;
    }
    size_t size = s ? s->size : 0;
    struct weir_segment *larger = weir_segment_take(pool, s ? 2 * size + n : n);
    if (!larger) return false;
    if (s) {
        memcpy(larger->bytes, s->bytes, size);
        larger->size = size;
        weir_segment_give(pool, s);
    }
    t->unread = larger;
    return true;
}

static void tell_unused(weir_transport *t, size_t n) {
    if (n && t->driver->unused) t->driver->unused(t, n);
}

/* Keeps what was not taken. Bytes that are drawn already cannot be refused, so the budget is exceeded rather than bytes
 * lost, and then receiving stops until budget is back. */
static void save(weir_transport *t, const uint8_t *bytes, size_t n) {
    size_t before = weir_transport_held(t);
    if (!make_room(t, n)) {
        tell_unused(t, n);
        weir_transport_fail(t, WEIR_ENOMEM, WEIR_STAGE_READ, 0);
        return;
    }
    memcpy(t->unread->bytes + t->unread->size, bytes, n);
    t->unread->size += n;
    weir_charge(t, before, before + n, true);
}

static void used_from_unread(weir_transport *t, size_t n) {
    size_t before = weir_transport_held(t);
    t->unread->bytes += n;
    t->unread->size -= n;
    if (!t->unread->size) {
        weir_segment_give(&loop_of(t)->pool, t->unread);
        t->unread = NULL;
    }
    weir_charge(t, before, before - n, false);
}

/* The protocol may close or abort meanwhile, which would drop the bytes it reads: they are set aside for the call. */
static void offer_unread(weir_transport *t) {
    struct weir_segment *s = t->unread;
    if (!s || t->offered || !may_offer(t)) return;
    t->lent = 1;
    size_t used = offer(t, s->bytes, s->size);
    t->lent = 0;
    if (used) used_from_unread(t, used);
    if (t->state != WEIR_OPEN)
        weir_receive_drop_unread(t);
    else
        fail_if_too_large(t, unread_of(t));
}

void weir_receive_offer(weir_transport *t) {
    t->offers = 0;
    offer_unread(t);
}

size_t weir_receive_forget_unread(weir_transport *t) {
    size_t before = weir_transport_held(t);
    if (!t->unread || t->lent) return 0;
    size_t n = t->unread->size;
    weir_segment_give(&loop_of(t)->pool, t->unread);
    t->unread = NULL;
    weir_charge(t, before, before - n, false);
    return n;
}

void weir_receive_drop_unread(weir_transport *t) { tell_unused(t, weir_receive_forget_unread(t)); }

void weir_transport_deliver(weir_transport *t, const uint8_t *bytes, size_t n) {
    size_t used = 0;
    if (t->state != WEIR_OPEN) {
        tell_unused(t, n);
        return;
    }
    uint32_t slot = weir_slot_now(t);
    if (t->received_at != slot) t->offers = 0;
    t->received_at = slot;
    weir_pace_received(t, n);
    if (!t->unread) used = offer(t, bytes, n);
    if (used < n && t->state == WEIR_OPEN) {
        bool more = t->unread != NULL;
        save(t, bytes + used, n - used);
        if (more) {
            t->offered = 0;
            offer_unread(t);
        }
        fail_if_too_large(t, unread_of(t));
    } else {
        tell_unused(t, n - used);
    }
    if (t->unread || t->holds || t->state != WEIR_OPEN) weir_receive_update(t);
    if (t->extras) weir_op_run_finished(t);
}

/* Queued bytes are tried first: an end that comes after a reset looks like any other, and only a write tells. */
void weir_transport_ended(weir_transport *t) {
    if (t->dropped) return;
    t->peer_ended = 1;
    t->receiving = 0;
    if (t->queued && !t->sending) weir_send_flush(t);
    weir_transport_advance(t);
}

static void end_reader(weir_transport *t) {
    weir_op *op = reader_of(t);
    t->extras->reader = NULL;
    weir_op_finish(op, WEIR_EEND);
}

static void end_protocol(weir_transport *t) {
    t->end_told = 1;
    if (t->protocol->ended) {
        t->protocol->ended(t->self, t);
        return;
    }
    bool truncated = t->unread != NULL;
    weir_transport_close(t);
    if (truncated) weir_transport_note(t, WEIR_ETRUNCATED, WEIR_STAGE_READ, 0);
}

/* After the last offer: whoever reads has left what is unread, if anything. */
void weir_receive_tell_end(weir_transport *t) {
    if (!t->peer_ended || t->code || !may_offer(t)) return;
    if (t->unread && !t->offered) return;
    if (reader_of(t))
        end_reader(t);
    else
        end_protocol(t);
}

/* Without budget receiving shrinks to the floor and still moves, or two who wait for each other's queue would for
 * ever. */
static bool may_hold_more(const weir_transport *t) {
    size_t limit = weir_receive_limit(t), floor = weir_floor_of(t);
    return unread_of(t) < ((t->holds & WEIR_HOLD_BUDGET) && floor < limit ? floor : limit);
}

/* Whether more bytes are wanted from the system. While closing they are, to be discarded until the peer ends. */
static bool wants(const weir_transport *t) {
    if (t->peer_ended || t->read_dead || t->dropped || !(t->caps & WEIR_CAN_RECEIVE)) return false;
    if (t->state == WEIR_CLOSING) return (t->caps & WEIR_LINGERS) != 0;
    return may_offer(t) && may_hold_more(t);
}

void weir_receive_update(weir_transport *t) {
    bool on = wants(t);
    if (on == t->receiving) return;
    int status = t->driver->receive(t, on);
    if (status < 0) {
        weir_transport_fail(t, status, WEIR_STAGE_READ, 0);
        return;
    }
    t->receiving = on;
    weir_pace_receiving(t, on);
}
