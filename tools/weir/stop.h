/* SPDX-License-Identifier: MIT
 *
 * SIGINT and SIGTERM, brought to where they can be acted upon. */
#ifndef TOOL_STOP_H
#define TOOL_STOP_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

/* Must stay where it is until the process ends. */
struct stop {
    pthread_mutex_t lock; /* held while `signalled` runs */
    /* private */
    void (*signalled)(void *user, int times);
    void *user;
    sigset_t signals;
    bool over;
};

/* From here on the two signals wait, in this thread and in those that it makes. `signalled` will be called on a thread
 * of its own, with 0 for the first of them and 1 for the second. */
void stop_prepare(struct stop *stop, void (*signalled)(void *user, int times), void *user);

/* And now they come. False when no thread could be made. */
bool stop_begin(struct stop *stop);

/* From here on a signal ends the process. */
void stop_end(struct stop *stop);

#endif
