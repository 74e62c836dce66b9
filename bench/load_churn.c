/* SPDX-License-Identifier: MIT */
/* Churn: `connections` at once, each connects, has 64 bytes echoed, closes, and is followed by a new one.
 *
 * A connection counts when its echo has come back. The client closes first, so the server side leaves nothing in
 * TIME_WAIT. */
#include "load.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { message_size = 64, event_max = 256 };

struct visit {
    int fd;
    unsigned got;
    bool sent;
};

struct run {
    const struct load_options *o;
    struct visit *visits;
    int poller;
    unsigned number;
    uint64_t done;
};

static const uint8_t message[message_size] = "a visit";

static int want(const struct run *r, int op, struct visit *v, uint32_t events) {
    struct epoll_event event = {.events = events, .data = {.ptr = v}};
    return epoll_ctl(r->poller, op, v->fd, &event) < 0 ? peer_fail("epoll_ctl") : 0;
}

static int begin(struct run *r, struct visit *v) {
    *v = (struct visit){.fd = peer_connect(r->o->port, r->number++)};
    return v->fd < 0 ? peer_fail("connect") : want(r, EPOLL_CTL_ADD, v, EPOLLOUT);
}

static int connected(struct run *r, struct visit *v) {
    if (send(v->fd, message, message_size, MSG_NOSIGNAL) != message_size) {
        return peer_fail("send");
    }
    v->sent = true;
    return want(r, EPOLL_CTL_MOD, v, EPOLLIN);
}

static int answered(struct run *r, struct visit *v) {
    uint8_t back[message_size];
    const ssize_t n = recv(v->fd, back, message_size - v->got, 0);
    if (n <= 0 || memcmp(back, message + v->got, (size_t)n) != 0) {
        return peer_fail("recv");
    }
    v->got += (unsigned)n;
    if (v->got < message_size) {
        return 0;
    }
    r->done++;
    close(v->fd);
    return begin(r, v);
}

static int turn(struct run *r) {
    struct epoll_event events[event_max];
    const int n = epoll_wait(r->poller, events, event_max, 1000);
    for (int i = 0; i < n; i++) {
        struct visit *v = events[i].data.ptr;
        if ((v->sent ? answered(r, v) : connected(r, v)) != 0) {
            return 1;
        }
    }
    return n < 0 && errno != EINTR ? peer_fail("epoll_wait") : 0;
}

static int run_for(struct run *r, unsigned ms) {
    const uint64_t end = peer_now_ns() + (uint64_t)ms * 1000000U;
    while (peer_now_ns() < end) {
        if (turn(r) != 0) {
            return 1;
        }
    }
    return 0;
}

int load_churn(const struct load_options *o) {
    struct run r = {.o = o, .poller = epoll_create1(EPOLL_CLOEXEC)};
    r.visits = peer_memory_new(o->connections * sizeof *r.visits);
    for (unsigned i = 0; i < o->connections; i++) {
        if (begin(&r, &r.visits[i]) != 0) {
            return 1;
        }
    }
    if (run_for(&r, o->warm_ms) != 0) {
        return 1;
    }
    const uint64_t done = r.done, start = peer_now_ns(), cpu = peer_cpu_ns(o->pid);
    if (run_for(&r, o->time_ms) != 0) {
        return 1;
    }
    const double us = (double)(peer_cpu_ns(o->pid) - cpu) / 1e3, seconds = (double)(peer_now_ns() - start) / 1e9;
    const double n = r.done > done ? (double)(r.done - done) : 1;
    printf("requests=%" PRIu64 " total=%" PRIu64 " seconds=%.3f per_second=%.0f server_us=%.0f us_each=%.4f\n",
           r.done - done, r.done, seconds, n / seconds, us, us / n);
    return 0;
}
