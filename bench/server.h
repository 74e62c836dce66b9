/* SPDX-License-Identifier: MIT */
/* What the hand-written servers share: a listening socket, a descriptor that becomes readable at SIGTERM, and the
 * line of JSON they leave behind.
 *
 * A server is started as `name PORT` (0: any), says "listening on tcp://127.0.0.1:PORT" on stderr once it is
 * ready, and stops at SIGTERM with one JSON object on stdout. The accepted sockets inherit TCP_NODELAY from the
 * listener, which saves a call each.
 *
 * Not done: errors at start are fatal and told with perror; these are measuring instruments, not programs to keep. */
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

static inline void die(const char *what) {
    perror(what);
    exit(1);
}

static inline uint16_t server_port(int argc, char **argv) {
    char *end = NULL;
    const long port = argc == 2 ? strtol(argv[1], &end, 10) : -1;
    if (port < 0 || port > 65535 || end == argv[1] || *end != '\0') {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        exit(2);
    }
    return (uint16_t)port;
}

static inline void server_announce(int listener) {
    struct sockaddr_in at;
    socklen_t size = sizeof at;
    if (getsockname(listener, (struct sockaddr *)&at, &size) < 0) {
        die("getsockname");
    }
    fprintf(stderr, "listening on tcp://127.0.0.1:%u\n", (unsigned)ntohs(at.sin_port));
}

static inline int server_listen(uint16_t port) {
    const int one = 1;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        die("socket");
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0) {
        die("bind");
    }
    if (listen(fd, 4096) < 0) {
        die("listen");
    }
    return fd;
}

static inline int server_stop_fd(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    const int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0) {
        die("signalfd");
    }
    return fd;
}

static inline int64_t server_us(struct timeval t) { return (int64_t)t.tv_sec * 1000000 + (int64_t)t.tv_usec; }

/* system_calls < 0: not counted. */
static inline void server_report(const char *name, int64_t system_calls) {
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    printf("{\"server\":\"%s\",\"system_calls\":%" PRId64 ",\"user_us\":%" PRId64 ",\"system_us\":%" PRId64 "}\n", name,
           system_calls, server_us(use.ru_utime), server_us(use.ru_stime));
}

#endif
