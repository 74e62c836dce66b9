/* SPDX-License-Identifier: MIT */
#include <event2/event.h>
#include <event2/thread.h>
#include <pthread.h>
#include <stdio.h>

struct message {
    struct event_base *base;
    int number;
};

static struct message messages[3];

static void arrived(evutil_socket_t fd, short what, void *user) { /* on the loop's thread */
    struct message *m = user;
    (void)fd, (void)what;
    printf("number %d\n", m->number);
    if (m->number == 3) event_base_loopbreak(m->base);
}

static void *count(void *base) { /* on another thread */
    for (int i = 0; i < 3; i++) {
        messages[i] = (struct message){base, i + 1};
        event_base_once(base, -1, EV_TIMEOUT, arrived, &messages[i], NULL);
    }
    return NULL;
}

int main(void) {
    pthread_t thread;
    evthread_use_pthreads(); /* for the whole process, before the first base */
    struct event_base *base = event_base_new();
    if (pthread_create(&thread, NULL, count, base) != 0) return 1;
    event_base_loop(base, EVLOOP_NO_EXIT_ON_EMPTY);
    pthread_join(thread, NULL);
    event_base_free(base);
    libevent_global_shutdown();
    return 0;
}
