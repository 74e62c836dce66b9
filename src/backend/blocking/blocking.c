/* SPDX-License-Identifier: MIT
 *
 * Two descriptors and poll. Only what somebody waits for is polled, and bytes are moved by calls that do not block,
 * so that a deadline is met whatever the flags of the descriptors are; regular files, for which there is no waiting,
 * may take as long as their disk does. With nothing to poll and no deadline there is nothing left that could happen,
 * and the wait says so instead of never returning. */
#include "backend/blocking/blocking.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <time.h>

#include "backend/blocking/one.h"
#include "sys/sys.h"

#define SCRATCH ((size_t)64 * 1024)

struct blocking {
    struct weir_one one; /* first */
    weir_handle in, out;
    uint64_t now_ns;
    uint8_t *scratch; /* what is received */
};

static struct blocking *of(struct weir_backend_state *state) { return (struct blocking *)state; }

static int64_t receive(struct weir_one *one, const uint8_t **bytes, int *os_code) {
    struct blocking *b = of(&one->state);
    one->state.system_calls++;
    int64_t n = weir_sys_receive(b->in, b->scratch, SCRATCH, os_code);
    if (n > 0) *bytes = b->scratch;
    return n;
}

static int64_t send_chain(struct weir_one *one, const struct weir_segment *chain, int *os_code) {
    one->state.system_calls++;
    return weir_sys_send(of(&one->state)->out, chain, os_code);
}

static void close_blocking(struct weir_backend_state *state, bool forked) {
    struct weir_memory *memory = state->env.memory;
    struct blocking *b = of(state);
    (void)forked;
    weir_memory_free(memory, b->scratch, SCRATCH);
    weir_memory_free(memory, b, sizeof *b);
}

static int open_blocking(struct weir_backend_state **ret, const struct weir_backend_env *env) {
    struct blocking *b = weir_memory_new(env->memory, sizeof *b);
    if (!b) return WEIR_ENOMEM;
    b->one.state =
        (struct weir_backend_state){.table = &weir_backend_blocking, .env = *env, .caps = WEIR_CAP_TRY_FIRST};
    b->one.receive = receive;
    b->one.send = send_chain;
    b->in = b->out = WEIR_NO_HANDLE;
    b->scratch = weir_memory_resize(env->memory, NULL, 0, SCRATCH);
    if (!b->scratch) {
        close_blocking(&b->one.state, false);
        return WEIR_ENOMEM;
    }
    *ret = &b->one.state;
    return 0;
}

void weir_blocking_use(struct weir_backend_state *state, weir_handle in, weir_handle out) {
    of(state)->in = in;
    of(state)->out = out;
}

static uint64_t now_ns(struct weir_backend_state *state) {
    struct blocking *b = of(state);
    uint64_t now = weir_sys_now_ns();
    if (now > b->now_ns) b->now_ns = now;
    return b->now_ns;
}

static int try_send(const struct blocking *b, struct weir_call *call) {
    int64_t n = weir_sys_send(b->out, call->segments, &call->os_code);
    if (n < 0) return (int)n;
    call->count = (size_t)n;
    return 0;
}

/* What is not ours to close is told at least that no more comes. */
static int close_stream(const struct blocking *b, struct weir_call *call) {
    if (!call->value && b->out != WEIR_NO_HANDLE) weir_sys_shutdown_send(b->out, &call->os_code);
    return 0;
}

static int call(struct weir_backend_state *state, struct weir_call *call) {
    const struct blocking *b = of(state);
    state->system_calls++;
    call->os_code = 0;
    switch (call->kind) {
    case WEIR_CALL_TRY_SEND: return try_send(b, call);
    case WEIR_CALL_CLOSE: return close_stream(b, call);
    case WEIR_CALL_SHUTDOWN: return weir_sys_shutdown_send(b->out, &call->os_code);
    case WEIR_CALL_UNSENT: call->count = weir_sys_unsent(b->out); return 0;
    case WEIR_CALL_LOCAL: return weir_sys_local(b->in, call->named, &call->os_code);
    case WEIR_CALL_PEER: return weir_sys_peer(b->in, call->named, &call->os_code);
    case WEIR_CALL_ERROR: return weir_sys_pending_error(b->in, &call->os_code);
    default: return WEIR_ENOTSUP;
    }
}

static uint64_t time_left(struct blocking *b, uint64_t deadline_ns) {
    if (!deadline_ns || weir_one_busy(&b->one)) return 0;
    if (deadline_ns == WEIR_FOREVER) return WEIR_FOREVER;
    uint64_t now = now_ns(&b->one.state);
    return deadline_ns > now ? deadline_ns - now : 0;
}

/* An interrupted sleep finds nothing ready, and one that failed for want of memory everything: trying tells. */
static void sleep_for(struct pollfd *polled, nfds_t count, uint64_t timeout_ns) {
    struct timespec timeout = {.tv_sec = (time_t)(timeout_ns / 1000000000), .tv_nsec = (long)(timeout_ns % 1000000000)};
    int ready = ppoll(polled, count, timeout_ns == WEIR_FOREVER ? NULL : &timeout, NULL);
    for (nfds_t i = 0; ready < 0 && i < count; i++)
        polled[i].revents = errno == EINTR ? 0 : polled[i].events;
}

/* A negative descriptor is passed over by poll. Whatever it reports of one, trying tells. */
static int wait(struct weir_backend_state *state, uint64_t deadline_ns) {
    struct blocking *b = of(state);
    bool in = weir_one_waits(&b->one.in), out = weir_one_waits(&b->one.out);
    struct pollfd polled[2] = {{.fd = in ? weir_sys_fd(b->in) : -1, .events = POLLIN},
                               {.fd = out ? weir_sys_fd(b->out) : -1, .events = POLLOUT}};
    uint64_t timeout_ns = time_left(b, deadline_ns);
    if (!in && !out && !timeout_ns) return 0;
    if (!in && !out && timeout_ns == WEIR_FOREVER) return WEIR_ESTALLED;
    state->system_calls++;
    sleep_for(polled, 2, timeout_ns);
    if (in && polled[0].revents) b->one.in.ready = true;
    if (out && polled[1].revents) b->one.out.ready = true;
    return 0;
}

static int turn(struct weir_backend_state *state, uint64_t until_ns) {
    (void)until_ns;
    return state->env.tick(state->env.loop);
}

const struct weir_backend weir_backend_blocking = {
    .name = "blocking",
    .summary = "one stream over descriptors that may block",
    .open = open_blocking,
    .close = close_blocking,
    .now_ns = now_ns,
    .call = call,
    .wait = wait,
    WEIR_ONE_SLOTS,
    .turn = turn,
};
