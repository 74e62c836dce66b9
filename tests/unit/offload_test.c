/* SPDX-License-Identifier: MIT
 *
 * What a forked child finds of a loop that has threads: its parent may have forked while one of them held the lock.
 * Here the parent holds it itself. Whoever waits for it in the child is ended by the alarm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <weir/weir.h>

#include "backend/ready/ready.h"
#include "core/loop.h"

static int64_t run_to_seven(void *user) {
    (void)user;
    return 7;
}

static void expect_seven(weir_work *work, int64_t result) {
    assert_int_equal(result, 7);
    ++*(unsigned *)work->user;
}

static struct weir_sys_lock *lock_of(weir_loop *loop) {
    return &((struct weir_ready *)(void *)loop->state)->offload.lock;
}

static void live_in_a_child(weir_loop *loop, weir_work *begun) {
    weir_work work = {.run = run_to_seven, .done = expect_seven};
    weir_transport *t;
    alarm(60);
    if (weir_work_submit(loop, &work) != WEIR_EFORKED) _exit(1);
    if (weir_connect(loop, "tcp://127.0.0.1:1", NULL, NULL, &t) != WEIR_EFORKED) _exit(2);
    weir_work_cancel(begun);
    if (weir_run(loop) != WEIR_EFORKED) _exit(3);
    _exit(weir_loop_close(loop, NULL, NULL) == 0 ? 0 : 4);
}

static void a_child_neither_waits_for_the_lock_nor_starts_anything(void **state) {
    weir_loop *loop = weir_loop_new(&(weir_loop_options){.backend = *state});
    unsigned done = 0;
    weir_work work = {.run = run_to_seven, .done = expect_seven, .user = &done};
    int status = -1;
    if (!loop || !loop->state->fork_mark) skip();
    assert_int_equal(weir_work_submit(loop, &work), 0);
    weir_sys_lock(lock_of(loop));
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) live_in_a_child(loop, &work);
    assert_int_equal(waitpid(child, &status, 0), child);
    weir_sys_unlock(lock_of(loop));
    assert_int_equal(status, 0);
    assert_int_equal(weir_run(loop), 0);
    assert_int_equal(done, 1);
    assert_int_equal(weir_loop_close(loop, NULL, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        {"a_child (epoll)", a_child_neither_waits_for_the_lock_nor_starts_anything, NULL, NULL, "epoll"},
        {"a_child (poll)", a_child_neither_waits_for_the_lock_nor_starts_anything, NULL, NULL, "poll"},
        {"a_child (select)", a_child_neither_waits_for_the_lock_nor_starts_anything, NULL, NULL, "select"},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
