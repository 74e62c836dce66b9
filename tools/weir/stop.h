/* SPDX-License-Identifier: MIT
 *
 * SIGINT and SIGTERM, brought to the loop's thread. */
#ifndef TOOL_STOP_H
#define TOOL_STOP_H

#include <weir/loop.h>

#include <pthread.h>
#include <signal.h>

/* Zero it, set the callbacks; must stay where it is until the process ends. They run on the loop's thread, each at most
 * once. */
struct stop {
    void (*drain)(void *user); /* at the first signal */
    void (*abort)(void *user); /* at the second */
    void *user;
    /* private */
    weir_loop *loop;
    weir_post posts[2];
    sigset_t signals;
    pthread_mutex_t lock;
    bool over;
};

/* From here on the two signals go to `loop`. False when no thread could be made; the signals then do what they did. */
bool stop_begin(struct stop *stop, weir_loop *loop);

/* From here on a signal ends the process. A post may still be under way: run the loop before closing it. */
void stop_end(struct stop *stop);

#endif
