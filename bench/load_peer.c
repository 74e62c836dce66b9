/* SPDX-License-Identifier: MIT */
/* What every mode of the load generator needs: connections that do not run out of ports, and the server's cost as
 * the kernel counts it.
 *
 * CPU time comes from the process's CPU clock, which has nanosecond steps and includes the kernel's threads
 * working for it (io_uring's workers), so a window can be as short as a second. Connections leave from 127.0.0.2
 * ... 127.0.0.201 in turn: ports that still wait in TIME_WAIT then never run short. */
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { source_count = 200, patience_ms = 10000 };

static uint64_t read_clock(clockid_t clock) {
    struct timespec t = {0, 0};
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

uint64_t peer_now_ns(void) { return read_clock(CLOCK_MONOTONIC); }

uint64_t peer_cpu_ns(pid_t pid) {
    clockid_t clock;
    return clock_getcpuclockid(pid, &clock) == 0 ? read_clock(clock) : 0;
}

int peer_fail(const char *what) {
    perror(what);
    return 1;
}

void *peer_memory_new(size_t n) {
    void *memory = calloc(1, n);
    if (memory == NULL) {
        exit(peer_fail("calloc"));
    }
    return memory;
}

/* Adds up the KiB of the lines of /proc/PID/FILE that begin with one of two names. */
static long proc_kib(pid_t pid, const char *file, const char *name, const char *other) {
    char path[64], line[256];
    long sum = 0;
    snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, file);
    FILE *f = fopen(path, "re");
    if (f == NULL) {
        exit(peer_fail(path));
    }
    while (fgets(line, sizeof line, f) != NULL) {
        const char *colon = strchr(line, ':');
        const size_t n = colon == NULL ? 0 : (size_t)(colon - line);
        if (n > 0 && ((strlen(name) == n && memcmp(line, name, n) == 0) ||
                      (strlen(other) == n && memcmp(line, other, n) == 0))) {
            sum += strtol(colon + 1, NULL, 10);
        }
    }
    fclose(f);
    return sum;
}

struct peer_memory peer_memory_of(pid_t pid) {
    return (struct peer_memory){.private_kib = proc_kib(pid, "smaps_rollup", "Private_Clean", "Private_Dirty"),
                                .rss_kib = proc_kib(pid, "smaps_rollup", "Rss", ""),
                                .peak_kib = proc_kib(pid, "status", "VmHWM", "")};
}

void peer_reset_peak(pid_t pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/clear_refs", (long)pid);
    FILE *f = fopen(path, "we");
    if (f != NULL) {
        fputs("5\n", f);
        fclose(f);
    }
}

int peer_connect(uint16_t port, unsigned number) {
    const int one = 1;
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const struct sockaddr_in from = {.sin_family = AF_INET,
                                     .sin_addr = {htonl(INADDR_LOOPBACK + 1 + number % source_count)}};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (bind(fd, (const struct sockaddr *)&from, sizeof from) < 0 ||
        (connect(fd, (const struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS)) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool ready(int fd, short events) {
    struct pollfd p = {.fd = fd, .events = events};
    return poll(&p, 1, patience_ms) == 1;
}

bool peer_echo(int fd, const uint8_t *bytes, size_t n, uint8_t *back) {
    for (size_t sent = 0, got = 0; got < n;) {
        if (!ready(fd, sent < n ? POLLIN | POLLOUT : POLLIN)) {
            return false;
        }
        const ssize_t out = sent < n ? send(fd, bytes + sent, n - sent, MSG_NOSIGNAL) : 0;
        if (out < 0 && errno != EAGAIN) {
            return false;
        }
        sent += out > 0 ? (size_t)out : 0;
        const ssize_t in = recv(fd, back + got, n - got, 0);
        if (in == 0 || (in < 0 && errno != EAGAIN)) {
            return false;
        }
        got += in > 0 ? (size_t)in : 0;
    }
    return memcmp(bytes, back, n) == 0;
}
