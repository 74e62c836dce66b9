/* SPDX-License-Identifier: MIT
 *
 * Bytes are lent to the transport where their feeder has them, and go straight from the write queue to where their
 * taker wants them. A wait never sleeps: it notes what it would have slept for. */
#include "backend/blocking/still.h"

#include <string.h>

#define BEGINNING_NS ((uint64_t)1000000000) /* of time: no deadline lies before it */

static struct weir_still *still_of(struct weir_one *one) { return (struct weir_still *)(void *)one; }

static size_t at_most(size_t n, size_t most) { return n < most ? n : most; }

static int64_t receive(struct weir_one *one, const uint8_t **bytes, int *os_code) {
    struct weir_still *s = still_of(one);
    size_t n = at_most(s->fed_size, WEIR_DELIVERY_MAX);
    (void)os_code;
    if (s->reset) return WEIR_ERESET;
    if (!n) return s->ended ? 0 : WEIR_EAGAIN;
    *bytes = s->fed;
    s->fed += n;
    s->fed_size -= n;
    return (int64_t)n;
}

static int64_t send_chain(struct weir_one *one, const struct weir_segment *chain, int *os_code) {
    struct weir_still *s = still_of(one);
    size_t before = s->room_size;
    (void)os_code;
    if (s->reset) return WEIR_ERESET;
    for (; chain && s->room_size; chain = chain->next) {
        size_t n = at_most(chain->size, s->room_size);
        memcpy(s->room, chain->bytes, n);
        s->room += n;
        s->room_size -= n;
    }
    return before > s->room_size ? (int64_t)(before - s->room_size) : WEIR_EAGAIN;
}

static int open_still(struct weir_backend_state **ret, const struct weir_backend_env *env) {
    struct weir_still *s = weir_memory_new(env->memory, sizeof *s);
    if (!s) return WEIR_ENOMEM;
    s->one.state.table = &weir_backend_still;
    s->one.state.env = *env;
    s->one.receive = receive;
    s->one.send = send_chain;
    s->now_ns = BEGINNING_NS;
    *ret = &s->one.state;
    return 0;
}

static void close_still(struct weir_backend_state *state, bool forked) {
    (void)forked;
    weir_memory_free(state->env.memory, weir_still_of(state), sizeof(struct weir_still));
}

static uint64_t now_ns(struct weir_backend_state *state) { return weir_still_of(state)->now_ns; }

/* Handles mean nothing here. A send is never tried in the call: what is written waits for its taker. */
static int call(struct weir_backend_state *state, struct weir_call *call) {
    (void)state;
    switch (call->kind) {
    case WEIR_CALL_TRY_SEND: return WEIR_EAGAIN;
    case WEIR_CALL_CLOSE: return 0;
    default: return WEIR_ENOTSUP;
    }
}

static int wait(struct weir_backend_state *state, uint64_t deadline_ns) {
    struct weir_still *s = weir_still_of(state);
    s->one.in.ready = s->fed_size || s->ended || s->reset;
    s->one.out.ready = s->room_size || s->reset;
    s->next_ns = deadline_ns;
    s->quiet = deadline_ns > s->now_ns && !weir_one_busy(&s->one);
    return 0;
}

static int turn(struct weir_backend_state *state, uint64_t until_ns) {
    int status = state->env.tick(state->env.loop);
    (void)until_ns;
    return status >= 0 && weir_still_of(state)->quiet ? WEIR_ESTALLED : status;
}

const struct weir_backend weir_backend_still = {
    .name = "memory",
    .summary = "one stream over memory, without system calls",
    .open = open_still,
    .close = close_still,
    .now_ns = now_ns,
    .call = call,
    .wait = wait,
    WEIR_ONE_SLOTS,
    .turn = turn,
};
