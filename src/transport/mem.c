/* SPDX-License-Identifier: MIT
 *
 * The pair in memory. Nothing is copied between the ends: bytes wait in the sender's queue until the receiver takes
 * them from there, in a step of the receiver. So flow control is that of the two bases and nothing else. Each end keeps
 * a note of what the other has yet to hear (its end, its reset), which is told in that step too. */
#include "transport/mem.h"

static struct weir_mem *mem_of(const weir_transport *t) {
    union {
        const weir_transport *in;
        struct weir_mem *out;
    } same = {t};
    return same.out;
}

static void pull_later(struct weir_mem *m) {
    if (m) weir_turn_later(loop_of(&m->base), &m->pull);
}

static int receive(weir_transport *t, bool on) {
    mem_of(t)->receiving = on;
    if (on) pull_later(mem_of(t));
    return 0;
}

static int64_t send_chain(weir_transport *t, const struct weir_segment *chain, bool now, int *os_code) {
    struct weir_mem *m = mem_of(t);
    (void)chain;
    (void)os_code;
    if (!m->peer) return WEIR_ERESET;
    if (!now) pull_later(m->peer);
    return 0;
}

/* Not at once: this is within a call, and the peer may be reading those very bytes. */
static void recall(weir_transport *t) {
    mem_of(t)->recalled = true;
    pull_later(mem_of(t));
}

static void finish(weir_transport *t) {
    struct weir_mem *m = mem_of(t);
    if (!m->peer) return;
    m->peer->peer_finished = true;
    pull_later(m->peer);
}

/* The peer hears of a reset, unless it had been told the end and has nothing left to send. */
static void part(struct weir_mem *m, bool reset) {
    struct weir_mem *peer = m->peer;
    if (!peer) return;
    m->peer = NULL;
    peer->peer = NULL;
    peer->peer_reset = reset || !peer->peer_finished || peer->base.queued;
    pull_later(peer);
}

static void drop(weir_transport *t, bool reset) {
    weir_mem_leave_line(mem_of(t));
    part(mem_of(t), reset);
    weir_transport_gone(t);
}

/* One turn of the sender's queue: what was in its first segment. The receiver may abort either end meanwhile. */
static bool pull_some(struct weir_mem *m) {
    struct weir_mem *from = m->peer;
    struct weir_segment *s = from ? from->base.first : NULL;
    if (!m->receiving || !s || !from->base.sending) return false;
    size_t n = s->size < WEIR_DELIVERY_MAX ? s->size : WEIR_DELIVERY_MAX;
    weir_transport_deliver(&m->base, s->bytes, n);
    if (m->peer) weir_transport_sent(&m->peer->base, n);
    return m->peer != NULL;
}

static void tell_news(struct weir_mem *m) {
    bool queue_empty = !m->peer || !m->peer->base.queued;
    if (m->peer_reset && m->receiving) {
        weir_transport_read_failed(&m->base, WEIR_ERESET, 0);
    } else if (m->peer_reset && (m->base.sending || m->base.queued)) {
        weir_transport_write_failed(&m->base, WEIR_ERESET, 0);
        weir_transport_sent(&m->base, 0);
    } else if (m->peer_finished && queue_empty && m->receiving) {
        m->receiving = false;
        weir_transport_ended(&m->base);
    }
}

static void give_back(struct weir_mem *m) {
    m->recalled = false;
    weir_transport_sent(&m->base, 0);
}

static void run_pull(struct weir_turn *turn) {
    struct weir_mem *m = (struct weir_mem *)(void *)((char *)turn - offsetof(struct weir_mem, pull));
    if (m->base.gone) return;
    if (m->recalled) give_back(m);
    if (pull_some(m) && m->receiving) pull_later(m);
    tell_news(m);
}

static void fini(weir_transport *t) {
    weir_mem_leave_line(mem_of(t));
    part(mem_of(t), true);
    weir_turn_cancel(loop_of(t), &mem_of(t)->pull);
}

static const struct weir_driver driver = {
    .name = "mem",
    .size = sizeof(struct weir_mem),
    .caps = WEIR_CAN_RECEIVE | WEIR_CAN_SEND | WEIR_CAN_HALF_CLOSE | WEIR_LINGERS | WEIR_DRAINS,
    .receive = receive,
    .send = send_chain,
    .recall = recall,
    .finish = finish,
    .drop = drop,
    .fini = fini,
};

int weir_mem_end(struct weir_scope *scope, weir_transport_state state, const weir_protocol *protocol, void *self,
                 struct weir_mem **ret) {
    struct weir_mem *m = weir_memory_new(&scope->loop->memory, sizeof *m);
    int status = m ? weir_transport_init(&m->base, &driver, scope, state, protocol, self) : WEIR_ENOMEM;
    if (status < 0) {
        if (m) weir_memory_free(&scope->loop->memory, m, sizeof *m);
        return status;
    }
    m->pull.run = run_pull;
    *ret = m;
    return 0;
}

void weir_mem_join(struct weir_mem *a, struct weir_mem *b) {
    a->peer = b;
    b->peer = a;
}

static int make_pair(struct weir_scope *scope, weir_transport *ret[2]) {
    struct weir_mem *ends[2];
    int status = weir_mem_end(scope, WEIR_OPEN, NULL, NULL, &ends[0]);
    if (status < 0) return status;
    status = weir_mem_end(scope, WEIR_OPEN, NULL, NULL, &ends[1]);
    if (status < 0) {
        weir_transport_free(&ends[0]->base);
        return status;
    }
    weir_mem_join(ends[0], ends[1]);
    for (int i = 0; i < 2; i++)
        weir_transport_step_later(ret[i] = &ends[i]->base);
    return 0;
}

int weir_mem_pair(weir_loop *loop, const weir_limits *limits, weir_transport *ret[2]) {
    if (!loop || !ret) return WEIR_EINVAL;
    struct weir_scope *scope = weir_scope_for(loop, limits);
    if (!scope) return WEIR_ENOMEM;
    int status = make_pair(scope, ret);
    weir_scope_drop(scope);
    return status;
}
