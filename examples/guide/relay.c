/* SPDX-License-Identifier: MIT
 *
 * A relay, its client and its server in one program: client -> mem:front -> mem:back. */
#include <stdio.h>
#include <stdlib.h>
#include <weir/weir.h>

/* [relay] */
struct relay {
    weir_flow there, back;
    int left;
};

static void flow_ended(weir_flow *flow, const weir_error *reason) {
    struct relay *r = flow->user;
    printf("%s %s, %llu bytes\n", flow == &r->there ? "there:" : "back:", reason ? "lost" : "ended",
           (unsigned long long)flow->bytes);
    if (--r->left == 0) free(r);
}

static void on_client(weir_transport *client, void *user) {
    weir_loop *loop = user;
    weir_transport *server;
    struct relay *r = calloc(1, sizeof *r);
    if (!r || weir_connect(loop, "mem:back", NULL, NULL, &server) < 0) {
        free(r);
        return; /* without a protocol the client is reset */
    }
    r->there = r->back = (weir_flow){.ended = flow_ended, .user = r};
    r->left = 2;
    weir_pipe_flow(client, server, &r->there);
    weir_pipe_flow(server, client, &r->back);
}
/* [/relay] */

static void on_server(weir_transport *t, void *user) {
    (void)user;
    weir_pipe(t, t);
}

static void say_hello(void *self, weir_transport *t) {
    (void)self;
    weir_transport_write(t, "hello\n", 6);
    weir_transport_half_close(t);
}

static size_t print(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    (void)self, (void)t;
    return fwrite(bytes, 1, n, stdout);
}

static void stop(void *self, weir_transport *t, const weir_error *reason) {
    (void)self, (void)reason;
    weir_drain(weir_transport_loop(t), WEIR_FOREVER, NULL, NULL);
}

static const weir_protocol client = {.connected = say_hello, .received = print, .disconnected = stop};

int main(void) {
    weir_transport *t;
    weir_loop *loop = weir_loop_new(NULL);
    if (weir_serve(loop, "mem:back", on_server, NULL) < 0 || weir_serve(loop, "mem:front", on_client, loop) < 0 ||
        weir_connect(loop, "mem:front", &client, NULL, &t) < 0)
        return weir_report(loop);
    weir_run(loop);
    return weir_loop_close(loop, NULL, NULL) < 0;
}
