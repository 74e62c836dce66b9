/* SPDX-License-Identifier: MIT
 *
 * A counter on a server, and two clients that each read it and then set it to one more. Whether an update is lost
 * depends on which bytes arrive first: on the seed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weir/sim.h>
#include <weir/weir.h>

/* [server] */
static uint8_t counter;

static size_t serve(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    (void)self;
    if (bytes[0] == 'g') {
        weir_transport_write(t, &counter, 1);
        return 1;
    }
    if (n < 2) return 0;
    counter = bytes[1];
    return 2;
}

static const weir_protocol server = {.received = serve};

static void on_connection(weir_transport *t, void *user) { weir_transport_set_protocol(t, &server, user); }
/* [/server] */

/* [client] */
static void get(void *self, weir_transport *t) {
    (void)self;
    weir_transport_write(t, "g", 1);
}

static size_t set(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    uint8_t message[2] = {'s', (uint8_t)(bytes[0] + 1)};
    (void)self;
    weir_transport_write(t, message, sizeof message);
    weir_transport_close(t);
    return n;
}

static const weir_protocol client = {.connected = get, .received = set};

static void begin(weir_timer *timer) {
    weir_transport *t;
    weir_connect(timer->user, "tcp://10.0.0.9:7000", &client, NULL, &t);
}
/* [/client] */

static weir_loop *loop_on(weir_sim *world, const char *name, const char *address) {
    weir_sim_host *host;
    if (weir_sim_host_add(world, name, address, &host) < 0) return NULL;
    return weir_loop_new(&(weir_loop_options){.backend = "sim", .host = host});
}

static void say(void *user, const char *line) {
    if (user) printf("    %s\n", line);
}

/* [run] */
/* Runs the whole story with one seed; tells what the counter was in the end, and the digest of all that happened. */
static int run(uint64_t seed, bool loud, uint64_t *digest) {
    weir_sim *world;
    weir_sim_options options = {
        .seed = seed, .latency_max_ns = 400000, .trace = say, .trace_user = loud ? &loud : NULL};
    if (weir_sim_open(&world, &options) < 0) return -1;
    weir_loop *home = loop_on(world, "server", "10.0.0.9");
    weir_loop *a = loop_on(world, "a", "10.0.0.1"), *b = loop_on(world, "b", "10.0.0.2");
    weir_timer first = {.fired = begin, .user = a}, second = {.fired = begin, .user = b};
    counter = 0;
    weir_serve(home, "tcp://0.0.0.0:7000", on_connection, NULL);
    weir_timer_start(a, &first, 0, 0);
    weir_timer_start(b, &second, 1000000, 0); /* a millisecond later: surely that is enough? */
    weir_sim_run(world, 1000000000);
    *digest = weir_sim_digest(world);
    weir_drain(home, 0, NULL, NULL);
    weir_run(home);
    weir_loop_close(a, NULL, NULL);
    weir_loop_close(b, NULL, NULL);
    weir_loop_close(home, NULL, NULL);
    weir_sim_close(world);
    return counter;
}

int main(int count, char **words) {
    uint64_t digest, again, seed = count > 1 ? strtoull(words[1], NULL, 10) : 1;
    if (count > 1) return printf("the counter is %d\n", run(seed, true, &digest)) < 0;
    while (seed < 10000 && run(seed, false, &digest) == 2)
        seed++;
    printf("seed %llu: an update is lost\n", (unsigned long long)seed);
    printf("again: the counter is %d, ", run(seed, false, &again));
    printf("and everything happened as before: %s\n", digest == again ? "yes" : "no");
    return 0;
}
/* [/run] */
