/* SPDX-License-Identifier: MIT
 *
 * The io_uring backend where it is forbidden, in a forked child, and on another thread. */
#include "uring_loop.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static void child_leaves_the_parents_ring_alone(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int fds[2];
    unix_pair(fds);
    struct seen r = seen_op(WEIR_PORT_RECEIVE, socket_handle(fds[0]));
    loop_submit(&l, &r.op);
    loop_tick(&l, 0);
    const pid_t child = fork();
    if (child == 0) {
        struct seen other = seen_op(WEIR_PORT_RECEIVE, socket_handle(fds[0]));
        loop_submit(&l, &other.op);
        loop_cancel(&l, &other.op);
        loop_cancel(&l, &r.op);
        l.state->table->close(l.state, true);
        _exit(l.memory.held == 0 ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(write(fds[1], "still here", 10), 10);
    close(fds[1]);
    loop_until(&l, &r.ended);
    assert_int_equal(r.sum, 10);
    close(fds[0]);
    loop_close(&l);
}

static void *wait_elsewhere(void *state) {
    return (void *)(intptr_t)((struct weir_backend_state *)state)->table->wait(state, 0);
}

static void other_threads_are_refused(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    pthread_t thread;
    void *status;
    loop_tick(&l, 0);
    pthread_create(&thread, NULL, wait_elsewhere, l.state);
    pthread_join(thread, &status);
    assert_int_equal((intptr_t)status, WEIR_EINVAL);
    loop_tick(&l, 0);
    loop_close(&l);
}

/* Makes the calls of io_uring fail with `error` in this process, from `number` on. */
static void forbid(unsigned number, unsigned error) {
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = 4, .filter = filter};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) _exit(77);
}

/* How opening ends in a child that runs `restrict_it`. */
static int open_in_child(void (*restrict_it)(void), char *reason, size_t size) {
    int out[2], status;
    assert_int_equal(pipe(out), 0);
    const pid_t child = fork();
    if (child == 0) {
        struct loop l = {.active = 0};
        weir_memory_init(&l.memory, NULL);
        l.env = (struct weir_backend_env){.memory = &l.memory, .reason = l.reason, .reason_size = sizeof l.reason};
        restrict_it();
        const int result = weir_backend_io_uring.open(&l.state, &l.env);
        if (result >= 0) l.state->table->close(l.state, false);
        const ssize_t n = write(out[1], l.reason, sizeof l.reason);
        _exit(n < 0 || l.memory.held > 0 ? 99 : -result);
    }
    close(out[1]);
    waitpid(child, &status, 0);
    assert_true(read(out[0], reason, size) > 0);
    close(out[0]);
    return -WEXITSTATUS(status);
}

static void forbid_setup(void) { forbid(SYS_io_uring_setup, EPERM); }
static void lack_setup(void) { forbid(SYS_io_uring_setup, ENOSYS); }
static void forbid_enter(void) { forbid(SYS_io_uring_enter, EPERM); }
static void forbid_register(void) { forbid(SYS_io_uring_register, EINVAL); }
static void forbid_nothing(void) {}
static void forbid_descriptors(void) {
    const struct rlimit none = {.rlim_cur = 3, .rlim_max = 3};
    setrlimit(RLIMIT_NOFILE, &none);
}

static void absence_is_told_with_its_reason(void **unused) {
    (void)unused;
    char reason[160];
    if (open_in_child(forbid_setup, reason, sizeof reason) == -77) skip();
    assert_string_equal(reason, "io_uring_setup: Operation not permitted (seccomp or io_uring_disabled)");
    assert_int_equal(open_in_child(forbid_setup, reason, sizeof reason), WEIR_ENOTSUP);
    assert_int_equal(open_in_child(lack_setup, reason, sizeof reason), WEIR_ENOTSUP);
    assert_string_equal(reason, "io_uring_setup: Function not implemented (no io_uring in this kernel)");
    assert_int_equal(open_in_child(forbid_enter, reason, sizeof reason), WEIR_ENOTSUP);
    assert_int_equal(open_in_child(forbid_register, reason, sizeof reason), WEIR_ENOTSUP);
    assert_int_equal(open_in_child(forbid_descriptors, reason, sizeof reason), WEIR_EMFILE);
    assert_int_equal(open_in_child(forbid_nothing, reason, sizeof reason), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(child_leaves_the_parents_ring_alone),
        cmocka_unit_test(other_threads_are_refused),
        cmocka_unit_test(absence_is_told_with_its_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
