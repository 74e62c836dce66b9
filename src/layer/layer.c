/* SPDX-License-Identifier: MIT
 *
 * The driver of a transport that stands on another, and the protocol that it is to that one. Nothing is kept here:
 * pausing above becomes a hold below, a full queue below leaves bytes in the queue above, and whoever was refused is
 * asked again when below says `resume`.
 *
 * A stack ends from the top down, and lets go from the bottom up: above flushes, the format's own end is sent, below
 * is closed, and when it is gone the transport above is. One linger time, that of the top, covers all of it; when it
 * passes, the drop that was soft is repeated, and below ends at once. A failure below becomes the one above, unless
 * that has one already. */
#include "layer/layer.h"

/* ---- upwards ----------------------------------------------------------------------------------------------------- */

void weir_layer_hold(struct weir_layer *l, enum weir_layer_hold hold, bool on) {
    weir_transport *below = weir_layer_below(l);
    l->holds = on ? l->holds | hold : l->holds & ~(unsigned)hold;
    if (below && below->state <= WEIR_OPEN) weir_transport_hold(below, WEIR_HOLD_LAYER, l->holds != 0);
}

/* One that has no handshake stands on an open connection as open itself, and is only greeted. */
void weir_layer_up(struct weir_layer *l) {
    if (l->base.state == WEIR_CONNECTING)
        weir_transport_connected(&l->base);
    else if (l->base.state == WEIR_OPEN && l->base.fresh)
        weir_transport_advance(&l->base);
}

/* Who is closing discards, and so has room for everything. */
bool weir_layer_has_room(struct weir_layer *l) {
    bool room = l->base.receiving || l->base.state > WEIR_OPEN;
    if (!room) weir_layer_hold(l, WEIR_LAYER_REFUSED, true);
    return room;
}

void weir_layer_deliver(struct weir_layer *l, const uint8_t *bytes, size_t n) {
    weir_transport_deliver(&l->base, bytes, n);
}

void weir_layer_ended(struct weir_layer *l) {
    if (l->base.state == WEIR_CONNECTING)
        weir_layer_fail(l, WEIR_ETRUNCATED);
    else if (!l->base.peer_ended)
        weir_transport_ended(&l->base);
}

/* What the layer itself has found is told when below is gone. */
void weir_layer_fail(struct weir_layer *l, int code) {
    weir_transport *below = weir_layer_below(l);
    weir_stage stage = l->base.state == WEIR_CONNECTING ? WEIR_STAGE_HANDSHAKE : WEIR_STAGE_READ;
    if (below && below->state != WEIR_GONE) {
        weir_transport_note(&l->base, code, stage, 0);
        weir_transport_abort(below);
    }
}

int weir_layer_receive(weir_transport *t, bool on) {
    struct weir_layer *l = weir_layer_of(t);
    if (on) l->holds &= ~(unsigned)WEIR_LAYER_REFUSED;
    l->holds &= ~(unsigned)WEIR_LAYER_UNWANTED;
    weir_layer_hold(l, WEIR_LAYER_UNWANTED, !on && (weir_layer_kind_of(l)->ways & WEIR_LAYER_PLAIN));
    return 0;
}

/* The failure of below becomes that of above, unless that has one. */
static void inherit(weir_transport *t, const weir_transport *below) {
    if (t->code || !below->code) return;
    t->why = below->why;
    weir_transport_note(t, below->code, (weir_stage)below->stage, below->os_code);
}

/* ---- downwards --------------------------------------------------------------------------------------------------- */

/* The one that is below writes nothing any more. */
static int sending_error(const weir_transport *below) {
    if (!below) return WEIR_ECLOSED;
    if (below->send_dead || below->half_closed || below->state > WEIR_OPEN)
        return below->code ? below->code : WEIR_ECLOSED;
    return 0;
}

static bool grant(struct weir_layer *l, size_t n, size_t mark) {
    weir_transport *below = weir_layer_below(l);
    if (!below || sending_error(below) < 0) return true; /* and the write will tell */
    if (!below->queued || (!below->above && below->queued <= mark && n <= mark - below->queued)) return true;
    if (!below->above) weir_send_promise(below);
    return false;
}

size_t weir_layer_most(const struct weir_layer *l) { return l->base.scope->limits.write_cap; }

bool weir_layer_may_send(struct weir_layer *l, size_t n) { return grant(l, n, l->base.scope->limits.pause_mark); }

bool weir_layer_may_answer(struct weir_layer *l, size_t n) {
    const weir_transport *below = weir_layer_below(l);
    size_t cap = l->base.scope->limits.write_cap;
    if (below && below->above && below->queued <= cap && n <= cap - below->queued) return true;
    return grant(l, n, cap);
}

int weir_layer_write(struct weir_layer *l, const void *bytes, size_t n) {
    weir_transport *below = weir_layer_below(l);
    int status = sending_error(below);
    if (status == 0) status = weir_send_carry(below, bytes, n, !l->flushes);
    l->wrote = true;
    return status < 0 ? status : 0;
}

/* As many as there is room for, down to a single byte. */
int64_t weir_layer_pass(struct weir_layer *l, const uint8_t *bytes, size_t n) {
    const weir_transport *below = weir_layer_below(l);
    size_t mark = l->base.scope->limits.pause_mark;
    if (!weir_layer_may_send(l, 1)) return 0;
    size_t room = below && below->queued < mark ? mark - below->queued : 1;
    if (n > room) n = room;
    int status = weir_layer_write(l, bytes, n);
    return status < 0 ? status : (int64_t)n;
}

static int64_t take(struct weir_layer *l, const struct weir_segment *chain) {
    const struct weir_layer_kind *kind = weir_layer_kind_of(l);
    int64_t total = 0;
    for (; chain; chain = chain->next) {
        int64_t n = (kind->out ? kind->out : weir_layer_pass)(l, chain->bytes, chain->size);
        if (n < 0) return total ? total : n;
        total += n;
        if ((size_t)n < chain->size) break;
    }
    return total;
}

/* A flush may make room for what was refused: who took nothing yet, but said something of its own, is asked again. */
static int64_t take_and_flush(struct weir_layer *l, const struct weir_segment *chain) {
    int64_t total;
    do {
        l->wrote = false;
        l->flushes = true;
        total = take(l, chain);
        l->flushes = false;
        if (l->wrote && weir_layer_below(l)) weir_send_flush(weir_layer_below(l));
    } while (!total && l->wrote);
    return total;
}

/* Within a call (`now`) nothing is flushed, for that may call back; what is large is tried by the write below. */
int64_t weir_layer_send(weir_transport *t, const struct weir_segment *chain, bool now, int *os_code) {
    struct weir_layer *l = weir_layer_of(t);
    weir_transport *below = weir_layer_below(l);
    int64_t total = sending_error(below);
    l->sending = true;
    if (!total) total = now ? take(l, chain) : take_and_flush(l, chain);
    below = weir_layer_below(l);
    l->sending = false;
    if (total < 0 && below) inherit(t, below);
    if (total < 0) *os_code = t->os_code;
    return total;
}

void weir_layer_recall(weir_transport *t) {
    weir_layer_of(t)->recalled = true;
    weir_turn_later(loop_of(t), &weir_layer_of(t)->turn);
}

/* The linger time is the top's. */
static void close_below(weir_transport *below) {
    weir_transport_close(below);
    weir_deadline_stop(loop_of(below), &below->deadline);
}

/* Unless below is about to be closed itself. */
int weir_layer_end_below(struct weir_layer *l) {
    const weir_transport *t = &l->base;
    bool waits_for_peer = (t->caps & WEIR_LINGERS) && !t->peer_ended && !t->read_dead;
    if (t->state == WEIR_OPEN || waits_for_peer) weir_transport_half_close(weir_layer_below(l));
    return 0;
}

static void go_on_finishing(struct weir_layer *l) {
    const struct weir_layer_kind *kind = weir_layer_kind_of(l);
    weir_transport *below = weir_layer_below(l);
    if (!below) return;
    l->finishing = (kind->finish ? kind->finish : weir_layer_end_below)(l) == WEIR_EAGAIN;
    if (l->dropping && !l->finishing) close_below(below);
}

void weir_layer_finish(weir_transport *t) { go_on_finishing(weir_layer_of(t)); }

void weir_layer_send_on(struct weir_layer *l) {
    const struct weir_layer_kind *kind = weir_layer_kind_of(l);
    if (l->sending) return; /* which sees to it */
    if (kind->speak && weir_layer_below(l)) kind->speak(l);
    if (l->base.sending) weir_transport_sent(&l->base, 0);
    if (l->finishing) go_on_finishing(l);
}

static void run_turn(struct weir_turn *turn) {
    struct weir_layer *l = (struct weir_layer *)(void *)((char *)turn - offsetof(struct weir_layer, turn));
    if (!l->recalled || l->base.gone) return;
    l->recalled = false;
    if (l->base.sending) weir_transport_sent(&l->base, 0);
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

void weir_layer_drop(weir_transport *t, bool reset) {
    struct weir_layer *l = weir_layer_of(t);
    weir_transport *below = weir_layer_below(l);
    bool again = l->dropping;
    l->dropping = true;
    if (!below)
        weir_transport_gone(t);
    else if (reset)
        weir_transport_abort(below);
    else if (again)
        weir_transport_linger_over(below, false);
    else if (!l->finishing)
        close_below(below);
}

void weir_layer_info(const weir_transport *t, weir_transport_info *ret) {
    const struct weir_layer *l = (const struct weir_layer *)(const void *)t;
    const weir_transport *below = weir_layer_below(l);
    weir_transport_info under;
    ret->peer = l->peer;
    if (!below) return;
    weir_transport_info_get(below, &under);
    ret->peer = under.peer;
    ret->local = under.local;
    for (int i = 1; i < WEIR_STACK_MAX; i++)
        ret->stack[i] = under.stack[i - 1];
}

size_t weir_layer_unsent(const weir_transport *t) {
    const struct weir_layer *l = (const struct weir_layer *)(const void *)t;
    const weir_transport *below = weir_layer_below(l);
    if (!below) return l->lost;
    return below->queued + (below->driver->unsent ? below->driver->unsent(below) : 0);
}

void weir_layer_fini(weir_transport *t) {
    struct weir_layer *l = weir_layer_of(t);
    weir_turn_cancel(loop_of(t), &l->turn);
    if (weir_layer_kind_of(l)->fini) weir_layer_kind_of(l)->fini(l);
}

/* ---- what below says --------------------------------------------------------------------------------------------- */

static void connected(void *self, weir_transport *below) {
    struct weir_layer *l = self;
    (void)below;
    if (weir_layer_kind_of(l)->begin)
        weir_layer_kind_of(l)->begin(l);
    else
        weir_layer_up(l);
}

static size_t received(void *self, weir_transport *below, const uint8_t *bytes, size_t n) {
    struct weir_layer *l = self;
    int64_t used = (int64_t)n;
    (void)below;
    if (weir_layer_kind_of(l)->in)
        used = weir_layer_kind_of(l)->in(l, bytes, n);
    else
        weir_layer_deliver(l, bytes, n);
    if (used < 0) weir_layer_fail(l, (int)used);
    return used < 0 ? n : (size_t)used;
}

static void ended(void *self, weir_transport *below) {
    struct weir_layer *l = self;
    int status = weir_layer_kind_of(l)->ended ? weir_layer_kind_of(l)->ended(l) : 0;
    (void)below;
    if (status < 0)
        weir_layer_fail(l, status);
    else
        weir_layer_ended(l);
}

static void paused(void *self, weir_transport *below) {
    (void)self;
    (void)below;
}

static void resumed(void *self, weir_transport *below) {
    (void)below;
    weir_layer_send_on(self);
}

static void disconnected(void *self, weir_transport *below, const weir_error *reason) {
    struct weir_layer *l = self;
    weir_transport *t = &l->base;
    weir_transport_info info;
    weir_error storage;
    weir_transport_info_get(below, &info);
    l->peer = info.peer;
    l->lost = reason ? (size_t)reason->unsent : 0;
    inherit(t, below);
    if (!t->dropped) weir_transport_note(t, WEIR_ECLOSED, WEIR_STAGE_READ, 0); /* closed by somebody else */
    if (t->dropped) t->unacked = (uint32_t)l->lost;
    weir_stack_part(below);
    if (weir_layer_kind_of(l)->gone) weir_layer_kind_of(l)->gone(l, weir_transport_reason(t, &storage));
    if (t->dropped) {
        weir_transport_gone(t);
    } else if (t->state == WEIR_CONNECTING) {
        weir_transport_fail(t, t->code, WEIR_STAGE_CONNECT, 0);
    } else {
        t->send_dead = 1;
        weir_transport_read_failed(t, t->code, 0);
    }
}

static const weir_protocol protocol_below = {connected, received, ended, paused, resumed, disconnected};

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static weir_transport_state first_state(const struct weir_layer_kind *kind, const weir_transport *below) {
    return kind->ways & WEIR_LAYER_PLAIN ? (weir_transport_state)below->state : WEIR_CONNECTING;
}

static struct weir_layer *make(const struct weir_layer_kind *kind, weir_transport *below, const weir_protocol *protocol,
                               void *self, int *status) {
    struct weir_memory *memory = &loop_of(below)->memory;
    struct weir_layer *l = weir_memory_new(memory, kind->driver.size);
    if (!l) {
        *status = WEIR_ENOMEM;
        return NULL;
    }
    *status = weir_transport_init(&l->base, &kind->driver, below->scope, first_state(kind, below), protocol, self);
    if (*status == 0) return l;
    weir_memory_free(memory, l, kind->driver.size);
    return NULL;
}

int weir_layer_open(const struct weir_layer_kind *kind, weir_transport *below, const struct weir_layer_plan *plan,
                    const weir_protocol *protocol, void *self, struct weir_layer **ret) {
    int status = weir_stack_check(below);
    if (status < 0) return status;
    struct weir_layer *l = make(kind, below, protocol, self, &status);
    if (!l) return status;
    status = weir_stack_join(&l->base, below, plan ? plan->need : 0);
    if (status < 0) {
        weir_transport_free(&l->base);
        return status;
    }
    l->turn.run = run_turn;
    weir_transport_give(below, &protocol_below, l);
    weir_layer_receive(&l->base, false);
    weir_transport_step_later(&l->base);
    if (plan && plan->handshake_ns) weir_deadline_set(&l->base, plan->handshake_ns);
    *ret = l;
    return 0;
}
