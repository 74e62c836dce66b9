/* SPDX-License-Identifier: MIT
 *
 * What may block, through the port: files by offset, calls and work on other threads. A gate holds work up until a test
 * opens it, so nothing here depends on who is faster. */
#include "unit/ready_port.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "backend/offload/offload.h"

/* ---- files ------------------------------------------------------------------------------------------------------- */

struct folder {
    char path[64], file[96];
};

static struct folder new_folder(void) {
    struct folder f;
    snprintf(f.path, sizeof f.path, "/tmp/weir-ready-XXXXXX");
    assert_non_null(mkdtemp(f.path));
    snprintf(f.file, sizeof f.file, "%s/file", f.path);
    return f;
}

static void remove_folder(const struct folder *f) {
    unlink(f->file);
    assert_int_equal(rmdir(f->path), 0);
}

/* Does a call off the thread. Returns what it came to; a failure has the system's number, too. */
static int call_later(struct port *p, struct weir_call *call) {
    struct seen seen = {.op.with.call = call};
    assert_int_equal(submit(p, &seen, WEIR_PORT_CALL, WEIR_NO_HANDLE), 0);
    assert_int_equal(seen.count, 0);
    run_until(p, &seen, 1);
    assert_int_equal(seen.ends, 1);
    if (seen.result < 0) assert_int_not_equal(seen.os_code, 0);
    return (int)seen.result;
}

static int open_file(struct port *p, const char *path, int flags, weir_handle *ret) {
    struct weir_call call = {.kind = WEIR_CALL_OPEN, .path = path, .value = flags, .handle = WEIR_NO_HANDLE};
    const int status = call_later(p, &call);
    *ret = call.handle;
    return status;
}

static int finish(struct port *p, weir_handle handle) {
    return call_later(p, &(struct weir_call){.kind = WEIR_CALL_FINISH, .handle = handle});
}

static int64_t transfer(struct port *p, enum weir_port_kind kind, weir_handle handle, struct weir_piece piece,
                        int *os_code) {
    struct seen seen = {.op.with.piece = &piece};
    assert_int_equal(submit(p, &seen, kind, handle), 0);
    assert_int_equal(seen.count, 0);
    run_until(p, &seen, 1);
    assert_int_equal(seen.ends, 1);
    if (os_code) *os_code = seen.os_code;
    return seen.result;
}

static int64_t write_at(struct port *p, weir_handle handle, const char *text, uint64_t offset) {
    const struct weir_piece piece = {(uint8_t *)(uintptr_t)text, strlen(text), offset};
    return transfer(p, WEIR_PORT_WRITE_AT, handle, piece, NULL);
}

static int64_t read_at(struct port *p, weir_handle handle, char *text, size_t size, uint64_t offset) {
    const struct weir_piece piece = {(uint8_t *)text, size, offset};
    return transfer(p, WEIR_PORT_READ_AT, handle, piece, NULL);
}

enum { BOTH_WAYS = WEIR_FILE_READ | WEIR_FILE_WRITE, NEW = BOTH_WAYS | WEIR_FILE_CREATE | WEIR_FILE_EXCLUSIVE };

static void a_file_is_written_and_read_by_offset(void **state) {
    struct port *p = *state;
    const struct folder f = new_folder();
    char text[32] = "";
    weir_handle file;
    const uint64_t before = p->state->system_calls;
    assert_int_equal(open_file(p, f.file, NEW, &file), 0);
    assert_int_equal(p->state->handles, 1);
    assert_true(weir_sys_is(file, WEIR_HANDLE_FILE));
    assert_true(fcntl(weir_sys_fd(file), F_GETFD) & FD_CLOEXEC);
    assert_int_equal(write_at(p, file, "world", 6), 5);
    assert_int_equal(write_at(p, file, "hello ", 0), 6);
    assert_int_equal(read_at(p, file, text, sizeof text, 0), 11);
    assert_string_equal(text, "hello world");
    assert_int_equal(read_at(p, file, text, 3, 8), 3);
    assert_memory_equal(text, "rld", 3);
    struct weir_call size = {.kind = WEIR_CALL_SIZE, .handle = file};
    assert_int_equal(call_later(p, &size), 0);
    assert_int_equal(size.size, 11);
    assert_int_equal(call_later(p, &(struct weir_call){.kind = WEIR_CALL_SYNC, .handle = file}), 0);
    assert_int_equal(finish(p, file), 0);
    assert_int_equal(p->state->handles, 0);
    assert_true(p->state->system_calls - before >= 8);
    remove_folder(&f);
}

static void the_end_of_a_file_is_zero(void **state) {
    struct port *p = *state;
    const struct folder f = new_folder();
    char text[8];
    weir_handle file;
    assert_int_equal(open_file(p, f.file, NEW, &file), 0);
    assert_int_equal(read_at(p, file, text, sizeof text, 0), 0);
    assert_int_equal(write_at(p, file, "abc", 0), 3);
    assert_int_equal(read_at(p, file, text, sizeof text, 1), 2);
    assert_int_equal(read_at(p, file, text, sizeof text, 3), 0);
    assert_int_equal(read_at(p, file, text, sizeof text, 1000), 0);
    assert_int_equal(finish(p, file), 0);
    remove_folder(&f);
}

static void without_an_offset_a_file_has_a_position_of_its_own(void **state) {
    struct port *p = *state;
    const struct folder f = new_folder();
    char text[8] = "";
    weir_handle file;
    assert_int_equal(open_file(p, f.file, NEW, &file), 0);
    assert_int_equal(write_at(p, file, "one", WEIR_FILE_END), 3);
    assert_int_equal(write_at(p, file, "two", WEIR_FILE_END), 3);
    assert_int_equal(read_at(p, file, text, 6, 0), 6);
    assert_string_equal(text, "onetwo");
    assert_int_equal(read_at(p, file, text, sizeof text, WEIR_FILE_END), 0);
    assert_int_equal(lseek(weir_sys_fd(file), 2, SEEK_SET), 2);
    assert_int_equal(read_at(p, file, text, 2, WEIR_FILE_END), 2);
    assert_memory_equal(text, "et", 2);
    assert_int_equal(read_at(p, file, text, 2, WEIR_FILE_END), 2);
    assert_memory_equal(text, "wo", 2);
    assert_int_equal(finish(p, file), 0);
    remove_folder(&f);
}

static void appending_goes_to_the_end_as_it_then_is(void **state) {
    struct port *p = *state;
    const struct folder f = new_folder();
    char text[16] = "";
    weir_handle file, other;
    assert_int_equal(open_file(p, f.file, NEW | WEIR_FILE_APPEND, &file), 0);
    assert_int_equal(open_file(p, f.file, WEIR_FILE_WRITE, &other), 0);
    assert_int_equal(write_at(p, file, "a", WEIR_FILE_END), 1);
    assert_int_equal(write_at(p, other, "xyz", 0), 3);
    assert_int_equal(write_at(p, file, "b", WEIR_FILE_END), 1);
    assert_int_equal(read_at(p, file, text, sizeof text, 0), 4);
    assert_string_equal(text, "xyzb");
    assert_int_equal(finish(p, file), 0);
    assert_int_equal(finish(p, other), 0);
    assert_int_equal(open_file(p, f.file, BOTH_WAYS | WEIR_FILE_TRUNCATE, &file), 0);
    assert_int_equal(read_at(p, file, text, sizeof text, 0), 0);
    assert_int_equal(finish(p, file), 0);
    remove_folder(&f);
}

static void a_full_device_says_so(void **state) {
    struct port *p = *state;
    const struct weir_piece piece = {(uint8_t *)(uintptr_t) "much", 4, WEIR_FILE_END};
    weir_handle full;
    int os_code;
    assert_int_equal(open_file(p, "/dev/full", WEIR_FILE_WRITE, &full), 0);
    assert_int_equal(transfer(p, WEIR_PORT_WRITE_AT, full, piece, &os_code), WEIR_ENOSPC);
    assert_int_equal(os_code, ENOSPC);
    struct weir_call size = {.kind = WEIR_CALL_SIZE, .handle = full};
    assert_int_equal(call_later(p, &size), WEIR_ENOTSUP);
    assert_int_equal(finish(p, full), 0);
}

/* SIGXFSZ has its default disposition here: one of them would end the test. */
static void a_limit_on_the_size_of_files_is_an_error_and_no_signal(void **state) {
    struct port *p = *state;
    const struct folder f = new_folder();
    struct rlimit before, small;
    weir_handle file;
    assert_int_equal(open_file(p, f.file, NEW, &file), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 4;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const int64_t part = write_at(p, file, "123456", 0), none = write_at(p, file, "56", 4);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(part, 4);
    assert_int_equal(none, WEIR_ENOSPC);
    assert_int_equal(finish(p, file), 0);
    remove_folder(&f);
}

static void opens_that_fail_say_why_and_make_nothing(void **state) {
    struct port *p = *state;
    const struct folder f = new_folder();
    const int before = count_descriptors();
    weir_handle file;
    assert_int_equal(open_file(p, f.file, WEIR_FILE_READ, &file), WEIR_ENOENT);
    assert_int_equal(file, WEIR_NO_HANDLE);
    assert_int_equal(open_file(p, f.path, WEIR_FILE_READ, &file), WEIR_EINVAL); /* a folder */
    assert_int_equal(open_file(p, f.file, WEIR_FILE_CREATE, &file), WEIR_EINVAL);
    assert_int_equal(open_file(p, f.file, WEIR_FILE_READ | WEIR_FILE_TRUNCATE, &file), WEIR_EINVAL);
    assert_int_equal(open_file(p, f.file, WEIR_FILE_WRITE | WEIR_FILE_EXCLUSIVE, &file), WEIR_EINVAL);
    assert_int_equal(open_file(p, f.file, WEIR_FILE_READ | 1 << 20, &file), WEIR_EINVAL);
    assert_int_equal(mkfifo(f.file, 0600), 0);
    assert_int_equal(open_file(p, f.file, WEIR_FILE_READ, &file), WEIR_ENOTSUP); /* and it does not wait for a writer */
    assert_int_equal(open_file(p, f.file, WEIR_FILE_WRITE, &file), WEIR_ENOTSUP);
    assert_int_equal(open_file(p, f.file, NEW, &file), WEIR_EEXIST);
    assert_int_equal(p->state->handles, 0);
    assert_true(count_descriptors() <= before + 1); /* a thread's stack is none */
    remove_folder(&f);
}

static int count_threads(void) {
    DIR *tasks = opendir("/proc/self/task");
    int count = 0;
    if (!tasks) return 0;
    while (readdir(tasks))
        count++;
    closedir(tasks);
    return count;
}

static void what_is_in_memory_is_read_without_a_thread(void **state) {
    struct port *p = *state;
    const struct folder f = new_folder();
    char text[8] = "";
    const struct weir_call open_now = {.kind = WEIR_CALL_OPEN, .path = f.file, .value = NEW};
    struct weir_call call = open_now;
    int os_code;
    assert_int_equal(p->table->call(p->state, &call), 0);
    assert_int_equal(weir_sys_write_at(call.handle, "cached", 6, 0, &os_code), 6);
    const bool can = weir_sys_read_at_now(call.handle, text, 1, 0) == 1;
    const int threads = count_threads();
    if (can) {
        assert_int_equal(read_at(p, call.handle, text, 6, 0), 6);
        assert_string_equal(text, "cached");
        assert_int_equal(count_threads(), threads);
    }
    assert_int_equal(act(p, (struct weir_call){.kind = WEIR_CALL_FINISH, .handle = call.handle}), 0);
    assert_int_equal(p->state->handles, 0);
    remove_folder(&f);
    if (!can) skip();
}

static void a_read_that_was_only_queued_can_be_cancelled(void **state) {
    struct port *p = *state;
    const struct folder f = new_folder();
    uint8_t bytes[4];
    struct weir_piece piece = {bytes, sizeof bytes, 0};
    struct seen seen = {.op.with.piece = &piece};
    weir_handle file;
    assert_int_equal(open_file(p, f.file, NEW, &file), 0);
    assert_int_equal(submit(p, &seen, WEIR_PORT_READ_AT, file), 0);
    p->table->cancel(p->state, &seen.op);
    p->table->cancel(p->state, &seen.op);
    run_until(p, &seen, 1);
    assert_int_equal(seen.result, WEIR_ECANCELED);
    assert_int_equal(finish(p, file), 0);
    remove_folder(&f);
}

/* ---- work -------------------------------------------------------------------------------------------------------- */

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t change;
    int inside;
    bool open;
};
#define A_GATE                                                                                                         \
    { .lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER }

/* A job that goes through a gate, and what it saw. */
struct errand {
    struct weir_job job; /* first */
    struct gate *gate;
    int ran;
    pthread_t thread;
    sigset_t blocked;
    int64_t result;
};

static int64_t run_errand(struct weir_job *job, int *os_code) {
    struct errand *e = (struct errand *)job;
    e->ran++;
    e->thread = pthread_self();
    pthread_sigmask(SIG_SETMASK, NULL, &e->blocked);
    if (e->gate) {
        pthread_mutex_lock(&e->gate->lock);
        e->gate->inside++;
        pthread_cond_broadcast(&e->gate->change);
        while (!e->gate->open)
            pthread_cond_wait(&e->gate->change, &e->gate->lock);
        pthread_mutex_unlock(&e->gate->lock);
    }
    if (e->result < 0) *os_code = 7;
    return e->result;
}

static void await_inside(struct gate *gate, int count) {
    pthread_mutex_lock(&gate->lock);
    while (gate->inside < count)
        pthread_cond_wait(&gate->change, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

static void open_gate(struct gate *gate) {
    pthread_mutex_lock(&gate->lock);
    gate->open = true;
    pthread_cond_broadcast(&gate->change);
    pthread_mutex_unlock(&gate->lock);
}

static int submit_errand(struct port *p, struct seen *seen, struct errand *errand) {
    errand->job.run = run_errand;
    seen->op.with.work = &errand->job;
    return submit(p, seen, WEIR_PORT_WORK, WEIR_NO_HANDLE);
}

static void work_is_done_on_another_thread_without_signals(void **state) {
    struct port *p = *state;
    struct errand good = {.result = 42}, bad = {.result = WEIR_ERESET};
    struct seen first = {0}, second = {0};
    assert_int_equal(submit_errand(p, &first, &good), 0);
    assert_int_equal(submit_errand(p, &second, &bad), 0);
    run_until(p, &first, 1);
    run_until(p, &second, 1);
    assert_int_equal(first.result, 42);
    assert_int_equal(first.ends, 1);
    assert_int_equal(second.result, WEIR_ERESET);
    assert_int_equal(second.os_code, 7);
    assert_false(pthread_equal(good.thread, pthread_self()));
    assert_true(sigismember(&good.blocked, SIGTERM) && sigismember(&good.blocked, SIGXFSZ));
    sigset_t here;
    pthread_sigmask(SIG_SETMASK, NULL, &here);
    assert_false(sigismember(&here, SIGTERM));
}

static void what_has_not_begun_is_cancelled_and_what_has_runs_to_its_end(void **state) {
    struct port *p = *state;
    struct gate gate = A_GATE;
    struct errand busy[WEIR_OFFLOAD_THREADS] = {0}, never[3] = {0};
    struct seen seen[WEIR_OFFLOAD_THREADS] = {0}, waiting[3] = {0};
    for (int i = 0; i < WEIR_OFFLOAD_THREADS; i++) {
        busy[i] = (struct errand){.gate = &gate, .result = i};
        assert_int_equal(submit_errand(p, &seen[i], &busy[i]), 0);
    }
    await_inside(&gate, WEIR_OFFLOAD_THREADS);
    for (int i = 0; i < 3; i++)
        assert_int_equal(submit_errand(p, &waiting[i], &never[i]), 0);
    p->table->cancel(p->state, &waiting[1].op);
    p->table->cancel(p->state, &waiting[0].op);
    p->table->cancel(p->state, &waiting[0].op);
    p->table->cancel(p->state, &seen[0].op);
    assert_int_equal(waiting[0].count, 0); /* never from inside */
    run_until(p, &waiting[0], 1);
    run_until(p, &waiting[1], 1);
    assert_int_equal(waiting[0].result, WEIR_ECANCELED);
    assert_int_equal(never[0].ran + never[1].ran, 0);
    assert_int_equal(seen[0].count, 0);
    open_gate(&gate);
    for (int i = 0; i < WEIR_OFFLOAD_THREADS; i++) {
        run_until(p, &seen[i], 1);
        assert_int_equal(seen[i].result, i);
    }
    run_until(p, &waiting[2], 1);
    assert_int_equal(never[2].ran, 1);
    assert_int_equal(waiting[2].result, 0);
}

static void a_finish_that_was_cancelled_leaves_the_file_open(void **state) {
    struct port *p = *state;
    struct gate gate = A_GATE;
    struct errand busy[WEIR_OFFLOAD_THREADS] = {0};
    struct seen seen[WEIR_OFFLOAD_THREADS] = {0};
    weir_handle file;
    assert_int_equal(open_file(p, "/dev/null", WEIR_FILE_WRITE, &file), 0);
    struct weir_call call = {.kind = WEIR_CALL_FINISH, .handle = file};
    struct seen closed = {.op.with.call = &call};
    for (int i = 0; i < WEIR_OFFLOAD_THREADS; i++) {
        busy[i].gate = &gate;
        assert_int_equal(submit_errand(p, &seen[i], &busy[i]), 0);
    }
    assert_int_equal(submit(p, &closed, WEIR_PORT_CALL, WEIR_NO_HANDLE), 0);
    p->table->cancel(p->state, &closed.op);
    run_until(p, &closed, 1);
    open_gate(&gate);
    for (int i = 0; i < WEIR_OFFLOAD_THREADS; i++)
        run_until(p, &seen[i], 1);
    if (closed.result == 0) skip(); /* a thread had time for it */
    assert_int_equal(closed.result, WEIR_ECANCELED);
    assert_int_equal(p->state->handles, 1);
    assert_int_equal(finish(p, file), 0);
    assert_int_equal(p->state->handles, 0);
}

static void much_more_work_than_threads_all_ends_once(void **state) {
    struct port *p = *state;
    enum { count = 300 };
    struct errand *errands = calloc(count, sizeof *errands);
    struct seen *seen = calloc(count, sizeof *seen);
    const int threads = count_threads();
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < count; i++) {
            errands[i].result = i;
            assert_int_equal(submit_errand(p, &seen[i], &errands[i]), 0);
            if (i % 7 == 0) p->table->cancel(p->state, &seen[i].op);
            if (i % 50 == 0) tick(p, 0);
        }
        for (int i = 0; i < count; i++)
            run_until(p, &seen[i], 1);
        assert_true(count_threads() <= threads + WEIR_OFFLOAD_THREADS);
    }
    for (int i = 0; i < count; i++) {
        assert_int_equal(seen[i].count, 1);
        assert_true(seen[i].result == i || seen[i].result == WEIR_ECANCELED);
    }
    free(errands);
    free(seen);
}

/* Someone sleeps in a foreign loop: what finishes must make the backend's handle ready. */
static void work_that_ends_makes_the_handle_ready(void **state) {
    struct port *p = *state;
    struct errand errand = {.result = 1};
    struct seen seen = {0};
    struct pollfd host = {.fd = weir_sys_fd(p->table->handle(p->state)), .events = POLLIN};
    if (p->table->handle(p->state) == WEIR_NO_HANDLE) skip();
    assert_int_equal(submit_errand(p, &seen, &errand), 0);
    assert_int_equal(poll(&host, 1, 10000), 1);
    tick(p, 0);
    assert_int_equal(seen.result, 1);
}

/* ---- scarcity, and the child ------------------------------------------------------------------------------------- */

static void without_memory_work_is_refused(void **state) {
    struct port *p = *state;
    struct errand errand = {.result = 5};
    struct seen seen = {0};
    for (int n = 0; n < 2; n++) { /* requests for memory: the table, the record */
        p->refuse_after = n;
        assert_int_equal(submit_errand(p, &seen, &errand), WEIR_ENOMEM);
    }
    p->refuse_after = -1;
    tick(p, 0);
    assert_int_equal(errand.ran + seen.count, 0);
    assert_int_equal(submit_errand(p, &seen, &errand), 0);
    run_until(p, &seen, 1);
    assert_int_equal(seen.result, 5);
}

static bool refuse_call(long number, int error) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static void ignore(struct weir_port_op *op, const struct weir_completion *c) {
    (void)op;
    (void)c;
}

/* The n-th thread cannot be had: the first is an error, those after it are not missed. */
static int starved(int threads) {
    struct port p = {.refuse_after = -1};
    struct errand errands[8] = {0};
    struct weir_port_op ops[8];
    struct weir_completion c;
    int ended = 0;
    if (port_open(&p) < 0) return 1;
    for (int i = 0; i < 8; i++) {
        if (i == threads && !(refuse_call(SYS_clone, EAGAIN) && refuse_call(SYS_clone3, EAGAIN))) return 77;
        errands[i].job.run = run_errand;
        ops[i] = (struct weir_port_op){.done = ignore, .kind = WEIR_PORT_WORK, .with.work = &errands[i].job};
        const int status = p.table->submit(p.state, &ops[i]);
        if (threads == 0 && status != WEIR_ENOMEM) return 2;
        if (threads > 0 && status != 0) return 3;
    }
    while (ended < (threads ? 8 : 0)) {
        if (p.table->wait(p.state, WEIR_FOREVER) < 0) return 4;
        while (p.table->next(p.state, &c))
            ended++;
    }
    if (threads == 0 && p.table->wait(p.state, 0) + p.table->next(p.state, &c) != 0) return 5;
    p.table->close(p.state, false);
    return p.memory.held == 0 ? 0 : 6;
}

static void without_a_thread_work_is_refused_and_with_one_it_is_done(void **state) {
    (void)state;
    for (int threads = 0; threads < 2; threads++) {
        int status;
        const pid_t child = fork();
        if (child == 0) _exit(starved(threads));
        assert_int_equal(waitpid(child, &status, 0), child);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 77) skip();
        assert_int_equal(status, 0);
    }
}

static void a_childs_close_leaves_the_threads_alone(void **state) {
    struct port *p = *state;
    struct gate gate = A_GATE;
    struct errand busy[WEIR_OFFLOAD_THREADS + 1] = {0};
    struct seen seen[WEIR_OFFLOAD_THREADS + 1] = {0};
    int status;
    for (int i = 0; i <= WEIR_OFFLOAD_THREADS; i++) {
        busy[i].gate = &gate;
        assert_int_equal(submit_errand(p, &seen[i], &busy[i]), 0);
    }
    await_inside(&gate, WEIR_OFFLOAD_THREADS);
    const pid_t child = fork();
    if (child == 0) {
        p->table->close(p->state, true);
        _exit(p->memory.held == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    open_gate(&gate);
    for (int i = 0; i <= WEIR_OFFLOAD_THREADS; i++)
        run_until(p, &seen[i], 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_A_PORT(a_file_is_written_and_read_by_offset),
        ON_A_PORT(the_end_of_a_file_is_zero),
        ON_A_PORT(without_an_offset_a_file_has_a_position_of_its_own),
        ON_A_PORT(appending_goes_to_the_end_as_it_then_is),
        ON_A_PORT(a_full_device_says_so),
        ON_A_PORT(a_limit_on_the_size_of_files_is_an_error_and_no_signal),
        ON_A_PORT(opens_that_fail_say_why_and_make_nothing),
        ON_A_PORT(what_is_in_memory_is_read_without_a_thread),
        ON_A_PORT(a_read_that_was_only_queued_can_be_cancelled),
        ON_A_PORT(work_is_done_on_another_thread_without_signals),
        ON_A_PORT(what_has_not_begun_is_cancelled_and_what_has_runs_to_its_end),
        ON_A_PORT(a_finish_that_was_cancelled_leaves_the_file_open),
        ON_A_PORT(much_more_work_than_threads_all_ends_once),
        ON_A_PORT(work_that_ends_makes_the_handle_ready),
        ON_A_PORT(without_memory_work_is_refused),
        cmocka_unit_test(without_a_thread_work_is_refused_and_with_one_it_is_done),
        ON_A_PORT(a_childs_close_leaves_the_threads_alone),
    };
    return on_each_port(tests);
}
