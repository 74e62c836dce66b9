/* SPDX-License-Identifier: MIT
 *
 * Whose a loop is: the thread's that first runs it. Named after adversarial case H3: a call from another thread is a
 * mistake of the program. A run is refused there; other calls end the program if it was built with asserts, which is
 * tried in a process of its own. Case H5: work that lasts keeps its loop from closing. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <weir/weir.h>

#include "threads/backends.h"

static void on_another_thread(void *(*main)(void *user), void *user) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, main, user), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

struct attempt {
    weir_loop *loop;
    int run, run_once;
};

static void *try_to_run(void *user) {
    struct attempt *a = user;
    a->run = weir_run(a->loop);
    a->run_once = weir_run_once(a->loop, WEIR_FOREVER);
    return NULL;
}

static void a_second_thread_may_not_run_it(void **state) {
    struct attempt a = {.loop = loop_of(state)};
    assert_int_equal(weir_run_once(a.loop, 0), 0);
    on_another_thread(try_to_run, &a);
    assert_int_equal(a.run, WEIR_EINVAL);
    assert_int_equal(a.run_once, WEIR_EINVAL);
    assert_int_equal(weir_run_once(a.loop, 0), 0);
    close_loop(a.loop);
}

static void never(weir_timer *timer) { (void)timer; }

/* It would run for ever otherwise. */
static void a_refused_run_takes_no_stop_away(void **state) {
    struct attempt a = {.loop = loop_of(state)};
    weir_timer timer = {.fired = never};
    assert_int_equal(weir_run_once(a.loop, 0), 0);
    assert_int_equal(weir_timer_start(a.loop, &timer, WEIR_FOREVER, 0), 0);
    weir_stop(a.loop);
    on_another_thread(try_to_run, &a);
    assert_int_equal(weir_run(a.loop), 0);
    weir_timer_stop(&timer);
    close_loop(a.loop);
}

/* ---- other calls ------------------------------------------------------------------------------------------------- */

struct use {
    weir_loop *loop;
    weir_timer timer;
    weir_work work;
};

static int64_t work_little(void *user) {
    (void)user;
    return 0;
}

static void worked(weir_work *work, int64_t result) {
    (void)work;
    (void)result;
}

static void *start_timer(void *user) {
    struct use *u = user;
    weir_timer_start(u->loop, &u->timer, 1, 0);
    return NULL;
}

static void *stop_timer(void *user) {
    weir_timer_stop(&((struct use *)user)->timer);
    return NULL;
}

static void *submit_work(void *user) {
    struct use *u = user;
    weir_work_submit(u->loop, &u->work);
    return NULL;
}

static void *connect_somewhere(void *user) {
    struct use *u = user;
    weir_connect(u->loop, "tcp://127.0.0.1:1", NULL, NULL, &(weir_transport *){NULL});
    return NULL;
}

static void misuse(const char *backend, void *(*call)(void *user)) {
    struct use u = {.timer = {.fired = never}, .work = {.run = work_little, .done = worked}};
    pthread_t thread;
    u.loop = weir_loop_new(&(weir_loop_options){.backend = backend});
    if (!u.loop || weir_run_once(u.loop, 0) < 0 || weir_timer_start(u.loop, &u.timer, WEIR_FOREVER, 0) < 0) _exit(1);
    close(STDERR_FILENO);
    if (pthread_create(&thread, NULL, call, &u) != 0) _exit(2);
    pthread_join(thread, NULL);
    _exit(0);
}

static void ends_the_program(const char *backend, void *(*call)(void *user)) {
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) misuse(backend, call);
    assert_int_equal(waitpid(child, &status, 0), child);
#ifdef NDEBUG
    assert_true(WIFEXITED(status));
#else
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
#endif
}

static void adv_H3_a_call_from_another_thread(void **state) {
    close_loop(loop_of(state));
    ends_the_program(*state, start_timer);
    ends_the_program(*state, stop_timer);
    ends_the_program(*state, submit_work);
    ends_the_program(*state, connect_somewhere);
}

/* Where it is made, and prepared, does not matter. */
static void one_that_nobody_ran_is_anybodys(void **state) {
    struct use u = {.loop = loop_of(state), .timer = {.fired = never}, .work = {.run = work_little, .done = worked}};
    on_another_thread(start_timer, &u);
    on_another_thread(submit_work, &u);
    assert_int_equal(weir_run(u.loop), 0);
    close_loop(u.loop);
}

/* ---- work -------------------------------------------------------------------------------------------------------- */

static int64_t work_until_told(void *user) {
    while (!atomic_load((atomic_bool *)user))
        continue;
    return 5;
}

static void count_it(weir_work *work, int64_t result) {
    (void)work;
    assert_int_equal(result, 5);
}

static void expect_work(void *user, weir_object_kind kind, void *object, const char *what) {
    (void)what;
    assert_int_equal(kind, WEIR_OBJECT_WORK);
    assert_ptr_equal(object, user);
}

static void adv_H5_work_does_not_outlive_its_loop(void **state) {
    weir_loop *loop = loop_of(state);
    atomic_bool told = false;
    weir_work work = {.run = work_until_told, .done = count_it, .user = &told};
    assert_int_equal(weir_work_submit(loop, &work), 0);
    assert_true(weir_run_once(loop, 0) >= 0);
    assert_int_equal(weir_loop_close(loop, expect_work, &work), WEIR_EBUSY);
    assert_true(weir_work_active(&work));
    atomic_store(&told, true);
    assert_int_equal(weir_run(loop), 0);
    assert_false(weir_work_active(&work));
    close_loop(loop);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_EACH_BACKEND(a_second_thread_may_not_run_it),        ON_EACH_BACKEND(a_refused_run_takes_no_stop_away),
        ON_EACH_BACKEND(adv_H3_a_call_from_another_thread),     ON_EACH_BACKEND(one_that_nobody_ran_is_anybodys),
        ON_EACH_BACKEND(adv_H5_work_does_not_outlive_its_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
