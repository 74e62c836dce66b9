/* SPDX-License-Identifier: MIT
 *
 * Cases that once went wrong on the transport floor, each as small as it can be: what is told inside a call, what is told
 * twice or never, deadlines that were not armed, budget that nobody was told of. On every backend that is here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <weir/weir.h>

#define SECOND ((uint64_t)1000000000)
#define MS ((uint64_t)1000000)

/* ---- an end that counts what it is told -------------------------------------------------------------------------- */

struct end {
    weir_transport *t;
    unsigned connected, paused, resumed, ended, gone;
    size_t got;
    int code;
    void (*on_connected)(struct end *e);
    void (*on_received)(struct end *e);
};

static bool in_call; /* nobody may be called back meanwhile */
static uint8_t bytes[400 * 1024];

static void connected(void *self, weir_transport *t) {
    struct end *e = self;
    assert_false(in_call);
    assert_int_equal(e->gone, 0);
    e->t = t;
    e->connected++;
    if (e->on_connected) e->on_connected(e);
}

static size_t received(void *self, weir_transport *t, const uint8_t *piece, size_t n) {
    struct end *e = self;
    (void)t;
    (void)piece;
    assert_false(in_call);
    e->got += n;
    if (e->on_received) e->on_received(e);
    return n;
}

static void ended(void *self, weir_transport *t) {
    struct end *e = self;
    (void)t;
    e->ended++;
}

static void paused(void *self, weir_transport *t) {
    struct end *e = self;
    (void)t;
    assert_false(in_call);
    e->paused++;
}

static void resumed(void *self, weir_transport *t) {
    struct end *e = self;
    (void)t;
    assert_false(in_call);
    e->resumed++;
}

static void disconnected(void *self, weir_transport *t, const weir_error *reason) {
    struct end *e = self;
    (void)t;
    assert_false(in_call);
    e->gone++;
    e->code = reason ? reason->code : 0;
    e->t = NULL;
}

static const weir_protocol reader = {connected, received, ended, paused, resumed, disconnected};
static const weir_protocol deaf = {connected, NULL, ended, paused, resumed, disconnected};

/* ---- the stage --------------------------------------------------------------------------------------------------- */

static weir_loop *open_loop(const char *backend, size_t budget) {
    weir_loop_options options = {.backend = backend, .budget = budget};
    weir_loop *loop = NULL;
    return weir_loop_open(&loop, &options) < 0 ? NULL : loop;
}

static void turn(weir_loop *loop, unsigned times) {
    while (times--) {
        int status = weir_run_once(loop, 0);
        assert_true(status >= 0 || status == WEIR_ESTALLED);
    }
}

static void fired(weir_timer *timer) { timer->user = NULL; }

static void wait_for(weir_loop *loop, uint64_t ns) {
    weir_timer timer = {.fired = fired, .user = loop};
    assert_int_equal(weir_timer_start(loop, &timer, ns, 0), 0);
    while (timer.user)
        assert_true(weir_run_once(loop, WEIR_FOREVER) >= 0);
}

static void join(weir_loop *loop, const weir_limits *limits, struct end *a, const weir_protocol *pa, struct end *b,
                 const weir_protocol *pb) {
    weir_transport *pair[2];
    assert_int_equal(weir_mem_pair(loop, limits, pair), 0);
    assert_int_equal(weir_transport_set_protocol(a->t = pair[0], pa, a), 0);
    assert_int_equal(weir_transport_set_protocol(b->t = pair[1], pb, b), 0);
}

static void abort_each(void *user, weir_object_kind kind, void *object, const char *what) {
    (void)user;
    (void)what;
    if (kind == WEIR_OBJECT_TRANSPORT) weir_transport_abort(object);
    if (kind == WEIR_OBJECT_LISTENER) weir_listener_close(object);
}

/* Ends everything while those who are told of it still live. */
static void clear(weir_loop *loop) {
    weir_loop_each(loop, abort_each, NULL);
    for (int i = 0; i < 100 && weir_loop_each(loop, NULL, NULL); i++)
        weir_run_once(loop, MS);
}

static void close_loop(weir_loop *loop) {
    weir_loop_stats stats;
    weir_loop_stats_get(loop, &stats);
    assert_int_equal(stats.charged, 0);
    assert_int_equal(stats.timers, 0);
    assert_int_equal(stats.ops, 0);
    assert_int_equal(weir_loop_close(loop, NULL, NULL), 0);
}

static void on_each_backend(void (*play)(weir_loop *loop), size_t budget) {
    static const char *const names[] = {"sim", "epoll", "io_uring"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        weir_loop *loop = open_loop(names[i], budget);
        if (!loop) continue;
        play(loop);
        close_loop(loop);
    }
}

/* ---- ops --------------------------------------------------------------------------------------------------------- */

struct errand {
    weir_op op;
    unsigned done;
    int64_t result;
};

static void done(weir_op *op, int64_t result) {
    struct errand *errand = op->user;
    assert_false(in_call);
    errand->done++;
    errand->result = result;
}

static struct errand errand_new(void) { return (struct errand){.op = {.done = done}}; }

static const weir_limits low_marks = {.pause_mark = 1000, .resume_mark = 500};

static void cancel_a_write(weir_loop *loop) {
    struct end a = {0}, b = {0};
    struct errand lend = errand_new();
    lend.op.user = &lend;
    join(loop, &low_marks, &a, &deaf, &b, &deaf);
    turn(loop, 2);
    assert_true(weir_transport_write_borrowed(a.t, &lend.op, bytes, 5000) >= 0);
    turn(loop, 4);
    assert_int_equal(a.paused, 1);
    in_call = true;
    assert_int_equal(weir_op_cancel(&lend.op), 0);
    in_call = false;
    turn(loop, 4);
    assert_int_equal(lend.done, 1);
    assert_int_equal(lend.result, WEIR_ECANCELED);
    assert_int_equal(a.resumed, 1);
    clear(loop);
}

static void cancel_calls_nobody_back(void **state) {
    (void)state;
    on_each_backend(cancel_a_write, 0);
}

static struct errand lent;

static void cancel_what_is_read(struct end *e) {
    (void)e;
    weir_op_cancel(&lent.op);
}

static void read_and_cancel(weir_loop *loop, size_t n) {
    struct end a = {0}, b = {.on_received = cancel_what_is_read};
    lent = errand_new();
    lent.op.user = &lent;
    join(loop, NULL, &a, &deaf, &b, &reader);
    turn(loop, 2);
    assert_true(weir_transport_write_borrowed(a.t, &lent.op, bytes, n) >= 0);
    assert_true(weir_transport_write(a.t, bytes, 10) >= 0);
    turn(loop, 20);
    assert_int_equal(lent.done, 1);
    assert_int_equal(lent.result, n);
    assert_int_equal(b.got, n + 10);
    clear(loop);
}

static void cancel_in_delivery(weir_loop *loop) {
    read_and_cancel(loop, 5000);
    read_and_cancel(loop, sizeof bytes);
}

static void a_write_cancelled_by_its_reader_is_whole(void **state) {
    (void)state;
    on_each_backend(cancel_in_delivery, 0);
}

/* ---- pause and resume -------------------------------------------------------------------------------------------- */

static void close_it(struct end *e) { assert_int_equal(weir_transport_close(e->t), 0); }

static void close_when_connected(weir_loop *loop) {
    struct end a = {0}, b = {0}, second = {.on_connected = close_it};
    join(loop, &low_marks, &a, &deaf, &b, &deaf);
    assert_true(weir_transport_write(a.t, bytes, 5000) >= 0);
    turn(loop, 4);
    assert_int_equal(a.paused, 1);
    assert_int_equal(weir_transport_set_protocol(a.t, &deaf, &second), 0);
    turn(loop, 4);
    assert_int_equal(second.connected, 1);
    assert_int_equal(second.paused, 0);
    clear(loop);
}

static void after_close_no_pause_is_told(void **state) {
    (void)state;
    on_each_backend(close_when_connected, 0);
}

static const weir_producer counting = {NULL, paused, resumed, NULL};

static void hand_over_below_a_producer(weir_loop *loop) {
    struct end a = {0}, b = {0}, second = {0}, producer = {0};
    join(loop, &low_marks, &a, &deaf, &b, &deaf);
    turn(loop, 2);
    assert_int_equal(weir_transport_register(a.t, &counting, &producer), 0);
    assert_true(weir_transport_write(a.t, bytes, 5000) >= 0);
    turn(loop, 4);
    assert_int_equal(weir_transport_set_protocol(a.t, &deaf, &second), 0);
    turn(loop, 4);
    assert_int_equal(producer.paused, 1);
    assert_int_equal(second.paused, 0);
    clear(loop);
}

static void a_producer_is_paused_once(void **state) {
    (void)state;
    on_each_backend(hand_over_below_a_producer, 0);
}

static struct end heir;

static void write_and_hand_over(weir_op *op, int64_t result) {
    weir_transport *t = op->user;
    assert_int_equal(result, 1);
    assert_true(weir_transport_write(t, bytes, 5000) >= 0);
    assert_int_equal(weir_transport_set_protocol(t, &deaf, &heir), 0);
}

static void hand_over_in_a_step(weir_loop *loop) {
    struct end a = {0}, b = {0};
    uint8_t one;
    weir_op op = {.done = write_and_hand_over};
    struct errand first = errand_new();
    heir = (struct end){0};
    join(loop, &low_marks, &a, &deaf, &b, &deaf);
    assert_true(weir_transport_write(a.t, bytes, 100) >= 0);
    turn(loop, 4);
    op.user = a.t;
    first.op.user = &first;
    assert_true(weir_transport_write(b.t, bytes, 2) >= 0);
    assert_int_equal(weir_transport_read(a.t, &first.op, &one, 1, 1), 0);
    turn(loop, 4);
    assert_int_equal(first.done, 1);
    assert_int_equal(weir_transport_read(a.t, &op, &one, 1, 1), 0);
    turn(loop, 6);
    assert_int_equal(heir.connected, 1);
    assert_int_equal(heir.paused, 1);
    clear(loop);
}

static void an_heir_of_a_full_queue_is_paused(void **state) {
    (void)state;
    on_each_backend(hand_over_in_a_step, 0);
}

static const weir_limits one_segment = {.pause_mark = 10000, .resume_mark = 5000, .write_cap = 15000};

static void hand_over_the_target(weir_loop *loop) {
    struct end source = {0}, from = {0}, to = {0}, sink = {0}, second = {0};
    join(loop, NULL, &source, &deaf, &from, &deaf);
    join(loop, &one_segment, &to, &deaf, &sink, &reader);
    assert_int_equal(weir_transport_pause(sink.t, WEIR_RECEIVE), 0);
    turn(loop, 2);
    assert_int_equal(weir_pipe(from.t, to.t), 0);
    assert_true(weir_transport_write(source.t, bytes, 100000) >= 0);
    turn(loop, 20);
    assert_int_equal(weir_transport_resume(sink.t, WEIR_RECEIVE), 0);
    turn(loop, 1);
    assert_int_equal(weir_transport_set_protocol(to.t, &deaf, &second), 0);
    turn(loop, 200);
    assert_int_equal(sink.got, 100000);
    clear(loop);
}

static void a_new_protocol_of_the_target_stops_no_flow(void **state) {
    (void)state;
    on_each_backend(hand_over_the_target, 0);
}

/* ---- flows ------------------------------------------------------------------------------------------------------- */

static unsigned flows_ended;
static int flow_code;

static void flow_ended(weir_flow *flow, const weir_error *reason) {
    (void)flow;
    flows_ended++;
    flow_code = reason ? reason->code : 0;
}

static void half_close_the_target(weir_loop *loop) {
    struct end source = {0}, from = {0}, to = {0}, sink = {0};
    weir_flow flow = {.ended = flow_ended};
    flows_ended = 0;
    join(loop, NULL, &source, &deaf, &from, &deaf);
    join(loop, NULL, &to, &deaf, &sink, &reader);
    turn(loop, 2);
    assert_int_equal(weir_pipe_flow(from.t, to.t, &flow), 0);
    assert_int_equal(weir_transport_half_close(to.t), 0);
    assert_true(weir_transport_write(source.t, bytes, 1000) >= 0);
    assert_int_equal(weir_transport_half_close(source.t), 0);
    turn(loop, 20);
    assert_int_equal(flows_ended, 1);
    assert_int_equal(flow_code, WEIR_ECLOSED);
    assert_int_equal(sink.got, 0);
    clear(loop);
}

static void a_flow_into_an_ended_target_is_no_success(void **state) {
    (void)state;
    on_each_backend(half_close_the_target, 0);
}

static void use_a_flow_twice(weir_loop *loop) {
    struct end source = {0}, from = {0}, to = {0}, sink = {0}, c = {0}, d = {0};
    weir_flow flow = {.ended = flow_ended};
    flows_ended = 0;
    join(loop, NULL, &source, &deaf, &from, &deaf);
    join(loop, NULL, &to, &deaf, &sink, &reader);
    join(loop, NULL, &c, &deaf, &d, &reader);
    turn(loop, 2);
    assert_int_equal(weir_pipe_flow(from.t, to.t, &flow), 0);
    assert_int_equal(weir_pipe_flow(from.t, c.t, &flow), WEIR_EBUSY);
    assert_int_equal(weir_pipe_flow(sink.t, c.t, &flow), WEIR_EBUSY);
    assert_true(weir_transport_write(source.t, bytes, 1000) >= 0);
    turn(loop, 10);
    assert_int_equal(sink.got, 1000);
    assert_int_equal(weir_transport_set_protocol(from.t, &deaf, &from), 0);
    assert_int_equal(weir_pipe_flow(from.t, c.t, &flow), 0);
    assert_true(weir_transport_write(source.t, bytes, 1000) >= 0);
    turn(loop, 10);
    assert_int_equal(d.got, 1000);
    assert_int_equal(flow.bytes, 1000);
    clear(loop);
    assert_int_equal(flows_ended, 1);
}

static void a_flow_in_use_is_refused(void **state) {
    (void)state;
    on_each_backend(use_a_flow_twice, 0);
}

static void take_its_target_away(weir_loop *loop) {
    struct end source = {0}, from = {0}, to = {0}, sink = {0};
    join(loop, NULL, &source, &deaf, &from, &deaf);
    join(loop, NULL, &to, &deaf, &sink, &reader);
    turn(loop, 2);
    assert_int_equal(weir_pipe(from.t, to.t), 0);
    assert_int_equal(weir_transport_register(to.t, NULL, NULL), WEIR_EBUSY);
    assert_int_equal(weir_transport_abort(to.t), 0);
    assert_true(weir_transport_write(source.t, bytes, 1000) >= 0);
    turn(loop, 10);
    assert_int_equal(to.gone, 1);
    assert_int_equal(source.gone, 1);
    clear(loop);
}

static void nobody_unregisters_a_flow(void **state) {
    (void)state;
    on_each_backend(take_its_target_away, 0);
}

static void close_in_a_child(struct end *e) {
    int status = 0;
    weir_loop *loop = weir_transport_loop(e->t);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) _exit(weir_loop_close(loop, NULL, NULL) == 0 ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void fork_in_a_callback(weir_loop *loop) {
    struct end a = {0}, b = {.on_received = close_in_a_child}, c = {0}, d = {0};
    if (strcmp(weir_loop_backend(loop), "sim") == 0) return;
    join(loop, NULL, &a, &deaf, &b, &reader);
    join(loop, NULL, &c, &deaf, &d, &reader);
    turn(loop, 2);
    assert_true(weir_transport_write(a.t, bytes, 100) >= 0);
    assert_true(weir_transport_write(c.t, bytes, 100) >= 0);
    turn(loop, 4);
    assert_int_equal(b.got, 100);
    assert_int_equal(d.got, 100);
    clear(loop);
}

static void a_child_may_close_in_a_callback(void **state) {
    (void)state;
    on_each_backend(fork_in_a_callback, 0);
}

static void fork_with_a_flow(weir_loop *loop) {
    struct end source = {0}, from = {0}, to = {0}, sink = {0};
    int status = 0;
    if (strcmp(weir_loop_backend(loop), "sim") == 0) return;
    join(loop, NULL, &source, &deaf, &from, &deaf);
    join(loop, NULL, &to, &deaf, &sink, &deaf);
    turn(loop, 2);
    assert_int_equal(weir_pipe(from.t, to.t), 0);
    assert_int_equal(weir_pipe(to.t, from.t), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) _exit(weir_loop_close(loop, NULL, NULL) == 0 ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    clear(loop);
}

static void a_child_frees_flows_too(void **state) {
    (void)state;
    on_each_backend(fork_with_a_flow, 0);
}

/* ---- deadlines and budget ---------------------------------------------------------------------------------------- */

static void stall_with_idle(weir_loop *loop) {
    const weir_limits patient = {.stall_ns = 50 * MS, .idle_ns = 3600 * SECOND};
    struct end a = {0}, b = {0};
    join(loop, &patient, &a, &deaf, &b, &deaf);
    turn(loop, 2);
    assert_true(weir_transport_write(a.t, bytes, 5000) >= 0);
    wait_for(loop, 200 * MS);
    assert_int_equal(a.gone, 1);
    assert_int_equal(a.code, WEIR_ETIMEDOUT);
    clear(loop);
}

static void a_long_idle_time_does_not_hide_a_stall(void **state) {
    (void)state;
    on_each_backend(stall_with_idle, 0);
}

static void close_while_starving(weir_loop *loop) {
    struct end a = {0}, b = {0}, c = {0}, d = {0};
    weir_loop_stats stats;
    join(loop, NULL, &a, &deaf, &b, &reader);
    join(loop, NULL, &c, &deaf, &d, &deaf);
    turn(loop, 2);
    assert_int_equal(weir_transport_write(a.t, bytes, 64 * 1024), WEIR_EBUDGET);
    assert_int_equal(weir_transport_close(a.t), 0);
    turn(loop, 2);
    assert_int_equal(weir_transport_abort(b.t), 0);
    turn(loop, 4);
    assert_int_equal(a.gone, 1);
    weir_loop_stats_get(loop, &stats);
    assert_int_equal(stats.timers, 0);
    clear(loop);
}

static void who_closes_starves_no_more(void **state) {
    (void)state;
    on_each_backend(close_while_starving, 64 * 1024);
}

static void refuse_two(weir_loop *loop) {
    struct end holder = {0}, sink = {0}, a = {0}, b = {0}, c = {0}, d = {0};
    join(loop, NULL, &holder, &deaf, &sink, &reader);
    join(loop, NULL, &a, &deaf, &b, &reader);
    join(loop, NULL, &c, &deaf, &d, &reader);
    assert_int_equal(weir_transport_pause(holder.t, WEIR_SEND), 0);
    turn(loop, 2);
    assert_true(weir_transport_write(holder.t, bytes, 15000) >= 0);
    assert_int_equal(weir_transport_write(a.t, bytes, 10000), WEIR_EBUDGET);
    assert_int_equal(weir_transport_write(c.t, bytes, 10000), WEIR_EBUDGET);
    turn(loop, 4);
    assert_int_equal(a.resumed + c.resumed, 0);
    assert_int_equal(weir_transport_resume(holder.t, WEIR_SEND), 0);
    turn(loop, 10);
    assert_int_equal(sink.got, 15000);
    assert_int_equal(a.resumed, 1);
    assert_int_equal(c.resumed, 1);
    clear(loop);
}

static void each_refused_write_is_resumed(void **state) {
    (void)state;
    on_each_backend(refuse_two, 22 * 1024);
}

/* ---- listeners --------------------------------------------------------------------------------------------------- */

static unsigned listeners_closed;

static void pause_and_resume(weir_listener *listener, void *user, const weir_error *reason) {
    (void)user;
    assert_null(reason);
    assert_int_equal(weir_listener_pause(listener), 0);
    assert_int_equal(weir_listener_resume(listener), 0);
    assert_int_equal(weir_listener_close(listener), WEIR_EALREADY);
    listeners_closed++;
}

static void accept_nothing(weir_transport *t, void *user) {
    (void)t;
    (void)user;
}

static void call_in_closed(weir_loop *loop) {
    weir_listen_options options = {.closed = pause_and_resume};
    weir_listener *listener;
    weir_address address;
    assert_int_equal(weir_address_ip(&address, "127.0.0.1", 0), 0);
    assert_int_equal(weir_socket_listen(loop, &address, &options, accept_nothing, NULL, &listener), 0);
    turn(loop, 2);
    listeners_closed = 0;
    assert_int_equal(weir_listener_close(listener), 0);
    for (int i = 0; i < 100 && !listeners_closed; i++)
        weir_run_once(loop, MS);
    turn(loop, 4);
    assert_int_equal(listeners_closed, 1);
    clear(loop);
}

static void a_listener_may_be_called_in_closed(void **state) {
    (void)state;
    on_each_backend(call_in_closed, 0);
}

#define GUESTS 3
static struct end guests[GUESTS];
static unsigned guest_count;

static void take_in(weir_transport *t, void *user) {
    (void)user;
    assert_true(guest_count < GUESTS);
    assert_int_equal(weir_transport_set_protocol(t, &reader, &guests[guest_count]), 0);
    guests[guest_count++].t = t;
}

static void call_on(weir_loop *loop, weir_listener *listener, struct end *client) {
    weir_address address;
    assert_int_equal(weir_listener_address(listener, &address), 0);
    assert_int_equal(weir_socket_connect(loop, &address, NULL, &reader, client, &client->t), 0);
    wait_for(loop, 20 * MS);
}

static void queue_away_the_budget(weir_loop *loop) {
    weir_listen_options options = {.budget = 16 * 1024};
    struct end clients[3] = {{0}, {0}, {0}};
    weir_listener *listener;
    weir_address address;
    guest_count = 0;
    memset(guests, 0, sizeof guests);
    assert_int_equal(weir_address_ip(&address, "127.0.0.1", 0), 0);
    assert_int_equal(weir_socket_listen(loop, &address, &options, take_in, NULL, &listener), 0);
    call_on(loop, listener, &clients[0]);
    assert_int_equal(guest_count, 1);
    assert_int_equal(weir_transport_pause(guests[0].t, WEIR_SEND), 0);
    assert_true(weir_transport_write(guests[0].t, bytes, 15900) >= 0);
    call_on(loop, listener, &clients[1]);
    wait_for(loop, 2 * WEIR_ACCEPT_BACKOFF_NS);
    assert_int_equal(guest_count, 1);
    assert_int_equal(weir_transport_resume(guests[0].t, WEIR_SEND), 0);
    call_on(loop, listener, &clients[2]);
    wait_for(loop, 2 * WEIR_ACCEPT_BACKOFF_NS);
    assert_int_equal(clients[0].got, 15900);
    assert_true(guest_count >= 2);
    clear(loop);
}

static void a_listener_goes_on_when_queues_drain(void **state) {
    (void)state;
    on_each_backend(queue_away_the_budget, 0);
}

/* ---- a file that is the parent's too ------------------------------------------------------------------------------ */

static size_t take_none(void *self, weir_transport *t, const uint8_t *piece, size_t n) {
    (void)piece;
    *(size_t *)self = n;
    assert_int_equal(weir_transport_pause(t, WEIR_RECEIVE), 0);
    return 0;
}

/* The position of a file is common to both processes, and what is unread is the parent's. */
static void fork_with_unread_bytes(weir_loop *loop) {
    static const weir_protocol shy = {.received = take_none};
    char path[] = "/tmp/weir-regress-XXXXXX";
    int status = 0, fd = mkstemp(path);
    weir_transport *t;
    size_t offered = 0;
    assert_true(fd >= 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(write(fd, "0123456789", 10), 10);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    if (weir_fd_open(loop, fd, WEIR_BORROW, NULL, &shy, &offered, &t) == 0) {
        while (!offered)
            assert_true(weir_run_once(loop, WEIR_FOREVER) >= 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) _exit(weir_loop_close(loop, NULL, NULL) == 0 ? 0 : 1);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        assert_int_equal(lseek(fd, 0, SEEK_CUR), 10);
        clear(loop);
        assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
    }
    close(fd);
}

static void a_child_leaves_a_lent_file_where_it_stands(void **state) {
    (void)state;
    on_each_backend(fork_with_unread_bytes, 0);
}

/* ---- flows that cannot begin ------------------------------------------------------------------------------------- */

static void ignore(void *user, const weir_trace_event *event) {
    (void)user;
    (void)event;
}

/* What a layer reads is no source, and a start that failed leaves the consumer to whoever writes to it. */
static void start_in_vain(weir_loop *loop) {
    static const weir_trace_options traced = {.traced = ignore};
    struct end a = {0}, b = {0}, c = {0}, d = {0};
    weir_merge merge = {0};
    weir_tee tee = {0};
    join(loop, &low_marks, &a, &deaf, &b, &deaf);
    join(loop, NULL, &c, &deaf, &d, &deaf);
    weir_transport *below = c.t, *above;
    weir_merge_source source = {.from = below};
    weir_tee_branch branch = {.to = a.t};
    assert_int_equal(weir_trace_open(below, &traced, &deaf, &c, &above), 0);
    assert_true(weir_transport_write(a.t, bytes, 2000) >= 0);
    turn(loop, 4);
    assert_int_equal(a.paused, 1);
    assert_int_equal(weir_pipe(below, a.t), WEIR_EBUSY);
    assert_int_equal(weir_tee_start(&tee, below, &branch, 1), WEIR_EBUSY);
    assert_int_equal(weir_merge_start(&merge, a.t, &source, 1), WEIR_EBUSY);
    assert_int_equal(weir_transport_set_protocol(b.t, &reader, &b), 0);
    turn(loop, 10);
    assert_int_equal(b.got, 2000);
    assert_int_equal(a.resumed, 1);
    clear(loop);
}

static void what_cannot_be_read_begins_no_flow(void **state) {
    (void)state;
    on_each_backend(start_in_vain, 0);
}

/* ---- pulls -------------------------------------------------------------------------------------------------------- */

static int64_t abort_and_give(weir_pull *pull, void *block, size_t size) {
    memset(block, 'x', size);
    assert_int_equal(weir_transport_abort(pull->user), 0);
    return (int64_t)size;
}

static int pull_code;

static void note_reason(weir_pull *pull, const weir_error *reason) {
    (void)pull;
    pull_code = reason ? reason->code : 0;
}

static void abort_the_consumer(weir_loop *loop) {
    struct end a = {0}, b = {0};
    join(loop, NULL, &a, &deaf, &b, &deaf);
    weir_pull pull = {.next = abort_and_give, .ended = note_reason, .user = a.t};
    pull_code = 0;
    assert_int_equal(weir_pull_start(&pull, a.t), 0);
    turn(loop, 5);
    assert_int_equal(pull_code, WEIR_ECANCELED);
    assert_int_equal(a.gone, 1);
    clear(loop);
}

static void a_pull_ends_with_what_its_consumer_was_lost_with(void **state) {
    (void)state;
    on_each_backend(abort_the_consumer, 0);
}

/* One test alone, by its name, after a failure that left its callback by a jump. */
int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cancel_calls_nobody_back),
        cmocka_unit_test(a_write_cancelled_by_its_reader_is_whole),
        cmocka_unit_test(after_close_no_pause_is_told),
        cmocka_unit_test(a_producer_is_paused_once),
        cmocka_unit_test(an_heir_of_a_full_queue_is_paused),
        cmocka_unit_test(a_new_protocol_of_the_target_stops_no_flow),
        cmocka_unit_test(a_flow_into_an_ended_target_is_no_success),
        cmocka_unit_test(a_flow_in_use_is_refused),
        cmocka_unit_test(nobody_unregisters_a_flow),
        cmocka_unit_test(a_child_may_close_in_a_callback),
        cmocka_unit_test(a_child_frees_flows_too),
        cmocka_unit_test(a_long_idle_time_does_not_hide_a_stall),
        cmocka_unit_test(who_closes_starves_no_more),
        cmocka_unit_test(each_refused_write_is_resumed),
        cmocka_unit_test(a_listener_may_be_called_in_closed),
        cmocka_unit_test(a_listener_goes_on_when_queues_drain),
        cmocka_unit_test(a_child_leaves_a_lent_file_where_it_stands),
        cmocka_unit_test(what_cannot_be_read_begins_no_flow),
        cmocka_unit_test(a_pull_ends_with_what_its_consumer_was_lost_with),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
