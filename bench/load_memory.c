/* SPDX-License-Identifier: MIT */
/* The server's memory: per idle connection, and under a peer that sends without end and never reads.
 *
 * `idle`: connections are opened one after another, each has one 64-byte echo and then rests. Private memory is
 * read when `first` and when `connections` of them rest; the slope between the two leaves out what the server
 * needs once.
 * `flood`: after one echo on a resting connection the server's memory is the idle mark; then one peer sends 2 GiB,
 * or as much as is taken before nothing has moved for two seconds, while the memory is sampled. */
#include "load.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { message_size = 64, chunk_size = 256 * 1024, stall_ms = 2000, settle_ms = 300, sample_every = 16 };

static const uint64_t flood_bytes = 2ULL << 30;

static void settle(void) {
    const struct timespec t = {0, settle_ms * 1000000L};
    nanosleep(&t, NULL);
}

static int open_echoed(uint16_t port, unsigned number) {
    const uint8_t message[message_size] = "rest";
    uint8_t back[message_size];
    const int fd = peer_connect(port, number);
    if (fd < 0 || !peer_echo(fd, message, sizeof message, back)) {
        fprintf(stderr, "connection %u was not served\n", number);
        return -1;
    }
    return fd;
}

int load_idle(const struct load_options *o) {
    struct peer_memory at_first = {0, 0, 0};
    for (unsigned i = 0; i < o->connections; i++) {
        if (i == o->first) {
            settle();
            at_first = peer_memory_of(o->pid);
        }
        if (open_echoed(o->port, i) < 0) {
            return 1;
        }
    }
    settle();
    const struct peer_memory at_last = peer_memory_of(o->pid);
    const double slope =
        (double)(at_last.private_kib - at_first.private_kib) * 1024 / (double)(o->connections - o->first);
    printf("first=%u first_kib=%ld last=%u last_kib=%ld bytes_each=%.1f\n", o->first, at_first.private_kib,
           o->connections, at_last.private_kib, slope);
    return 0;
}

static long max(long a, long b) { return a > b ? a : b; }

/* Sends until all is taken or nothing moves; the highest resident size seen goes to *top_kib. */
static uint64_t pour(int fd, const uint8_t *chunk, pid_t pid, long *top_kib) {
    uint64_t sent = 0;
    for (unsigned i = 0; sent < flood_bytes; i++) {
        struct pollfd p = {.fd = fd, .events = POLLOUT};
        if (poll(&p, 1, stall_ms) != 1) {
            break;
        }
        const ssize_t n = send(fd, chunk, chunk_size, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN) {
            break;
        }
        sent += n > 0 ? (uint64_t)n : 0;
        if (i % sample_every == 0) {
            *top_kib = max(*top_kib, peer_memory_of(pid).rss_kib);
        }
    }
    return sent;
}

int load_flood(const struct load_options *o) {
    uint8_t *chunk = peer_memory_new(chunk_size);
    const int resting = open_echoed(o->port, 0);
    const int fd = peer_connect(o->port, 1);
    if (resting < 0 || fd < 0) {
        return peer_fail("connect");
    }
    settle();
    peer_reset_peak(o->pid);
    const struct peer_memory idle = peer_memory_of(o->pid);
    long top_kib = idle.rss_kib;
    const uint64_t sent = pour(fd, chunk, o->pid, &top_kib);
    const struct peer_memory after = peer_memory_of(o->pid);
    top_kib = max(max(top_kib, after.rss_kib), after.peak_kib);
    printf("sent=%" PRIu64 " idle_kib=%ld after_kib=%ld top_kib=%ld growth_kib=%ld\n", sent, idle.rss_kib,
           after.rss_kib, top_kib, top_kib - idle.rss_kib);
    const int still = open_echoed(o->port, 2);
    return still < 0 ? 1 : 0;
}
