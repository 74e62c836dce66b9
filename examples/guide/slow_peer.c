/* SPDX-License-Identifier: MIT
 *
 * A message has five seconds to come whole; the peer sends a byte of it every second. */
#include <stdio.h>
#include <string.h>
#include <weir/weir.h>

/* [server] */
#define SECOND 1000000000ull

static void expect_line(void *self, weir_transport *t) {
    (void)self;
    weir_transport_expect(t, 5 * SECOND);
}

static size_t take_line(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    const uint8_t *end = memchr(bytes, '\n', n);
    if (!end) return 0; /* not yet whole: it is offered again when more has come */
    printf("a line of %d bytes\n", (int)(end - bytes));
    expect_line(self, t); /* the next one */
    return (size_t)(end - bytes) + 1;
}

static void tell(void *self, weir_transport *t, const weir_error *reason) {
    char text[300];
    (void)self, (void)t;
    printf("%s\n", weir_error_format(reason, text, sizeof text));
}

static const weir_protocol server = {.connected = expect_line, .received = take_line, .disconnected = tell};
/* [/server] */

struct dripper {
    weir_timer timer;
    weir_transport *t;
};

static void drip(weir_timer *timer) {
    struct dripper *d = timer->user;
    weir_transport_write(d->t, "x", 1);
}

static void lost(void *self, weir_transport *t, const weir_error *reason) {
    struct dripper *d = self;
    (void)t, (void)reason;
    weir_timer_stop(&d->timer);
}

static size_t ignore(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    (void)self, (void)t, (void)bytes;
    return n;
}

static const weir_protocol client = {.received = ignore, .disconnected = lost};

int main(void) {
    struct dripper d = {.timer = {.fired = drip, .user = &d}};
    weir_transport *pair[2];
    weir_loop *loop = weir_loop_new(&(weir_loop_options){.backend = "sim"});
    if (weir_mem_pair(loop, NULL, pair) < 0) return 1;
    d.t = pair[0];
    weir_transport_set_protocol(pair[0], &client, &d);
    weir_transport_set_protocol(pair[1], &server, NULL);
    weir_transport_write(pair[0], "hello\n", 6);
    weir_timer_start(loop, &d.timer, SECOND, SECOND);
    weir_run(loop);
    return weir_loop_close(loop, NULL, NULL) < 0;
}
