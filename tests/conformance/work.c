/* SPDX-License-Identifier: MIT
 *
 * Work off the loop's thread: its result comes back once, on the loop's thread; what has not begun can be taken back,
 * what has begun holds the loop. What is running is known by locks, never by waiting for a while. */
#include <pthread.h>

#include "conformance/suites.h"

/* Work under watch. */
struct labour {
    weir_work work;
    struct scene *scene;
    void (*then)(struct labour *labour);
    unsigned done;
    int64_t result;
    bool ran;
};

static struct labour labours[200];

static int64_t run_it(void *user) {
    struct labour *labour = user;
    labour->ran = true;
    return labour - labours;
}

static void labour_done(weir_work *work, int64_t result) {
    struct labour *labour = (struct labour *)work;
    scene_enter(labour->scene);
    check_int(++labour->done, 1);
    check(!weir_work_active(work));
    check(labour->ran == (result != WEIR_ECANCELED));
    labour->result = result;
    if (labour->then) labour->then(labour);
    scene_leave(labour->scene);
    scene_release(labour->scene);
}

static bool submit(struct scene *s, unsigned i, int64_t (*run)(void *user), void (*then)(struct labour *labour)) {
    labours[i] = (struct labour){.work = {.run = run, .done = labour_done}, .scene = s, .then = then};
    labours[i].work.user = &labours[i];
    scene_calls(s);
    int status = scene_called(s, weir_work_submit(s->loop, &labours[i].work));
    if (!scene_worked(s, status)) return false;
    check(weir_work_active(&labours[i].work));
    scene_hold(s);
    return true;
}

static void every_work_is_done_once(struct scene *s) {
    for (unsigned i = 0; i < 200; i++)
        submit(s, i, run_it, NULL);
    scene_run(s);
    for (unsigned i = 0; i < 200; i++) {
        check_int(labours[i].done, 1);
        check_int(labours[i].result, i);
    }
}

static void submit_next(struct labour *labour) {
    unsigned i = (unsigned)(labour - labours) + 1;
    if (i < 50) submit(labour->scene, i, run_it, submit_next);
}

static void work_may_follow_from_work(struct scene *s) {
    submit(s, 0, run_it, submit_next);
    scene_run(s);
    check_int(labours[49].done, 1);
}

/* Cancelled within the call that follows: whatever has begun by then runs, everything else does not. */
static void what_is_cancelled_does_not_run(struct scene *s) {
    unsigned taken_back = 0;
    for (unsigned i = 0; i < 200; i++)
        submit(s, i, run_it, NULL);
    for (unsigned i = 200; i-- > 0;) {
        int status = weir_work_cancel(&labours[i].work);
        check(status == 0 || status == WEIR_EBUSY);
        check(status == 0 || !scene_simulated(s));
        taken_back += status == 0;
    }
    scene_run(s);
    for (unsigned i = 0; i < 200; i++) {
        check_int(labours[i].done, 1);
        taken_back -= labours[i].result == WEIR_ECANCELED;
    }
    check_int(taken_back, 0);
    check_int(weir_work_cancel(&labours[0].work), 0);
}

/* ---- work that has begun ----------------------------------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t change = PTHREAD_COND_INITIALIZER;
static bool begun, let_go;

static int64_t run_until_let_go(void *user) {
    pthread_mutex_lock(&lock);
    begun = true;
    pthread_cond_broadcast(&change);
    while (!let_go)
        pthread_cond_wait(&change, &lock);
    pthread_mutex_unlock(&lock);
    return run_it(user);
}

static void await_begin(void) {
    pthread_mutex_lock(&lock);
    while (!begun)
        pthread_cond_wait(&change, &lock);
    pthread_mutex_unlock(&lock);
}

static void release_it(void) {
    pthread_mutex_lock(&lock);
    let_go = true;
    pthread_cond_broadcast(&change);
    pthread_mutex_unlock(&lock);
}

static void tell_work(void *user, weir_object_kind kind, void *object, const char *what) {
    if (kind != WEIR_OBJECT_WORK) return;
    check(object == &labours[0].work);
    check(strcmp(what, "work (running)") == 0);
    ++*(unsigned *)user;
}

static void what_has_begun_holds_the_loop(struct scene *s) {
    unsigned told = 0;
    begun = let_go = false;
    submit(s, 0, run_until_let_go, NULL);
    await_begin();
    check_int(weir_work_cancel(&labours[0].work), WEIR_EBUSY);
    check_int(weir_work_submit(s->loop, &labours[0].work), WEIR_EBUSY);
    check_int(weir_loop_close(s->loop, tell_work, &told), WEIR_EBUSY);
    check_int(told, 1);
    release_it();
    scene_run(s);
    check_int(labours[0].done, 1);
    check_int(labours[0].result, 0);
}

/* More than there are threads for: the loop goes on with what it has. */
static void release_later(struct scene *s) {
    check_int(labours[0].done, 0);
    (void)s;
    release_it();
}

static void work_does_not_hold_up_timers(struct scene *s) {
    begun = let_go = false;
    for (unsigned i = 0; i < 20; i++)
        submit(s, i, run_until_let_go, NULL);
    scene_later(s, 20 * MS, release_later);
    scene_run(s);
    for (unsigned i = 0; i < 20; i++)
        check_int(labours[i].done, 1);
}

static void what_lacks_a_part_is_refused(struct scene *s) {
    weir_work work = {.run = run_it};
    check_int(weir_work_submit(s->loop, &work), WEIR_EINVAL);
    work = (weir_work){.done = labour_done};
    check_int(weir_work_submit(s->loop, &work), WEIR_EINVAL);
    check_int(weir_work_submit(NULL, &work), WEIR_EINVAL);
    check_int(weir_work_cancel(NULL), WEIR_EINVAL);
    check(!weir_work_active(NULL));
}

static const struct scenario work[] = {
    SCENARIO(every_work_is_done_once, .media = NONE),         SCENARIO(work_may_follow_from_work, .media = NONE),
    SCENARIO(what_is_cancelled_does_not_run, .media = NONE),  SCENARIO(what_has_begun_holds_the_loop, .places = SYSTEM),
    SCENARIO(work_does_not_hold_up_timers, .places = SYSTEM), SCENARIO(what_lacks_a_part_is_refused, .media = NONE),
};

const struct suite work_suite = SUITE(work);
