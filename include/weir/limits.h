/* SPDX-License-Identifier: MIT
 *
 * What one transport may hold and how long it may wait. Bounded is the default: a zero field means the default below,
 * and only WEIR_UNBOUNDED means no bound. The seed of it: a hostile peer must not fill memory without our approval.
 *
 * Each byte waits in exactly one transport. Unread bytes are bounded by `receive` (one delivery may overshoot it by
 * what a tick had drawn already, at most WEIR_DELIVERY_MAX); bytes to be written by `write_cap`, checked before any
 * system call. All of them are charged to the budget: transport -> listener -> loop. Opening a transport reserves
 * `floor` bytes there, so that a connection that was let in can always move. */
#ifndef WEIR_LIMITS_H
#define WEIR_LIMITS_H

#include <weir/export.h>

WEIR_BEGIN

#define WEIR_UNBOUNDED SIZE_MAX
#define WEIR_FOREVER UINT64_MAX
#define WEIR_DELIVERY_MAX ((size_t)512 * 1024)

#define WEIR_DEFAULT_RECEIVE ((size_t)64 * 1024)
#define WEIR_DEFAULT_PAUSE_MARK ((size_t)64 * 1024)
#define WEIR_DEFAULT_RESUME_MARK ((size_t)16 * 1024)
#define WEIR_DEFAULT_WRITE_CAP ((size_t)1024 * 1024)
#define WEIR_DEFAULT_FLOOR ((size_t)1024)
#define WEIR_DEFAULT_BUDGET ((size_t)256 * 1024 * 1024)
#define WEIR_DEFAULT_LINGER_NS ((uint64_t)10 * 1000000000)
#define WEIR_DEFAULT_STALL_NS ((uint64_t)60 * 1000000000)
#define WEIR_DEFAULT_RATE_WINDOW_NS ((uint64_t)10 * 1000000000)
#define WEIR_DEFAULT_KEEPALIVE_NS ((uint64_t)120 * 1000000000)

typedef struct weir_limits {
    size_t receive;     /* bytes unread at most; 64 KiB */
    size_t pause_mark;  /* bytes queued above which `pause` is raised after a flush; 64 KiB, at most the cap */
    size_t resume_mark; /* bytes queued at or below which `resume` follows; 16 KiB, at most the pause mark */
    size_t write_cap;   /* bytes queued at most, else WEIR_ENOBUFS; 1 MiB */
    size_t floor;       /* bytes of budget reserved while open; 1 KiB */
    uint64_t linger_ns; /* how long close waits for the peer to take the rest and end; 10 s */
    uint64_t stall_ns;  /* how long queued bytes may make no progress before WEIR_ETIMEDOUT; 60 s */
    uint64_t idle_ns;   /* how long no byte may move in either direction before WEIR_ETIMEDOUT; for ever: it is for the
                           program to know what a silence means */
    /* Bytes per second that must come at least, over each window in which the transport receives (that is, while
     * neither the program nor a layer nor the budget holds it, and, once weir_transport_expect was called, while a
     * message is expected), else WEIR_ETIMEDOUT at WEIR_STAGE_READ with a hint; none. */
    uint64_t rate_min;
    /* The same of what is sent, over each window in which bytes wait for the peer to take them, at WEIR_STAGE_WRITE;
     * what the peer's system has acknowledged counts, where that is known. The stall time alone lets a peer read a
     * byte now and then for ever; none. */
    uint64_t send_rate_min;
    uint64_t rate_window_ns; /* over which both are judged; 10 s */
    /* TCP: after so much silence the peer's system is asked, four times at a quarter of that distance, and if it does
     * not answer the connection fails with WEIR_ETIMEDOUT. Whole seconds, at least one; WEIR_FOREVER: never asked.
     * Finds peers that vanished, not peers that are silent. Read when a socket is made: a listener's holds for all it
     * accepts. 120 s, so that a dead peer is found within 240 s. */
    uint64_t keepalive_ns;
} weir_limits;

WEIR_END

#endif
