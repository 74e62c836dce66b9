/* SPDX-License-Identifier: MIT
 *
 * Four loops on four threads that share one port; the first chooses it. */
#include <stdio.h>
#include <weir/weir.h>

/* [workers] */
struct server {
    weir_address address;
};

static void on_connection(weir_transport *t, void *user) {
    (void)user;
    weir_pipe(t, t);
}

static int set_up(const weir_worker *worker, void *user) {
    struct server *s = user;
    weir_listener *listener;
    int status = weir_socket_listen(worker->loop, &s->address, NULL, on_connection, NULL, &listener);
    return status < 0 ? status : weir_listener_address(listener, &s->address);
}
/* [/workers] */

static void say(void *self, weir_transport *t) {
    (void)self;
    weir_transport_write(t, "hello\n", 6);
    weir_transport_half_close(t);
}

static size_t count(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    (void)t, (void)bytes;
    *(size_t *)self += n;
    return n;
}

static const weir_protocol client = {.connected = say, .received = count};

int main(void) {
    struct server s;
    size_t bytes = 0;
    weir_crew *crew;
    weir_transport *t;
    weir_address_ip(&s.address, "127.0.0.1", 0);
    if (weir_crew_open(&crew, &(weir_crew_options){.count = 4, .setup = set_up, .user = &s}) < 0) return 1;
    weir_loop *loop = weir_loop_new(NULL);
    for (int i = 0; i < 20; i++)
        weir_socket_connect(loop, &s.address, NULL, &client, &bytes, &t);
    weir_run(loop);
    printf("%zu bytes came back\n", bytes);
    weir_crew_drain(crew, 1000000000);
    weir_loop_close(loop, NULL, NULL);
    return weir_crew_close(crew) < 0;
}
