/* SPDX-License-Identifier: MIT */
/* What a relay is measured with: `bulk RELAY-PORT SINK-PORT PID BYTES` listens on the one, connects to the other, sends
 * BYTES through and half-closes. Prints the seconds from the first byte to the end at the other side, and the CPU time
 * that the process PID has used for it. Every 4096th byte position carries its own number, which is checked.
 *
 * Not done: it tries the relay's port for five seconds, and what fails after that is fatal. */
#include "server.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "load.h"

enum { piece_size = 256 * 1024, mark_every = 4096 };

static uint64_t total;

static int dial(uint16_t port) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    for (int tries = 0; tries < 250; tries++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0) die("socket");
        if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0) return fd;
        close(fd);
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    die("connect");
    return -1;
}

static void send_piece(int fd, const uint8_t *bytes, size_t n) {
    while (n > 0) {
        ssize_t k = send(fd, bytes, n, MSG_NOSIGNAL);
        if (k < 0 && errno == EINTR) continue;
        if (k < 0) die("send");
        bytes += k;
        n -= (size_t)k;
    }
}

static void *send_all(void *port) {
    static uint8_t piece[piece_size];
    int fd = dial(*(uint16_t *)port);
    for (uint64_t at = 0; at < total; at += piece_size) {
        for (uint64_t mark = 0; mark < piece_size; mark += mark_every) {
            uint64_t number = at + mark;
            memcpy(piece + mark, &number, sizeof number);
        }
        send_piece(fd, piece, total - at < piece_size ? (size_t)(total - at) : piece_size);
    }
    shutdown(fd, SHUT_WR);
    while (recv(fd, piece, sizeof piece, 0) > 0)
        continue;
    close(fd);
    return NULL;
}

/* The marks that lie wholly in what came. */
static bool marks_are_right(const uint8_t *bytes, size_t n, uint64_t at) {
    uint64_t first = (at + mark_every - 1) / mark_every * mark_every;
    for (uint64_t mark = first; mark + sizeof mark <= at + n; mark += mark_every)
        if (memcmp(bytes + (mark - at), &mark, sizeof mark) != 0) return false;
    return true;
}

static uint64_t receive_all(int fd) {
    static uint8_t piece[piece_size];
    uint64_t at = 0;
    ssize_t n;
    while ((n = recv(fd, piece, sizeof piece, 0)) != 0) {
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) die("recv");
        if (!marks_are_right(piece, (size_t)n, at)) {
            fprintf(stderr, "wrong bytes near %" PRIu64 "\n", at);
            exit(1);
        }
        at += (uint64_t)n;
    }
    return at;
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: %s RELAY-PORT SINK-PORT PID BYTES\n", argv[0]);
        return 2;
    }
    uint16_t port = (uint16_t)strtoul(argv[1], NULL, 10);
    pid_t pid = (pid_t)strtol(argv[3], NULL, 10);
    total = strtoull(argv[4], NULL, 10);
    int listener = server_listen((uint16_t)strtoul(argv[2], NULL, 10));
    pthread_t sender;
    if (pthread_create(&sender, NULL, send_all, &port) != 0) die("pthread_create");
    struct pollfd ready = {.fd = listener, .events = POLLIN};
    if (poll(&ready, 1, 10000) != 1) die("nobody connects");
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) die("accept");
    uint64_t cpu_ns = peer_cpu_ns(pid), began_ns = peer_now_ns(), got = receive_all(fd);
    uint64_t ended_ns = peer_now_ns();
    close(fd);
    pthread_join(sender, NULL);
    if (got != total) {
        fprintf(stderr, "%" PRIu64 " bytes of %" PRIu64 " came\n", got, total);
        return 1;
    }
    printf("seconds=%.3f gb_s=%.2f cpu_s=%.3f\n", (double)(ended_ns - began_ns) / 1e9,
           (double)got / (double)(ended_ns - began_ns), (double)(peer_cpu_ns(pid) - cpu_ns) / 1e9);
    return 0;
}
