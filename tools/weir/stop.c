/* SPDX-License-Identifier: MIT
 *
 * The signals are blocked in every thread, and one thread waits for them: nothing of ours runs in a signal handler, no
 * system call is interrupted, and no signal falls between two instructions. The thread is never joined: it ends with
 * the process. A signal that was ignored when the process began (a job in the background, nohup) stays ignored. A third
 * signal ends the process at once, for the case that the loop itself is stuck in a disk that does not answer. */
#include "stop.h"

#include <unistd.h>

static struct stop *stop_of(weir_post *post) { return post->user; }

static void run_drain(weir_post *post) { stop_of(post)->drain(stop_of(post)->user); }

static void run_abort(weir_post *post) { stop_of(post)->abort(stop_of(post)->user); }

/* False: it is too late for that, or the loop does not take it. */
static bool tell(struct stop *stop, int times) {
    pthread_mutex_lock(&stop->lock);
    bool told = !stop->over && times < 2 && weir_loop_post(stop->loop, &stop->posts[times]) >= 0;
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

bool stop_begin(struct stop *stop, weir_loop *loop) {
    pthread_t thread;
    stop->loop = loop;
    stop->posts[0] = (weir_post){.run = run_drain, .user = stop};
    stop->posts[1] = (weir_post){.run = run_abort, .user = stop};
    pthread_mutex_init(&stop->lock, NULL);
    sigemptyset(&stop->signals);
    add_unless_ignored(&stop->signals, SIGINT);
    add_unless_ignored(&stop->signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop->signals, NULL);
    if (pthread_create(&thread, NULL, wait_for_signals, stop) == 0) return pthread_detach(thread) == 0;
    pthread_sigmask(SIG_UNBLOCK, &stop->signals, NULL);
    return false;
}

void stop_end(struct stop *stop) {
    pthread_mutex_lock(&stop->lock);
    stop->over = true;
    pthread_mutex_unlock(&stop->lock);
}
