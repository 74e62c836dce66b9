/* SPDX-License-Identifier: MIT */
/* weir's echo server as a user would write it: `received` -> `write`, and reading rests while the peer does not
 * take its bytes.
 *
 * `weir_echo [--backend NAME] PORT` behaves as the other servers do (see server.h); its JSON is the loop's own
 * count. SIGTERM is taken by a thread that does nothing else, because stopping the loop is all that another thread
 * may do.
 *
 * Not done: what is open at the end is left to the process's exit. */
#include <weir/weir.h>

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static size_t on_received(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    (void)self;
    if (weir_transport_write(t, bytes, n) < 0) {
        weir_transport_abort(t);
    }
    return n;
}

static void on_pause(void *self, weir_transport *t) {
    (void)self;
    weir_transport_pause(t, WEIR_RECEIVE);
}

static void on_resume(void *self, weir_transport *t) {
    (void)self;
    weir_transport_resume(t, WEIR_RECEIVE);
}

static const weir_protocol echo = {.received = on_received, .pause = on_pause, .resume = on_resume};

static void on_connection(weir_transport *t, void *user) {
    (void)user;
    weir_transport_set_protocol(t, &echo, NULL);
}

static void *wait_for_stop(void *loop) {
    sigset_t set;
    int number;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigwait(&set, &number);
    weir_stop(loop);
    return NULL;
}

/* Before any thread is made, so that all of them have the signal blocked and only sigwait takes it. */
static void block_stop(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static int fail(const char *what, int code) {
    fprintf(stderr, "%s: %s\n", what, weir_error_text(code));
    return 1;
}

static int64_t us(struct timeval t) { return (int64_t)t.tv_sec * 1000000 + (int64_t)t.tv_usec; }

static void report(const weir_loop *loop) {
    weir_loop_stats stats;
    struct rusage use;
    weir_loop_stats_get(loop, &stats);
    getrusage(RUSAGE_SELF, &use);
    printf("{\"server\":\"weir_echo\",\"backend\":\"%s\",\"system_calls\":%" PRIu64 ",\"allocations\":%" PRIu64
           ",\"memory_peak\":%zu,\"user_us\":%" PRId64 ",\"system_us\":%" PRId64 "}\n",
           weir_loop_backend(loop), stats.system_calls, stats.allocations, stats.memory_peak, us(use.ru_utime),
           us(use.ru_stime));
}

static int serve(const char *backend, uint16_t port) {
    const weir_loop_options options = {.backend = backend};
    weir_loop *loop;
    weir_listener *listener;
    weir_address address;
    pthread_t stopper;
    int code = weir_loop_open(&loop, &options);
    if (code < 0) {
        return fail("weir_loop_open", code);
    }
    weir_address_ip(&address, "127.0.0.1", port);
    code = weir_socket_listen(loop, &address, NULL, on_connection, NULL, &listener);
    if (code < 0) {
        return fail("weir_socket_listen", code);
    }
    weir_listener_address(listener, &address);
    if (pthread_create(&stopper, NULL, wait_for_stop, loop) != 0) {
        return fail("pthread_create", WEIR_ENOMEM);
    }
    fprintf(stderr, "listening on tcp://127.0.0.1:%u\n", (unsigned)address.port);
    code = weir_run(loop);
    if (code < 0) {
        return fail("weir_run", code);
    }
    report(loop);
    return 0;
}

int main(int argc, char **argv) {
    const bool named = argc == 4 && strcmp(argv[1], "--backend") == 0;
    char *end = NULL;
    const long port = named || argc == 2 ? strtol(argv[argc - 1], &end, 10) : -1;
    if (port < 0 || port > 65535 || end == argv[argc - 1] || *end != '\0') {
        fprintf(stderr, "usage: %s [--backend NAME] PORT\n", argv[0]);
        return 2;
    }
    block_stop();
    return serve(named ? argv[2] : NULL, (uint16_t)port);
}
