/* SPDX-License-Identifier: MIT
 *
 * The table of a port's sockets, and the lanes that have something to do. The array of lanes grows with the table, so
 * that poking a socket needs no memory. */
#include <assert.h>

#include "backend/sim/listen.h"
#include "backend/sim/stream.h"

#define TABLE_LEAST 8

/* New pieces are made before the old ones go: when the second is refused, all is as before. */
static int grow(struct weir_sim_port *port) {
    struct weir_memory *memory = port->state.env.memory;
    uint32_t old = port->capacity, new = old ? 2 * old : TABLE_LEAST;
    struct weir_sim_ready *ready = weir_memory_new(memory, 2 * new * sizeof *ready);
    struct weir_sim_slot *slots = ready ? weir_memory_new(memory, new * sizeof *slots) : NULL;

    if (!slots) {
        weir_memory_free(memory, ready, 2 * new * sizeof *ready);
        return WEIR_ENOMEM;
    }
    for (uint32_t i = 0; i < port->count; i++)
        ready[i] = port->ready[i];
    for (uint32_t i = 0; i < old; i++)
        slots[i] = port->slots[i];
    weir_memory_free(memory, port->ready, 2 * old * sizeof *ready);
    weir_memory_free(memory, port->slots, old * sizeof *slots);
    port->ready = ready;
    port->slots = slots;
    port->capacity = new;
    return 0;
}

static uint32_t lowest_free(struct weir_sim_port *port) {
    uint32_t i = port->free_hint;
    while (i < port->capacity && port->slots[i].socket)
        i++;
    return port->free_hint = i;
}

int weir_sim_socket_open(struct weir_sim_port *port, enum weir_sim_kind kind, uint8_t family,
                         struct weir_sim_socket **ret) {
    weir_sim_host *host = port->host;
    struct weir_sim_socket *socket;

    if (port->state.handles >= host->sim->options.handle_limit) return WEIR_EMFILE;
    if (lowest_free(port) == port->capacity && grow(port) < 0) return WEIR_ENOMEM;
    socket = weir_memory_new(port->state.env.memory, sizeof *socket);
    if (!socket) return WEIR_ENOMEM;
    socket->port = port;
    socket->slot = lowest_free(port);
    socket->family = family;
    socket->party = (struct weir_sim_party){host, ++host->serial, (uint8_t)kind};
    port->slots[socket->slot].socket = socket;
    port->state.handles++;
    *ret = socket;
    return 0;
}

weir_handle weir_sim_socket_handle(const struct weir_sim_socket *socket) {
    return (weir_handle)((uint64_t)(socket->party.id & INT32_MAX) << 32 | socket->slot);
}

struct weir_sim_socket *weir_sim_socket_find(const struct weir_sim_port *port, weir_handle handle) {
    uint32_t slot = (uint32_t)(uint64_t)handle;
    struct weir_sim_socket *socket = handle >= 0 && slot < port->capacity ? port->slots[slot].socket : NULL;
    return socket && weir_sim_socket_handle(socket) == handle ? socket : NULL;
}

static void put(struct weir_sim_port *port, uint32_t at, struct weir_sim_ready ready) {
    port->ready[at] = ready;
    ready.socket->place[ready.lane] = at + 1;
}

/* Takes out the lane at `at`; the last of the batch, and then the last of all, move up. */
static void take_out(struct weir_sim_port *port, uint32_t at) {
    struct weir_sim_ready gone = port->ready[at];
    if (at < port->batch) {
        put(port, at, port->ready[--port->batch]);
        at = port->batch;
    }
    put(port, at, port->ready[--port->count]);
    gone.socket->place[gone.lane] = 0;
}

void weir_sim_poke(struct weir_sim_socket *socket, enum weir_sim_lane lane) {
    struct weir_sim_port *port = socket->port;
    if (!socket->ops[lane] || socket->place[lane]) return;
    assert(port->count < 2 * port->capacity);
    put(port, port->count++, (struct weir_sim_ready){socket, lane});
}

void weir_sim_ready_gather(struct weir_sim_port *port) { port->batch = port->count; }

bool weir_sim_ready_take(struct weir_sim_port *port, struct weir_sim_ready *ret) {
    uint32_t at;
    if (!port->batch) return false;
    at = (uint32_t)weir_sim_draw(port->host->sim, port->batch);
    *ret = port->ready[at];
    take_out(port, at);
    return true;
}

void weir_sim_ready_keep(struct weir_sim_port *port, struct weir_sim_ready ready) {
    uint32_t at = port->batch++;
    if (at < port->count) put(port, port->count, port->ready[at]);
    port->count++;
    put(port, at, ready);
}

void weir_sim_socket_free(struct weir_sim_socket *socket) {
    struct weir_sim_port *port = socket->port;
    for (int lane = 0; lane < 2; lane++) {
        assert(!socket->ops[lane]);
        if (socket->place[lane]) take_out(port, socket->place[lane] - 1);
    }
    port->slots[socket->slot].socket = NULL;
    if (socket->slot < port->free_hint) port->free_hint = socket->slot;
    port->state.handles--;
    weir_memory_free(port->state.env.memory, socket, sizeof *socket);
}

void weir_sim_socket_close(struct weir_sim_socket *socket, bool reset) {
    if (socket->file) weir_sim_record(&socket->party, NULL, WEIR_SIM_ACT_CLOSE, 0, 0);
    if (socket->end) weir_sim_end_close(socket->end, reset);
    if (socket->listening) weir_sim_unlisten(socket);
    weir_sim_unbind(socket);
    weir_sim_socket_free(socket);
}
