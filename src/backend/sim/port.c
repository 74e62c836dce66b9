/* SPDX-License-Identifier: MIT
 *
 * The simulated system as a backend: its const table, and the life of an op on it. An op is never tried in `submit`;
 * it is put among the lanes that may have something to do, and tried by `next` after the next `wait`, in drawn order.
 * What cannot be yet stays in its lane until the socket is poked. Half of all ports say that a send is best tried
 * first, as readiness systems do, the others not, so that seeds run through both.
 *
 * A cancelled op that could have gone on ends, as the world likes it, with what it had come to, or without. The bytes
 * of a receive are lent from a scratch, which is overwritten at release, so that a use after that shows.
 *
 * `wait` never sleeps, and no system call is ever made or counted. */
#include "backend/sim/port.h"

#include <assert.h>
#include <string.h>

#include "backend/sim/errand.h"
#include "backend/sim/listen.h"
#include "backend/sim/sim.h"
#include "backend/sim/stream.h"

#define ACCEPTS 16

enum op_state { GOING, CANCELLED };

static struct weir_sim_port *of(struct weir_backend_state *state) { return (struct weir_sim_port *)state; }

/* ---- the loop, as the world sees it ------------------------------------------------------------------------------ */

bool weir_sim_port_wants(const struct weir_sim_port *port) { return port->state.env.wants(port->state.env.loop); }

static uint64_t clock_ns(const struct weir_sim_port *port) { return WEIR_SIM_EPOCH_NS + port->host->sim->now_ns; }

bool weir_sim_port_busy(const struct weir_sim_port *port) {
    return !port->settled || port->count || port->back.count ||
           atomic_load_explicit(&port->woken, memory_order_relaxed) || port->deadline_ns <= clock_ns(port);
}

uint64_t weir_sim_port_deadline(const struct weir_sim_port *port) {
    return port->deadline_ns < UINT64_MAX ? port->deadline_ns - WEIR_SIM_EPOCH_NS : UINT64_MAX;
}

int weir_sim_port_tick(struct weir_sim_port *port) {
    port->settled = false;
    return port->state.env.tick(port->state.env.loop);
}

static int turn(struct weir_backend_state *state, uint64_t until_ns) {
    weir_sim *sim = of(state)->host->sim;
    uint64_t until = until_ns;
    if (sim->in_turn) return WEIR_EBUSY;
    if (until_ns < UINT64_MAX) until = until_ns > clock_ns(of(state)) ? until_ns - WEIR_SIM_EPOCH_NS : sim->now_ns;
    int result = weir_sim_step(sim, until);
    if (result != WEIR_ESTALLED || until == UINT64_MAX) return result;
    sim->now_ns = until;
    return 0;
}

static int wait(struct weir_backend_state *state, uint64_t deadline_ns) {
    struct weir_sim_port *port = of(state);
    bool woken = atomic_exchange(&port->woken, false);
    weir_sim_ready_gather(port);
    weir_sim_errand_gather(port);
    port->deadline_ns = deadline_ns;
    port->waited_ns = port->host->sim->now_ns;
    port->settled = !woken && !port->count && !port->back.count && deadline_ns > clock_ns(port);
    return 0;
}

static void wake(struct weir_backend_state *state) { atomic_store(&of(state)->woken, true); }

static uint64_t now_ns(struct weir_backend_state *state) { return clock_ns(of(state)); }

static weir_handle handle(struct weir_backend_state *state) {
    (void)state;
    return WEIR_NO_HANDLE;
}

/* ---- ops --------------------------------------------------------------------------------------------------------- */

static enum weir_sim_lane lane_of(const struct weir_port_op *op) {
    return op->kind == WEIR_PORT_RECEIVE || op->kind == WEIR_PORT_ACCEPT ? WEIR_SIM_IN : WEIR_SIM_OUT;
}

/* Whether the socket is one on which such an op can be. */
static int check(const struct weir_sim_socket *socket, const struct weir_port_op *op) {
    if (socket->file) return WEIR_ENOTSUP;
    if (op->kind == WEIR_PORT_ACCEPT) return socket->listening ? 0 : WEIR_EINVAL;
    if (op->kind == WEIR_PORT_CONNECT) return socket->party.kind == WEIR_SIM_PIPE ? WEIR_ENOTSUP : 0;
    if (!socket->end || !socket->end->connected) return WEIR_ENOTCONN;
    if (socket->party.kind != WEIR_SIM_PIPE) return 0;
    return (socket->end == &socket->end->stream->ends[0]) == (op->kind == WEIR_PORT_SEND) ? 0 : WEIR_ENOTSUP;
}

static int submit(struct weir_backend_state *state, struct weir_port_op *op) {
    if (weir_sim_is_errand(op)) return weir_sim_errand_start(of(state), op);
    struct weir_sim_socket *socket = weir_sim_socket_find(of(state), op->handle);
    enum weir_sim_lane lane = lane_of(op);
    int result = socket ? check(socket, op) : WEIR_EINVAL;
    if (result == 0 && socket->ops[lane]) result = WEIR_EBUSY;
    if (result == 0 && op->kind == WEIR_PORT_CONNECT) result = weir_sim_connect(socket, op->with.address);
    if (result < 0) return result;
    op->state = GOING;
    socket->ops[lane] = op;
    weir_sim_poke(socket, lane);
    return 0;
}

static void cancel(struct weir_backend_state *state, struct weir_port_op *op) {
    if (weir_sim_is_errand(op)) {
        weir_sim_errand_cancel(of(state), op);
        return;
    }
    struct weir_sim_socket *socket = weir_sim_socket_find(of(state), op->handle);
    assert(socket && socket->ops[lane_of(op)] == op);
    op->state = CANCELLED;
    weir_sim_poke(socket, lane_of(op));
}

static int64_t accept_one(struct weir_sim_socket *listener) {
    struct weir_sim_socket *socket;
    int result = weir_sim_accept(listener, &socket);
    return result < 0 ? result : weir_sim_socket_handle(socket);
}

static int64_t attempt(struct weir_sim_socket *socket, const struct weir_port_op *op) {
    switch (op->kind) {
    case WEIR_PORT_CONNECT: return weir_sim_connect_result(socket);
    case WEIR_PORT_ACCEPT: return accept_one(socket);
    case WEIR_PORT_RECEIVE: return weir_sim_end_receive(socket->end, socket->port->scratch, WEIR_SIM_SCRATCH);
    default: return weir_sim_end_send(socket->end, op->with.segments);
    }
}

/* One try, or the end of a cancelled op. */
static int64_t go_on(struct weir_sim_socket *socket, const struct weir_port_op *op) {
    int64_t result = WEIR_EAGAIN;
    if (op->state == GOING || weir_sim_draw(socket->party.host->sim, 2)) result = attempt(socket, op);
    if (result != WEIR_EAGAIN || op->state == GOING) return result;
    if (op->kind == WEIR_PORT_CONNECT) weir_sim_connect_drop(socket);
    return WEIR_ECANCELED;
}

static bool goes_on(const struct weir_port_op *op, int64_t result) {
    if (op->kind == WEIR_PORT_ACCEPT) return result >= 0 && !op->once;
    return op->kind == WEIR_PORT_RECEIVE && result > 0;
}

/* A repeating op that has just delivered gets another turn: an accept in this batch, up to its share, else later. */
static void repeat(struct weir_sim_ready ready) {
    struct weir_sim_socket *socket = ready.socket;
    if (socket->listening && ++socket->accepts < ACCEPTS) {
        weir_sim_ready_keep(socket->port, ready);
        return;
    }
    socket->accepts = 0;
    weir_sim_poke(socket, ready.lane);
}

static bool next(struct weir_backend_state *state, struct weir_completion *ret) {
    struct weir_sim_ready ready;
    if (weir_sim_errand_take(of(state), of(state)->batch, ret)) return true;
    while (weir_sim_ready_take(of(state), &ready)) {
        struct weir_sim_socket *socket = ready.socket;
        struct weir_port_op *op = socket->ops[ready.lane];
        int64_t result = op ? go_on(socket, op) : WEIR_EAGAIN;
        if (result == WEIR_EAGAIN) {
            socket->accepts = 0;
            continue;
        }
        *ret = (struct weir_completion){.op = op, .result = result, .last = !goes_on(op, result)};
        if (op->kind == WEIR_PORT_RECEIVE && result > 0) ret->bytes = of(state)->scratch;
        if (ret->last)
            socket->ops[ready.lane] = NULL;
        else
            repeat(ready);
        return true;
    }
    return weir_sim_errand_take(of(state), 0, ret);
}

static void release(struct weir_backend_state *state, const struct weir_completion *completion) {
    if (completion->bytes) memset(of(state)->scratch, 0xdd, (size_t)completion->result);
}

/* ---- opened and closed ------------------------------------------------------------------------------------------- */

/* A world for this loop alone. */
static int make_world(const struct weir_backend_env *env, weir_sim **sim, weir_sim_host **host) {
    weir_sim_options options = {.allocator = &env->memory->allocator};
    int result = weir_sim_open(sim, &options);
    if (result < 0) return result;
    result = weir_sim_host_add(*sim, "host", "10.0.0.1", host);
    if (result < 0) weir_sim_close(*sim);
    return result;
}

static int open_port(struct weir_backend_state **ret, const struct weir_backend_env *env) {
    struct weir_sim_port *port;
    weir_sim_host *host = env->host;
    weir_sim *own = NULL;
    int result = 0;

    if (host && host->port) return WEIR_EBUSY;
    port = weir_memory_new(env->memory, sizeof *port);
    if (!port) return WEIR_ENOMEM;
    if (!host) result = make_world(env, &own, &host);
    if (result < 0) {
        weir_memory_free(env->memory, port, sizeof *port);
        return result;
    }
    port->state.table = &weir_backend_sim;
    port->state.env = *env;
    port->state.caps = weir_sim_draw(host->sim, 2) ? WEIR_CAP_TRY_FIRST : 0;
    port->host = host;
    port->own = own;
    atomic_init(&port->woken, false);
    host->port = port;
    *ret = &port->state;
    return 0;
}

/* What a forked child leaves open. */
static void discard_all(struct weir_sim_port *port) {
    for (uint32_t i = 0; i < port->capacity; i++) {
        struct weir_sim_socket *socket = port->slots[i].socket;
        if (!socket) continue;
        socket->ops[WEIR_SIM_IN] = socket->ops[WEIR_SIM_OUT] = NULL;
        weir_sim_socket_close(socket, false);
    }
}

static void close_port(struct weir_backend_state *state, bool forked) {
    struct weir_sim_port *port = of(state);
    struct weir_memory *memory = state->env.memory;
    assert(forked || state->handles == 0);
    if (forked) discard_all(port);
    weir_sim_errands_free(port);
    port->host->port = NULL;
    weir_memory_free(memory, port->ready, 2 * port->capacity * sizeof *port->ready);
    weir_memory_free(memory, port->slots, port->capacity * sizeof *port->slots);
    if (port->own) weir_sim_close(port->own);
    weir_memory_free(memory, port, sizeof *port);
}

const struct weir_backend weir_backend_sim = {
    .name = "sim",
    .summary = "a simulated system: virtual clock, seeded schedules",
    .open = open_port,
    .close = close_port,
    .now_ns = now_ns,
    .call = weir_sim_call,
    .submit = submit,
    .cancel = cancel,
    .wait = wait,
    .next = next,
    .release = release,
    .wake = wake,
    .handle = handle,
    .turn = turn,
};
