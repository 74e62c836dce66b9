/* SPDX-License-Identifier: MIT
 *
 * The ring of a flow and its wire. The ring begins small and doubles as it is written; a ring that cannot grow takes
 * less, which a sender sees as a small buffer. So no byte needs memory at a moment when there may be none. */
#include "backend/sim/flow.h"

#include <assert.h>
#include <string.h>

#define RING_LEAST ((size_t)4096)

static size_t used(const struct weir_sim_flow *f) { return f->arrived + f->flying + f->queued; }

/* The largest ring this flow can ever fill. */
static size_t ring_most(const struct weir_sim_flow *f) { return f->local ? f->buffer : 2 * f->buffer; }

int weir_sim_flow_init(weir_sim *sim, struct weir_sim_flow *f, size_t buffer, bool local) {
    f->buffer = buffer;
    f->local = local;
    f->capacity = ring_most(f) < RING_LEAST ? ring_most(f) : RING_LEAST;
    if (!f->capacity) return 0;
    f->ring = weir_memory_resize(&sim->memory, NULL, 0, f->capacity);
    return f->ring ? 0 : WEIR_ENOMEM;
}

void weir_sim_flow_free(weir_sim *sim, struct weir_sim_flow *f) {
    weir_sim_queue_remove(&sim->events, &f->wire);
    weir_memory_free(&sim->memory, f->ring, f->capacity);
}

/* Copies `n` bytes that lie `offset` behind the head out of the ring. */
static void copy_out(const struct weir_sim_flow *f, size_t offset, uint8_t *bytes, size_t n) {
    size_t at = (f->head + offset) % f->capacity, run = f->capacity - at;
    if (run > n) run = n;
    memcpy(bytes, f->ring + at, run);
    memcpy(bytes + run, f->ring, n - run);
}

static void copy_in(struct weir_sim_flow *f, size_t offset, const uint8_t *bytes, size_t n) {
    size_t at = (f->head + offset) % f->capacity, run = f->capacity - at;
    if (run > n) run = n;
    memcpy(f->ring + at, bytes, run);
    memcpy(f->ring, bytes + run, n - run);
}

static uint64_t hash_at(const struct weir_sim_flow *f, size_t offset, size_t n) {
    size_t at, run;
    uint64_t hash;
    if (!n) return 0;
    at = (f->head + offset) % f->capacity;
    run = f->capacity - at;
    if (run >= n) return weir_sim_hash(0, f->ring + at, n);
    hash = weir_sim_hash(0, f->ring + at, run);
    return weir_sim_hash(hash, f->ring, n - run);
}

static void grow(weir_sim *sim, struct weir_sim_flow *f, size_t wanted) {
    size_t capacity = f->capacity;
    uint8_t *ring;
    while (capacity < wanted)
        capacity *= 2;
    if (capacity > ring_most(f)) capacity = ring_most(f);
    ring = weir_memory_resize(&sim->memory, NULL, 0, capacity);
    if (!ring) return;
    copy_out(f, 0, ring, used(f));
    weir_memory_free(&sim->memory, f->ring, f->capacity);
    f->ring = ring;
    f->capacity = capacity;
    f->head = 0;
}

size_t weir_sim_flow_room(const struct weir_sim_flow *f) {
    size_t taken = f->local ? used(f) : f->flying + f->queued;
    return taken < f->buffer ? f->buffer - taken : 0;
}

size_t weir_sim_flow_write(weir_sim *sim, struct weir_sim_flow *f, const struct weir_segment *chain, size_t most) {
    size_t total = 0;
    if (most > weir_sim_flow_room(f)) most = weir_sim_flow_room(f);
    if (used(f) + most > f->capacity) grow(sim, f, used(f) + most);
    if (most > f->capacity - used(f)) most = f->capacity - used(f);
    for (; chain && total < most; chain = chain->next) {
        size_t n = chain->size < most - total ? chain->size : most - total;
        copy_in(f, used(f), chain->bytes, n);
        f->queued += n;
        total += n;
    }
    return total;
}

size_t weir_sim_flow_read(struct weir_sim_flow *f, uint8_t *bytes, size_t size) {
    size_t n = f->arrived < size ? f->arrived : size;
    if (!n) return 0;
    copy_out(f, 0, bytes, n);
    f->head = (f->head + n) % f->capacity;
    f->arrived -= n;
    return n;
}

void weir_sim_flow_discard(struct weir_sim_flow *f) {
    if (f->arrived) f->head = (f->head + f->arrived) % f->capacity;
    f->arrived = 0;
}

/* Lets the event of the wire stand for its first parcel. */
static void arm(weir_sim *sim, struct weir_sim_flow *f) {
    if (f->count && !f->held && !f->wire.queued)
        weir_sim_queue_add(&sim->events, &f->wire, f->parcels[f->first].due_ns);
}

static void put(weir_sim *sim, struct weir_sim_flow *f, enum weir_sim_parcel_kind kind, size_t size, uint64_t due_ns) {
    assert(f->count < WEIR_SIM_PARCELS);
    if (due_ns < f->last_due_ns) due_ns = f->last_due_ns;
    f->last_due_ns = due_ns;
    f->parcels[(f->first + f->count++) % WEIR_SIM_PARCELS] = (struct weir_sim_parcel){due_ns, size, (uint8_t)kind};
    arm(sim, f);
}

/* When the last of `n` bytes has left, at the bandwidth of the world. */
static uint64_t departure(weir_sim *sim, struct weir_sim_flow *f, size_t n) {
    uint64_t bandwidth = f->local ? 0 : sim->options.bandwidth, second = 1000000000;
    if (!bandwidth) return sim->now_ns;
    if (f->wire_free_ns < sim->now_ns) f->wire_free_ns = sim->now_ns;
    f->wire_free_ns += n / bandwidth * second + n % bandwidth * second / bandwidth;
    return f->wire_free_ns;
}

static void dispatch(weir_sim *sim, struct weir_sim_flow *f, enum weir_sim_parcel_kind kind, size_t n) {
    put(sim, f, kind, n, departure(sim, f, n) + weir_sim_latency(sim, f->local));
}

/* How many queued bytes the receiver has room for. */
static size_t window(const struct weir_sim_flow *f) {
    size_t room = f->local ? f->queued : f->buffer - f->arrived - f->flying;
    return room < f->queued ? room : f->queued;
}

void weir_sim_flow_launch(weir_sim *sim, struct weir_sim_flow *f) {
    size_t n = window(f);
    if (n && f->count < WEIR_SIM_PARCELS) {
        f->queued -= n;
        f->flying += n;
        dispatch(sim, f, WEIR_SIM_DATA, n);
    }
    if (f->fin && !f->queued && f->count < WEIR_SIM_PARCELS) {
        f->fin = false;
        dispatch(sim, f, WEIR_SIM_FIN, 0);
    }
    if (f->rst && !f->queued && f->count < WEIR_SIM_PARCELS) {
        f->rst = false;
        dispatch(sim, f, WEIR_SIM_RST, 0);
    }
}

void weir_sim_flow_signal(weir_sim *sim, struct weir_sim_flow *f, enum weir_sim_parcel_kind kind, uint64_t delay_ns) {
    put(sim, f, kind, 0, sim->now_ns + delay_ns);
}

struct weir_sim_parcel weir_sim_flow_arrive(weir_sim *sim, struct weir_sim_flow *f, uint64_t *content) {
    struct weir_sim_parcel parcel = f->parcels[f->first];
    assert(f->count);
    f->first = (f->first + 1) % WEIR_SIM_PARCELS;
    f->count--;
    *content = hash_at(f, f->arrived, parcel.size);
    f->flying -= parcel.size;
    f->arrived += parcel.size;
    arm(sim, f);
    weir_sim_flow_launch(sim, f);
    return parcel;
}

void weir_sim_flow_drop_queued(struct weir_sim_flow *f) {
    f->queued = 0;
    f->fin = false;
}

void weir_sim_flow_stop(weir_sim *sim, struct weir_sim_flow *f) {
    weir_sim_flow_drop_queued(f);
    weir_sim_queue_remove(&sim->events, &f->wire);
    f->flying = 0;
    f->count = 0;
    f->rst = f->held = false;
}

void weir_sim_flow_mend(weir_sim *sim, struct weir_sim_flow *f) {
    uint64_t due = sim->now_ns + weir_sim_latency(sim, f->local);
    if (!f->held) return;
    f->held = false;
    if (f->count && f->parcels[f->first].due_ns < due) f->parcels[f->first].due_ns = due;
    arm(sim, f);
}
