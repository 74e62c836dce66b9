/* SPDX-License-Identifier: MIT
 *
 * The common life of all framings. One message is given out per offer, and the transport offers the rest again: so a
 * close, a pause or another protocol takes effect between two messages without a word about it here, and the
 * transport's quantum bounds what one turn does.
 *
 * Nothing of the framing is read after a callback, which may have freed it by way of set_protocol; the transport lives
 * through all callbacks, and `fresh` says that it has another protocol now. */
#include "protocol/framing.h"

#include "transport/base.h"

static void *self_of(const weir_framing *f) {
    union {
        const weir_framing *in;
        void *out;
    } same = {f};
    return f->self ? f->self : same.out;
}

static void forget(weir_framing *f) {
    f->looked = f->raw_left = 0;
    f->ending = false;
}

void weir_framing_connected(void *self, weir_transport *t) {
    weir_framing *f = self;
    forget(f);
    if (f->handler->connected) f->handler->connected(self_of(f), t);
}

void weir_framing_pause(void *self, weir_transport *t) {
    const weir_framing *f = self;
    if (f->handler->pause)
        f->handler->pause(self_of(f), t);
    else
        weir_transport_hold(t, WEIR_HOLD_LAYER, true);
}

void weir_framing_resume(void *self, weir_transport *t) {
    const weir_framing *f = self;
    weir_transport_hold(t, WEIR_HOLD_LAYER, false);
    if (f->handler->resume) f->handler->resume(self_of(f), t);
}

void weir_framing_disconnected(void *self, weir_transport *t, const weir_error *reason) {
    const weir_framing *f = self;
    if (f->handler->disconnected) f->handler->disconnected(self_of(f), t, reason);
}

/* A user who closed gets to send what is queued. */
static void refuse(const weir_framing *f, weir_transport *t, int code) {
    if (f->handler->refused) f->handler->refused(self_of(f), t, code);
    if (t->fresh) return;
    if (t->state == WEIR_OPEN && code != WEIR_ETRUNCATED) weir_transport_fail(t, code, WEIR_STAGE_READ, 0);
    if (t->state == WEIR_OPEN && code == WEIR_ETRUNCATED) weir_transport_close(t);
    if (t->state == WEIR_CLOSING) weir_transport_note(t, code, WEIR_STAGE_READ, 0);
}

static void tell(weir_framing *f, weir_transport *t, const struct weir_message *m) {
    f->looked = 0;
    if (f->handler->message) f->handler->message(self_of(f), t, m->bytes, m->size);
}

static size_t pass_raw(weir_framing *f, weir_transport *t, const uint8_t *bytes, size_t n) {
    size_t k = f->raw_left < n ? f->raw_left : n;
    if (f->raw_left != WEIR_UNBOUNDED) f->raw_left -= k;
    if (f->handler->raw) f->handler->raw(self_of(f), t, bytes, k);
    return k;
}

/* Looks for the next message, or takes all as the last one. */
static size_t look(weir_framing *f, const weir_transport *t, const uint8_t *bytes, size_t n, const struct weir_cut *cut,
                   struct weir_message *ret) {
    size_t room = weir_receive_limit(t), used = n;
    if (f->ending)
        cut->rest(f, bytes, n, ret);
    else
        used = cut->find(f, room, bytes, n, ret);
    if (used > room) ret->code = WEIR_EMSGSIZE; /* by what frames it alone */
    f->ending = false;
    return ret->code ? 0 : used;
}

/* One that was refused may be offered more before it is gone. */
size_t weir_framing_received(weir_framing *f, weir_transport *t, const uint8_t *bytes, size_t n,
                             const struct weir_cut *cut) {
    struct weir_message m = {0};
    if (t->fatal) return 0;
    if (f->raw_left) return pass_raw(f, t, bytes, n);
    size_t used = look(f, t, bytes, n, cut, &m);
    if (m.code)
        refuse(f, t, m.code);
    else if (used)
        tell(f, t, &m);
    return used;
}

/* Has the rest offered once more, and says whether the end is to be told now: not to another protocol's user, nor to
 * one that was refused, or that paused, and will hear of the end when it resumes. */
static bool offer_rest(weir_framing *f, weir_transport *t) {
    const weir_protocol *protocol = t->protocol;
    const void *self = t->self;
    f->ending = true;
    t->offered = t->end_told = 0;
    weir_receive_offer(t);
    if (t->protocol != protocol || t->self != self || (t->holds & WEIR_HOLD_OFFER)) return false;
    t->end_told = 1;
    return !t->unread;
}

static bool is_within_raw(const weir_framing *f) { return f->raw_left && f->raw_left != WEIR_UNBOUNDED; }

void weir_framing_ended(weir_framing *f, weir_transport *t, const struct weir_cut *cut) {
    if (t->unread && f->take_rest && cut->rest && !offer_rest(f, t)) return;
    if (t->state != WEIR_OPEN) return;
    if (t->unread || is_within_raw(f))
        refuse(f, t, WEIR_ETRUNCATED);
    else if (f->handler->ended)
        f->handler->ended(self_of(f), t);
    else
        weir_transport_close(t);
}

/* Bytes that were left unused are looked at anew. */
int weir_framing_raw(weir_framing *framing, weir_transport *t, size_t n) {
    if (!framing || !t) return WEIR_EINVAL;
    if (t->state > WEIR_OPEN) return WEIR_ECLOSED;
    framing->looked = 0;
    framing->raw_left = n;
    t->offered = 0;
    weir_transport_step_later(t);
    return 0;
}
