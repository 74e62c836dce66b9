/* SPDX-License-Identifier: MIT
 *
 * Where a scenario is performed: every backend that works on this machine, the simulated one several times over with
 * other seeds and other weather. And over which medium. */
#ifndef SUPPORT_PLACE_H
#define SUPPORT_PLACE_H

#include <weir/sim.h>

enum where {
    IO_URING = 1,
    EPOLL = 2,
    SIMULATED = 4,
    POLL = 8,
    SELECT = 16,
    READINESS = EPOLL | POLL | SELECT,
    SYSTEM = IO_URING | READINESS
};

struct place {
    const char *name;
    const char *backend;
    enum where where;
    weir_sim_options weather; /* simulated: the world */
};

enum medium {
    NONE = 0,
    TCP4 = 1,
    TCP6 = 2,
    UNIX_PATH = 4,
    UNIX_NAME = 8,
    PIPE = 16, /* one way: from client to server */
    MEMORY = 32,
    TRACED = 64,     /* a trace on TCP */
    THROTTLED = 128, /* a throttle on a pair in memory */
    DEEP = 256,      /* a trace on a throttle on a trace on TCP */
    TCP = TCP4 | TCP6,
    UNIX = UNIX_PATH | UNIX_NAME,
    LAYERED = TRACED | THROTTLED | DEEP,
    SOCKETS = TCP | UNIX | TRACED | DEEP,
    DUPLEX = SOCKETS | MEMORY | THROTTLED,
    EVERY = DUPLEX | PIPE
};

/* NULL past the last. */
const struct place *place_at(size_t index);

const char *medium_name(enum medium medium);

/* Why it cannot be used on this machine; NULL when it can. */
const char *place_missing(const struct place *place);
const char *medium_missing(enum medium medium);

#endif
