/* SPDX-License-Identifier: MIT */
#include "sums.h"

/* [serve] */
static void on_connection(weir_transport *t, void *user) {
    (void)user;
    weir_framing_attach(t, &weir_line_protocol, &sums, sizeof sums);
}
/* [/serve] */

static void ask(void *self, weir_transport *t) {
    (void)self;
    weir_transport_write(t, "1\n2\n39\n", 7);
    weir_transport_half_close(t);
}

static size_t print(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    (void)self, (void)t;
    return fwrite(bytes, 1, n, stdout);
}

static void leave(void *self, weir_transport *t, const weir_error *reason) {
    (void)self, (void)reason;
    weir_drain(weir_transport_loop(t), 0, NULL, NULL);
}

static const weir_protocol client = {.connected = ask, .received = print, .disconnected = leave};

int main(void) {
    weir_transport *t;
    weir_loop *loop = weir_loop_new(NULL);
    if (weir_serve(loop, "mem:sums", on_connection, NULL) < 0 || weir_connect(loop, "mem:sums", &client, NULL, &t) < 0)
        return weir_report(loop);
    weir_run(loop);
    return weir_loop_close(loop, NULL, NULL) < 0;
}
