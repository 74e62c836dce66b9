/* SPDX-License-Identifier: MIT
 *
 * uv_async_send wakes the loop and carries nothing, and several may be seen as one: the queue is the program's. */
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

typedef struct message {
    struct message *next;
    int number;
} message_t;

static uv_mutex_t lock;
static message_t *first, **last = &first;
static message_t messages[3];
static uv_async_t wake;

static void send_message(message_t *m) {
    m->next = NULL;
    uv_mutex_lock(&lock);
    *last = m;
    last = &m->next;
    uv_mutex_unlock(&lock);
    uv_async_send(&wake);
}

static void arrived(uv_async_t *async) { /* on the loop's thread */
    uv_mutex_lock(&lock);
    message_t *m = first;
    first = NULL;
    last = &first;
    uv_mutex_unlock(&lock);
    for (; m; m = m->next) {
        printf("number %d\n", m->number);
        if (m->number == 3) uv_close((uv_handle_t *)async, NULL);
    }
}

static void count(void *unused) { /* on another thread */
    (void)unused;
    for (int i = 0; i < 3; i++) {
        messages[i].number = i + 1;
        send_message(&messages[i]);
    }
}

int main(void) {
    uv_thread_t thread;
    uv_loop_t loop;
    uv_loop_init(&loop);
    uv_mutex_init(&lock);
    uv_async_init(&loop, &wake, arrived);
    if (uv_thread_create(&thread, count, NULL) < 0) return 1;
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_thread_join(&thread);
    uv_mutex_destroy(&lock);
    return uv_loop_close(&loop) < 0;
}
