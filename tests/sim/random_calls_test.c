/* SPDX-License-Identifier: MIT
 *
 * Random calls: a handful of transports of every kind, and stacks of them, on one loop, and every function of the
 * interface called on any of them at any moment, from within callbacks and from outside, with limits and a budget that
 * are always nearly spent. Then everybody reads what is left, says the end, and must come to it. Every run is a seed.
 *
 * Held to: no callback inside a call, `disconnected` once and last, each op once, the right bytes in the right order and
 * at the end all of them, nothing left in the loop, and no loop that turns while nothing moves. A stream begins with the
 * number of its sender; one that a cancelled write left a gap in is not compared, and none is in a run with flows.
 *
 * Where there are flows there are tees, merges and pulls too, and in a world files, sent and piped. Each lives in memory
 * of its own, given back as soon as the interface says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <weir/sim.h>
#include <weir/weir.h>

#define SECOND ((uint64_t)1000000000)
#define MS ((uint64_t)1000000)
#define ACTORS 160
#define CROWD 16 /* alive at once, about */
#define ROUNDS 300
#define SPIN 4000 /* turns in which nothing may happen */
#define HEADER 4

struct actor {
    weir_transport *t;
    size_t sent, got;
    uint8_t sender; /* of what it receives */
    bool torn;      /* what it sends has a gap */
    bool unchecked; /* what it receives has one */
    bool writes, dead;
    bool resets; /* pipes and UNIX sockets have no reset: their end may be a loss */
};

struct errand {
    weir_op op;
    struct errand *next, **at;
    unsigned actor;
    bool reads;
    size_t size;
    uint8_t bytes[];
};

struct flow {
    weir_flow flow;
    bool active;
};

/* What reads an actor beside a flow, and what is told of it. */
struct tee {
    weir_tee tee;
    weir_tee_branch branches[2];
    unsigned actor;
};

struct merge {
    weir_merge merge;
    weir_merge_source sources[2];
    unsigned actors[2], left;
};

struct pull {
    weir_pull pull;
    struct pull *next, **at;
};

struct sending {
    weir_sendfile_op op;
    struct sending *next, **at;
};

struct stage {
    weir_loop *loop;
    weir_sim_host *host; /* NULL on a real system */
    weir_file file;
    weir_file_op file_op;
    struct tee *tees[ACTORS];
    struct merge *merges[ACTORS];
    struct pull *pulls;
    struct sending *sendings;
    unsigned drains;
    weir_listener *doors[2];
    uint64_t chance, moved, drained_at_ns;
    struct actor actors[ACTORS];
    unsigned count, alive, doors_open;
    struct errand *errands;
    size_t errands_open;
    struct flow flows[ACTORS];
    weir_timer timer;
    bool in_call, draining, simulated, flowing;
};

static struct stage stage; /* one at a time */

static uint32_t pick(uint32_t n) {
    stage.chance = stage.chance * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(stage.chance >> 33) % n;
}

#define CALL(expression) (stage.in_call = true, (void)(expression), stage.in_call = false)

static uint8_t byte_at(unsigned actor, size_t i) {
    if (i < HEADER) return i == 0 ? (uint8_t)actor : (uint8_t)(0xa0 + i);
    return (uint8_t)(actor * 31 + i * 7 + (i >> 8));
}

static void entered(void) {
    assert_false(stage.in_call);
    stage.moved++;
}

static void act(unsigned actor);

static void act_sometimes(unsigned actor) {
    if (!stage.draining && pick(3) == 0) act(pick(2) ? actor : pick(stage.count));
}

/* ---- protocols ---------------------------------------------------------------------------------------------------- */

static unsigned number_of(const struct actor *a) { return (unsigned)(a - stage.actors); }

static void check_bytes(struct actor *a, const uint8_t *bytes, size_t n) {
    for (size_t i = 0; i < n; i++, a->got++) {
        if (a->unchecked || stage.flowing) continue;
        if (a->got == 0) a->sender = bytes[i];
        bool headless = a->got < HEADER && bytes[i] != byte_at(a->sender, a->got);
        if (headless || a->sender >= stage.count || stage.actors[a->sender].torn)
            a->unchecked = true; /* a cancelled write may have been the first */
        else
            assert_int_equal(bytes[i], byte_at(a->sender, a->got));
    }
}

static void check_end(const struct actor *a) {
    if (!a->got || !a->resets || stage.flowing || a->unchecked || stage.actors[a->sender].torn) return;
    assert_int_equal(a->got, stage.actors[a->sender].sent);
}

static void on_connected(void *self, weir_transport *t) {
    struct actor *a = self;
    entered();
    assert_false(a->dead);
    assert_ptr_equal(a->t, t);
    act_sometimes(number_of(a));
}

static size_t on_received(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    struct actor *a = self;
    size_t k = stage.draining || pick(4) ? n : pick((uint32_t)n + 1);
    (void)t;
    entered();
    assert_false(a->dead);
    assert_true(n > 0);
    check_bytes(a, bytes, k);
    act_sometimes(number_of(a));
    return k;
}

static void on_ended(void *self, weir_transport *t) {
    struct actor *a = self;
    entered();
    assert_false(a->dead);
    if (stage.draining) check_end(a);
    if (stage.draining) CALL(weir_transport_close(t));
    act_sometimes(number_of(a));
}

static void on_mark(void *self, weir_transport *t) {
    (void)t;
    entered();
    assert_false(((struct actor *)self)->dead);
    act_sometimes(number_of(self));
}

static void on_disconnected(void *self, weir_transport *t, const weir_error *reason) {
    struct actor *a = self;
    entered();
    assert_false(a->dead);
    assert_ptr_equal(a->t, t);
    a->dead = true;
    stage.alive--;
    for (struct errand *e = stage.errands; e; e = e->next)
        assert_int_not_equal(e->actor, number_of(a));
    if (stage.simulated && stage.draining && reason && weir_now_ns(stage.loop) > stage.drained_at_ns + 100 * MS)
        assert_int_not_equal(reason->code, WEIR_ETIMEDOUT);
    act_sometimes(number_of(a));
    a->t = NULL;
}

static const weir_protocol reader = {on_connected, on_received, on_ended, on_mark, on_mark, on_disconnected};
static const weir_protocol deaf = {on_connected, NULL, on_ended, on_mark, on_mark, on_disconnected};

static void producer_stopped(void *self, weir_transport *t, const weir_error *reason) {
    (void)reason;
    on_mark(self, t);
}

static const weir_producer producer = {NULL, on_mark, on_mark, producer_stopped};

/* ---- transports --------------------------------------------------------------------------------------------------- */

static struct actor *cast(weir_transport *t, bool greet) {
    struct actor *a = &stage.actors[stage.count++];
    weir_transport_info info;
    *a = (struct actor){.t = t};
    weir_transport_info_get(t, &info);
    a->writes = info.can_send;
    a->resets = strcmp(info.stack[0], "tcp") == 0 || strcmp(info.stack[0], "mem") == 0;
    stage.alive++;
    if (greet) CALL(weir_transport_set_protocol(t, pick(4) ? &reader : &deaf, a));
    return a;
}

static void on_accepted(weir_transport *t, void *user) {
    (void)user;
    entered();
    if (stage.count == ACTORS) return;
    struct actor *a = cast(t, true);
    act_sometimes(number_of(a));
}

static void make_pair(int (*make)(weir_loop *, const weir_limits *, weir_transport **)) {
    weir_transport *pair[2];
    if (make(stage.loop, NULL, pair) < 0) return;
    cast(pair[0], true);
    cast(pair[1], true);
}

static void call_on(const weir_listener *door) {
    weir_connect_options options = {.timeout_ns = pick(2) ? 20 * MS : 0};
    struct actor *a = &stage.actors[stage.count];
    weir_transport *t;
    weir_address address;
    weir_listener_address(door, &address);
    stage.in_call = true;
    int status = weir_socket_connect(stage.loop, &address, &options, &reader, a, &t);
    stage.in_call = false;
    if (status == 0) cast(t, false);
}

static void make_one(void) {
    if (stage.alive >= CROWD || stage.count + 2 > ACTORS) return;
    switch (pick(4)) {
    case 0: make_pair(weir_mem_pair); break;
    case 1: make_pair(weir_pipe_pair); break;
    default: call_on(stage.doors[pick(2)]);
    }
}

/* ---- ops ---------------------------------------------------------------------------------------------------------- */

static void on_done(weir_op *op, int64_t result) {
    struct errand *e = (struct errand *)(void *)op;
    struct actor *a = &stage.actors[e->actor];
    entered();
    assert_false(a->dead);
    assert_true(op->moved <= e->size);
    assert_true(result < 0 || (size_t)result == op->moved);
    if (e->reads) check_bytes(a, e->bytes, op->moved);
    if (e->reads && result == WEIR_EEND && stage.draining) check_end(a);
    if (!e->reads && result < 0) a->torn = true;
    if (e->next) e->next->at = e->at;
    *e->at = e->next;
    stage.errands_open--;
    unsigned actor = e->actor;
    free(e);
    act_sometimes(actor);
}

static void start_errand(unsigned actor, bool reads) {
    struct actor *a = &stage.actors[actor];
    size_t n = 1 + pick(reads ? 3000 : 9000);
    struct errand *e = calloc(1, sizeof *e + n);
    *e = (struct errand){.op = {.done = on_done}, .next = stage.errands, .at = &stage.errands, .actor = actor};
    e->reads = reads;
    e->size = n;
    if (pick(4) == 0) e->op.timeout_ns = pick(5) * MS;
    for (size_t i = 0; i < n && !reads; i++)
        e->bytes[i] = byte_at(actor, a->sent + i);
    stage.in_call = true;
    int status = reads ? weir_transport_read(a->t, &e->op, e->bytes, pick((uint32_t)n + 1), n)
                       : weir_transport_write_borrowed(a->t, &e->op, e->bytes, n);
    stage.in_call = false;
    if (status < 0) {
        free(e);
        return;
    }
    if (!reads) a->sent += n;
    if (!reads && e->op.timeout_ns) a->torn = true;
    if (e->next) e->next->at = &e->next;
    stage.errands = e;
    stage.errands_open++;
}

static void cancel_one(void) {
    struct errand *e = stage.errands;
    for (uint32_t n = pick(4); n-- && e;)
        e = e->next;
    if (!e) return;
    if (!e->reads) stage.actors[e->actor].torn = true;
    CALL(weir_op_cancel(&e->op));
}

/* ---- calls -------------------------------------------------------------------------------------------------------- */

static void write_some(unsigned actor) {
    struct actor *a = &stage.actors[actor];
    static uint8_t bytes[30000];
    size_t n = pick(4) ? 1 + pick(3000) : 1 + pick(sizeof bytes), half = n / 2;
    for (size_t i = 0; i < n; i++)
        bytes[i] = byte_at(actor, a->sent + i);
    weir_slice slices[2] = {{bytes, half}, {bytes + half, n - half}};
    stage.in_call = true;
    int room = pick(2) ? weir_transport_write(a->t, bytes, n) : weir_transport_write_sequence(a->t, slices, 2);
    stage.in_call = false;
    if (room >= 0) a->sent += n;
}

static void lost(unsigned actor) {
    struct actor *a = &stage.actors[actor];
    assert_false(a->dead);
    a->dead = true;
    a->t = NULL;
    stage.alive--;
}

static void leave_merge(unsigned actor) {
    struct merge *m = stage.merges[actor];
    stage.merges[actor] = NULL;
    if (m && --m->left == 0) free(m);
}

/* Another reads it now. */
static void taken_over(unsigned actor) {
    stage.flows[actor].active = false;
    free(stage.tees[actor]);
    stage.tees[actor] = NULL;
    leave_merge(actor);
}

static void flow_ended(weir_flow *flow, const weir_error *reason) {
    struct flow *f = (struct flow *)(void *)flow;
    (void)reason;
    entered();
    assert_true(f->active);
    f->active = false;
    lost((unsigned)(f - stage.flows));
    act_sometimes(pick(stage.count));
}

/* The flow of an actor has its number: it is told of the actor's end instead of the actor. */
static void pipe_one(unsigned actor) {
    struct actor *from = &stage.actors[actor], *to = &stage.actors[pick(4) ? pick(stage.count) : actor];
    struct flow *f = &stage.flows[actor];
    if (!to->t || f->active || !stage.flowing) return;
    f->flow = (weir_flow){.ended = flow_ended};
    stage.in_call = true;
    int status = weir_pipe_flow(from->t, to->t, &f->flow);
    stage.in_call = false;
    if (status < 0) return;
    taken_over(actor);
    f->active = true;
}

static void change_protocol(unsigned actor, const weir_protocol *protocol) {
    struct actor *a = &stage.actors[actor];
    stage.in_call = true;
    if (weir_transport_set_protocol(a->t, protocol, a) == 0) taken_over(actor);
    stage.in_call = false;
}

/* ---- tees and merges ---------------------------------------------------------------------------------------------- */

static void tee_ended(weir_tee *tee, const weir_error *reason) {
    struct tee *each = (struct tee *)(void *)tee;
    unsigned actor = each->actor;
    (void)reason;
    entered();
    assert_ptr_equal(stage.tees[actor], each);
    stage.tees[actor] = NULL;
    free(each);
    lost(actor);
    act_sometimes(pick(stage.count));
}

static void branch_lost(weir_tee_branch *branch, const weir_error *reason) {
    unsigned actor = ((struct tee *)(void *)branch->tee)->actor;
    entered();
    assert_non_null(reason);
    assert_null(branch->to);
    if (pick(3) == 0) change_protocol(actor, &reader);
    act_sometimes(pick(stage.count));
}

static struct actor *somebody(void) { return &stage.actors[pick(stage.count)]; }

static void tee_one(unsigned actor) {
    struct tee *each = calloc(1, sizeof *each);
    each->actor = actor;
    each->tee = (weir_tee){.ended = tee_ended, .flags = pick(2) ? WEIR_TEE_DROP_LOST : 0};
    for (int i = 0; i < 2; i++)
        each->branches[i] = (weir_tee_branch){.lost = branch_lost, .to = somebody()->t};
    stage.in_call = true;
    int status = each->branches[0].to && each->branches[1].to
                     ? weir_tee_start(&each->tee, stage.actors[actor].t, each->branches, 1 + pick(2))
                     : WEIR_EINVAL;
    stage.in_call = false;
    if (status < 0) {
        free(each);
        return;
    }
    taken_over(actor);
    stage.tees[actor] = each;
}

static void merge_source_ended(weir_merge_source *source, const weir_error *reason) {
    struct merge *m = (struct merge *)(void *)source->merge;
    unsigned actor = m->actors[source - m->sources];
    (void)reason;
    entered();
    assert_ptr_equal(stage.merges[actor], m);
    stage.merges[actor] = NULL;
    assert_true(m->left > 0);
    lost(actor);
    act_sometimes(pick(stage.count));
    m->left--;
}

static void merge_ended(weir_merge *merge, const weir_error *reason) {
    struct merge *m = (struct merge *)(void *)merge;
    (void)reason;
    entered();
    assert_int_equal(m->left, 0);
    free(m);
    act_sometimes(pick(stage.count));
}

static void merge_some(unsigned to) {
    struct merge *m = calloc(1, sizeof *m);
    m->merge = (weir_merge){.ended = merge_ended, .flags = pick(2) ? WEIR_MERGE_DROP_LOST : 0};
    unsigned count = 1 + pick(2);
    for (unsigned i = 0; i < count; i++) {
        m->actors[i] = pick(stage.count);
        m->sources[i] = (weir_merge_source){.ended = merge_source_ended, .from = stage.actors[m->actors[i]].t};
        if (!m->sources[i].from) count = 0;
    }
    stage.in_call = true;
    int status = weir_merge_start(&m->merge, stage.actors[to].t, m->sources, count);
    stage.in_call = false;
    if (status < 0) {
        free(m);
        return;
    }
    m->left = count;
    for (unsigned i = 0; i < count; i++) {
        taken_over(m->actors[i]);
        stage.merges[m->actors[i]] = m;
    }
}

/* ---- pulls and files ---------------------------------------------------------------------------------------------- */

static int64_t pull_next(weir_pull *pull, void *bytes, size_t size) {
    entered();
    if (pick(20) == 0) CALL(weir_pull_stop(pull));
    if (pick(8) == 0) CALL(weir_pull_more(pull));
    act_sometimes(pick(stage.count));
    if (stage.draining) return 0;
    switch (pick(12)) {
    case 0: return 0;
    case 1: return WEIR_EIO;
    case 2:
    case 3: return WEIR_EAGAIN;
    default: memset(bytes, 'p', size); return (int64_t)(1 + pick((uint32_t)size));
    }
}

static void pull_ended(weir_pull *pull, const weir_error *reason) {
    struct pull *each = (struct pull *)(void *)pull;
    (void)reason;
    entered();
    if (each->next) each->next->at = each->at;
    *each->at = each->next;
    free(each);
    act_sometimes(pick(stage.count));
}

static void pull_one(unsigned actor) {
    struct pull *each = calloc(1, sizeof *each);
    each->pull = (weir_pull){.next = pull_next, .ended = pull_ended, .flags = pick(2)};
    stage.in_call = true;
    int status = weir_pull_start(&each->pull, stage.actors[actor].t);
    stage.in_call = false;
    if (status < 0) {
        free(each);
        return;
    }
    each->next = stage.pulls;
    each->at = &stage.pulls;
    if (each->next) each->next->at = &each->next;
    stage.pulls = each;
}

static void end_pulls(bool all) {
    for (struct pull *each = stage.pulls; each; each = each->next) {
        if (all || pick(4) == 0)
            CALL(weir_pull_stop(&each->pull));
        else
            CALL(weir_pull_more(&each->pull));
    }
}

static void file_sent(weir_sendfile_op *op, int64_t result) {
    struct sending *each = (struct sending *)(void *)op;
    entered();
    assert_true(result < 0 || (uint64_t)result == op->moved);
    if (each->next) each->next->at = each->at;
    *each->at = each->next;
    free(each);
    act_sometimes(pick(stage.count));
}

static void send_one(unsigned actor) {
    static const uint8_t text[9000];
    struct sending *each = calloc(1, sizeof *each);
    each->op.done = file_sent;
    stage.in_call = true;
    int status = weir_sendfile(stage.actors[actor].t, &each->op, text, pick(sizeof text), &stage.file, pick(80000),
                               pick(3) ? pick(80000) : UINT64_MAX, text, pick(sizeof text));
    stage.in_call = false;
    if (status < 0) {
        free(each);
        return;
    }
    each->next = stage.sendings;
    each->at = &stage.sendings;
    if (each->next) each->next->at = &each->next;
    stage.sendings = each;
}

static void cancel_sendings(bool all) {
    for (struct sending *each = stage.sendings; each; each = each->next)
        if (all || pick(2)) CALL(weir_sendfile_cancel(&each->op));
}

static void open_one(void) {
    struct actor *a = &stage.actors[stage.count];
    weir_transport *t;
    char path[16] = "/data";
    unsigned flags = WEIR_FILE_READ;
    if (stage.alive >= CROWD || stage.count == ACTORS) return;
    if (pick(2)) {
        snprintf(path, sizeof path, "/out%u", pick(3));
        flags =
            WEIR_FILE_CREATE | WEIR_FILE_WRITE | (pick(2) ? WEIR_FILE_READ : 0) | (pick(2) ? WEIR_FILE_TRUNCATE : 0);
    }
    if (pick(6) == 0) CALL(weir_sim_file_fail(stage.host, path, pick(16)));
    stage.in_call = true;
    int status = pick(4) ? weir_file_open(stage.loop, path, flags, NULL, &reader, a, &t)
                         : weir_null_open(stage.loop, NULL, &reader, a, &t);
    stage.in_call = false;
    if (status == 0) cast(t, false);
}

static void disturb(void *user, weir_object_kind kind, void *object, const char *what) {
    unsigned *left = user;
    (void)what;
    if (kind != WEIR_OBJECT_TRANSPORT || (*left)--) return;
    if (pick(2))
        weir_transport_abort(object);
    else
        weir_transport_close(object);
}

/* Also one that a layer stands on. */
static void disturb_any(void) {
    unsigned which = pick(CROWD);
    CALL(weir_loop_each(stage.loop, disturb, &which));
}

static void flow_somehow(unsigned actor) {
    switch (stage.flowing ? pick(stage.host ? 9u : 6u) : 9) {
    case 0: tee_one(actor); break;
    case 1: merge_some(actor); break;
    case 2: pull_one(actor); break;
    case 3: end_pulls(false); break;
    case 4: disturb_any(); break;
    case 5: CALL(weir_transport_busy(stage.actors[actor].t, pick(2))); break;
    case 6: send_one(actor); break;
    case 7: cancel_sendings(false); break;
    case 8: open_one(); break;
    default: break;
    }
}

static void on_traced(void *user, const weir_trace_event *event) {
    (void)user;
    stage.moved += event->size;
}

/* Puts a layer on it, wherever it is in its stream. */
static void raise_one(unsigned actor) {
    static const weir_throttle_options fast = {.receive_rate = 50000000, .send_rate = 20000000, .burst = 3000};
    static const weir_trace_options traced = {.traced = on_traced};
    struct actor *a = &stage.actors[actor];
    weir_transport *below = a->t, *above = NULL;
    stage.in_call = true;
    int status = pick(2) ? weir_trace_open(below, &traced, &reader, a, &above)
                         : weir_throttle_open(below, &fast, &reader, a, &above);
    stage.in_call = false;
    if (status == 0) a->t = above;
}

static void disturb_door(void) {
    weir_listener *door = stage.doors[pick(2)];
    if (pick(2))
        CALL(weir_listener_pause(door));
    else
        CALL(weir_listener_resume(door));
}

static void on_fired(weir_timer *timer) {
    entered();
    act(pick(stage.count));
    uint64_t delay_ns = pick(8) ? pick(3) * MS : stage.simulated ? 400 * MS : 5 * MS;
    if (!stage.draining) CALL(weir_timer_start(stage.loop, timer, delay_ns, 0));
}

static void act(unsigned actor) {
    weir_transport *t = actor < stage.count ? stage.actors[actor].t : NULL;
    weir_direction direction = (weir_direction)(1 + pick(3));
    if (!t) {
        make_one();
        return;
    }
    switch (pick(40)) {
    case 0: CALL(weir_transport_close(t)); break;
    case 1: CALL(weir_transport_abort(t)); break;
    case 2: CALL(weir_transport_half_close(t)); break;
    case 3:
    case 4: pipe_one(actor); break;
    case 5: change_protocol(actor, &deaf); break;
    case 6: change_protocol(actor, &reader); break;
    case 7: CALL(weir_transport_register(t, pick(2) ? &producer : NULL, &stage.actors[actor])); break;
    case 8:
    case 9:
    case 10: CALL(weir_transport_pause(t, direction)); break;
    case 11:
    case 12:
    case 13:
    case 14: CALL(weir_transport_resume(t, direction)); break;
    case 15:
    case 16: cancel_one(); break;
    case 17:
    case 18: make_one(); break;
    case 19: disturb_door(); break;
    case 20:
    case 21:
    case 22:
    case 23: start_errand(actor, true); break;
    case 24:
    case 25:
    case 26: start_errand(actor, false); break;
    case 27: raise_one(actor); break;
    case 28:
    case 29:
    case 30: flow_somehow(actor); break;
    default: write_some(actor);
    }
}

/* ---- a run -------------------------------------------------------------------------------------------------------- */

static void on_closed(weir_listener *listener, void *user, const weir_error *reason) {
    (void)listener;
    (void)user;
    entered();
    assert_null(reason);
    stage.doors_open--;
}

static void open_doors(void) {
    static const weir_listen_options options = {.max_connections = 5, .budget = 24 * 1024, .closed = on_closed};
    weir_address addresses[2];
    char name[64];
    snprintf(name, sizeof name, "@weir-random-calls-%p", (void *)stage.loop);
    assert_int_equal(weir_address_ip(&addresses[0], "127.0.0.1", 0), 0);
    assert_int_equal(weir_address_unix(&addresses[1], name, strlen(name)), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(weir_socket_listen(stage.loop, &addresses[i], &options, on_accepted, NULL, &stage.doors[i]),
                         0);
    stage.doors_open = 2;
}

static void turn(uint64_t timeout_ns) {
    static uint64_t quiet, moved;
    int status = weir_run_once(stage.loop, timeout_ns);
    assert_true(status >= 0 || status == WEIR_ESTALLED);
    quiet = stage.moved == moved ? quiet + 1 : 0;
    moved = stage.moved;
    assert_true(quiet < SPIN);
}

static void drained(weir_loop *loop, const weir_drained *result, void *user) {
    (void)loop;
    (void)result;
    (void)user;
    entered();
    assert_int_equal(stage.alive, 0);
    stage.drains--;
}

static void begin_drain(void) {
    stage.drains++;
    CALL(weir_drain(stage.loop, pick(3) * 100 * MS, drained, NULL));
}

static void file_acted(weir_file_op *op, int64_t result) {
    op->user = NULL;
    assert_int_equal(result, 0);
}

static void open_file(void) {
    static const uint8_t data[70000];
    assert_int_equal(weir_sim_file_put(stage.host, "/data", data, sizeof data), 0);
    assert_int_equal(weir_sim_file_put(stage.host, "/sent", data, sizeof data), 0);
    stage.file_op = (weir_file_op){.done = file_acted, .user = &stage};
    assert_int_equal(weir_file_at_open(stage.loop, &stage.file, "/sent", WEIR_FILE_READ, &stage.file_op), 0);
    while (stage.file_op.user)
        turn(MS);
}

static void close_file(void) {
    stage.file_op.user = &stage;
    assert_int_equal(weir_file_close(&stage.file, &stage.file_op), 0);
    while (stage.file_op.user)
        turn(MS);
}

/* Everybody reads on and says the end. */
static void drain(void) {
    stage.draining = true;
    stage.drained_at_ns = weir_now_ns(stage.loop);
    if (stage.flowing && pick(2)) begin_drain();
    CALL(weir_timer_stop(&stage.timer));
    for (int i = 0; i < 2; i++)
        CALL(weir_listener_close(stage.doors[i]));
    for (struct errand *e = stage.errands; e; e = e->next)
        if (e->reads) CALL(weir_op_cancel(&e->op));
    for (unsigned i = 0; i < stage.count; i++)
        if (stage.actors[i].t) CALL(weir_transport_register(stage.actors[i].t, NULL, NULL));
    for (unsigned i = 0; i < stage.count; i++) {
        if (!stage.actors[i].t) continue;
        change_protocol(i, &reader);
        weir_transport *t = stage.actors[i].t;
        if (stage.actors[i].writes && weir_transport_half_close(t) == WEIR_ENOTSUP) CALL(weir_transport_close(t));
    }
    end_pulls(true);
    cancel_sendings(true);
    while (stage.alive || stage.doors_open || stage.pulls || stage.sendings || stage.drains)
        turn(100 * MS);
}

static void tell(void *user, weir_object_kind kind, void *object, const char *what) {
    (void)user;
    (void)object;
    print_message("left: %d %s\n", (int)kind, what);
}

static void play(weir_loop *loop, uint64_t seed, weir_sim_host *host) {
    weir_loop_stats stats;
    memset(&stage, 0, sizeof stage);
    stage.loop = loop;
    stage.chance = seed * 2654435761u + 1;
    stage.host = host;
    stage.simulated = host != NULL;
    stage.flowing = seed % 2 == 0;
    stage.timer.fired = on_fired;
    open_doors();
    if (host) open_file();
    CALL(weir_timer_start(loop, &stage.timer, MS, 0));
    for (unsigned round = 0; round < ROUNDS; round++) {
        act(stage.count ? pick(stage.count) : 0);
        if (pick(3) == 0) turn(pick(4) ? 0 : stage.simulated ? SECOND : MS);
    }
    drain();
    if (host) close_file();
    for (int i = 0; i < 5; i++)
        turn(MS);
    weir_loop_stats_get(loop, &stats);
    assert_int_equal(stage.errands_open, 0);
    assert_int_equal(stats.charged, 0);
    assert_int_equal(stats.ops, 0);
    assert_int_equal(stats.timers, 0);
    assert_int_equal(stats.handles, 0);
    for (unsigned i = 0; i < ACTORS; i++)
        assert_false(stage.flows[i].active);
    assert_int_equal(weir_loop_close(loop, tell, NULL), 0);
}

static const weir_limits tight = {.receive = 2000,
                                  .pause_mark = 3000,
                                  .resume_mark = 1000,
                                  .write_cap = 20000,
                                  .floor = 512,
                                  .linger_ns = SECOND,
                                  .stall_ns = SECOND};

static void play_in_world(uint64_t seed) {
    weir_sim_options options = {.seed = seed, .socket_buffer = 4096, .pipe_buffer = 4096, .short_io_percent = 20};
    weir_loop_options loop_options = {.backend = "sim", .limits = tight, .budget = seed % 3 ? 64 * 1024 : 0};
    weir_sim *sim;
    weir_loop *loop;
    assert_int_equal(weir_sim_open(&sim, &options), 0);
    assert_int_equal(weir_sim_host_add(sim, "a", "10.0.0.1", &loop_options.host), 0);
    assert_int_equal(weir_loop_open(&loop, &loop_options), 0);
    play(loop, seed, loop_options.host);
    assert_int_equal(weir_sim_close(sim), 0);
}

static uint64_t number_in(const char *name, uint64_t otherwise) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static uint64_t seed_now;

static void play_simulated(void **state) {
    (void)state;
    uint64_t first = number_in("WEIR_SEED", 1), seeds = number_in("WEIR_SEEDS", 200);
    for (seed_now = first; seed_now < first + seeds; seed_now++)
        play_in_world(seed_now);
}

static void play_on(const char *backend) {
    weir_loop_options options = {.backend = backend, .limits = tight};
    weir_loop *loop;
    for (seed_now = 1; seed_now <= 20; seed_now++) {
        options.budget = seed_now % 3 ? 64 * 1024 : 0;
        if (weir_loop_open(&loop, &options) < 0) skip();
        play(loop, seed_now, NULL);
    }
}

static void play_on_epoll(void **state) {
    (void)state;
    play_on("epoll");
}

static void play_on_io_uring(void **state) {
    (void)state;
    play_on("io_uring");
}

static int tell_seed(void **state) {
    (void)state;
    print_message("stopped after seed %llu\n", (unsigned long long)seed_now);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(play_simulated, tell_seed),
        cmocka_unit_test_teardown(play_on_epoll, tell_seed),
        cmocka_unit_test_teardown(play_on_io_uring, tell_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
