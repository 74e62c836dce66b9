/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdio.h>
#include <weir/weir.h>

struct message {
    weir_post post;
    int number;
};

static struct message messages[3];

static void arrived(weir_post *post) { /* on the loop's thread */
    struct message *m = post->user;
    printf("number %d\n", m->number);
    if (m->number == 3) weir_stop(weir_loop_current());
}

static void *count(void *loop) { /* on another thread */
    for (int i = 0; i < 3; i++) {
        messages[i] = (struct message){{.run = arrived, .user = &messages[i]}, i + 1};
        weir_loop_post(loop, &messages[i].post);
    }
    return NULL;
}

static void too_late(weir_timer *timer) { (void)timer; }

int main(void) {
    pthread_t thread;
    weir_timer patience = {.fired = too_late};
    weir_loop *loop = weir_loop_new(NULL);
    if (weir_timer_start(loop, &patience, 10000000000, 0) < 0) return 1; /* something to wait for */
    if (pthread_create(&thread, NULL, count, loop) != 0) return 1;
    weir_run(loop);
    pthread_join(thread, NULL);
    weir_timer_stop(&patience);
    return weir_loop_close(loop, NULL, NULL) < 0;
}
