/* SPDX-License-Identifier: MIT
 *
 * The world: its clock, its future, its generator, its hosts, and the memory of what happened (digest and trace).
 * Whatever is drawn, ordered or recorded comes from here, and never from an address in memory, so that a seed is a
 * history. */
#ifndef WEIR_SIM_WORLD_H
#define WEIR_SIM_WORLD_H

#include <weir/sim.h>

#include "backend/sim/event.h"
#include "base/memory.h"

struct weir_sim_file;
struct weir_sim_name;
struct weir_sim_port;
struct weir_sim_socket;
struct weir_sim_stream;

/* What the clock of a loop says when the world begins: a zero there would hide mistakes. */
#define WEIR_SIM_EPOCH_NS ((uint64_t)1000000000)

/* Two hosts that cannot reach each other. */
struct weir_sim_cut {
    struct weir_sim_cut *next;
    const weir_sim_host *a, *b;
};

struct weir_sim {
    struct weir_memory memory;
    weir_sim_options options; /* filled in */
    uint64_t now_ns;          /* since the world began */
    uint64_t random;          /* the generator's state */
    uint64_t digest;
    struct weir_sim_queue events;
    weir_sim_host *hosts;            /* in the order they were added */
    struct weir_sim_stream *streams; /* all connections, newest first */
    struct weir_sim_cut *cuts;
    uint32_t host_count;
    bool in_turn;
    bool asked; /* every loop has said what it waits for since the clock was moved */
};

struct weir_sim_host {
    weir_sim_host *next;
    weir_sim *sim;
    struct weir_sim_port *port;    /* the loop on it, or NULL */
    struct weir_sim_name *names;   /* UNIX: files and abstract names */
    struct weir_sim_socket *bound; /* TCP: sockets with a port of their own */
    struct weir_sim_file *files;
    size_t file_count, disk_used; /* used: the sum of their sizes */
    weir_address address;
    uint32_t number; /* 0, 1, ... within the world */
    uint32_t serial; /* of the socket or connection end made last, for traces */
    uint16_t last_port;
    size_t size; /* of this piece of memory */
    char name[];
};

/* Whom an event concerns. */
enum weir_sim_kind { WEIR_SIM_TCP, WEIR_SIM_UNIX, WEIR_SIM_PIPE, WEIR_SIM_FILE };

struct weir_sim_party {
    weir_sim_host *host; /* NULL: nobody is there */
    uint32_t id;
    uint8_t kind; /* enum weir_sim_kind */
};

#define WEIR_SIM_ACT_LIST(X)                                                                                           \
    X(WEIR_SIM_ACT_LISTEN, "listen")                                                                                   \
    X(WEIR_SIM_ACT_CONNECT, "connect")                                                                                 \
    X(WEIR_SIM_ACT_QUEUED, "queued")      /* in a backlog */                                                           \
    X(WEIR_SIM_ACT_WAITS, "backlog full") /* before a full one */                                                      \
    X(WEIR_SIM_ACT_ACCEPT, "accept")                                                                                   \
    X(WEIR_SIM_ACT_CONNECTED, "connected")                                                                             \
    X(WEIR_SIM_ACT_REFUSED, "refused")                                                                                 \
    X(WEIR_SIM_ACT_UNREACHABLE, "unreachable")                                                                         \
    X(WEIR_SIM_ACT_SEND, "send")                                                                                       \
    X(WEIR_SIM_ACT_DATA, "data")                                                                                       \
    X(WEIR_SIM_ACT_RECEIVE, "receive")                                                                                 \
    X(WEIR_SIM_ACT_SHUTDOWN, "shutdown")                                                                               \
    X(WEIR_SIM_ACT_FIN, "fin")                                                                                         \
    X(WEIR_SIM_ACT_RESET, "reset")                                                                                     \
    X(WEIR_SIM_ACT_CLOSE, "close")                                                                                     \
    X(WEIR_SIM_ACT_PIPE, "pipe")                                                                                       \
    X(WEIR_SIM_ACT_SILENCE, "peer silent")                                                                             \
    X(WEIR_SIM_ACT_OPEN, "open")                                                                                       \
    X(WEIR_SIM_ACT_READ, "read")                                                                                       \
    X(WEIR_SIM_ACT_WRITE, "write")                                                                                     \
    X(WEIR_SIM_ACT_SYNC, "sync")                                                                                       \
    X(WEIR_SIM_ACT_FAILED, "failed") /* count: the WEIR_E..., without its sign */                                      \
    X(WEIR_SIM_ACT_WORK, "work")                                                                                       \
    X(WEIR_SIM_ACT_CUT, "cut off")                                                                                     \
    X(WEIR_SIM_ACT_MENDED, "mended")                                                                                   \
    X(WEIR_SIM_ACT_CRASH, "connections lost")

enum weir_sim_act {
#define WEIR_SIM_ACT_ENUM(name, text) name,
    WEIR_SIM_ACT_LIST(WEIR_SIM_ACT_ENUM)
#undef WEIR_SIM_ACT_ENUM
};

/* Takes an act into the digest and tells the trace. `to` may be NULL; `content` is a hash of the bytes moved, or 0. */
void weir_sim_record(const struct weir_sim_party *from, const struct weir_sim_party *to, enum weir_sim_act act,
                     uint64_t count, uint64_t content);

/* Continues the hash `seed` over some bytes; splitting them differently gives another hash. */
uint64_t weir_sim_hash(uint64_t seed, const uint8_t *bytes, size_t size);

/* 0 <= result < `below`, which is not 0. */
uint64_t weir_sim_draw(weir_sim *sim, uint64_t below);

/* The part of `n` > 0 bytes that one read or write moves: all, or, as often as the options say, 1 to n. */
size_t weir_sim_part(weir_sim *sim, size_t n);

/* How long the next delivery takes. `local`: within a host and without a network. */
uint64_t weir_sim_latency(weir_sim *sim, bool local);

bool weir_sim_is_cut(const weir_sim *sim, const weir_sim_host *a, const weir_sim_host *b);

/* One step: an event, the tick of a loop, or the clock moved, but not beyond `until_ns`. WEIR_ESTALLED: nothing can
 * happen any more. Or what the tick failed with. */
int weir_sim_step(weir_sim *sim, uint64_t until_ns);

#endif
