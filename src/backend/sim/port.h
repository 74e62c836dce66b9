/* SPDX-License-Identifier: MIT
 *
 * A loop's view of its simulated host: the backend state with its table of handles. A handle is a place in the table
 * and the number of the socket that stood there when it was made, so that a stale one is found out.
 *
 * Each socket has two lanes, in and out, with at most one op in each. A lane that may have something to do is put into
 * one array: the lanes before `batch` are served by `next`, in an order that is drawn; the ones behind wait for the
 * next `wait`. So an op is served once between two waits, and nothing is searched. What goes off the thread on a real
 * system needs no lane (errand.h); a file has a place in the table like a socket, and only that. */
#ifndef WEIR_SIM_PORT_H
#define WEIR_SIM_PORT_H

#include <stdatomic.h>

#include "backend/sim/name.h"
#include "backend/sim/world.h"
#include "core/backend.h"

#define WEIR_SIM_SCRATCH ((size_t)64 * 1024)

enum weir_sim_lane { WEIR_SIM_IN, WEIR_SIM_OUT };

/* A listener's queues: connections that are made, and, before a full backlog, those that wait to be. */
struct weir_sim_line {
    struct weir_sim_stream *first, *last;
    size_t count;
};

struct weir_sim_socket {
    struct weir_sim_port *port;
    struct weir_sim_party party;
    uint32_t slot;
    uint8_t family;
    bool listening, reuse_port, ipv6_only;
    struct weir_port_op *ops[2]; /* by lane; NULL: idle */
    uint32_t place[2];           /* in the port's array, plus one; 0: not there */
    unsigned accepts;            /* since the last wait */
    weir_address local;          /* its own name; family WEIR_FAMILY_NONE without one */
    struct weir_sim_end *end;    /* of its connection, or NULL */
    struct weir_sim_file *file;  /* a file's handle, or NULL */
    uint64_t position;           /* in it */
    uint8_t file_flags;          /* weir_file_flags */
    uint16_t keepalive;          /* seconds; 0: never */
    struct weir_sim_name *name;  /* UNIX: what it is bound to */
    struct weir_sim_socket *next_bound;
    size_t backlog;
    struct weir_sim_line made, waiting;
};

struct weir_sim_slot {
    struct weir_sim_socket *socket; /* NULL: free */
};

struct weir_sim_ready {
    struct weir_sim_socket *socket;
    enum weir_sim_lane lane;
};

struct weir_sim_errand;
struct weir_sim_errands {
    struct weir_sim_errand *first, *last;
    uint32_t count;
};

struct weir_sim_port {
    struct weir_backend_state state;
    weir_sim_host *host;
    weir_sim *own; /* the world, when it was made for this loop alone */
    struct weir_sim_slot *slots;
    uint32_t capacity;  /* of `slots`; of `ready` it is twice that */
    uint32_t free_hint; /* no place below is free */
    struct weir_sim_ready *ready;
    uint32_t count, batch;
    struct weir_sim_errands away, back, idle; /* under way, done, and memory for more */
    uint32_t ripe;                            /* the oldest ones of `back`, which `next` may deliver */
    uint64_t last_work_ns;                    /* when the work submitted last begins */
    uint64_t deadline_ns;
    uint64_t waited_ns; /* when it said so, on the world's clock */
    bool settled;       /* and had nothing to do then */
    atomic_bool woken;
    uint8_t scratch[WEIR_SIM_SCRATCH]; /* bytes lent by a receive */
};

/* The port of a loop, as the world sees it. */
bool weir_sim_port_wants(const struct weir_sim_port *port);
bool weir_sim_port_busy(const struct weir_sim_port *port);
uint64_t weir_sim_port_deadline(const struct weir_sim_port *port);
int weir_sim_port_tick(struct weir_sim_port *port);

/* Sockets. WEIR_EMFILE at the host's limit, WEIR_ENOMEM. */
int weir_sim_socket_open(struct weir_sim_port *port, enum weir_sim_kind kind, uint8_t family,
                         struct weir_sim_socket **ret);
void weir_sim_socket_close(struct weir_sim_socket *socket, bool reset); /* no op is on it */
void weir_sim_socket_free(struct weir_sim_socket *socket);              /* the same for one that was never used */
struct weir_sim_socket *weir_sim_socket_find(const struct weir_sim_port *port, weir_handle handle);
weir_handle weir_sim_socket_handle(const struct weir_sim_socket *socket);

/* The slot `call` of the backend's table. */
int weir_sim_call(struct weir_backend_state *state, struct weir_call *call);

/* Something may have changed for a lane of this socket. */
void weir_sim_poke(struct weir_sim_socket *socket, enum weir_sim_lane lane);

/* Moves what is ready into the batch. */
void weir_sim_ready_gather(struct weir_sim_port *port);

/* Takes a lane out of the batch, drawn; false when it is empty. */
bool weir_sim_ready_take(struct weir_sim_port *port, struct weir_sim_ready *ret);

/* Puts a lane that was taken back into the batch. */
void weir_sim_ready_keep(struct weir_sim_port *port, struct weir_sim_ready ready);

#endif
