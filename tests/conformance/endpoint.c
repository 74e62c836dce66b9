/* SPDX-License-Identifier: MIT
 *
 * Endpoints, opened: the medium that the text names, with the limits it says and the layers it lists on both ends; what
 * is there only once is accepted once and from the loop; what cannot be opened says why. */
#include "conformance/suites.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct inn {
    struct scene *scene;
    weir_listener *listener;
    unsigned accepted, closed;
    int code;      /* that it was closed with */
    bool deserted; /* what comes in gets no protocol */
} inn;

static void accepted(weir_transport *t, void *user) {
    scene_enter(inn.scene);
    check(user == &inn);
    inn.accepted++;
    if (!inn.deserted) check_int(actor_take(&inn.scene->server, t), 0);
    if (inn.listener) check_int(weir_listener_close(inn.listener), 0);
    scene_leave(inn.scene);
}

static void closed(weir_listener *listener, void *user, const weir_error *reason) {
    scene_enter(inn.scene);
    check(user == &inn);
    check(listener == inn.listener);
    inn.listener = NULL;
    inn.code = reason ? reason->code : 0;
    inn.closed++;
    scene_leave(inn.scene);
}

static weir_endpoint endpoint_of(const char *text) {
    weir_endpoint e = {.port = 0};
    weir_error error;
    if (weir_endpoint_parse(&e, text, &error) < 0) check_failed("%s: %s", text, error.hint);
    return e;
}

static int open_inn_at(struct scene *s, const weir_endpoint *e) {
    const weir_listen_options options = {.closed = closed};
    inn = (struct inn){.scene = s, .deserted = inn.deserted};
    scene_calls(s);
    return scene_called(s, weir_serve_endpoint(s->loop, e, &options, accepted, &inn, &inn.listener));
}

static int open_inn(struct scene *s, const char *text) {
    weir_endpoint e = endpoint_of(text);
    inn.deserted = false;
    return open_inn_at(s, &e);
}

static int visit_at(struct actor *a, const weir_endpoint *e) {
    weir_transport *t;
    scene_calls(a->scene);
    int status = scene_called(a->scene, weir_connect_endpoint(a->scene->loop, e, NULL, NULL, NULL, &t));
    return status < 0 ? status : actor_take(a, t);
}

static int visit(struct actor *a, const char *text) {
    weir_endpoint e = endpoint_of(text);
    return visit_at(a, &e);
}

/* ---- listening and connecting ------------------------------------------------------------------------------------ */

static void names_in_memory_meet(struct scene *s) {
    check_int(open_inn(s, "mem:the inn"), 0);
    check_int(visit(&s->client, "mem:the%20inn"), 0);
    s->client.on_connected = say_hello;
    s->client.on_received = hear_hello_and_close;
    s->server.on_received = echo;
    scene_run(s);
    check_int(s->client.received, 5);
    check_int(inn.accepted, 1);
    check_int(inn.closed, 1);
}

/* Listens on any port and connects to the one in force. */
static void meet_over_tcp(struct scene *s, const char *text, const char *more) {
    weir_endpoint e = endpoint_of(text), there = endpoint_of(more);
    weir_address address;
    inn.deserted = false;
    check_int(open_inn_at(s, &e), 0);
    check_int(weir_listener_address(inn.listener, &address), 0);
    check_int(weir_endpoint_set_address(&there, &address, NULL), 0);
    check_int(visit_at(&s->client, &there), 0);
}

static void see_limits(struct actor *a) {
    weir_transport_info info = actor_info(a);
    check(info.limits.idle_ns == 90 * SECOND);
    check(info.limits.stall_ns == WEIR_FOREVER);
    check_int(info.limits.receive, 4096);
    check(info.limits.write_cap == WEIR_UNBOUNDED);
    check_int(info.limits.linger_ns, WEIR_DEFAULT_LINGER_NS);
    close_now(a);
}

static void limits_are_in_force_on_both_ends(struct scene *s) {
    s->client.on_connected = s->server.on_connected = see_limits;
    meet_over_tcp(s, "tcp://127.0.0.1:0?idle=90s&stall=forever&receive=4K&write_cap=unbounded&max=3&backlog=5",
                  "tcp://127.0.0.1:0?write_cap=unbounded&receive=4096&stall=forever&idle=90000ms&timeout=1min");
    scene_run(s);
    check_int(inn.accepted, 1);
}

static void see_stack(struct actor *a) {
    weir_transport_info info = actor_info(a);
    static const char *const expected[] = {"trace", "throttle", "tcp"};
    for (int i = 0; i < 3; i++)
        check(info.stack[i] && strcmp(info.stack[i], expected[i]) == 0);
    check(!info.stack[3]);
    if (a == &a->scene->client) say_hello(a);
}

static void layers_stand_on_both_ends(struct scene *s) {
    s->client.on_connected = s->server.on_connected = see_stack;
    s->client.on_received = hear_hello_and_close;
    s->server.on_received = echo;
    meet_over_tcp(s, "trace+throttle+tcp://127.0.0.1:0?throttle.rate=1M&idle=90s",
                  "trace+throttle+tcp://127.0.0.1:0?throttle.send=1M&throttle.burst=2");
    scene_run(s);
    check_int(s->client.received, 5);
    check_int(inn.closed, 1);
}

/* A megabyte a second lets so many bytes pass in so much time, on whatever clock the loop has. */
static void a_throttle_throttles(struct scene *s) {
    uint64_t begun = weir_now_ns(s->loop);
    s->client.on_connected = say_hello_and_close;
    check_int(open_inn(s, "mem:slow"), 0);
    check_int(visit(&s->client, "throttle+mem:slow?throttle.rate=10&throttle.burst=1"), 0);
    scene_run(s);
    check_int(s->server.received, 5);
    check(weir_now_ns(s->loop) - begun >= 4 * SECOND / 10);
}

static void without_a_protocol_it_is_aborted(struct scene *s) {
    weir_endpoint e = endpoint_of("trace+mem:empty");
    inn.deserted = true;
    check_int(open_inn_at(s, &e), 0);
    check_int(visit(&s->client, "mem:empty"), 0);
    scene_run(s);
    check_int(inn.accepted, 1);
    check_int(s->client.code, WEIR_ERESET);
}

static void a_listener_nobody_visits_goes(struct scene *s) {
    check_int(open_inn(s, "trace+mem:lonely"), 0);
    check_int(weir_listener_close(inn.listener), 0);
    scene_run(s);
    check_int(inn.accepted, 0);
    check_int(inn.closed, 1);
}

/* ---- what is there only once ------------------------------------------------------------------------------------- */

static void nothing_is_accepted_once(struct scene *s) {
    check_int(open_inn(s, "null:"), 0);
    check(!inn.listener);
    check_int(inn.accepted, 0);
    scene_run(s);
    check_int(inn.accepted, 1);
    check_int(inn.closed, 0);
    check_int(s->server.ended, 1);
}

static void nothing_without_a_protocol_is_aborted(struct scene *s) {
    weir_endpoint e = endpoint_of("trace+null:");
    inn.deserted = true;
    check_int(open_inn_at(s, &e), 0);
    scene_run(s);
    check_int(inn.accepted, 1);
}

static void what_is_lost_before_it_is_accepted_is_told(struct scene *s) {
    check_int(open_inn(s, "file:/nowhere/to/be/found"), 0);
    scene_run(s);
    check_int(inn.accepted, 0);
    check_int(inn.closed, 1);
    check_int(inn.code, WEIR_ENOENT);
    const weir_error *last = weir_loop_last_error(s->loop);
    check(last && last->code == WEIR_ENOENT);
}

static weir_endpoint a_new_file(void) {
    static unsigned count;
    weir_endpoint e = endpoint_of("file:x?create&exclusive");
    char path[64];
    int n = snprintf(path, sizeof path, "/tmp/weir-endpoint-%d-%u", (int)getpid(), ++count);
    check_int(weir_endpoint_set_path(&e, path, (size_t)n, NULL), 0);
    return e;
}

static void remove_file(struct scene *s, const weir_endpoint *e) {
    if (!scene_simulated(s)) check_int(unlink(e->path), 0);
}

/* Written through one endpoint, served by another. */
static void a_file_comes_back(struct scene *s) {
    weir_endpoint e = a_new_file();
    s->client.on_connected = say_hello_and_close;
    check_int(visit_at(&s->client, &e), 0);
    scene_run(s);
    check_int(s->client.code, 0);
    weir_endpoint_unset(&e, NULL, "create");
    weir_endpoint_unset(&e, NULL, "exclusive");
    check_int(open_inn_at(s, &e), 0);
    scene_run(s);
    check_int(s->server.received, 5);
    check_int(s->server.ended, 1);
    remove_file(s, &e);
}

/* ---- descriptors ------------------------------------------------------------------------------------------------- */

static weir_endpoint endpoint_of_descriptor(int fd, const char *owner) {
    weir_endpoint e;
    char number[16];
    int n = snprintf(number, sizeof number, "%d", fd);
    check_int(weir_endpoint_begin(&e, "fd", NULL), 0);
    check_int(weir_endpoint_set_path(&e, number, (size_t)n, NULL), 0);
    check_int(weir_endpoint_set(&e, NULL, owner, NULL, NULL), 0);
    return e;
}

static void whose_a_descriptor_is_decides_its_end(struct scene *s) {
    static const char *const owners[] = {"take", "borrow", "dup"};
    for (int i = 0; i < 3; i++) {
        int ends[2];
        check_int(pipe2(ends, O_CLOEXEC), 0);
        check_int(write(ends[1], "hello", 5), 5);
        check_int(close(ends[1]), 0);
        weir_endpoint e = endpoint_of_descriptor(ends[0], owners[i]);
        struct actor *reader = scene_cast(s, owners[i]);
        check_int(visit_at(reader, &e), 0);
        scene_run(s);
        check_int(reader->received, 5);
        check_int(fcntl(ends[0], F_GETFD) >= 0, i > 0);
        if (i > 0) close(ends[0]);
    }
}

/* ---- refused ----------------------------------------------------------------------------------------------------- */

static void says_why(struct scene *s, int status, int code, const char *hint) {
    const weir_error *last = weir_loop_last_error(s->loop);
    check_int(status, code);
    if (!last || last->code != code || !strstr(last->hint, hint))
        check_failed("expected \"%s\", got \"%s\"", hint, last ? last->hint : "");
}

static void what_this_build_lacks_is_named(struct scene *s) {
    weir_transport *t;
    says_why(s, weir_connect(s->loop, "tls+tcp://127.0.0.1:1", NULL, NULL, &t), WEIR_ENOTSUP,
             "tls: this build has no such layer");
    says_why(s, weir_connect(s->loop, "serial:/dev/ttyS0", NULL, NULL, &t), WEIR_ENOTSUP,
             "serial: this build has no such medium");
    says_why(s, weir_connect(s->loop, "tcp://127.0.0.1:1?mptcp", NULL, NULL, &t), WEIR_ENOTSUP,
             "mptcp of tcp: this build has no such option");
    says_why(s, weir_connect(s->loop, "systemd:x", NULL, NULL, &t), WEIR_ENOTSUP, "systemd only listens");
    says_why(s, weir_serve(s->loop, "tcp://example.com:1", accepted, NULL), WEIR_ENOTSUP, "names are not resolved yet");
}

static void what_is_no_endpoint_is_not_opened(struct scene *s) {
    weir_endpoint e = endpoint_of("tcp://127.0.0.1:1?max=3");
    weir_transport *t;
    says_why(s, weir_serve(s->loop, "tcp://127.0.0.1", accepted, NULL), WEIR_EINVAL, "the port is missing");
    strcpy(e.options[0].value, "many");
    says_why(s, weir_connect_endpoint(s->loop, &e, NULL, NULL, NULL, &t), WEIR_EINVAL, "max=many");
    memset(&e, 'x', sizeof e);
    check_int(weir_connect_endpoint(s->loop, &e, NULL, NULL, NULL, &t), WEIR_ENAMETOOLONG);
    check_int(weir_serve(NULL, "null:", accepted, NULL), WEIR_EINVAL);
    check_int(weir_serve(s->loop, NULL, accepted, NULL), WEIR_EINVAL);
    check_int(weir_serve(s->loop, "null:", NULL, NULL), WEIR_EINVAL);
}

static void what_fails_is_told_with_its_endpoint(struct scene *s) {
    check_int(open_inn(s, "mem:taken"), 0);
    check_int(weir_serve(s->loop, "trace+mem:taken", accepted, NULL), WEIR_EADDRINUSE);
    const weir_error *last = weir_loop_last_error(s->loop);
    check(last && last->code == WEIR_EADDRINUSE && strstr(last->peer, "mem:taken"));
    check_int(weir_listener_close(inn.listener), 0);
    scene_run(s);
}

static const struct scenario endpoint[] = {
    SCENARIO(names_in_memory_meet, .media = NONE),
    SCENARIO(limits_are_in_force_on_both_ends, .media = NONE),
    SCENARIO(layers_stand_on_both_ends, .media = NONE, .loose = true),
    SCENARIO(a_throttle_throttles, .media = NONE),
    SCENARIO(without_a_protocol_it_is_aborted, .media = NONE),
    SCENARIO(a_listener_nobody_visits_goes, .media = NONE),
    SCENARIO(nothing_is_accepted_once, .media = NONE),
    SCENARIO(nothing_without_a_protocol_is_aborted, .media = NONE),
    SCENARIO(what_is_lost_before_it_is_accepted_is_told, .media = NONE),
    SCENARIO(a_file_comes_back, .media = NONE),
    SCENARIO(whose_a_descriptor_is_decides_its_end, .media = NONE, .places = SYSTEM),
    SCENARIO(what_this_build_lacks_is_named, .media = NONE),
    SCENARIO(what_is_no_endpoint_is_not_opened, .media = NONE),
    SCENARIO(what_fails_is_told_with_its_endpoint, .media = NONE),
};
const struct suite endpoint_suite = SUITE(endpoint);
