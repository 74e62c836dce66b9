/* SPDX-License-Identifier: MIT
 *
 * The list of places. More seeds of the simulator: WEIR_TEST_SEED is added to each of them. */
#include "support/place.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define US ((uint64_t)1000)

static struct place places[] = {
    {"io_uring", "io_uring", IO_URING, {0}},
    {"epoll", "epoll", EPOLL, {0}},
    {"poll", "poll", POLL, {0}},
    {"select", "select", SELECT, {0}},
    {"sim", "sim", SIMULATED, {.seed = 1}},
    {"sim-short", "sim", SIMULATED, {.seed = 2, .short_io_percent = 50}},
    {"sim-small", "sim", SIMULATED, {.seed = 3, .socket_buffer = 4096, .pipe_buffer = 4096, .short_io_percent = 10}},
    {"sim-slow", "sim", SIMULATED, {.seed = 4, .latency_min_ns = 1000 * US, .latency_max_ns = 3000 * US}},
    {"sim-narrow", "sim", SIMULATED, {.seed = 5, .bandwidth = 20000000, .latency_min_ns = 1, .latency_max_ns = 1}},
};

static void add_seed(void) {
    static bool added;
    const char *seed = getenv("WEIR_TEST_SEED");
    for (size_t i = 0; seed && !added && i < sizeof places / sizeof *places; i++)
        places[i].weather.seed += strtoull(seed, NULL, 10);
    added = true;
}

const struct place *place_at(size_t index) {
    add_seed();
    return index < sizeof places / sizeof *places ? &places[index] : NULL;
}

const char *medium_name(enum medium medium) {
    switch (medium) {
    case TCP4: return "tcp";
    case TCP6: return "ipv6";
    case UNIX_PATH: return "unix path";
    case UNIX_NAME: return "unix name";
    case PIPE: return "pipe";
    case MEMORY: return "memory";
    case TRACED: return "trace on tcp";
    case THROTTLED: return "throttle on memory";
    case DEEP: return "trace on throttle on trace on tcp";
    default: return "no medium";
    }
}

const char *place_missing(const struct place *place) {
    static weir_backend_info info;
    for (size_t i = 0; weir_backend_probe(i, &info) == 0; i++)
        if (!strcmp(info.name, place->backend)) return info.status ? info.reason : NULL;
    return "not in this build";
}

const char *medium_missing(enum medium medium) {
    if (medium != TCP6) return NULL;
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool works = fd >= 0 && !bind(fd, (struct sockaddr *)&any, sizeof any);
    if (fd >= 0) close(fd);
    return works ? NULL : "no ::1 here";
}
