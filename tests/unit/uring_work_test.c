/* SPDX-License-Identifier: MIT
 *
 * Work and calls that may block, through the io_uring backend: they come back through the ring's own waiting, in turn
 * with everything else. */
#include "uring_loop.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/wait.h>

#include "backend/offload/offload.h"

/* Work that may wait for a byte before it returns. */
struct work {
    struct seen seen;
    struct weir_job job;
    int gate; /* < 0: none */
    _Atomic unsigned runs;
    pthread_t thread;
    int64_t returns;
    bool again; /* is submitted anew when it has ended */
    struct loop *loop;
};

static int64_t work_run(struct weir_job *job, int *os_code) {
    struct work *w = (struct work *)(void *)((char *)job - offsetof(struct work, job));
    char byte;
    w->thread = pthread_self();
    w->runs++;
    while (w->gate >= 0 && read(w->gate, &byte, 1) != 1) {
    }
    if (w->returns < 0) *os_code = 42;
    return w->returns;
}

static void work_done(struct weir_port_op *op, const struct weir_completion *c) {
    struct work *w = (struct work *)op;
    if (w->again)
        assert_int_equal(loop_submit(w->loop, op), 0);
    else
        seen_done(op, c);
}

static struct work work_op(int gate, int64_t returns) {
    return (struct work){
        .seen = seen_op(WEIR_PORT_WORK, WEIR_NO_HANDLE), .job = {work_run}, .gate = gate, .returns = returns};
}

static void work_start(struct loop *l, struct work *w) {
    w->seen.op.done = work_done;
    w->seen.op.with.work = &w->job;
    w->loop = l;
    assert_int_equal(loop_submit(l, &w->seen.op), 0);
}

static int do_call(struct loop *l, struct weir_call *call, int *os_code) {
    struct seen s = seen_op(WEIR_PORT_CALL, WEIR_NO_HANDLE);
    s.op.with.call = call;
    assert_int_equal(loop_submit(l, &s.op), 0);
    loop_until(l, &s.ended);
    assert_int_equal(s.reports, 1);
    *os_code = s.os_code;
    return (int)s.result;
}

static void a_file_lives_from_open_to_finish(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    char folder[256], path[300], into[8];
    int os_code;
    snprintf(folder, sizeof folder, "%s/weir-uring-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    struct weir_call call = {.kind = WEIR_CALL_OPEN, .path = path, .value = WEIR_FILE_READ, .handle = 77};
    assert_int_equal(do_call(&l, &call, &os_code), WEIR_ENOENT);
    assert_int_equal(os_code, ENOENT);
    assert_int_equal(call.handle, 77);
    assert_int_equal(l.state->handles, 0);
    call.value = WEIR_FILE_READ | WEIR_FILE_WRITE | WEIR_FILE_CREATE;
    assert_int_equal(do_call(&l, &call, &os_code), 0);
    assert_int_equal(l.state->handles, 1);
    assert_int_equal(fcntl(weir_sys_fd(call.handle), F_GETFD), FD_CLOEXEC);
    struct weir_piece piece = {.bytes = (uint8_t *)(uintptr_t) "hello", .size = 5};
    struct seen m = seen_op(WEIR_PORT_WRITE_AT, call.handle);
    m.op.with.piece = &piece;
    assert_int_equal(loop_submit(&l, &m.op), 0);
    loop_until(&l, &m.ended);
    assert_int_equal(m.result, 5);
    piece = (struct weir_piece){.bytes = (uint8_t *)into, .size = sizeof into, .offset = 1};
    m = seen_op(WEIR_PORT_READ_AT, call.handle);
    m.op.with.piece = &piece;
    assert_int_equal(loop_submit(&l, &m.op), 0);
    loop_until(&l, &m.ended);
    assert_int_equal(m.result, 4);
    assert_memory_equal(into, "ello", 4);
    call.kind = WEIR_CALL_SIZE;
    assert_int_equal(do_call(&l, &call, &os_code), 0);
    assert_int_equal(call.size, 5);
    call.kind = WEIR_CALL_SYNC;
    assert_int_equal(do_call(&l, &call, &os_code), 0);
    call.kind = WEIR_CALL_FINISH;
    assert_int_equal(do_call(&l, &call, &os_code), 0);
    assert_int_equal(l.state->handles, 0);
    assert_int_equal(fcntl(weir_sys_fd(call.handle), F_GETFD), -1);
    unlink(path);
    rmdir(folder);
    loop_close(&l);
}

static void work_runs_on_another_thread(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    struct work good = work_op(-1, 17), bad = work_op(-1, WEIR_EREFUSED);
    work_start(&l, &good);
    work_start(&l, &bad);
    assert_false(good.seen.ended || bad.seen.ended);
    loop_drain(&l);
    assert_int_equal(good.runs, 1);
    assert_int_equal(good.seen.reports, 1);
    assert_int_equal(good.seen.result, 17);
    assert_int_equal(good.seen.os_code, 0);
    assert_false(pthread_equal(good.thread, pthread_self()));
    assert_int_equal(bad.seen.result, WEIR_EREFUSED);
    assert_int_equal(bad.seen.os_code, 42);
    loop_close(&l);
}

static void *open_gate(void *state) {
    assert_int_equal(write(*(int *)state, "x", 1), 1);
    return NULL;
}

/* The loop sleeps without a deadline, and is woken by nothing but the end of the work. */
static void its_end_ends_a_sleep(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int gate[2];
    pthread_t opener;
    assert_int_equal(pipe(gate), 0);
    for (int round = 0; round < 100; round++) {
        struct work w = work_op(gate[0], 0);
        struct weir_completion c;
        work_start(&l, &w);
        assert_int_equal(pthread_create(&opener, NULL, open_gate, &gate[1]), 0);
        do
            assert_int_equal(l.state->table->wait(l.state, WEIR_FOREVER), 0);
        while (!l.state->table->next(l.state, &c));
        assert_ptr_equal(c.op, &w.seen.op);
        assert_true(c.last);
        assert_false(l.state->table->next(l.state, &c));
        l.active--;
        pthread_join(opener, NULL);
    }
    close(gate[0]);
    close(gate[1]);
    loop_close(&l);
}

static void handle_tells_that_work_has_ended(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int gate[2];
    assert_int_equal(pipe(gate), 0);
    struct work w = work_op(gate[0], 5);
    work_start(&l, &w);
    loop_tick(&l, 0);
    struct pollfd ring = {.fd = weir_sys_fd(l.state->table->handle(l.state)), .events = POLLIN};
    assert_int_equal(poll(&ring, 1, 0), 0);
    open_gate(&gate[1]);
    assert_int_equal(poll(&ring, 1, 10000), 1);
    loop_until(&l, &w.seen.ended);
    assert_int_equal(w.seen.result, 5);
    close(gate[0]);
    close(gate[1]);
    loop_close(&l);
}

/* All threads are busy, so one more waits; then one of the former is cancelled too, and takes its time. */
static void only_what_has_not_begun_is_prevented(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int gate[2];
    assert_int_equal(pipe(gate), 0);
    struct work busy[WEIR_OFFLOAD_THREADS], waiting = work_op(-1, 1);
    struct weir_call open = {.kind = WEIR_CALL_OPEN, .path = "/dev/null", .value = WEIR_FILE_READ, .handle = 77};
    struct seen call = seen_op(WEIR_PORT_CALL, WEIR_NO_HANDLE);
    call.op.with.call = &open;
    for (int i = 0; i < WEIR_OFFLOAD_THREADS; i++) {
        busy[i] = work_op(gate[0], i);
        work_start(&l, &busy[i]);
    }
    for (int i = 0; i < WEIR_OFFLOAD_THREADS; i++) {
        while (busy[i].runs == 0)
            sched_yield();
    }
    work_start(&l, &waiting);
    assert_int_equal(loop_submit(&l, &call.op), 0);
    loop_cancel(&l, &waiting.seen.op);
    loop_cancel(&l, &waiting.seen.op);
    loop_cancel(&l, &call.op);
    loop_cancel(&l, &busy[0].seen.op);
    assert_false(waiting.seen.ended || call.ended); /* not from inside the cancel */
    loop_until(&l, &waiting.seen.ended);
    loop_until(&l, &call.ended);
    assert_int_equal(waiting.seen.result, WEIR_ECANCELED);
    assert_int_equal(waiting.runs, 0);
    assert_int_equal(call.result, WEIR_ECANCELED);
    assert_int_equal(open.handle, 77);
    assert_int_equal(l.state->handles, 0);
    assert_false(busy[0].seen.ended); /* its memory is still in use */
    for (int i = 0; i < WEIR_OFFLOAD_THREADS; i++)
        open_gate(&gate[1]);
    loop_drain(&l);
    for (int i = 0; i < WEIR_OFFLOAD_THREADS; i++) {
        assert_int_equal(busy[i].seen.result, i);
        assert_int_equal(busy[i].seen.reports, 1);
    }
    close(gate[0]);
    close(gate[1]);
    loop_close(&l);
}

/* One byte through a socket pair, in ticks of few completions. */
static void exchange(struct loop *l, const int fds[2]) {
    struct seen r = seen_op(WEIR_PORT_RECEIVE, socket_handle(fds[0]));
    const uint64_t end = loop_now(l) + HUNG_NS;
    assert_int_equal(loop_submit(l, &r.op), 0);
    assert_int_equal(write(fds[1], "x", 1), 1);
    while (r.sum == 0) {
        loop_tick(l, SECOND / 10);
        assert_true(loop_now(l) < end);
    }
    loop_cancel(l, &r.op);
    loop_until(l, &r.ended);
}

enum { flood_size = 32 };

static bool all_ran(const struct work *flood, unsigned times) {
    for (int i = 0; i < flood_size; i++) {
        if (flood[i].runs < times) return false;
    }
    return true;
}

/* Work that begins anew whenever it ends, and a loop that takes few completions in a tick: both get on. */
static void work_and_bytes_take_turns(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    l.per_tick = 2;
    int fds[2];
    static struct work flood[flood_size];
    unix_pair(fds);
    for (int i = 0; i < flood_size; i++) {
        flood[i] = work_op(-1, 0);
        flood[i].again = true;
        work_start(&l, &flood[i]);
    }
    const uint64_t end = loop_now(&l) + HUNG_NS;
    for (int round = 0; round < 200 || !all_ran(flood, 10); round++) {
        exchange(&l, fds);
        assert_true(loop_now(&l) < end);
    }
    for (int i = 0; i < flood_size; i++)
        flood[i].again = false;
    loop_drain(&l);
    close(fds[0]);
    close(fds[1]);
    loop_close(&l);
}

static void *refuse(void *user, void *old, size_t old_size, size_t new_size) {
    (void)old_size;
    if (new_size == 0) {
        free(old);
        return NULL;
    }
    int *left = user;
    return *left < 0 || (*left)-- > 0 ? realloc(old, new_size) : NULL;
}

static void refused_memory_starts_nothing(void **unused) {
    (void)unused;
    int left = -1, status = WEIR_ENOMEM, fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    const weir_allocator allocator = {.resize = refuse, .user = &left};
    struct loop l;
    usual(&l);
    l.memory.allocator = allocator;
    struct weir_piece piece = {.bytes = (uint8_t[1]){0}, .size = 1};
    struct seen m = seen_op(WEIR_PORT_WRITE_AT, weir_sys_handle(fd, WEIR_HANDLE_FILE));
    m.op.with.piece = &piece;
    left = 0;
    assert_int_equal(loop_submit(&l, &m.op), WEIR_ENOMEM);
    struct work w = work_op(-1, 3);
    w.seen.op.done = work_done;
    w.seen.op.with.work = &w.job;
    for (int n = 0; status < 0; n++) {
        left = n;
        status = loop_submit(&l, &w.seen.op);
        assert_true(status == 0 || status == WEIR_ENOMEM);
        assert_true(n < 10);
    }
    left = -1;
    assert_int_equal(loop_submit(&l, &m.op), 0);
    loop_drain(&l);
    assert_int_equal(w.seen.result, 3);
    assert_int_equal(w.runs, 1);
    assert_int_equal(m.result, 1);
    close(fd);
    loop_close(&l);
}

/* A child gives back the memory of what its parent's threads still work on. */
static void a_child_leaves_the_parents_work_alone(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int gate[2];
    assert_int_equal(pipe(gate), 0);
    struct work w = work_op(gate[0], 9);
    work_start(&l, &w);
    while (w.runs == 0)
        sched_yield();
    const pid_t child = fork();
    if (child == 0) {
        l.state->table->close(l.state, true);
        _exit(l.memory.held == 0 ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_false(w.seen.ended);
    open_gate(&gate[1]);
    loop_until(&l, &w.seen.ended);
    assert_int_equal(w.seen.result, 9);
    close(gate[0]);
    close(gate[1]);
    loop_close(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_lives_from_open_to_finish),
        cmocka_unit_test(work_runs_on_another_thread),
        cmocka_unit_test(its_end_ends_a_sleep),
        cmocka_unit_test(handle_tells_that_work_has_ended),
        cmocka_unit_test(only_what_has_not_begun_is_prevented),
        cmocka_unit_test(work_and_bytes_take_turns),
        cmocka_unit_test(refused_memory_starts_nothing),
        cmocka_unit_test(a_child_leaves_the_parents_work_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
