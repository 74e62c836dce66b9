/* SPDX-License-Identifier: MIT
 *
 * Threads of POSIX. A new one inherits the mask of its maker, so all signals but faults are blocked around the start:
 * none of them is delivered there between its first instruction and a mask of its own. A write beyond a limit of the
 * process (SIGXFSZ) or to a pipe without readers is then an error of the call, too. Locks and signals of default kind
 * cannot fail to be made, and misuse of them is ours. */
#include "sys/thread.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <weir/error.h>

_Static_assert(sizeof(pthread_t) <= sizeof(struct weir_sys_thread), "a thread's name fits");
_Static_assert(sizeof(pthread_mutex_t) <= sizeof(struct weir_sys_lock), "a lock fits");
_Static_assert(sizeof(pthread_cond_t) <= sizeof(struct weir_sys_signal), "a signal fits");

/* ---- threads ----------------------------------------------------------------------------------------------------- */

static void *begin(void *user) {
    struct weir_sys_thread *thread = user;
    thread->main(thread->user);
    return NULL;
}

/* A fault is the thread's own, and whoever handles faults wants to see it. */
static void block_all_but_faults(sigset_t *ret) {
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
    sigfillset(ret);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(ret, faults[i]);
}

int weir_sys_thread_start(struct weir_sys_thread *ret, void (*main)(void *user), void *user) {
    sigset_t blocked, before;
    ret->main = main;
    ret->user = user;
    block_all_but_faults(&blocked);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    int error = pthread_create((pthread_t *)ret->storage, NULL, begin, ret);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error == 0 ? 0 : WEIR_ENOMEM;
}

void weir_sys_thread_join(struct weir_sys_thread *thread) {
    int error = pthread_join(*(pthread_t *)thread->storage, NULL);
    assert(error == 0);
    (void)error;
}

unsigned weir_sys_processors(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return (unsigned)CPU_COUNT(&set);
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (unsigned)n : 1;
}

/* ---- locks and signals ------------------------------------------------------------------------------------------- */

static pthread_mutex_t *mutex_of(struct weir_sys_lock *lock) { return (pthread_mutex_t *)lock->storage; }
static pthread_cond_t *condition_of(struct weir_sys_signal *signal) { return (pthread_cond_t *)signal->storage; }

void weir_sys_lock_init(struct weir_sys_lock *lock) { pthread_mutex_init(mutex_of(lock), NULL); }
void weir_sys_lock_free(struct weir_sys_lock *lock) { pthread_mutex_destroy(mutex_of(lock)); }
void weir_sys_lock(struct weir_sys_lock *lock) { pthread_mutex_lock(mutex_of(lock)); }
void weir_sys_unlock(struct weir_sys_lock *lock) { pthread_mutex_unlock(mutex_of(lock)); }

void weir_sys_signal_init(struct weir_sys_signal *signal) { pthread_cond_init(condition_of(signal), NULL); }
void weir_sys_signal_free(struct weir_sys_signal *signal) { pthread_cond_destroy(condition_of(signal)); }

void weir_sys_signal_wait(struct weir_sys_signal *signal, struct weir_sys_lock *lock) {
    pthread_cond_wait(condition_of(signal), mutex_of(lock));
}

void weir_sys_signal_one(struct weir_sys_signal *signal) { pthread_cond_signal(condition_of(signal)); }
void weir_sys_signal_all(struct weir_sys_signal *signal) { pthread_cond_broadcast(condition_of(signal)); }
