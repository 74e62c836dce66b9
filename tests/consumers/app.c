/* SPDX-License-Identifier: MIT
 *
 * A program as a user of the library has it: an echo server and its client on one loop. Prints the backend and "ok". */
#ifdef WEIR_ONE_HEADER
#include "weir.h"
#else
#include <weir/sim.h>
#include <weir/weir.h>
#endif

#include <stdio.h>
#include <string.h>

static int good;

static void on_connection(weir_transport *t, void *user) {
    (void)user;
    weir_pipe(t, t);
}

static void say(void *self, weir_transport *t) {
    (void)self;
    weir_transport_write(t, "hello", 5);
}

static size_t hear(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    if (n < 5) return 0;
    good = memcmp(bytes, "hello", 5) == 0;
    weir_transport_close(t);
    weir_listener_close((weir_listener *)self);
    return n;
}

static const weir_protocol client = {.connected = say, .received = hear};

int main(void) {
    weir_loop *loop = weir_loop_new(NULL);
    weir_listener *listener;
    weir_address address;
    if (strcmp(weir_version(), WEIR_VERSION) != 0) return 1;
    if (weir_address_ip(&address, "127.0.0.1", 0) < 0) return 1;
    if (weir_socket_listen(loop, &address, NULL, on_connection, NULL, &listener) < 0) return weir_report(loop);
    weir_listener_address(listener, &address);
    if (weir_socket_connect(loop, &address, NULL, &client, listener, NULL) < 0) return weir_report(loop);
    if (weir_run(loop) < 0) return 1;
    printf("%s %s\n", weir_loop_backend(loop), good ? "ok" : "wrong");
    return weir_loop_close(loop, NULL, NULL) < 0 || !good;
}
