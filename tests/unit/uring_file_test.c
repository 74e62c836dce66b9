/* SPDX-License-Identifier: MIT
 *
 * Files through the io_uring backend: bytes by offset and by position, full devices, limits, and cancels at awkward
 * moments. */
#include "uring_loop.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* A file that has no name any more. */
static int temporary(int flags) {
    const char *folder = getenv("TMPDIR");
    char path[256];
    snprintf(path, sizeof path, "%s/weir-uring-XXXXXX", folder ? folder : "/tmp");
    const int fd = mkostemp(path, O_CLOEXEC | flags);
    assert_true(fd >= 0);
    unlink(path);
    return fd;
}

static weir_handle file_handle(int fd) { return weir_sys_handle(fd, WEIR_HANDLE_FILE); }

struct moving {
    struct seen seen;
    struct weir_piece piece;
};

static void move_start(struct loop *l, struct moving *m, enum weir_port_kind kind, int fd, const void *bytes, size_t n,
                       uint64_t offset) {
    *m = (struct moving){.seen = seen_op(kind, file_handle(fd)),
                         .piece = {.bytes = (uint8_t *)(uintptr_t)bytes, .size = n, .offset = offset}};
    m->seen.op.with.piece = &m->piece;
    assert_int_equal(loop_submit(l, &m->seen.op), 0);
    assert_false(m->seen.ended);
}

static int64_t move(struct loop *l, enum weir_port_kind kind, int fd, const void *bytes, size_t n, uint64_t offset,
                    int *os_code) {
    struct moving m;
    move_start(l, &m, kind, fd, bytes, n, offset);
    loop_until(l, &m.seen.ended);
    assert_int_equal(m.seen.reports, 1);
    if (os_code) *os_code = m.seen.os_code;
    return m.seen.result;
}

static int64_t read_at(struct loop *l, int fd, void *into, size_t n, uint64_t offset) {
    return move(l, WEIR_PORT_READ_AT, fd, into, n, offset, NULL);
}

static int64_t write_at(struct loop *l, int fd, const void *bytes, size_t n, uint64_t offset) {
    return move(l, WEIR_PORT_WRITE_AT, fd, bytes, n, offset, NULL);
}

static void bytes_stand_where_they_were_put(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    const int fd = temporary(0);
    char into[16];
    assert_int_equal(write_at(&l, fd, "world", 5, 6), 5);
    assert_int_equal(write_at(&l, fd, "hello ", 6, 0), 6);
    assert_int_equal(read_at(&l, fd, into, sizeof into, 0), 11);
    assert_memory_equal(into, "hello world", 11);
    assert_int_equal(read_at(&l, fd, into, sizeof into, 11), 0);
    assert_int_equal(read_at(&l, fd, into, sizeof into, 1000000), 0);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 0); /* the position was not used */
    close(fd);
    loop_close(&l);
}

static void the_position_of_a_file_moves(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    const int fd = temporary(0);
    char into[16];
    assert_int_equal(write_at(&l, fd, "abc", 3, WEIR_FILE_END), 3);
    assert_int_equal(write_at(&l, fd, "def", 3, WEIR_FILE_END), 3);
    assert_int_equal(lseek(fd, 2, SEEK_SET), 2);
    assert_int_equal(read_at(&l, fd, into, 3, WEIR_FILE_END), 3);
    assert_memory_equal(into, "cde", 3);
    assert_int_equal(read_at(&l, fd, into, 3, WEIR_FILE_END), 1);
    assert_int_equal(read_at(&l, fd, into, 3, WEIR_FILE_END), 0);
    close(fd);
    loop_close(&l);
}

static void an_appending_file_is_written_at_its_end(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    const int fd = temporary(O_APPEND);
    char into[16];
    assert_int_equal(write_at(&l, fd, "abc", 3, WEIR_FILE_END), 3);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(write_at(&l, fd, "def", 3, WEIR_FILE_END), 3);
    assert_int_equal(read_at(&l, fd, into, sizeof into, 0), 6);
    assert_memory_equal(into, "abcdef", 6);
    close(fd);
    loop_close(&l);
}

static void failures_are_told(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int os_code, fd = open("/dev/full", O_RDWR | O_CLOEXEC);
    char into[4] = "xxx";
    assert_int_equal(move(&l, WEIR_PORT_WRITE_AT, fd, "abc", 3, 0, &os_code), WEIR_ENOSPC);
    assert_int_equal(os_code, ENOSPC);
    assert_int_equal(move(&l, WEIR_PORT_READ_AT, fd, into, 4, 0, &os_code), 4);
    assert_int_equal(os_code, 0);
    close(fd);
    fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_int_equal(move(&l, WEIR_PORT_WRITE_AT, fd, "abc", 3, 0, &os_code), WEIR_EINVAL);
    assert_int_equal(os_code, EBADF);
    assert_int_equal(read_at(&l, fd, into, 4, 0), 0);
    close(fd);
    loop_close(&l);
}

/* A file that is set to non-blocking, and not in memory where the file system lets go of it. */
static void a_non_blocking_file_is_read_all_the_same(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    static uint8_t bytes[1 << 20], into[1 << 20];
    const int fd = temporary(O_NONBLOCK);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + (i >> 8));
    for (size_t at = 0; at < sizeof bytes;) {
        const int64_t n = write_at(&l, fd, bytes + at, sizeof bytes - at, at);
        assert_true(n > 0);
        at += (size_t)n;
    }
    fsync(fd);
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    for (size_t at = 0; at < sizeof into;) {
        const int64_t n = read_at(&l, fd, into + at, sizeof into - at, at);
        assert_true(n > 0);
        at += (size_t)n;
    }
    assert_memory_equal(bytes, into, sizeof bytes);
    close(fd);
    loop_close(&l);
}

/* More at once than the ring has entries. */
static void a_crowd_of_writes_lands_whole(void **unused) {
    (void)unused;
    enum { crowd = 500 };
    struct loop l;
    loop_open(&l, 8, 16, 8);
    const int fd = temporary(0);
    static struct moving writes[crowd];
    static uint32_t words[crowd], found[crowd];
    for (uint32_t i = 0; i < crowd; i++) {
        words[i] = i * 2654435761u;
        move_start(&l, &writes[i], WEIR_PORT_WRITE_AT, fd, &words[i], sizeof *words, i * sizeof *words);
    }
    loop_drain(&l);
    for (uint32_t i = 0; i < crowd; i++)
        assert_int_equal(writes[i].seen.result, sizeof *words);
    assert_int_equal(read_at(&l, fd, found, sizeof found, 0), sizeof found);
    assert_memory_equal(words, found, sizeof words);
    close(fd);
    loop_close(&l);
}

/* Cancelled before it left, while it is with the kernel, and not at all: what is reported is what the file holds. */
static void a_cancelled_write_tells_what_it_wrote(void **unused) {
    (void)unused;
    enum { crowd = 64 };
    struct loop l;
    loop_open(&l, 16, 64, 8);
    const int fd = temporary(0);
    static struct moving writes[crowd];
    static uint8_t found[crowd];
    const uint8_t mark = 0xff;
    assert_int_equal(ftruncate(fd, crowd), 0);
    for (uint32_t round = 0; round < 50; round++) {
        memset(found, 0, sizeof found);
        assert_int_equal(pwrite(fd, found, crowd, 0), crowd);
        for (uint32_t i = 0; i < crowd; i++)
            move_start(&l, &writes[i], WEIR_PORT_WRITE_AT, fd, &mark, 1, i);
        if (round % 2) loop_tick(&l, 0);
        for (uint32_t i = 0; i < crowd; i += 1 + round % 3) {
            loop_cancel(&l, &writes[i].seen.op);
            loop_cancel(&l, &writes[i].seen.op);
        }
        loop_drain(&l);
        assert_int_equal(pread(fd, found, crowd, 0), crowd);
        for (uint32_t i = 0; i < crowd; i++) {
            assert_int_equal(writes[i].seen.reports, 1);
            assert_true(writes[i].seen.result == 1 || writes[i].seen.result == WEIR_ECANCELED);
            assert_int_equal(found[i], writes[i].seen.result == 1 ? mark : 0);
        }
    }
    close(fd);
    loop_close(&l);
}

/* A FIFO stands for a disk that does not answer. The op ends by its own completion, not by its cancel's. */
static void a_cancelled_read_ends_once(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int fds[2];
    char into[4];
    struct moving m;
    assert_int_equal(pipe(fds), 0);
    move_start(&l, &m, WEIR_PORT_READ_AT, fds[0], into, sizeof into, WEIR_FILE_END);
    loop_tick(&l, 0);
    assert_false(m.seen.ended);
    loop_cancel(&l, &m.seen.op);
    loop_cancel(&l, &m.seen.op);
    assert_false(m.seen.ended);
    loop_until(&l, &m.seen.ended);
    assert_int_equal(m.seen.result, WEIR_ECANCELED);
    assert_int_equal(m.seen.os_code, 0);
    assert_int_equal(write(fds[1], "late", 4), 4); /* into a buffer that is ours again: */
    loop_tick(&l, 0);
    assert_int_equal(read(fds[0], into, 4), 4); /* nobody took it */
    close(fds[0]);
    close(fds[1]);
    loop_close(&l);
}

static void forbid_large_files(void) {
    const struct rlimit small = {.rlim_cur = 100, .rlim_max = 100};
    setrlimit(RLIMIT_FSIZE, &small);
}

/* In a child: the signal of it would end the process. */
static void a_limit_on_files_is_an_error(void **unused) {
    (void)unused;
    const pid_t child = fork();
    if (child == 0) {
        struct loop l;
        usual(&l);
        const int fd = temporary(0);
        static const char bytes[200];
        forbid_large_files();
        const bool part = write_at(&l, fd, bytes, sizeof bytes, 0) == 100;
        int os_code;
        const bool none = move(&l, WEIR_PORT_WRITE_AT, fd, bytes, sizeof bytes, 100, &os_code) == WEIR_ENOSPC;
        l.state->table->close(l.state, false);
        _exit(part && none && os_code == EFBIG ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77);
}

static void a_child_leaves_the_parents_reads_alone(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int fds[2];
    char into[4];
    struct moving m;
    assert_int_equal(pipe(fds), 0);
    move_start(&l, &m, WEIR_PORT_READ_AT, fds[0], into, sizeof into, WEIR_FILE_END);
    loop_tick(&l, 0);
    const pid_t child = fork();
    if (child == 0) {
        struct moving other;
        move_start(&l, &other, WEIR_PORT_READ_AT, fds[0], into, 1, WEIR_FILE_END);
        loop_cancel(&l, &other.seen.op);
        loop_cancel(&l, &m.seen.op);
        l.state->table->close(l.state, true);
        _exit(l.memory.held == 0 ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(write(fds[1], "here", 4), 4);
    loop_until(&l, &m.seen.ended);
    assert_int_equal(m.seen.result, 4);
    close(fds[0]);
    close(fds[1]);
    loop_close(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_stand_where_they_were_put),
        cmocka_unit_test(the_position_of_a_file_moves),
        cmocka_unit_test(an_appending_file_is_written_at_its_end),
        cmocka_unit_test(failures_are_told),
        cmocka_unit_test(a_non_blocking_file_is_read_all_the_same),
        cmocka_unit_test(a_crowd_of_writes_lands_whole),
        cmocka_unit_test(a_cancelled_write_tells_what_it_wrote),
        cmocka_unit_test(a_cancelled_read_ends_once),
        cmocka_unit_test(a_limit_on_files_is_an_error),
        cmocka_unit_test(a_child_leaves_the_parents_reads_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
