/* SPDX-License-Identifier: MIT
 *
 * A service runs until nothing is left that could call back: the last session of one that connects, or, of one that
 * listens, the last session after a signal. Descriptors are what it runs out of first, so it takes all that it may. */
#include "service.h"

#include "looping.h"
#include "say.h"
#include "stats.h"
#include "units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

/* The soft limit is there for programs that use select; this is none. */
static void raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static int open_loop(weir_loop **ret, const char *backend) {
    if (looping_open(ret, backend) < 0) return EXIT_FAILED;
    if (strcmp(weir_loop_backend(*ret), "sim") != 0) return 0;
    say_error("the backend sim is a world of its own, and reaches nobody outside; `weir demo` can use it");
    looping_end(*ret);
    return EXIT_USAGE;
}

int service_open(struct service *service, const struct options *options) {
    raise_descriptor_limit();
    int status = open_loop(&service->loop, options->backend);
    if (status) return status;
    service->options = options;
    service->sessions.next = service->sessions.prev = &service->sessions;
    service->stop = (struct stop){.drain = service_drain, .abort = service_abort, .user = service};
    if (stop_begin(&service->stop, service->loop)) return 0;
    say_error("open: no thread could be made to wait for signals");
    looping_end(service->loop);
    return EXIT_FAILED;
}

int service_parse(weir_endpoint *ret, const char *text) {
    char line[512];
    weir_error error = {0};
    int code = weir_endpoint_parse(ret, text, &error);
    if (code >= 0) return 0;
    say_error("%s", weir_error_format(&error, line, sizeof line));
    return EXIT_USAGE;
}

void service_fail(struct service *service, const weir_error *error, const char *after) {
    if (service->failures++ == 0) weir_error_format(error, service->first_failure, sizeof service->first_failure);
    say_failure(error, after);
}

/* A person may take all the time in the world to read a page. */
weir_limits service_limits(const struct service *service, const weir_endpoint *endpoint) {
    return (weir_limits){.stall_ns = endpoint->scheme == WEIR_SCHEME_STDIO ? WEIR_FOREVER : 0,
                         .idle_ns = service->options->timeout_ns};
}

void service_watch(struct service *service, uint64_t total, int way) {
    monitor_start(&service->monitor, service, total, way);
}

/* ---- doors ---- */

static void door_accepted(weir_transport *t, void *user) {
    struct door *door = user;
    door->accepted(t, door->user);
}

/* Timers of ours must not keep alive what has nothing left to do. */
static void settle(struct service *service) {
    bool open = service->sessions.next != &service->sessions;
    for (unsigned i = 0; i < service->door_count; i++)
        open |= service->doors[i].listener != NULL;
    if (open) return;
    weir_timer_stop(&service->look);
    monitor_stop(&service->monitor);
}

static void door_closed(weir_listener *listener, void *user, const weir_error *reason) {
    struct door *door = user;
    (void)listener;
    door->listener = NULL;
    if (reason) service_fail(door->service, reason, "");
    settle(door->service);
}

int service_listen(struct service *service, const weir_endpoint *endpoint, weir_accept_fn *accepted, void *user) {
    struct door *door = &service->doors[service->door_count++];
    weir_limits limits = service_limits(service, endpoint);
    const weir_listen_options options = {.limits = &limits, .closed = door_closed};
    *door = (struct door){.service = service, .endpoint = *endpoint, .accepted = accepted, .user = user};
    int code = weir_serve_endpoint(service->loop, endpoint, &options, door_accepted, door, &door->listener);
    service->lasting |= door->listener != NULL;
    if (code >= 0) return 0;
    const weir_error *last = weir_loop_last_error(service->loop);
    const weir_error plain = {.code = code, .stage = WEIR_STAGE_LISTEN};
    service_fail(service, last ? last : &plain, "");
    return EXIT_FAILED;
}

/* The address in force, without the options. */
void service_say_listening(const struct service *service) {
    char text[WEIR_ENDPOINT_TEXT_MAX];
    for (unsigned i = 0; i < service->door_count; i++) {
        const struct door *door = &service->doors[i];
        weir_endpoint real = {.scheme = door->endpoint.scheme, .address = door->endpoint.address};
        if (!door->listener) continue;
        weir_listener_address(door->listener, &real.address);
        say_line("listening on %s", weir_endpoint_format(&real, text, sizeof text));
    }
}

void service_shut_doors(struct service *service) {
    for (unsigned i = 0; i < service->door_count; i++)
        if (service->doors[i].listener) weir_listener_close(service->doors[i].listener);
}

/* ---- the end ---- */

void service_session_ended(struct service *service, const uint64_t bytes[2]) {
    for (int i = 0; i < 2; i++)
        service->bytes[i] += bytes[i];
    service->alive--;
    service->ended_ns = weir_now_ns(service->loop);
    settle(service);
}

void service_moved(const struct service *service, uint64_t ret[2]) {
    for (int way = 0; way < 2; way++) {
        ret[way] = service->bytes[way];
        for (const struct session *s = service->sessions.next; s != &service->sessions; s = s->next)
            ret[way] += session_moved(s, way);
    }
}

const char *service_ways(const struct service *service, const uint64_t bytes[2], char *text, size_t size) {
    char counts[2][UNITS_TEXT_MAX];
    const char *const *ways = service->ways;
    for (int i = 0; i < 2; i++)
        units_count(bytes[i], "byte", counts[i], sizeof counts[i]);
    if (ways[1])
        snprintf(text, size, "%s %s, %s %s", counts[0], ways[0], counts[1], ways[1]);
    else
        snprintf(text, size, "%s %s", counts[0], ways[0]);
    return text;
}

static void say_summary(const struct service *service) {
    char connections[UNITS_TEXT_MAX], ways[SERVICE_WAYS_MAX], rate[UNITS_TEXT_MAX], cut[96] = "";
    double seconds = (double)(service->ended_ns - service->begun_ns) / 1e9;
    double moved = (double)(service->bytes[0] + service->bytes[1]);
    if (service->closed || service->aborted)
        snprintf(cut, sizeof cut, ", %" PRIu64 " closed while idle, %" PRIu64 " cut off", service->closed,
                 service->aborted);
    say_line("weir: %s, %s, %.3f s, %s, %" PRIu64 " failed%s",
             units_count(service->opened, "connection", connections, sizeof connections),
             service_ways(service, service->bytes, ways, sizeof ways), seconds,
             units_rate(seconds > 0 ? moved / seconds : 0, rate, sizeof rate), service->failures, cut);
}

/* One that does not last has one job: to be stopped before its end is not to have done it. */
static int status_of(const struct service *service) {
    if (service->failures) return EXIT_FAILED;
    if (service->aborted || (service->closed && !service->lasting)) return EXIT_INTERRUPTED;
    return EXIT_DELIVERED;
}

int service_run(struct service *service, int status) {
    int code = status ? 0 : weir_run(service->loop);
    if (code < 0) {
        service->failures++;
        say_error("run: %s", weir_error_text(code));
    }
    stop_end(&service->stop);
    looping_abort(service->loop);
    weir_run(service->loop);
    monitor_stop(&service->monitor);
    bool tells = service->draining || service->options->given & (OPTION_VERBOSE | OPTION_PROGRESS);
    if (!status && tells) say_summary(service);
    if (!status) status = status_of(service);
    if (service->options->given & OPTION_STATS && !stats_write(service, status)) status = EXIT_FAILED;
    looping_end(service->loop);
    return status;
}
