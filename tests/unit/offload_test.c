/* SPDX-License-Identifier: MIT
 *
 * The threads by themselves, below a backend that can only be woken: what a forked child finds of them. Its parent may
 * have forked while one of them held the lock; here the parent holds it itself. Whoever waits for it in the child is
 * ended by the alarm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <weir/error.h>

#include "backend/offload/offload.h"
#include "base/memory.h"
#include "sys/sys.h"

struct pool {
    struct weir_backend_state state;
    struct weir_memory memory;
    struct weir_offload offload;
    int waker;
};

static void wake(struct weir_backend_state *state) { weir_sys_waker_wake(((struct pool *)state)->waker); }

static const struct weir_backend table = {.name = "woken", .wake = wake};

static int64_t do_nothing(struct weir_port_op *op, int *os_code) {
    (void)op;
    (void)os_code;
    return 7;
}

static void begin(struct pool *p) {
    int os_code;
    *p = (struct pool){.state = {.table = &table, .fork_mark = weir_sys_fork_mark()}};
    weir_memory_init(&p->memory, NULL);
    p->state.env.memory = &p->memory;
    p->waker = weir_sys_waker_open(&os_code);
    assert_true(p->waker >= 0);
    if (!p->state.fork_mark) skip();
    weir_offload_open(&p->offload, &p->state, do_nothing);
}

static void end(struct pool *p, bool forked) {
    weir_offload_close(&p->offload, forked);
    weir_sys_waker_close(p->waker);
    weir_sys_fork_mark_free(p->state.fork_mark);
    assert_int_equal(p->memory.held, 0);
}

static void await(struct pool *p, const struct weir_port_op *op) {
    struct weir_completion c = {0};
    while (!c.op) {
        weir_offload_collect(&p->offload);
        weir_offload_next(&p->offload, &c);
    }
    assert_ptr_equal(c.op, op);
    assert_int_equal(c.result, 7);
}

static void live_in_a_child(struct pool *p, struct weir_port_op *cancelled) {
    struct weir_port_op op = {.kind = WEIR_PORT_WORK};
    alarm(60);
    bool refused = weir_offload_submit(&p->offload, &op) == WEIR_EFORKED;
    weir_offload_cancel(&p->offload, cancelled);
    end(p, true);
    _exit(refused ? 0 : 1);
}

static void a_child_neither_waits_for_the_lock_nor_for_threads(void **state) {
    struct weir_port_op op = {.kind = WEIR_PORT_WORK};
    struct pool p;
    int status = -1;
    (void)state;
    begin(&p);
    assert_int_equal(weir_offload_submit(&p.offload, &op), 0);
    weir_sys_lock(&p.offload.lock);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) live_in_a_child(&p, &op);
    weir_sys_unlock(&p.offload.lock);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    await(&p, &op);
    end(&p, false);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_child_neither_waits_for_the_lock_nor_for_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
