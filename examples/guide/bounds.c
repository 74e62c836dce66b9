/* SPDX-License-Identifier: MIT
 *
 * A server that counts lines, and a client whose line never ends. */
#include <stdio.h>
#include <weir/weir.h>

/* [bounds] */
static void refused(void *self, weir_transport *t, int code) {
    (void)self;
    printf("refused: %s\n", weir_error_text(code));
    weir_transport_close(t);
}

static const weir_message_handler handler = {.refused = refused};
static const weir_line server = {.framing = {.handler = &handler, .max = 1000}, .ending = WEIR_LINE_LF};

static void on_connection(weir_transport *t, void *user) {
    (void)user;
    weir_framing_attach(t, &weir_line_protocol, &server, sizeof server);
}

static int serve(weir_loop *loop) {
    return weir_serve(loop, "mem:lines?max=100&budget=4M&receive=4K&idle=1min", on_connection, NULL);
}
/* [/bounds] */

static void fill(void *self, weir_transport *t) {
    (void)self;
    while (weir_transport_write(t, "and then ", 9) > 0)
        continue;
}

static void gone(void *self, weir_transport *t, const weir_error *reason) {
    (void)self, (void)reason;
    weir_drain(weir_transport_loop(t), 0, NULL, NULL);
}

static size_t ignore(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    (void)self, (void)t, (void)bytes;
    return n;
}

static const weir_protocol client = {.connected = fill, .received = ignore, .disconnected = gone};

int main(void) {
    weir_transport *t;
    weir_loop *loop = weir_loop_new(&(weir_loop_options){.backend = "sim", .budget = 16 * 1024 * 1024});
    if (serve(loop) < 0 || weir_connect(loop, "mem:lines", &client, NULL, &t) < 0) return weir_report(loop);
    weir_run(loop);
    return weir_loop_close(loop, NULL, NULL) < 0;
}
