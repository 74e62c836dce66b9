/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <weir/weir.h>

static void connected(void *self, weir_transport *t) {
    (void)self;
    weir_transport_write(t, "hello\n", 6);
    weir_transport_half_close(t);
}

static size_t received(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    (void)self, (void)t;
    return fwrite(bytes, 1, n, stdout);
}

static void disconnected(void *self, weir_transport *t, const weir_error *reason) {
    char text[300];
    (void)t;
    if (!reason) return;
    fprintf(stderr, "%s\n", weir_error_format(reason, text, sizeof text));
    *(int *)self = 1;
}

static const weir_protocol client = {.connected = connected, .received = received, .disconnected = disconnected};

int main(void) {
    weir_transport *t;
    int status = 0;
    weir_loop *loop = weir_loop_new(NULL);
    if (weir_connect(loop, "tcp://127.0.0.1:7000?timeout=3s&idle=3s", &client, &status, &t) < 0)
        return weir_report(loop);
    weir_run(loop);
    weir_loop_close(loop, NULL, NULL);
    return status;
}
