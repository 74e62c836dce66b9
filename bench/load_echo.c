/* SPDX-License-Identifier: MIT */
/* Closed-loop echo: every connection keeps `depth` messages in flight and sends the next when one has come back
 * whole.
 *
 * Phases: warm up (every byte that comes back is compared), measure (bytes are counted only, so that comparing
 * does not push the server's data out of a shared cache), drain (no new messages; in the end every byte sent must
 * have come back). The server's CPU clock is read at both ends of the measured window.
 *
 * Known weakness: a window ends at the first turn after its time, so it may be a few hundred microseconds long;
 * the count and the clock are read together, so the ratio is right. */
#include "load.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { buffer_size = 256 * 1024, event_max = 256, drain_ms = 10000 };

struct link {
    int fd;
    size_t owe;     /* bytes to send */
    size_t sent_at; /* position in the message, of what was sent */
    size_t got_at;  /* and of what came back */
    bool blocked;   /* EPOLLOUT is asked for */
};

struct run {
    const struct load_options *o;
    struct link *links;
    uint8_t *messages; /* depth + 1 of them, all alike: whatever is owed is one stretch */
    uint8_t *buffer;
    int poller;
    bool check, draining;
    uint64_t sent, got, done; /* bytes, bytes, messages */
};

struct mark {
    uint64_t time_ns, cpu_ns, done;
};

static int want(const struct run *r, int op, struct link *k, uint32_t events) {
    struct epoll_event event = {.events = events, .data = {.ptr = k}};
    return epoll_ctl(r->poller, op, k->fd, &event);
}

static int send_owed(struct run *r, struct link *k) {
    const ssize_t n = k->owe == 0 ? 0 : send(k->fd, r->messages + k->sent_at, k->owe, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) {
        return peer_fail("send");
    }
    if (n > 0) {
        k->owe -= (size_t)n;
        k->sent_at = (k->sent_at + (size_t)n) % r->o->size;
        r->sent += (uint64_t)n;
    }
    if ((k->owe > 0) != k->blocked) {
        k->blocked = k->owe > 0;
        return want(r, EPOLL_CTL_MOD, k, k->blocked ? EPOLLIN | EPOLLOUT : EPOLLIN) < 0 ? peer_fail("epoll_ctl") : 0;
    }
    return 0;
}

static bool same(const struct run *r, const struct link *k, size_t n) {
    size_t at = k->got_at;
    for (size_t i = 0; i < n;) {
        const size_t part = n - i < r->o->size - at ? n - i : r->o->size - at;
        if (memcmp(r->buffer + i, r->messages + at, part) != 0) {
            return false;
        }
        i += part;
        at = 0;
    }
    return true;
}

static int receive(struct run *r, struct link *k) {
    const ssize_t n = recv(k->fd, r->buffer, buffer_size, 0);
    if (n < 0 && errno == EAGAIN) {
        return 0;
    }
    if (n <= 0) {
        fprintf(stderr, "the server closed a connection: %s\n", n < 0 ? strerror(errno) : "end of stream");
        return 1;
    }
    if (r->check && !same(r, k, (size_t)n)) {
        fprintf(stderr, "other bytes came back than were sent\n");
        return 1;
    }
    const size_t whole = (k->got_at + (size_t)n) / r->o->size;
    k->got_at = (k->got_at + (size_t)n) % r->o->size;
    r->got += (uint64_t)n;
    r->done += whole;
    k->owe += r->draining ? 0 : whole * r->o->size;
    return 0;
}

static int turn(struct run *r) {
    struct epoll_event events[event_max];
    const int n = epoll_wait(r->poller, events, event_max, 1000);
    for (int i = 0; i < n; i++) {
        struct link *k = events[i].data.ptr;
        if (((events[i].events & ~(uint32_t)EPOLLOUT) != 0 && receive(r, k) != 0) || send_owed(r, k) != 0) {
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

static int drain(struct run *r) {
    const uint64_t end = peer_now_ns() + (uint64_t)drain_ms * 1000000U;
    r->draining = true;
    r->check = true;
    for (unsigned i = 0; i < r->o->connections; i++) {
        r->links[i].owe %= r->o->size; /* finish a message begun, take back those not begun */
    }
    while (r->got < r->sent || r->sent % r->o->size != 0) {
        if (peer_now_ns() > end) {
            fprintf(stderr, "%" PRIu64 " bytes never came back\n", r->sent - r->got);
            return 1;
        }
        if (turn(r) != 0) {
            return 1;
        }
    }
    return 0;
}

static int open_all(struct run *r) {
    r->poller = epoll_create1(EPOLL_CLOEXEC);
    if (r->poller < 0) {
        return peer_fail("epoll_create1");
    }
    for (unsigned i = 0; i < r->o->connections; i++) {
        struct link *k = &r->links[i];
        k->fd = peer_connect(r->o->port, i);
        if (k->fd < 0) {
            return peer_fail("connect");
        }
        k->owe = r->o->depth * r->o->size;
        k->blocked = true;
        if (want(r, EPOLL_CTL_ADD, k, EPOLLIN | EPOLLOUT) < 0) {
            return peer_fail("epoll_ctl");
        }
    }
    return 0;
}

static struct mark mark_now(const struct run *r) {
    return (struct mark){peer_now_ns(), peer_cpu_ns(r->o->pid), r->done};
}

static void report(const struct run *r, struct mark a, struct mark b) {
    const double n = b.done > a.done ? (double)(b.done - a.done) : 1;
    const double seconds = (double)(b.time_ns - a.time_ns) / 1e9, us = (double)(b.cpu_ns - a.cpu_ns) / 1e3;
    printf("requests=%" PRIu64 " total=%" PRIu64 " seconds=%.3f per_second=%.0f server_us=%.0f us_each=%.4f\n",
           b.done - a.done, r->done, seconds, n / seconds, us, us / n);
}

int load_echo(const struct load_options *o) {
    struct run r = {.o = o, .check = true};
    r.links = peer_memory_new(o->connections * sizeof *r.links);
    r.messages = peer_memory_new((o->depth + 1) * o->size);
    r.buffer = peer_memory_new(buffer_size);
    for (size_t i = 0; i < (o->depth + 1) * o->size; i++) {
        r.messages[i] = (uint8_t)((i % o->size) * 2654435761U >> 13);
    }
    if (open_all(&r) != 0 || run_for(&r, o->warm_ms) != 0) {
        return 1;
    }
    r.check = false;
    const struct mark a = mark_now(&r);
    const int failed = run_for(&r, o->time_ms);
    const struct mark b = mark_now(&r);
    if (failed != 0 || drain(&r) != 0) {
        return 1;
    }
    report(&r, a, b);
    return 0;
}
