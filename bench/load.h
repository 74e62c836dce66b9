/* SPDX-License-Identifier: MIT */
/* The load generator's parts: one mode per file, and what they share (load_peer.c: connections, clock, what the
 * server costs).
 *
 * Every mode prints one line of `name=value` words on stdout and returns 0, or says on stderr what went wrong and
 * returns 1. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct load_options {
    uint16_t port;
    pid_t pid;            /* the server, whose CPU time and memory are read */
    unsigned connections; /* at once; `idle`: at the second reading */
    unsigned first;       /* `idle`: connections at the first reading */
    unsigned depth;       /* messages in flight per connection */
    size_t size;          /* bytes per message */
    unsigned warm_ms, time_ms;
};

int load_echo(const struct load_options *o);
int load_churn(const struct load_options *o);
int load_idle(const struct load_options *o);
int load_flood(const struct load_options *o);

struct peer_memory {
    long private_kib, rss_kib, peak_kib;
};

uint64_t peer_now_ns(void);                       /* monotonic */
uint64_t peer_cpu_ns(pid_t pid);                  /* CPU time the process has used, all its threads */
struct peer_memory peer_memory_of(pid_t pid);     /* from /proc; the peak is since the start or the last reset */
void peer_reset_peak(pid_t pid);                  /* where the kernel allows it */
int peer_connect(uint16_t port, unsigned number); /* non-blocking, connecting; < 0: errno is set */
bool peer_echo(int fd, const uint8_t *bytes, size_t n, uint8_t *back); /* blocks; false: lost, or other bytes came */
void *peer_memory_new(size_t n);                                       /* zeroed, or the process ends */
int peer_fail(const char *what);                                       /* perror, and 1 */

#endif
