/* SPDX-License-Identifier: MIT */
/* The limit for readiness: the least an epoll echo server can do.
 *
 * One shared buffer, large enough that a 100 KiB message needs one recv and one send, and used again at once, so
 * that it stays in the cache. Level-triggered, so a short recv needs no second one to see EAGAIN. What the socket
 * refuses is copied aside, and the connection is not read again until that has gone: a peer that never reads costs
 * one buffer at most.
 *
 * Not done: limits, deadlines, lingering close. That is the point. */
#include "server.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>

enum { buffer_size = 256 * 1024, event_max = 256 };

struct connection {
    int fd;
    size_t at, left; /* of `rest` */
    uint8_t *rest;
};

static uint8_t buffer[buffer_size];
static int64_t calls;
static int poller;
static char listener_tag, stop_tag; /* their addresses tell the two apart from connections */

static void watch(int op, int fd, uint32_t events, void *what) {
    struct epoll_event event = {.events = events, .data = {.ptr = what}};
    calls++;
    if (epoll_ctl(poller, op, fd, &event) < 0) {
        die("epoll_ctl");
    }
}

static void drop(struct connection *c) {
    calls++;
    close(c->fd);
    free(c->rest);
    free(c);
}

static void accept_all(int listener) {
    for (;;) {
        calls++;
        const int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            return;
        }
        struct connection *c = calloc(1, sizeof *c);
        if (c == NULL) {
            die("calloc");
        }
        c->fd = fd;
        watch(EPOLL_CTL_ADD, fd, EPOLLIN, c);
    }
}

/* How many bytes the socket took, 0 if none now; -1: the connection is lost. */
static ssize_t put(struct connection *c, const uint8_t *bytes, size_t n) {
    calls++;
    const ssize_t sent = send(c->fd, bytes, n, MSG_NOSIGNAL);
    return sent < 0 && errno == EAGAIN ? 0 : sent;
}

static void keep(struct connection *c, const uint8_t *bytes, size_t n) {
    c->rest = malloc(n);
    if (c->rest == NULL) {
        die("malloc");
    }
    memcpy(c->rest, bytes, n);
    c->at = 0;
    c->left = n;
    watch(EPOLL_CTL_MOD, c->fd, EPOLLOUT, c);
}

static void readable(struct connection *c) {
    calls++;
    const ssize_t n = recv(c->fd, buffer, sizeof buffer, 0);
    if (n < 0 && errno == EAGAIN) {
        return;
    }
    const ssize_t sent = n > 0 ? put(c, buffer, (size_t)n) : -1;
    if (sent < 0) {
        drop(c);
    } else if (sent < n) {
        keep(c, buffer + sent, (size_t)(n - sent));
    }
}

static void writable(struct connection *c) {
    const ssize_t sent = put(c, c->rest + c->at, c->left);
    if (sent < 0) {
        drop(c);
        return;
    }
    c->at += (size_t)sent;
    c->left -= (size_t)sent;
    if (c->left == 0) {
        free(c->rest);
        c->rest = NULL;
        watch(EPOLL_CTL_MOD, c->fd, EPOLLIN, c);
    }
}

static bool turn(int listener) {
    struct epoll_event events[event_max];
    calls++;
    const int n = epoll_wait(poller, events, event_max, -1);
    for (int i = 0; i < n; i++) {
        void *what = events[i].data.ptr;
        struct connection *c = what;
        if (what == &listener_tag) {
            accept_all(listener);
        } else if (what == &stop_tag) {
            return false;
        } else if (c->left > 0) {
            writable(c);
        } else {
            readable(c);
        }
    }
    return true;
}

int main(int argc, char **argv) {
    const int listener = server_listen(server_port(argc, argv));
    const int stop = server_stop_fd();
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0) {
        die("epoll_create1");
    }
    watch(EPOLL_CTL_ADD, listener, EPOLLIN, &listener_tag);
    watch(EPOLL_CTL_ADD, stop, EPOLLIN, &stop_tag);
    server_announce(listener);
    while (turn(listener)) {
    }
    server_report("raw_epoll", calls);
    return 0;
}
