/* SPDX-License-Identifier: MIT
 *
 * A server with three clients, at its end: one is idle, one is being answered, one never goes away. */
#include <stdio.h>
#include <weir/weir.h>

#define SECOND 1000000000ull

/* [drain] */
static void drained(weir_loop *loop, const weir_drained *result, void *user) {
    (void)loop, (void)user;
    printf("%zu ended, %zu lost, %zu aborted\n", result->ended, result->lost, result->aborted);
}

static void on_signal(weir_post *post) { weir_drain(post->user, 10 * SECOND, drained, NULL); }
/* [/drain] */

static size_t ignore(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    (void)self, (void)t, (void)bytes;
    return n;
}

static void refuse_to_go(void *self, weir_transport *t) { (void)self, (void)t; }

static void finish(weir_timer *timer) {
    weir_transport *t = timer->user;
    printf("the answer is ready\n");
    weir_transport_write(t, "42\n", 3);
    weir_transport_busy(t, false);
}

static const weir_protocol polite = {.received = ignore};
static const weir_protocol rude = {.received = ignore, .ended = refuse_to_go};

int main(void) {
    weir_transport *idle[2], *busy[2], *stubborn[2];
    weir_loop *loop = weir_loop_new(&(weir_loop_options){.backend = "sim"});
    weir_timer answer = {.fired = finish};
    weir_post signal = {.run = on_signal, .user = loop};
    if (weir_mem_pair(loop, NULL, idle) < 0 || weir_mem_pair(loop, NULL, busy) < 0 ||
        weir_mem_pair(loop, NULL, stubborn) < 0)
        return 1;
    for (int i = 0; i < 2; i++) {
        weir_transport_set_protocol(idle[i], &polite, NULL);
        weir_transport_set_protocol(busy[i], &polite, NULL);
        weir_transport_set_protocol(stubborn[i], &rude, NULL);
    }
    answer.user = busy[0];
    weir_transport_busy(busy[0], true);
    weir_transport_busy(busy[1], true);
    weir_transport_busy(stubborn[0], true);
    weir_timer_start(loop, &answer, 2 * SECOND, 0);
    weir_loop_post(loop, &signal);
    weir_run(loop);
    return weir_loop_close(loop, NULL, NULL) < 0;
}
