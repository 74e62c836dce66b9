/* SPDX-License-Identifier: MIT
 *
 * The signals are blocked in every thread, and one thread waits for them: nothing of ours runs in a signal handler, no
 * system call is interrupted, and no signal falls between two instructions. The thread is never joined: it ends with
 * the process, and so it must not touch the struct any more once that is over: the lock and `over` are all it looks at,
 * in memory that the caller keeps. A signal that was ignored when the process began (a job in the background, nohup)
 * stays ignored. A third signal ends the process at once, for the case that a loop itself is stuck in a disk that does
 * not answer. */
#include "stop.h"

#include <unistd.h>

/* False: it is too late for that. */
static bool tell(struct stop *stop, int times) {
    pthread_mutex_lock(&stop->lock);
    bool told = !stop->over && times < 2;
    if (told) stop->signalled(stop->user, times);
    pthread_mutex_unlock(&stop->lock);
    return told;
}

static void *wait_for_signals(void *argument) {
    struct stop *stop = argument;
    int number;
    for (int times = 0;; times++) {
        if (sigwait(&stop->signals, &number) != 0) number = SIGTERM;
        if (!tell(stop, times)) _exit(128 + number);
    }
}

static void add_unless_ignored(sigset_t *set, int number) {
    struct sigaction before;
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN) sigaddset(set, number);
}

void stop_prepare(struct stop *stop, void (*signalled)(void *user, int times), void *user) {
    *stop = (struct stop){.signalled = signalled, .user = user};
    pthread_mutex_init(&stop->lock, NULL);
    sigemptyset(&stop->signals);
    add_unless_ignored(&stop->signals, SIGINT);
    add_unless_ignored(&stop->signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop->signals, NULL);
}

bool stop_begin(struct stop *stop) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, wait_for_signals, stop) == 0) return pthread_detach(thread) == 0;
    pthread_sigmask(SIG_UNBLOCK, &stop->signals, NULL);
    return false;
}

void stop_end(struct stop *stop) {
    pthread_mutex_lock(&stop->lock);
    stop->over = true;
    pthread_mutex_unlock(&stop->lock);
}
