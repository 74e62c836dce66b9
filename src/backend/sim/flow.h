/* SPDX-License-Identifier: MIT
 *
 * A flow: one direction of a connection. Its bytes lie in one ring, in this order:
 *
 *     arrived          flying               queued
 *     read by nobody   on the wire, in      in the sender's buffer, waiting
 *     yet              parcels              for room at the receiver
 *
 * What moves them is the wire: a short queue of parcels, each due at its time, one event for the first. A parcel never
 * passes another. TCP: arrived and flying bytes fit the receiver's buffer, flying and queued ones the sender's.
 * Within a host (UNIX sockets, pipes) there is one buffer, and the bytes count until they are read, as in a kernel.
 *
 * Acknowledgements take no time: a deliberate simplification, since no program can see them. */
#ifndef WEIR_SIM_FLOW_H
#define WEIR_SIM_FLOW_H

#include "backend/sim/world.h"
#include "base/segment.h"

#define WEIR_SIM_PARCELS 16

enum weir_sim_parcel_kind {
    WEIR_SIM_SYN,     /* connect */
    WEIR_SIM_SYN_ACK, /* it is in the backlog */
    WEIR_SIM_REFUSAL, /* it is not */
    WEIR_SIM_DATA,
    WEIR_SIM_FIN,
    WEIR_SIM_RST
};

struct weir_sim_parcel {
    uint64_t due_ns;
    size_t size;
    uint8_t kind;
};

struct weir_sim_flow {
    struct weir_sim_event wire;
    uint8_t *ring;
    size_t capacity, head; /* of the ring; the oldest byte */
    size_t arrived, flying, queued;
    size_t buffer; /* what each side holds */
    struct weir_sim_parcel parcels[WEIR_SIM_PARCELS];
    unsigned first, count;
    uint64_t last_due_ns, wire_free_ns;
    bool local;
    bool fin, rst; /* to be sent behind the bytes */
    bool held;     /* its way is cut: nothing arrives */
};

/* WEIR_ENOMEM. `buffer` 0: a direction that carries no bytes. */
int weir_sim_flow_init(weir_sim *sim, struct weir_sim_flow *flow, size_t buffer, bool local);
void weir_sim_flow_free(weir_sim *sim, struct weir_sim_flow *flow);

/* Bytes that the sender's buffer still takes. */
size_t weir_sim_flow_room(const struct weir_sim_flow *flow);

/* Copies up to `most` bytes of the chain, as many as there is room and memory for; returns how many. */
size_t weir_sim_flow_write(weir_sim *sim, struct weir_sim_flow *flow, const struct weir_segment *chain, size_t most);

/* Takes up to `size` arrived bytes. */
size_t weir_sim_flow_read(struct weir_sim_flow *flow, uint8_t *bytes, size_t size);

/* Drops all arrived bytes. */
void weir_sim_flow_discard(struct weir_sim_flow *flow);

/* Puts on the wire what can go. */
void weir_sim_flow_launch(weir_sim *sim, struct weir_sim_flow *flow);

/* Puts a parcel without bytes on the wire, which is idle, and due `delay_ns` from now. */
void weir_sim_flow_signal(weir_sim *sim, struct weir_sim_flow *flow, enum weir_sim_parcel_kind kind, uint64_t delay_ns);

/* The first parcel has arrived: takes it off the wire, counts its bytes as arrived, and lets more go. `*content` is
 * the hash of its bytes. */
struct weir_sim_parcel weir_sim_flow_arrive(weir_sim *sim, struct weir_sim_flow *flow, uint64_t *content);

/* Forgets what is not on the wire yet; or all that has not arrived. */
void weir_sim_flow_drop_queued(struct weir_sim_flow *flow);
void weir_sim_flow_stop(weir_sim *sim, struct weir_sim_flow *flow);

/* The way is whole again: what was held arrives after a while. */
void weir_sim_flow_mend(weir_sim *sim, struct weir_sim_flow *flow);

#endif
