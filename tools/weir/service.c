/* SPDX-License-Identifier: MIT
 *
 * A service runs until nothing is left that could call back: the last session of one that connects, or, of one that
 * listens, the last session after a signal. */
#include "service.h"

#include "looping.h"
#include "say.h"

#include <stdio.h>
#include <string.h>

/* ---- doors ---- */

/* Timers of ours must not keep alive what has nothing left to do. */
static void settle(struct service *service) {
    bool open = service->sessions.next != &service->sessions;
    for (unsigned i = 0; i < service->door_count; i++)
        open |= service->doors[i].listener != NULL;
    if (open) return;
    weir_timer_stop(&service->look);
    monitor_stop(&service->monitor);
}

static void door_accepted(weir_transport *t, void *user) {
    struct door *door = user;
    door->accepted(t, door->user);
}

static void door_closed(weir_listener *listener, void *user, const weir_error *reason) {
    struct door *door = user;
    (void)listener;
    door->listener = NULL;
    if (reason) service_fail(door->service, reason, "");
    settle(door->service);
}

/* The others that listen there, and who is told about it, need the port that the system chose. */
static void keep_real_address(const struct door *door, weir_endpoint *endpoint) {
    weir_address address;
    if (door->listener && weir_listener_address(door->listener, &address) >= 0)
        weir_endpoint_set_address(endpoint, &address, NULL);
}

int service_listen(struct service *service, weir_endpoint *endpoint, weir_accept_fn *accepted, void *user) {
    struct door *door = &service->doors[service->door_count++];
    const weir_listen_options options = {.closed = door_closed};
    *door = (struct door){.service = service, .endpoint = endpoint, .accepted = accepted, .user = user};
    int code = weir_serve_endpoint(service->loop, endpoint, &options, door_accepted, door, &door->listener);
    if (code >= 0) {
        door->listens = door->listener != NULL;
        service->lasting |= door->listens;
        keep_real_address(door, endpoint);
        return 0;
    }
    const weir_error *last = weir_loop_last_error(service->loop);
    const weir_error plain = {.code = code, .stage = WEIR_STAGE_LISTEN};
    service_fail(service, last ? last : &plain, "");
    return EXIT_FAILED;
}

/* What a peer would write to come here: without the layers and options. */
static const char *door_name(const weir_endpoint *endpoint, char *text, size_t size) {
    weir_endpoint name = *endpoint;
    snprintf(name.layers[0], sizeof name.layers[0], "%s", weir_endpoint_medium(endpoint));
    name.layers[1][0] = 0;
    name.option_count = 0;
    return weir_endpoint_format(&name, text, size);
}

void service_say_listening(const struct service *service) {
    char text[WEIR_ENDPOINT_TEXT_MAX];
    for (unsigned i = 0; i < service->door_count; i++)
        if (service->doors[i].listens)
            say_line("listening on %s", door_name(service->doors[i].endpoint, text, sizeof text));
}

void service_shut_doors(struct service *service) {
    for (unsigned i = 0; i < service->door_count; i++)
        if (service->doors[i].listener) weir_listener_close(service->doors[i].listener);
}

/* ---- what happens ---- */

void service_fail(struct service *service, const weir_error *error, const char *after) {
    struct tally *tally = &service->tally;
    if (tally->failures++ == 0) weir_error_format(error, tally->first_failure, sizeof tally->first_failure);
    say_failure(error, after);
}

void service_watch(struct service *service, uint64_t total, int way) {
    monitor_start(&service->monitor, service, total, way);
}

void service_moved(const struct service *service, uint64_t ret[2]) {
    for (int way = 0; way < 2; way++) {
        ret[way] = service->tally.bytes[way];
        for (const struct session *s = service->sessions.next; s != &service->sessions; s = s->next)
            ret[way] += session_moved(s, way);
    }
}

void service_session_ended(struct service *service, const uint64_t bytes[2]) {
    for (int way = 0; way < 2; way++)
        service->tally.bytes[way] += bytes[way];
    service->tally.ended_ns = weir_now_ns(service->loop);
    service->alive--;
    settle(service);
}

/* ---- from the beginning to the end ---- */

static void stopped_once(weir_post *post) { service_drain(post->user); }

static void stopped_twice(weir_post *post) { service_abort(post->user); }

void service_begin(struct service *service, weir_loop *loop) {
    service->loop = loop;
    service->sessions.next = service->sessions.prev = &service->sessions;
    service->stops[0] = (weir_post){.run = stopped_once, .user = service};
    service->stops[1] = (weir_post){.run = stopped_twice, .user = service};
}

void service_stop(struct service *service, int times) {
    if (service->running) weir_loop_post(service->loop, &service->stops[times]);
}

void service_ran(struct service *service, int code) {
    if (code >= 0) return;
    service_fail(service, &(weir_error){.code = code, .hint = "the loop cannot go on"}, "");
}

void service_end(struct service *service) {
    struct tally *tally = &service->tally;
    looping_abort(service->loop);
    weir_run(service->loop);
    monitor_stop(&service->monitor);
    tally->stalls = service->monitor.progress.meter.stalls;
    tally->stalled_ns = service->monitor.progress.meter.stalled_ns;
    snprintf(tally->backend, sizeof tally->backend, "%s", weir_loop_backend(service->loop));
    weir_loop_stats_get(service->loop, &tally->loop);
}
