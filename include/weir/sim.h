/* SPDX-License-Identifier: MIT
 *
 * The simulator: one world with a virtual clock, a seeded generator and any number of hosts. A host is a backend that
 * a loop is made on (`weir_loop_options.host`); programs run on it unchanged, in no time, and every race is a seed:
 * same seed, same trace, byte for byte. `weir_run` on any loop of the world runs the whole world.
 *
 * Hosts reach each other over TCP by their addresses; 127.0.0.1, ::1, UNIX sockets and pipes stay within a host. Bytes
 * are never lost or reordered within a connection, as in TCP; connections are refused, reset and cut off as told. What
 * a program sees of an end, a reset or a full backlog is what Linux shows it. A connect to an address that no host has
 * fails with WEIR_EUNREACH after three seconds. A tick takes a microsecond. Everything belongs to one thread.
 *
 * A host has files of its own, in memory: up to 4096 of them, named by their paths exactly as written, without
 * directories and without any of the real file system. What goes off the loop's thread elsewhere (reads and writes of
 * files, opening and closing them, work) waits for up to 50 us, happens at once, on the one thread, and takes up to
 * 200 us until it is known, drawn for each; any number at a time, and work in the order in which it was submitted.
 *
 * A connection that is cut off, and has nothing of its own under way, ends with WEIR_ETIMEDOUT if it has keepalive:
 * after the seconds of keepalive and four probes of a quarter of them each (whole ones, and at least one), counted
 * from the cut. One that has bytes under way keeps waiting for them, as on Linux: that is for its write-stall
 * deadline. */
#ifndef WEIR_SIM_H
#define WEIR_SIM_H

#include <weir/address.h>
#include <weir/loop.h>

WEIR_BEGIN

typedef struct weir_sim weir_sim;

/* All fields may be zero: seed 0, and the values told here. */
typedef struct weir_sim_options {
    uint64_t seed;
    uint64_t latency_min_ns, latency_max_ns; /* of each delivery, drawn evenly; 10 us to 100 us */
    uint64_t bandwidth;                      /* bytes per second of each direction of a connection; 0: unlimited */
    size_t socket_buffer;                    /* bytes a socket holds in each direction; 64 KiB */
    size_t pipe_buffer;                      /* bytes a pipe holds; 64 KiB */
    unsigned short_io_percent;               /* how often a read or write moves only a part, at random; 0 */
    unsigned handle_limit;                   /* handles a host may have open, then WEIR_EMFILE; 0: 1024 */
    size_t disk_limit;                       /* bytes the files of a host may hold, then WEIR_ENOSPC; 0: 16 MiB */
    const weir_allocator *allocator;         /* of the world itself; NULL: realloc and free */
    /* "0.081352ms a tcp#3 -> b tcp#1 data 64": one line per event of the world, which must not call weir. NULL: none */
    void (*trace)(void *user, const char *line);
    void *trace_user;
} weir_sim_options;

/* Makes a world. `options` may be NULL. WEIR_ENOMEM, WEIR_EINVAL (minimum above maximum, more than 100 percent, buffers
 * beyond 1 GiB). */
WEIR_API int weir_sim_open(weir_sim **ret, const weir_sim_options *options);

/* Frees the world and its hosts. WEIR_EBUSY while a loop lives on one of them. */
WEIR_API int weir_sim_close(weir_sim *sim);

/* Adds a host. `name` (copied) is for traces; `address` is its IPv4 or IPv6 address, e.g. "10.0.0.1". A host carries
 * one loop. WEIR_EEXIST (the address is taken), WEIR_EINVAL, WEIR_ENOMEM. */
WEIR_API int weir_sim_host_add(weir_sim *sim, const char *name, const char *address, weir_sim_host **ret);

/* The virtual time, in nanoseconds since the world began. The clock of its loops is ahead of it by a constant. */
WEIR_API uint64_t weir_sim_now_ns(const weir_sim *sim);

/* The next number of the world's generator: a test that needs chance takes it here and stays a seed. */
WEIR_API uint64_t weir_sim_random(weir_sim *sim);

/* Runs the world until its clock stands at `until_ns`, all loops are done, or nothing can happen any more
 * (WEIR_ESTALLED, also when only idle listeners are left; the clock stays where it was). WEIR_EBUSY from a callback. */
WEIR_API int weir_sim_run(weir_sim *sim, uint64_t until_ns);

/* Cuts (or mends) all ways between two hosts: what is under way waits, connects hang. */
WEIR_API int weir_sim_partition(weir_sim *sim, weir_sim_host *a, weir_sim_host *b, bool cut);

/* What fails of a file; bits. */
typedef enum weir_sim_fault {
    WEIR_SIM_FAULT_READ = 1,
    WEIR_SIM_FAULT_WRITE = 2,
    WEIR_SIM_FAULT_SYNC = 4,
    WEIR_SIM_FAULT_FINISH = 8 /* closing, which happens all the same, tells of it */
} weir_sim_fault;

/* Makes the file `path` of `host` hold the `n` bytes and nothing else, and makes it when it is not there. They are
 * copied; `bytes` may be NULL when `n` is 0. Legal in a callback, like the two below. WEIR_ENOSPC (disk_limit, or too
 * many files), WEIR_ENOMEM, WEIR_ENAMETOOLONG (a path beyond 4095 bytes), WEIR_ENOENT (an empty one), WEIR_EINVAL;
 * then the file is as before. */
WEIR_API int weir_sim_file_put(weir_sim_host *host, const char *path, const void *bytes, size_t n);

/* Copies the first `n` bytes of a file, or all it has, to `bytes`, and returns how many it has. WEIR_ENOENT,
 * WEIR_EINVAL. */
WEIR_API int64_t weir_sim_file_get(const weir_sim_host *host, const char *path, void *bytes, size_t n);

/* Lets what `faults` (weir_sim_fault bits) says fail with WEIR_EIO from now on, for all who have the file open or open
 * it; 0 mends it. WEIR_ENOENT (put the file first), WEIR_EINVAL. */
WEIR_API int weir_sim_file_fail(weir_sim_host *host, const char *path, unsigned faults);

/* Resets every connection of `host` with other hosts now, as a crash of the machine would. */
WEIR_API int weir_sim_reset(weir_sim *sim, weir_sim_host *host);

/* A digest of everything that has happened in the world: equal for equal seeds and programs. */
WEIR_API uint64_t weir_sim_digest(const weir_sim *sim);

WEIR_END

#endif
