/* SPDX-License-Identifier: MIT
 *
 * The hostile mode: contract 8. The n-th request for memory is refused, for every n, once and for ever after. Whatever
 * that costs, the program is told; it tears down what it has, and nothing leaks, crashes or hangs. If both ends of a
 * stream say that all went well, every byte is there. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hostile/suites.h"

#define STREAM 150000

static void all_or_an_error(const struct scene *s, uint64_t bytes) {
    bool well = s->client.disconnected && s->client.code == 0 && s->server.disconnected && s->server.code == 0;
    if (well) check_int(s->server.received, bytes);
}

/* A UNIX socket that is aborted looks to its peer as if it had ended. */
static bool tells_a_reset(const struct scene *s) { return !(s->medium & UNIX); }

static void abort_if(struct actor *a, int status) {
    if (status < 0) abort_now(a);
}

/* ---- streams ----------------------------------------------------------------------------------------------------- */

static void hello(struct scene *s) {
    s->client.on_connected = say_hello_and_close;
    scene_play(s);
    all_or_an_error(s, 5);
}

static void question_and_answer(struct scene *s) {
    s->client.on_connected = say_hello_and_half_close;
    s->server.on_received = echo;
    scene_play(s);
    all_or_an_error(s, 5);
}

static void pump_and_close(struct actor *a) { actor_pump(a, STREAM, close_now); }

static size_t take_by_dice(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    return 1 + (size_t)dice_roll(&a->scene->dice, n);
}

/* With rests that must be kept, in queues that must grow. */
static void a_stream_with_rests(struct scene *s) {
    static const weir_limits small = {.receive = 20000, .write_cap = 100000, .pause_mark = 30000, .resume_mark = 9000};
    s->limits = &small;
    s->client.pump.burst = 40000;
    s->client.on_connected = pump_and_close;
    s->server.on_received = take_by_dice;
    scene_play(s);
    if (s->client.pump.sent == STREAM) all_or_an_error(s, STREAM);
}

static void take_late(struct actor *a) {
    pause_receiving(a);
    actor_later(a, 20 * MS, resume_receiving);
}

static void a_stream_against_a_late_reader(struct scene *s) {
    s->client.on_connected = pump_and_close;
    s->server.on_connected = take_late;
    scene_play(s);
    if (s->client.pump.sent == STREAM) all_or_an_error(s, STREAM);
}

static void write_slices(struct actor *a) {
    static uint8_t bytes[60000];
    weir_slice slices[30];
    for (size_t i = 0; i < 30; i++)
        slices[i] = (weir_slice){bytes + 2000 * i, 2000};
    pattern_fill(bytes, 0, sizeof bytes);
    abort_if(a, weir_transport_write_sequence(a->t, slices, 30));
    close_now(a);
}

static void a_gathered_write(struct scene *s) {
    s->client.on_connected = write_slices;
    scene_play(s);
    all_or_an_error(s, 60000);
}

/* ---- ops --------------------------------------------------------------------------------------------------------- */

static struct errand lent[20], reader;
static uint8_t bytes[20 * 3000];

static void lend_twenty(struct actor *a) {
    memset(lent, 0, sizeof lent);
    for (unsigned i = 0; i < 20 && a->t; i++)
        abort_if(a, actor_lend(a, &lent[i], bytes + 3000 * i, 3000));
    close_now(a);
}

static void read_some(struct actor *a) {
    static uint8_t into[2500];
    abort_if(a, actor_read(a, &reader, into, 1000, sizeof into));
}

static void read_on(struct errand *e, int64_t result) {
    if (result > 0)
        read_some(e->actor);
    else
        close_now(e->actor);
}

static void ops_both_ways(struct scene *s) {
    reader = (struct errand){.on_done = read_on};
    s->server.deaf = true;
    s->client.on_connected = lend_twenty;
    s->server.on_connected = read_some;
    scene_play(s);
    all_or_an_error(s, sizeof bytes);
    check(!weir_op_active(&reader.op));
    for (unsigned i = 0; i < 20; i++)
        check(!weir_op_active(&lent[i].op));
}

static void lend_and_cancel(struct actor *a) {
    lend_twenty(a);
    for (unsigned i = 0; i < 20; i += 2)
        weir_op_cancel(&lent[i].op);
}

static void cancelled_ops(struct scene *s) {
    reader = (struct errand){0};
    s->client.on_connected = lend_and_cancel;
    scene_play(s);
    for (unsigned i = 0; i < 20; i++)
        check(!weir_op_active(&lent[i].op));
}

/* ---- relays ------------------------------------------------------------------------------------------------------ */

static weir_flow there, back;

static void relay_to_far(struct actor *a) {
    struct scene *s = a->scene;
    weir_transport *t = a->t, *pair[2];
    if (weir_mem_pair(s->loop, NULL, pair) < 0) {
        abort_now(a);
        return;
    }
    there = back = (weir_flow){0};
    if (weir_pipe_flow(t, pair[0], &there) == 0) {
        actor_leave(a);
        if (weir_pipe_flow(pair[0], t, &back) < 0) weir_transport_abort(t);
    } else {
        abort_now(a);
        weir_transport_abort(pair[0]);
    }
    if (actor_take(s->user, pair[1]) < 0) weir_transport_abort(pair[1]);
}

static void pump_and_half_close(struct actor *a) { actor_pump(a, STREAM, half_close_now); }

static void a_relay(struct scene *s) {
    struct actor *far = scene_cast(s, "far");
    s->user = far;
    s->client.on_connected = pump_and_half_close;
    s->server.on_connected = relay_to_far;
    scene_play(s);
    if (tells_a_reset(s) && s->client.pump.sent == STREAM && s->client.code == 0 && far->disconnected && far->code == 0)
        check_int(far->received, STREAM);
}

static void echo_in_accept(struct door *door, weir_transport *t) {
    if (weir_pipe(t, t) < 0) weir_transport_abort(t);
    door_shut(door);
}

static void an_echo_server(struct scene *s) {
    s->door.on_accept = echo_in_accept;
    s->client.on_connected = pump_and_half_close;
    scene_play(s);
    if (tells_a_reset(s) && s->client.pump.sent == STREAM && s->client.code == 0) check_int(s->client.received, STREAM);
}

/* ---- connections ------------------------------------------------------------------------------------------------- */

#define GUESTS 12

static void host_a_guest(struct door *door, weir_transport *t) {
    struct actor *host = scene_cast(door->scene, "host");
    host->on_received = echo;
    actor_take(host, t);
    if (door->accepted == GUESTS) door_shut(door);
}

static void many_guests(struct scene *s) {
    weir_address address = scene_address(s);
    s->door.on_accept = host_a_guest;
    if (door_open(&s->door, s, &address) < 0) return;
    for (unsigned i = 0; i < GUESTS; i++) {
        struct actor *guest = scene_cast(s, "guest");
        guest->on_connected = say_hello_and_half_close;
        (void)actor_connect(guest, &s->door.address); /* one that cannot stays at home */
    }
    scene_run(s);
}

static void connect_there(struct door *door, const weir_error *reason) {
    (void)reason;
    (void)actor_connect(&door->scene->client, &door->address);
}

static void a_refused_connect(struct scene *s) {
    weir_address address = scene_address(s);
    s->door.on_closed = connect_there;
    if (door_open(&s->door, s, &address) < 0) return;
    door_shut(&s->door);
    scene_run(s);
    check(!s->client.connected);
}

static void by_endpoint(struct scene *s) {
    weir_endpoint endpoint;
    weir_transport *t = NULL;
    if (weir_endpoint_parse(&endpoint, "tcp://127.0.0.1:1", NULL) < 0) return;
    if (weir_connect_endpoint(s->loop, &endpoint, NULL, NULL, NULL, &t) == 0) check_int(weir_transport_abort(t), 0);
    scene_run(s);
}

static weir_listener *stacked;

static void stacked_closed(weir_listener *listener, void *user, const weir_error *reason) {
    (void)listener;
    (void)user;
    (void)reason;
    stacked = NULL;
}

static void close_stacked(struct scene *s) {
    (void)s;
    if (stacked) weir_listener_close(stacked);
}

static void let_in(weir_transport *t, void *user) {
    struct scene *s = user;
    scene_enter(s);
    if (!s->server.t) actor_take(&s->server, t);
    scene_leave(s);
}

static int serve_stacked(struct scene *s, const char *text) {
    const weir_listen_options options = {.closed = stacked_closed};
    weir_endpoint endpoint;
    check_int(weir_endpoint_parse(&endpoint, text, NULL), 0);
    return weir_serve_endpoint(s->loop, &endpoint, &options, let_in, s, &stacked);
}

static void by_a_stack_of_layers(struct scene *s) {
    weir_transport *t;
    stacked = NULL;
    s->client.on_connected = say_hello_and_close;
    if (scene_worked(s, serve_stacked(s, "trace+throttle+trace+mem:x?throttle.rate=1G"))) {
        int status = weir_connect(s->loop, "throttle+trace+mem:x?throttle.rate=1G", NULL, NULL, &t);
        if (scene_worked(s, status) && actor_take(&s->client, t) < 0) weir_transport_abort(t);
        scene_later(s, 100 * MS, close_stacked);
    }
    scene_run(s);
    all_or_an_error(s, 5);
}

static void by_what_is_there_once(struct scene *s) {
    stacked = NULL;
    scene_worked(s, serve_stacked(s, "trace+null:?idle=1min"));
    scene_run(s);
}

/* ---- the end, and a successor ------------------------------------------------------------------------------------ */

static unsigned drains;

static void drained(weir_loop *loop, const weir_drained *result, void *user) {
    (void)user;
    check(result->ended + result->lost + result->aborted <= 2);
    check(!weir_draining(loop));
    drains++;
}

static void say_hello_and_drain(struct actor *a) {
    say_hello(a);
    check_int(weir_drain(a->scene->loop, 60 * MS, drained, NULL), 0);
}

static void a_drain(struct scene *s) {
    drains = 0;
    s->client.on_connected = say_hello_and_drain;
    s->server.on_received = echo;
    scene_play(s);
    check_int(drains, s->client.connected);
    all_or_an_error(s, 5);
}

static weir_listener *old_one, *new_one;
static weir_handover *offer;

static void one_closed(weir_listener *listener, void *user, const weir_error *reason) {
    (void)user;
    (void)reason;
    if (listener == old_one) old_one = NULL;
    if (listener == new_one) new_one = NULL;
}

static const weir_listen_options one_options = {.closed = one_closed};

static void offered(weir_handover *which, int status, void *user) {
    (void)user;
    (void)status;
    check(which == offer);
    offer = NULL;
}

static int take_one(weir_loop *loop, const char *name, int fd, void *user) {
    (void)name;
    return weir_listener_adopt(loop, fd, WEIR_TAKE, &one_options, let_in, user, &new_one);
}

static void took_over(weir_loop *loop, int status, void *user) {
    struct scene *s = user;
    (void)loop;
    if (status == 0) check(new_one != NULL);
    scene_release(s);
}

static void end_both(struct scene *s) {
    (void)s;
    if (offer) weir_handover_withdraw(offer);
    if (old_one) weir_listener_close(old_one);
    if (new_one) weir_listener_close(new_one);
}

/* From a loop to itself. */
static void a_hand_over(struct scene *s) {
    weir_address address = scene_address(s);
    char path[64];
    old_one = new_one = NULL;
    offer = NULL;
    snprintf(path, sizeof path, "@weir-hostile-%d", (int)getpid());
    if (!scene_worked(s, weir_socket_listen(s->loop, &address, &one_options, let_in, s, &old_one))) return;
    scene_worked(s, weir_handover_offer(s->loop, path, &old_one, 1, offered, s, &offer));
    if (scene_worked(s, weir_handover_take(s->loop, path, 60 * MS, take_one, took_over, s))) scene_hold(s);
    scene_later(s, 90 * MS, end_both);
    scene_run(s);
    check(!old_one && !new_one && !offer);
}

/* ---- changing hands ---------------------------------------------------------------------------------------------- */

static size_t hand_over(struct actor *a, const uint8_t *data, size_t n) {
    (void)data;
    if (actor_hand_over(a, a->scene->user) < 0) abort_now(a);
    return n / 2;
}

static void a_change_of_protocol(struct scene *s) {
    s->user = scene_cast(s, "second");
    s->client.on_connected = say_hello_and_close;
    s->server.on_received = hand_over;
    scene_play(s);
}

static void register_and_pump(struct actor *a) {
    static const weir_producer producer = {0};
    abort_if(a, weir_transport_register(a->t, &producer, a));
    if (a->t) actor_write_pattern(a, 300000);
    close_now(a);
}

static void a_producer(struct scene *s) {
    s->client.on_connected = register_and_pump;
    scene_play(s);
}

#define FEW (TCP4 | UNIX_NAME | PIPE | MEMORY | DEEP)
#define FEW_DUPLEX (TCP4 | UNIX_NAME | MEMORY | DEEP)

static const struct scenario hostile[] = {
    SCENARIO(hello, .media = EVERY),
    SCENARIO(question_and_answer, .media = FEW_DUPLEX),
    SCENARIO(a_stream_with_rests, .media = FEW),
    SCENARIO(a_stream_against_a_late_reader, .media = FEW),
    SCENARIO(a_gathered_write, .media = FEW),
    SCENARIO(ops_both_ways, .media = FEW),
    SCENARIO(cancelled_ops, .media = FEW),
    SCENARIO(a_relay, .media = FEW_DUPLEX),
    SCENARIO(an_echo_server, .media = TCP4 | UNIX_PATH),
    SCENARIO(many_guests, .media = TCP4 | UNIX_PATH),
    SCENARIO(a_refused_connect, .media = TCP4 | UNIX_NAME),
    SCENARIO(by_endpoint, .media = TCP4),
    SCENARIO(by_a_stack_of_layers, .media = NONE),
    SCENARIO(by_what_is_there_once, .media = NONE),
    SCENARIO(a_drain, .media = FEW_DUPLEX),
    SCENARIO(a_hand_over, .media = TCP4 | UNIX_PATH, .places = SYSTEM, .timed = true),
    SCENARIO(a_change_of_protocol, .media = FEW),
    SCENARIO(a_producer, .media = FEW),
};

int main(int argc, char **argv) {
    static const struct suite suite = SUITE(hostile);
    static const struct suite *const suites[] = {&suite, &files_suite};
    return suites_torture(suites, 2, argc, argv);
}
