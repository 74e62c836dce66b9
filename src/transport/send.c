/* SPDX-License-Identifier: MIT
 *
 * The sending side: a queue of segments between write and the driver. Small bytes are copied and leave at the end of
 * the tick, gathered; large ones are tried at once, and what is refused is copied. The cap is checked before any system
 * call, and budget and memory for the whole write are taken before it too, so that a write is queued whole or not at
 * all. While the driver has the queue (`sending`) nothing leaves its front; its end may grow. */
#include <assert.h>
#include <limits.h>
#include <string.h>

#include "transport/base.h"

/* A new segment grows with the queue, up to this, so that a million small writes do not take a million segments. */
#define SEGMENT_SIZE ((size_t)16 * 1024 - sizeof(struct weir_segment))

#define TRY_SLICES 16

static int room_left(const weir_transport *t) {
    size_t cap = t->scope->limits.write_cap;
    size_t room = cap > t->queued ? cap - t->queued : 0;
    return room > INT_MAX ? INT_MAX : (int)room;
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* More than this at once will never be taken. */
size_t weir_send_largest(const weir_transport *t) {
    return least(t->scope->limits.write_cap, least(t->scope->budget.limit, loop_of(t)->scope.budget.limit));
}

/* Whose bytes they are. */
enum origin {
    WRITTEN,   /* the program's: the budget may refuse them */
    FORWARDED, /* from another transport: they are taken, and receiving pays for it */
    CARRIED    /* from the transport that stands on this one, which gives their charge back at once */
};

/* Whether `n` more bytes are welcome. A dead direction takes them and counts them unsent: the loss is on its way. */
static int admit(const weir_transport *t, size_t n, enum origin origin) {
    size_t cap = t->scope->limits.write_cap;
    if (!(t->caps & WEIR_CAN_SEND)) return WEIR_ENOTSUP;
    if (t->state > WEIR_OPEN || t->half_closed || t->send_dead) return WEIR_ECLOSED;
    if (n > (origin == CARRIED ? cap : weir_send_largest(t))) return WEIR_EMSGSIZE;
    if (t->queued > cap - n) return WEIR_ENOBUFS;
    return 0;
}

static void append(weir_transport *t, struct weir_segment *s) {
    s->next = NULL;
    if (t->last)
        t->last->next = s;
    else
        t->first = s;
    t->last = s;
}

static void give_chain(struct weir_pool *pool, struct weir_segment *s) {
    for (struct weir_segment *next; s; s = next) {
        next = s->next;
        weir_segment_give(pool, s);
    }
}

static size_t segment_size(const weir_transport *t, size_t n) {
    size_t size = n > t->queued ? n : t->queued;
    return size < SEGMENT_SIZE ? size : SEGMENT_SIZE;
}

/* Empty segments for `n` bytes beyond the room at the end of the queue. */
static int reserve(weir_transport *t, size_t n, struct weir_segment **ret) {
    struct weir_pool *pool = &loop_of(t)->pool;
    struct weir_segment *chain = NULL, **end = &chain;
    size_t room = t->last ? weir_segment_room(t->last) : 0;
    for (size_t rest = n > room ? n - room : 0; rest; end = &(*end)->next) {
        *end = weir_segment_take(pool, segment_size(t, rest));
        if (!*end) {
            give_chain(pool, chain);
            return WEIR_ENOMEM;
        }
        rest -= (*end)->capacity < rest ? (*end)->capacity : rest;
    }
    *ret = chain;
    return 0;
}

/* Copies `n` bytes to the end of the queue, going on into the segments of `spare`. */
static void copy_in(weir_transport *t, const uint8_t *bytes, size_t n, struct weir_segment **spare) {
    while (n) {
        size_t room = t->last ? weir_segment_room(t->last) : 0;
        if (!room) {
            struct weir_segment *s = *spare;
            *spare = s->next;
            append(t, s);
            room = weir_segment_room(s);
        }
        size_t k = n < room ? n : room;
        memcpy(t->last->bytes + t->last->size, bytes, k);
        t->last->size += k;
        t->queued += k;
        bytes += k;
        n -= k;
    }
}

static void flush_later(weir_transport *t) {
    if (t->state != WEIR_CONNECTING) weir_task_push(&loop_of(t)->flushes, &t->flush);
}

/* Tries the system with the caller's own memory. Returns how many bytes it took. */
static size_t try_now(weir_transport *t, const weir_slice *slices, size_t count) {
    struct weir_segment chain[TRY_SLICES];
    size_t n = count < TRY_SLICES ? count : TRY_SLICES;
    for (size_t i = 0; i < n; i++) {
        union {
            const void *in;
            uint8_t *out;
        } bytes = {slices[i].bytes}; /* a driver only reads */
        chain[i] =
            (struct weir_segment){.next = i + 1 < n ? &chain[i + 1] : NULL, .bytes = bytes.out, .size = slices[i].size};
    }
    int os_code = 0;
    int64_t taken = t->driver->send(t, chain, true, &os_code);
    if (taken < 0) {
        weir_transport_write_failed(t, (int)taken, os_code);
        return 0;
    }
    if (taken) t->sent_at = weir_slot_now(t);
    return (size_t)taken;
}

/* Copies what is left of `slices` after the first `skip` bytes. */
static void queue_rest(weir_transport *t, const weir_slice *slices, size_t count, size_t skip,
                       struct weir_segment **spare) {
    for (size_t i = 0; i < count; i++) {
        size_t gone = skip < slices[i].size ? skip : slices[i].size;
        if (gone < slices[i].size) copy_in(t, (const uint8_t *)slices[i].bytes + gone, slices[i].size - gone, spare);
        skip -= gone;
    }
}

static bool worth_trying(const weir_transport *t, size_t n) {
    return n >= WEIR_DIRECT_SIZE && !t->queued && t->state == WEIR_OPEN && !(t->holds & WEIR_HOLD_USER_SEND);
}

static bool charge(weir_transport *t, size_t held, size_t n, enum origin origin) {
    if (origin == CARRIED) return weir_charge_carried(t, held, held + n), true;
    return weir_charge(t, held, held + n, origin == FORWARDED);
}

/* The cap and the budget may refuse; then a resume is owed. */
static int take_charge(weir_transport *t, size_t n, enum origin origin) {
    size_t held = weir_transport_held(t);
    int status = admit(t, n, origin);
    if (status >= 0 && !charge(t, held, n, origin)) {
        weir_starve(t);
        status = WEIR_EBUDGET;
    }
    if (status == WEIR_ENOBUFS || status == WEIR_EBUDGET) weir_send_promise(t);
    return status;
}

static int queue_slices(weir_transport *t, const weir_slice *slices, size_t count, size_t n, enum origin origin) {
    struct weir_segment *spare = NULL;
    size_t held = weir_transport_held(t);
    int status = take_charge(t, n, origin);
    if (status < 0 || !n) return status < 0 ? status : room_left(t);
    if ((status = reserve(t, n, &spare)) < 0) {
        weir_charge(t, held + n, held, false);
        return status;
    }
    size_t taken = worth_trying(t, n) ? try_now(t, slices, count) : 0;
    queue_rest(t, slices, count, taken, &spare);
    give_chain(&loop_of(t)->pool, spare);
    if (taken) weir_charge(t, held + n, held + n - taken, false);
    return room_left(t);
}

static int write_slices(weir_transport *t, const weir_slice *slices, size_t count, size_t n, enum origin origin) {
    int room = queue_slices(t, slices, count, n, origin);
    if (n && room >= 0 && t->queued) flush_later(t);
    return room;
}

int weir_transport_write(weir_transport *t, const void *bytes, size_t n) {
    if (!t || (!bytes && n)) return WEIR_EINVAL;
    return write_slices(t, &(weir_slice){bytes, n}, 1, n, WRITTEN);
}

int weir_send_forward(weir_transport *t, const void *bytes, size_t n) {
    return write_slices(t, &(weir_slice){bytes, n}, 1, n, FORWARDED);
}

int weir_send_carry(weir_transport *t, const void *bytes, size_t n, bool flush) {
    return (flush ? write_slices : queue_slices)(t, &(weir_slice){bytes, n}, 1, n, CARRIED);
}

int weir_transport_write_sequence(weir_transport *t, const weir_slice *slices, size_t count) {
    size_t n = 0;
    if (!t || (!slices && count)) return WEIR_EINVAL;
    for (size_t i = 0; i < count; i++) {
        if ((!slices[i].bytes && slices[i].size) || slices[i].size > SIZE_MAX - n) return WEIR_EINVAL;
        n += slices[i].size;
    }
    return write_slices(t, slices, count, n, WRITTEN);
}

static int queue_borrowed(weir_transport *t, weir_op *op, const void *bytes, size_t n) {
    union {
        const void *in;
        uint8_t *out;
    } lent = {bytes}; /* a driver only reads */
    size_t held = weir_transport_held(t);
    struct weir_segment *s = weir_extras_of(t) ? weir_segment_take(&loop_of(t)->pool, 0) : NULL;
    if (!s) {
        weir_charge(t, held + n, held, false);
        return WEIR_ENOMEM;
    }
    *s = (struct weir_segment){.bytes = lent.out, .size = n, .lender = op};
    append(t, s);
    t->queued += n;
    return 0;
}

int weir_transport_write_borrowed(weir_transport *t, weir_op *op, const void *bytes, size_t n) {
    if (!t || !op || !op->done || !bytes || !n) return WEIR_EINVAL;
    if (weir_op_active(op)) return WEIR_EBUSY;
    int status = take_charge(t, n, WRITTEN);
    if (status < 0 || (status = queue_borrowed(t, op, bytes, n)) < 0) return status;
    op->size = n;
    weir_op_start(op, t);
    flush_later(t);
    return room_left(t);
}

/* Takes `s`, whole, from the front. A borrowed write ends with its last byte. */
static void pop_first(weir_transport *t) {
    struct weir_segment *s = t->first;
    t->first = s->next;
    if (!t->first) t->last = NULL;
    if (s->lender) weir_op_finish(s->lender, (int64_t)s->lender->size);
    weir_segment_give(&loop_of(t)->pool, s);
}

static void consume(weir_transport *t, size_t n) {
    size_t held = weir_transport_held(t);
    assert(n <= t->queued);
    if (n) t->sent_at = weir_slot_now(t);
    weir_pace_sent(t, n);
    t->queued -= n;
    for (size_t rest = n; rest;) {
        size_t k = rest < t->first->size ? rest : t->first->size;
        if (t->first->lender) t->first->lender->moved += k;
        t->first->bytes += k;
        t->first->size -= k;
        rest -= k;
        if (!t->first->size) pop_first(t);
    }
    weir_charge(t, held, held - n, false);
}

static const weir_producer *producer_of(const weir_transport *t) { return t->extras ? t->extras->producer : NULL; }

static void call_pause(weir_transport *t) {
    const weir_producer *producer = producer_of(t);
    if (producer) {
        if (producer->pause) producer->pause(t->extras->producer_self, t);
    } else if (t->protocol->pause) {
        t->protocol->pause(t->self, t);
    }
}

void weir_send_tell_resume(weir_transport *t) {
    const weir_producer *producer = producer_of(t);
    t->above = t->owing = 0;
    if (producer) {
        if (producer->resume) producer->resume(t->extras->producer_self, t);
    } else if (t->protocol->resume && !t->fresh) {
        t->protocol->resume(t->self, t);
    }
}

/* What is carried brings its charge, and need not wait for budget. */
static bool may_resume(const weir_transport *t) {
    const struct weir_rare *rare = weir_rare_if_any(t);
    bool carries = rare && rare->over;
    if (t->owing) return !t->queued && (carries || !(t->holds & WEIR_HOLD_BUDGET));
    return t->queued <= t->scope->limits.resume_mark;
}

/* A protocol that has not heard `connected` yet hears of the pause when it is greeted. */
static void tell_pause(weir_transport *t) {
    if (t->above || t->state != WEIR_OPEN || (t->fresh && !producer_of(t))) return;
    t->above = 1;
    call_pause(t);
}

void weir_send_greet(weir_transport *t) {
    if (t->state != WEIR_OPEN || producer_of(t)) return;
    if (t->above)
        call_pause(t);
    else if (t->queued > t->scope->limits.pause_mark)
        flush_later(t);
}

void weir_send_tell_marks(weir_transport *t) {
    if (t->owing) tell_pause(t);
    if (t->above && t->state == WEIR_OPEN && may_resume(t)) weir_send_tell_resume(t);
}

/* A refusal is a promise: whoever was refused hears when to try again. */
void weir_send_promise(weir_transport *t) {
    t->owing = 1;
    if (t->state != WEIR_CONNECTING) weir_transport_step_later(t);
}

static void after_sending(weir_transport *t) {
    weir_send_tell_marks(t);
    if (!t->queued && (t->state == WEIR_CLOSING || (t->half_closed && !t->finished))) weir_transport_advance(t);
    if (t->extras && t->extras->finished) weir_transport_step_later(t);
}

static void give_to_driver(weir_transport *t) {
    int64_t taken;
    do {
        int os_code = 0;
        taken = t->driver->send(t, t->first, false, &os_code);
        if (taken < 0) {
            weir_transport_write_failed(t, (int)taken, os_code);
            return;
        }
        consume(t, (size_t)taken);
    } while (taken && t->queued);
    t->sending = t->queued > 0;
    if (t->sending) {
        t->sent_at = weir_slot_now(t);
        weir_deadline_review(t);
    }
    weir_pace_sending(t);
    after_sending(t);
}

/* A queue that the driver still has from an earlier tick was refused by the system; so was one that it says it was. */
void weir_send_flush(weir_transport *t) {
    bool refused = t->sending || (t->holds & WEIR_HOLD_USER_SEND);
    if (!t->queued || (refused && !t->sending)) weir_pace_sending(t);
    if (t->state == WEIR_GONE || t->state == WEIR_CONNECTING || t->send_dead || !t->queued) return;
    if (!refused) {
        give_to_driver(t);
        refused = t->stalled;
    }
    if (refused && t->queued > t->scope->limits.pause_mark)
        tell_pause(t);
    else if (t->queued > t->scope->limits.pause_mark && !t->above)
        flush_later(t);
}

void weir_transport_sent(weir_transport *t, size_t n) {
    t->sending = 0;
    consume(t, n);
    if (!t->queued) weir_pace_sending(t);
    if (t->state == WEIR_GONE) return;
    if (t->recalling) weir_send_purge(t);
    if (t->queued && !t->send_dead) flush_later(t);
    after_sending(t);
}

/* Ends with `code` each borrowed write that has bytes in the chain. */
static void fail_lenders(weir_transport *t, int code) {
    for (struct weir_segment *s = t->first; s; s = s->next)
        if (s->lender) weir_op_finish(s->lender, code);
}

void weir_send_drop_queue(weir_transport *t) {
    size_t held = weir_transport_held(t);
    if (!t->first) return;
    fail_lenders(t, t->code ? t->code : WEIR_ECLOSED);
    give_chain(&loop_of(t)->pool, t->first);
    t->first = t->last = NULL;
    weir_charge(t, held, weir_transport_held(t), false);
}

/* Removes the borrowed writes that were cancelled, but one of which a part has left already. */
void weir_send_purge(weir_transport *t) {
    struct weir_segment **at = &t->first, *last = NULL;
    size_t held = weir_transport_held(t), removed = 0;
    while (*at) {
        struct weir_segment *s = *at;
        if (!s->lender || !weir_op_cancelled(s->lender) || s->lender->moved) {
            last = s;
            at = &s->next;
            continue;
        }
        *at = s->next;
        removed += s->size;
        weir_op_finish(s->lender, s->lender->result);
        weir_segment_give(&loop_of(t)->pool, s);
    }
    t->last = last;
    t->recalling = 0;
    t->queued -= removed;
    weir_charge(t, held, held - removed, false);
}
