/* SPDX-License-Identifier: MIT
 *
 * The least loop that can drive the io_uring backend, for its tests: it counts the ops under way, hands completions on,
 * and gives buffers back, as the core does. */
#ifndef TESTS_UNIT_URING_LOOP_H
#define TESTS_UNIT_URING_LOOP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/io_uring/uring.h"

#define SECOND ((uint64_t)1000000000)
#define HUNG_NS (120 * SECOND) /* guards against hanging, which nothing else is measured by */

struct loop {
    struct weir_memory memory;
    struct weir_backend_env env;
    struct weir_backend_state *state;
    unsigned active, delivered;
    unsigned per_tick; /* completions dispatched before the next wait; 0: all */
    char reason[160];
};

static inline void loop_open(struct loop *l, unsigned sq, unsigned cq, unsigned buffers) {
    *l = (struct loop){.active = 0};
    weir_memory_init(&l->memory, NULL);
    l->env = (struct weir_backend_env){.memory = &l->memory, .reason = l->reason, .reason_size = sizeof l->reason};
    const int status = weir_uring_open(&l->state, &l->env, (struct weir_uring_shape){sq, cq, buffers});
    if (status < 0) {
        print_message("skipped: %s\n", l->reason);
        exit(77);
    }
}

static inline void usual(struct loop *l) { loop_open(l, 1024, 8192, 256); }

static inline void loop_close(struct loop *l) {
    assert_int_equal(l->active, 0);
    l->state->table->close(l->state, false);
    assert_int_equal(l->memory.held, 0);
}

static inline int loop_submit(struct loop *l, struct weir_port_op *op) {
    const int status = l->state->table->submit(l->state, op);
    op->active = status >= 0;
    l->active += op->active;
    return status;
}

static inline void loop_cancel(struct loop *l, struct weir_port_op *op) {
    if (op->active) l->state->table->cancel(l->state, op);
}

static inline uint64_t loop_now(struct loop *l) { return l->state->table->now_ns(l->state); }

/* One tick. Returns how many completions it had. */
static inline unsigned loop_tick(struct loop *l, uint64_t sleep_ns) {
    const struct weir_backend *table = l->state->table;
    struct weir_completion c;
    unsigned n = 0;
    assert_true(table->wait(l->state, sleep_ns ? loop_now(l) + sleep_ns : 0) >= 0);
    for (; (l->per_tick == 0 || n < l->per_tick) && table->next(l->state, &c); n++) {
        assert_true(c.op->active);
        if (c.last) {
            c.op->active = false;
            l->active--;
        }
        c.op->done(c.op, &c);
        if (c.bytes) table->release(l->state, &c);
    }
    l->delivered += n;
    return n;
}

/* Ticks until `*flag`, which must come within ten seconds. */
static inline void loop_until(struct loop *l, const bool *flag) {
    const uint64_t end = loop_now(l) + HUNG_NS;
    while (!*flag) {
        loop_tick(l, SECOND / 10);
        assert_true(loop_now(l) < end);
    }
}

static inline void loop_drain(struct loop *l) {
    const uint64_t end = loop_now(l) + HUNG_NS;
    while (l->active > 0) {
        loop_tick(l, SECOND / 10);
        assert_true(loop_now(l) < end);
    }
}

/* An op that remembers what came of it. */
struct seen {
    struct weir_port_op op;
    unsigned reports;
    bool ended;
    int64_t result; /* the last one */
    int64_t sum;    /* of the counts of a receive */
    int os_code;
};

static inline void seen_done(struct weir_port_op *op, const struct weir_completion *c) {
    struct seen *s = (struct seen *)op;
    assert_false(s->ended);
    s->reports++;
    s->ended = c->last;
    s->result = c->result;
    s->os_code = c->os_code;
    if (c->bytes) s->sum += c->result;
    if (op->kind == WEIR_PORT_RECEIVE && c->result > 0) assert_non_null(c->bytes);
}

static inline struct seen seen_op(enum weir_port_kind kind, weir_handle handle) {
    return (struct seen){.op = {.done = seen_done, .kind = (uint8_t)kind, .handle = handle}};
}

static inline struct weir_segment lent(const void *bytes, size_t size) {
    return (struct weir_segment){.bytes = (uint8_t *)(uintptr_t)bytes, .size = size};
}

static inline weir_handle socket_handle(int fd) { return weir_sys_handle(fd, WEIR_HANDLE_SOCKET); }

static inline weir_handle new_socket(struct loop *l, weir_family family) {
    struct weir_call c = {.kind = WEIR_CALL_SOCKET, .family = (uint8_t)family};
    assert_int_equal(l->state->table->call(l->state, &c), 0);
    return c.handle;
}

static inline void close_handle(struct loop *l, weir_handle handle) {
    struct weir_call c = {.kind = WEIR_CALL_CLOSE, .handle = handle};
    assert_int_equal(l->state->table->call(l->state, &c), 0);
}

static inline int tcp_listener(weir_address *ret) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof at;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 1024), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    assert_int_equal(weir_address_ip(ret, "127.0.0.1", ntohs(at.sin_port)), 0);
    return fd;
}

static inline int tcp_client(const weir_address *at) {
    struct sockaddr_storage to;
    const unsigned size = weir_sys_sockaddr(at, &to);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, size), 0);
    return fd;
}

static inline void tcp_pair(int ret[2]) {
    weir_address at;
    const int listener = tcp_listener(&at);
    ret[0] = tcp_client(&at);
    ret[1] = accept(listener, NULL, NULL);
    assert_true(ret[1] >= 0);
    close(listener);
}

static inline void unix_pair(int ret[2]) { assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ret), 0); }

static inline void reset_close(int fd) {
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}

#endif
