/* SPDX-License-Identifier: MIT
 *
 * Bytes of streams that are no sockets, on this kernel and on older ones. An older one is made by a filter that refuses
 * the newer flags or calls, in a child, since a filter cannot be taken off again. SIGPIPE has its default disposition
 * throughout: one of them ends the test. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cmocka.h>

#include "backend/epoll/epoll.h"
#include "sys/sys.h"

/* Ends a child with the line that went wrong, since its assertions are not cmocka's. */
#define EXPECT(condition)                                                                                              \
    do {                                                                                                               \
        if (!(condition)) return __LINE__ % 255 + 1;                                                                   \
    } while (0)

static struct weir_segment segment_of(const void *bytes, size_t size) {
    return (struct weir_segment){.bytes = (uint8_t *)(uintptr_t)bytes, .size = size};
}

/* A blocking one is as others make them, and pass them on. */
static int open_pipe(int64_t ret[2], bool nonblocking) {
    int fds[2];
    if (pipe2(fds, O_CLOEXEC | (nonblocking ? O_NONBLOCK : 0)) < 0) return -1;
    ret[0] = weir_sys_handle(fds[0], 0);
    ret[1] = weir_sys_handle(fds[1], 0);
    return 0;
}

static int a_pipe_works(bool nonblocking) {
    static uint8_t block[1 << 20];
    int64_t ends[2], n;
    int os_code = 0;
    size_t sent = 0, got = 0;
    char text[16];
    struct weir_segment a = segment_of("two ", 4), b = segment_of("parts", 5), large = segment_of(block, sizeof block);
    a.next = &b;
    EXPECT(open_pipe(ends, nonblocking) == 0);
    EXPECT(weir_sys_receive(ends[0], text, sizeof text, &os_code) == WEIR_EAGAIN);
    for (const struct weir_segment *at = &a; at; at = n >= (int64_t)a.size ? at->next : NULL) {
        n = weir_sys_send(ends[1], at, &os_code); /* both parts at once, or one after the other */
        EXPECT(n == 9 || n == (int64_t)at->size);
        if (n == 9) break;
    }
    EXPECT(weir_sys_receive(ends[0], text, sizeof text, &os_code) == 9);
    EXPECT(memcmp(text, "two parts", 9) == 0);
    while ((n = weir_sys_send(ends[1], &large, &os_code)) > 0)
        sent += (size_t)n;
    EXPECT(n == WEIR_EAGAIN);
    EXPECT(sent >= PIPE_BUF);
    while ((n = weir_sys_receive(ends[0], block, sizeof block, &os_code)) > 0)
        got += (size_t)n;
    EXPECT(n == WEIR_EAGAIN);
    EXPECT(got == sent);
    weir_sys_close(ends[0], false);
    EXPECT(weir_sys_send(ends[1], &a, &os_code) == WEIR_ERESET);
    EXPECT(os_code == EPIPE);
    weir_sys_close(ends[1], false);
    return 0;
}

/* A SIGPIPE of the program's own, blocked and pending, stays pending; the mask is as before. */
static int a_pending_sigpipe_is_not_ours(void) {
    sigset_t pipe_only, before, after, pending;
    int64_t ends[2];
    int os_code = 0;
    const struct weir_segment hello = segment_of("hello", 5);
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    EXPECT(open_pipe(ends, false) == 0);
    weir_sys_close(ends[0], false);
    sigprocmask(SIG_SETMASK, NULL, &before);
    EXPECT(weir_sys_send(ends[1], &hello, &os_code) == WEIR_ERESET);
    sigprocmask(SIG_SETMASK, NULL, &after);
    EXPECT(!sigismember(&before, SIGPIPE) && !sigismember(&after, SIGPIPE));
    sigprocmask(SIG_BLOCK, &pipe_only, NULL);
    EXPECT(weir_sys_send(ends[1], &hello, &os_code) == WEIR_ERESET);
    EXPECT(sigpending(&pending) == 0 && !sigismember(&pending, SIGPIPE));
    raise(SIGPIPE);
    EXPECT(weir_sys_send(ends[1], &hello, &os_code) == WEIR_ERESET);
    EXPECT(sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE));
    return 0;
}

static int all_of_it(void) {
    int status = a_pipe_works(false);
    if (status == 0) status = a_pipe_works(true);
    return status ? status : a_pending_sigpipe_is_not_ours();
}

/* From now on, `number` fails with `error`; where `flag` is not zero, only with that flag in its last argument. */
static bool refuse(long number, uint32_t flag, int error) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[5])),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, flag, 0, flag ? 1 : 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

enum kernel { THIS_ONE, WITHOUT_NOSIGNAL, WITHOUT_NOWAIT, WITHOUT_THE_CALLS };

static bool become(enum kernel kernel) {
    switch (kernel) {
    case THIS_ONE: return true;
    case WITHOUT_NOSIGNAL: return refuse(SYS_pwritev2, 0x100, EOPNOTSUPP);
    case WITHOUT_NOWAIT: return refuse(SYS_pwritev2, 0x8, EOPNOTSUPP) && refuse(SYS_preadv2, 0x8, EOPNOTSUPP);
    default: return refuse(SYS_pwritev2, 0, ENOSYS) && refuse(SYS_preadv2, 0, ENOSYS);
    }
}

static void on_kernel(enum kernel kernel, int (*body)(void)) {
    int status = 0;
    const pid_t child = fork();
    if (child == 0) _exit(become(kernel) ? body() : 77);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) skip();
    assert_int_equal(status, 0);
}

static void pipes_on_this_kernel(void **state) {
    (void)state;
    on_kernel(THIS_ONE, all_of_it);
}

static void pipes_on_a_kernel_that_raises_sigpipe(void **state) {
    (void)state;
    on_kernel(WITHOUT_NOSIGNAL, all_of_it);
}

static void pipes_on_a_kernel_that_waits(void **state) {
    (void)state;
    on_kernel(WITHOUT_NOWAIT, all_of_it);
}

static void pipes_on_a_kernel_without_the_calls(void **state) {
    (void)state;
    on_kernel(WITHOUT_THE_CALLS, all_of_it);
}

static void a_terminal_moves_bytes_without_blocking(void **state) {
    (void)state;
    const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0) skip();
    assert_int_equal(grantpt(master), 0);
    assert_int_equal(unlockpt(master), 0);
    const int terminal = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    const int64_t handle = weir_sys_handle(terminal, WEIR_HANDLE_BORROWED);
    const struct weir_segment hello = segment_of("hello", 5);
    struct termios raw;
    char text[16];
    int os_code = 0;
    assert_true(terminal >= 0);
    tcgetattr(terminal, &raw);
    cfmakeraw(&raw);
    tcsetattr(terminal, TCSANOW, &raw);
    assert_int_equal(weir_sys_receive(handle, text, sizeof text, &os_code), WEIR_EAGAIN);
    assert_int_equal(weir_sys_send(handle, &hello, &os_code), 5);
    assert_int_equal(read(master, text, sizeof text), 5);
    assert_int_equal(write(master, "typed", 5), 5);
    assert_int_equal(weir_sys_receive(handle, text, sizeof text, &os_code), 5);
    assert_int_equal(weir_sys_close(handle, false), 0);
    assert_true(fcntl(terminal, F_GETFD) >= 0);
    close(terminal);
    close(master);
}

static int64_t kind_of(int fd, int *os_code) {
    const int copy = fcntl(0, F_DUPFD_CLOEXEC, 10);
    if (fd >= 0)
        dup2(fd, 0);
    else
        close(0);
    struct weir_found found;
    const int status = weir_sys_adopt(0, WEIR_BORROW, &found, os_code);
    dup2(copy, 0);
    close(copy);
    return status < 0 ? status : found.handle;
}

static void stdio_finds_out_what_it_is(void **state) {
    (void)state;
    int os_code = 0, fds[2];
    assert_int_equal(kind_of(-1, &os_code), WEIR_ENOENT);
    assert_int_equal(os_code, EBADF);

    const int null = open("/dev/null", O_RDWR | O_CLOEXEC), file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    const int64_t of_null = kind_of(null, &os_code), of_file = kind_of(file, &os_code);
    assert_true(weir_sys_is(of_null, WEIR_HANDLE_FILE) && weir_sys_is(of_null, WEIR_HANDLE_BORROWED));
    assert_true(weir_sys_is(of_file, WEIR_HANDLE_FILE));
    close(null);
    close(file);

    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    const int64_t of_pipe = kind_of(fds[0], &os_code);
    assert_int_equal(weir_sys_fd(of_pipe), 0);
    assert_true(weir_sys_is(of_pipe, WEIR_HANDLE_BORROWED));
    assert_false(weir_sys_is(of_pipe, WEIR_HANDLE_FILE | WEIR_HANDLE_SOCKET));
    close(fds[0]);
    close(fds[1]);

    const int64_t of_socket = weir_sys_socket(WEIR_FAMILY_UNIX, &os_code);
    assert_true(weir_sys_is(kind_of(weir_sys_fd(of_socket), &os_code), WEIR_HANDLE_SOCKET));
    weir_sys_close(of_socket, false);
}

/* Filters of containers refuse calls that they do not know with EPERM. */
static int sleeping_without_nanoseconds(void) {
    struct weir_memory memory;
    struct weir_backend_state *state;
    char reason[80];
    weir_memory_init(&memory, NULL);
    const struct weir_backend_env env = {.memory = &memory, .reason = reason, .reason_size = sizeof reason};
    EXPECT(refuse(SYS_epoll_pwait2, 0, EPERM));
    EXPECT(weir_backend_epoll.open(&state, &env) == 0);
    for (uint64_t nap_ns = 1; nap_ns < 8000000; nap_ns = nap_ns * 7 + 1) {
        const uint64_t until_ns = weir_backend_epoll.now_ns(state) + nap_ns;
        EXPECT(weir_backend_epoll.wait(state, until_ns) == 0);
        EXPECT(weir_backend_epoll.now_ns(state) >= until_ns);
    }
    weir_backend_epoll.close(state, false);
    return 0;
}

static void time_is_not_early_on_a_kernel_of_milliseconds(void **state) {
    (void)state;
    on_kernel(THIS_ONE, sleeping_without_nanoseconds);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pipes_on_this_kernel),
        cmocka_unit_test(pipes_on_a_kernel_that_raises_sigpipe),
        cmocka_unit_test(pipes_on_a_kernel_that_waits),
        cmocka_unit_test(pipes_on_a_kernel_without_the_calls),
        cmocka_unit_test(a_terminal_moves_bytes_without_blocking),
        cmocka_unit_test(stdio_finds_out_what_it_is),
        cmocka_unit_test(time_is_not_early_on_a_kernel_of_milliseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
