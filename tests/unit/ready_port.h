/* SPDX-License-Identifier: MIT
 *
 * The least loop that can drive a backend through the port: ops that remember what became of them, and a function that
 * waits once and hands out what came.
 *
 * Every test runs on each readiness backend: `on_each_port` performs a table of them as often as there are backends. */
#ifndef WEIR_TESTS_UNIT_READY_PORT_H
#define WEIR_TESTS_UNIT_READY_PORT_H

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/epoll/epoll.h"
#include "backend/poll/poll.h"
#include "backend/select/select.h"
#include "sys/sys.h"

#define SEEN_MAX 64

/* An op, and its completions so far. */
struct seen {
    struct weir_port_op op;
    int count, ends;
    int64_t result, results[SEEN_MAX];
    int os_code;
    size_t size; /* of what a receive got in all */
    uint8_t bytes[256];
    void (*also)(struct seen *seen);
    void *user;
};

/* The backend that is being tested. */
static const struct weir_backend *port_backend = &weir_backend_epoll;

struct port {
    const struct weir_backend *table;
    struct weir_backend_state *state;
    struct weir_memory memory;
    int refuse_after; /* requests that the allocator still grants; negative: all */
    char reason[160];
};

static void *port_resize(void *user, void *old, size_t old_size, size_t new_size) {
    struct port *p = user;
    (void)old_size;
    if (new_size == 0) {
        free(old);
        return NULL;
    }
    if (p->refuse_after == 0) return NULL;
    if (p->refuse_after > 0) p->refuse_after--;
    return realloc(old, new_size);
}

static int port_open(struct port *p) {
    const weir_allocator allocator = {port_resize, p};
    p->table = port_backend;
    weir_memory_init(&p->memory, &allocator);
    const struct weir_backend_env env = {.memory = &p->memory, .reason = p->reason, .reason_size = sizeof p->reason};
    return p->table->open(&p->state, &env);
}

static int count_descriptors(void) {
    int count = 0;
    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static int set_up(void **state) {
    struct port *p = calloc(1, sizeof *p);
    p->refuse_after = -1;
    *state = p;
    return port_open(p);
}

/* Whatever a test did, nothing is left. */
static int tear_down(void **state) {
    struct port *p = *state;
    if (p->state->handles > 0) return -1; /* of a test that failed */
    p->table->close(p->state, false);
    const size_t held = p->memory.held;
    free(p);
    return held == 0 ? 0 : -1;
}

static void saw(struct weir_port_op *op, const struct weir_completion *c) {
    struct seen *seen = (struct seen *)op;
    assert_int_equal(seen->ends, 0);
    if (seen->count < SEEN_MAX) seen->results[seen->count] = c->result;
    seen->count++;
    seen->result = c->result;
    seen->os_code = c->os_code;
    if (c->last) seen->ends++;
    if (c->bytes) {
        const size_t room = sizeof seen->bytes - (seen->size < sizeof seen->bytes ? seen->size : sizeof seen->bytes);
        const size_t n = (size_t)c->result < room ? (size_t)c->result : room;
        memcpy(seen->bytes + (sizeof seen->bytes - room), c->bytes, n);
        seen->size += (size_t)c->result;
    }
    if (seen->also) seen->also(seen);
}

static int submit(struct port *p, struct seen *seen, enum weir_port_kind kind, weir_handle handle) {
    seen->op.done = saw;
    seen->op.kind = (uint8_t)kind;
    seen->op.handle = handle;
    seen->count = seen->ends = 0;
    return p->table->submit(p->state, &seen->op);
}

/* Hands out what a wait came to. Returns how many completions that were. */
static int deliver(struct port *p) {
    struct weir_completion c;
    int count = 0;
    for (; p->table->next(p->state, &c); count++) {
        c.op->done(c.op, &c);
        if (c.bytes) p->table->release(p->state, &c);
    }
    return count;
}

static int tick(struct port *p, uint64_t for_ns) {
    const uint64_t deadline_ns = for_ns == 0 || for_ns == WEIR_FOREVER ? for_ns : p->table->now_ns(p->state) + for_ns;
    assert_int_equal(p->table->wait(p->state, deadline_ns), 0);
    return deliver(p);
}

#define MS ((uint64_t)1000000)

/* Runs until `seen` has completed `count` times; the end is a guard against hanging. */
static void run_until(struct port *p, const struct seen *seen, int count) {
    const uint64_t end_ns = p->table->now_ns(p->state) + 120000 * MS;
    while (seen->count < count && p->table->now_ns(p->state) < end_ns)
        tick(p, 100 * MS);
    assert_true(seen->count >= count);
}

static int act(struct port *p, struct weir_call call) { return p->table->call(p->state, &call); }

#define ON_A_PORT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#define on_each_port(tests) perform_on_each_port(tests, sizeof(tests) / sizeof *(tests))

static int perform_on_each_port(const struct CMUnitTest *tests, size_t count) {
    static const struct weir_backend *const backends[] = {&weir_backend_epoll, &weir_backend_poll,
                                                          &weir_backend_select};
    int failed = 0;
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++) {
        port_backend = backends[i];
        failed += _cmocka_run_group_tests(port_backend->name, tests, count, NULL, NULL);
    }
    return failed;
}

#endif
