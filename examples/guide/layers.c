/* SPDX-License-Identifier: MIT
 *
 * A connection seen and slowed down: trace over throttle over memory. */
#include <stdio.h>
#include <weir/weir.h>

/* [layers] */
static void traced(void *user, const weir_trace_event *event) {
    (void)user;
    if (event->kind == WEIR_TRACE_RECEIVED)
        printf("%zu bytes at offset %llu\n", event->size, (unsigned long long)event->offset);
    if (event->kind == WEIR_TRACE_PEER_ENDED) printf("the end, after %llu bytes\n", (unsigned long long)event->offset);
}

static size_t take(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    (void)self, (void)t, (void)bytes;
    return n;
}

static const weir_protocol receiver = {.received = take};

static int stack(weir_transport *t) {
    weir_throttle_options slow = {.receive_rate = 1000, .burst = 1000};
    weir_trace_options seen = {.traced = traced};
    weir_transport *middle, *top;
    int status = weir_throttle_open(t, &slow, NULL, NULL, &middle);
    return status < 0 ? status : weir_trace_open(middle, &seen, &receiver, NULL, &top);
}
/* [/layers] */

static const weir_protocol sender = {.received = take};

int main(void) {
    static const char bytes[3000];
    weir_transport *pair[2];
    weir_loop *loop = weir_loop_new(&(weir_loop_options){.backend = "sim"});
    uint64_t began = weir_now_ns(loop);
    if (weir_mem_pair(loop, NULL, pair) < 0 || stack(pair[0]) < 0) return 1;
    weir_transport_set_protocol(pair[1], &sender, NULL);
    weir_transport_write(pair[1], bytes, sizeof bytes);
    weir_transport_half_close(pair[1]);
    weir_run(loop);
    printf("%d s\n", (int)((weir_now_ns(loop) - began + 500000000) / 1000000000));
    return weir_loop_close(loop, NULL, NULL) < 0;
}
