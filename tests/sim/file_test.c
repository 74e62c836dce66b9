/* SPDX-License-Identifier: MIT
 *
 * Files and work in a world, from the front door: one host sends a file to another, whose disk may be full or broken, or
 * which may vanish; and work runs in virtual time. */
#include "sim/world.h"

#include <stdlib.h>

enum { SIZE = 300000 };

/* How a transport was lost. */
struct loss {
    bool gone;
    int reason; /* 0: in order */
    weir_stage stage;
    uint64_t at_ns;
    weir_loop *loop;
};

static void lost(void *self, weir_transport *t, const weir_error *reason) {
    struct loss *l = self;
    (void)t;
    l->gone = true;
    l->reason = reason ? reason->code : 0;
    l->stage = reason ? reason->stage : WEIR_STAGE_NONE;
    l->at_ns = weir_now_ns(l->loop);
}

static void stay(void *self, weir_transport *t) { (void)self, (void)t; }

static const weir_protocol watch = {.disconnected = lost};
static const weir_protocol keep = {.ended = stay, .disconnected = lost}; /* stays when its peer half-closes */

/* Host b writes what comes from host a to "/out". */
struct copy {
    struct world w;
    weir_transport *in, *wire, *taken, *out;
    struct loss wire_loss, out_loss;
    weir_flow read, stored;
    int read_reason, stored_reason;
    bool stored_ended;
    uint8_t bytes[SIZE], found[SIZE];
};

static void all_read(weir_flow *flow, const weir_error *reason) {
    struct copy *c = flow->user;
    c->read_reason = reason ? reason->code : 0;
    if (!c->wire_loss.gone) weir_transport_close(c->wire);
}

static void all_stored(weir_flow *flow, const weir_error *reason) {
    struct copy *c = flow->user;
    c->stored_ended = true;
    c->stored_reason = reason ? reason->code : 0;
}

static void take(weir_transport *t, void *user) {
    struct copy *c = user;
    const unsigned flags = WEIR_FILE_WRITE | WEIR_FILE_CREATE | WEIR_FILE_TRUNCATE;
    c->taken = t;
    assert_int_equal(weir_file_open(c->w.loops[1], "/out", flags, NULL, &watch, &c->out_loss, &c->out), 0);
    assert_int_equal(weir_pipe_flow(t, c->out, &c->stored), 0);
    assert_int_equal(weir_transport_half_close(t), 0);
}

static struct copy *copy_start(const weir_sim_options *options) {
    struct copy *c = calloc(1, sizeof *c);
    assert_non_null(c);
    c->w = world_open(options);
    c->wire_loss.loop = c->w.loops[0];
    c->out_loss.loop = c->w.loops[1];
    c->read = (weir_flow){.ended = all_read, .user = c};
    c->stored = (weir_flow){.ended = all_stored, .user = c};
    for (size_t i = 0; i < SIZE; i++)
        c->bytes[i] = (uint8_t)(i * 37 + (i >> 8));
    assert_int_equal(weir_sim_file_put(c->w.hosts[0], "/in", c->bytes, SIZE), 0);
    assert_int_equal(weir_serve(c->w.loops[1], "tcp://10.0.0.2:7000", take, c), 0);
    assert_int_equal(weir_file_open(c->w.loops[0], "/in", WEIR_FILE_READ, NULL, NULL, NULL, &c->in), 0);
    assert_int_equal(weir_connect(c->w.loops[0], "tcp://10.0.0.2:7000", &keep, &c->wire_loss, &c->wire), 0);
    assert_int_equal(weir_pipe_flow(c->in, c->wire, &c->read), 0);
    return c;
}

static void copy_run(struct copy *c) {
    assert_int_equal(weir_sim_run(c->w.sim, UINT64_MAX), WEIR_ESTALLED); /* the listener is left */
    assert_true(c->wire_loss.gone && c->out_loss.gone && c->stored_ended);
}

static void copy_end(struct copy *c) {
    world_end(&c->w);
    free(c);
}

static uint64_t copy_story(uint64_t seed, uint64_t *traced) {
    *traced = 0;
    struct copy *c =
        copy_start(&(weir_sim_options){.seed = seed, .short_io_percent = 30, .trace = hash_line, .trace_user = traced});
    copy_run(c);
    assert_true(c->read_reason == 0 && c->stored_reason == 0 && c->wire_loss.reason == 0 && c->out_loss.reason == 0);
    assert_int_equal(weir_sim_file_get(c->w.hosts[1], "/out", c->found, SIZE), SIZE);
    assert_memory_equal(c->found, c->bytes, SIZE);
    uint64_t digest = weir_sim_digest(c->w.sim);
    copy_end(c);
    return digest;
}

static void a_file_arrives_whole_and_equal_seeds_are_equal_histories(void **state) {
    (void)state;
    uint64_t last = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        uint64_t traced, traced_again, digest = copy_story(seed, &traced);
        assert_true(copy_story(seed, &traced_again) == digest);
        assert_true(traced == traced_again);
        assert_true(digest != last);
        last = digest;
    }
}

/* A file that is only written has no half-close, and this one is not even open when its source ends. */
static void what_ends_early_is_piped_into_a_file_all_the_same(void **state) {
    struct world w = world_open(NULL);
    struct loss end = {.loop = w.loops[0]};
    weir_transport *pair[2], *to;
    char found[6];
    (void)state;
    assert_int_equal(weir_mem_pair(w.loops[0], NULL, pair), 0);
    assert_true(weir_transport_write(pair[0], "hello", 5) >= 0);
    assert_int_equal(weir_transport_close(pair[0]), 0);
    assert_int_equal(weir_file_open(w.loops[0], "/out", WEIR_FILE_WRITE | WEIR_FILE_CREATE, NULL, &watch, &end, &to),
                     0);
    assert_int_equal(weir_pipe(pair[1], to), 0);
    assert_int_equal(weir_sim_run(w.sim, UINT64_MAX), 0);
    assert_true(end.gone && end.reason == 0);
    assert_int_equal(weir_sim_file_get(w.hosts[0], "/out", (uint8_t *)found, sizeof found), 5);
    assert_memory_equal(found, "hello", 5);
    world_close(&w);
}

static void a_full_disk_is_told_to_both_sides(void **state) {
    (void)state;
    struct copy *c = copy_start(NULL);
    uint8_t *ballast = calloc(1, 16 * 1024 * 1024 - 100000);
    assert_non_null(ballast);
    assert_int_equal(weir_sim_file_put(c->w.hosts[1], "/ballast", ballast, 16 * 1024 * 1024 - 100000), 0);
    copy_run(c);
    assert_int_equal(c->out_loss.reason, WEIR_ENOSPC);
    assert_int_equal(c->stored_reason, WEIR_ENOSPC);
    assert_int_equal(c->wire_loss.reason, WEIR_ERESET);
    assert_int_equal(weir_sim_file_get(c->w.hosts[1], "/out", NULL, 0), 100000);
    free(ballast);
    copy_end(c);
}

static void a_disk_that_breaks_is_no_success(void **state) {
    (void)state;
    static const unsigned faults[] = {WEIR_SIM_FAULT_WRITE, WEIR_SIM_FAULT_FINISH};
    static const weir_stage stages[] = {WEIR_STAGE_WRITE, WEIR_STAGE_CLOSE};
    for (int i = 0; i < 2; i++) {
        struct copy *c = copy_start(NULL);
        assert_int_equal(weir_sim_file_put(c->w.hosts[1], "/out", NULL, 0), 0);
        assert_int_equal(weir_sim_file_fail(c->w.hosts[1], "/out", faults[i]), 0);
        copy_run(c);
        assert_int_equal(c->out_loss.reason, WEIR_EIO);
        assert_int_equal(c->out_loss.stage, stages[i]);
        copy_end(c);
    }
}

static void a_source_that_breaks_is_no_end(void **state) {
    (void)state;
    struct copy *c = copy_start(NULL);
    assert_int_equal(weir_sim_file_fail(c->w.hosts[0], "/in", WEIR_SIM_FAULT_READ), 0);
    copy_run(c);
    assert_int_equal(c->read_reason, WEIR_EIO);
    assert_int_equal(c->stored_reason, WEIR_ERESET);
    assert_int_equal(weir_sim_file_get(c->w.hosts[1], "/out", NULL, 0), 0);
    copy_end(c);
}

/* ---- keepalive --------------------------------------------------------------------------------------------------- */

static size_t none(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    (void)self, (void)t, (void)bytes;
    return n;
}

static const weir_protocol listens = {.received = none, .disconnected = lost};

static void silent(weir_transport *t, void *user) {
    assert_int_equal(weir_transport_set_protocol(t, &listens, user), 0);
}

/* The default: 120 seconds, and four times 30 more. */
static void a_peer_that_vanished_is_found_by_keepalive(void **state) {
    (void)state;
    struct world w = world_open(NULL);
    struct loss here = {.loop = w.loops[0]}, there = {.loop = w.loops[1]};
    weir_transport *t;
    assert_int_equal(weir_serve(w.loops[1], "tcp://10.0.0.2:7000", silent, &there), 0);
    assert_int_equal(weir_connect(w.loops[0], "tcp://10.0.0.2:7000", &listens, &here, &t), 0);
    assert_int_equal(weir_sim_run(w.sim, UINT64_MAX), WEIR_ESTALLED);
    assert_false(here.gone || there.gone);
    const uint64_t cut_ns = weir_sim_now_ns(w.sim), before_ns = weir_now_ns(w.loops[0]) - cut_ns;
    assert_int_equal(weir_sim_partition(w.sim, w.hosts[0], w.hosts[1], true), 0);
    weir_sim_run(w.sim, UINT64_MAX);
    assert_true(here.gone && there.gone);
    assert_int_equal(here.reason, WEIR_ETIMEDOUT);
    assert_int_equal(there.reason, WEIR_ETIMEDOUT);
    assert_in_range(here.at_ns - before_ns - cut_ns, 239 * SECOND, 241 * SECOND);
    world_end(&w);
}

/* ---- work -------------------------------------------------------------------------------------------------------- */

struct job {
    weir_work work;
    weir_loop *loop;
    weir_post post;
    unsigned runs, ends, posts;
    int64_t result;
};

static void job_posted(weir_post *post) { ((struct job *)post->user)->posts++; }

static int64_t job_run(void *user) {
    struct job *j = user;
    j->runs++;
    assert_null(weir_loop_current());
    weir_loop_post(j->loop, &j->post);
    return 17;
}

static void job_done(weir_work *work, int64_t result) {
    struct job *j = work->user;
    assert_ptr_equal(weir_loop_current(), j->loop);
    j->ends++;
    j->result = result;
}

static void job_start(struct job *j, weir_loop *loop) {
    *j = (struct job){.loop = loop, .post = {.run = job_posted, .user = j}};
    j->work = (weir_work){.run = job_run, .done = job_done, .user = j};
    assert_int_equal(weir_work_submit(loop, &j->work), 0);
}

static void work_is_an_event_of_the_world(void **state) {
    (void)state;
    struct world w = world_open(NULL);
    struct job one, other, never;
    job_start(&one, w.loops[0]);
    job_start(&other, w.loops[1]);
    job_start(&never, w.loops[1]);
    assert_int_equal(weir_work_cancel(&never.work), 0);
    assert_int_equal(one.runs + other.runs, 0);
    assert_int_equal(weir_sim_run(w.sim, UINT64_MAX), 0); /* all loops are done */
    assert_true(one.runs == 1 && one.ends == 1 && one.posts == 1);
    assert_true(other.runs == 1 && other.ends == 1 && other.posts == 1);
    assert_int_equal(one.result, 17);
    assert_true(never.runs == 0 && never.ends == 1);
    assert_int_equal(never.result, WEIR_ECANCELED);
    assert_in_range(weir_sim_now_ns(w.sim), 1, SECOND / 1000);
    world_close(&w);
}

static int64_t give_hello(weir_pull *pull, void *bytes, size_t size) {
    if (pull->bytes) return 0;
    assert_true(size >= 5);
    memcpy(bytes, "hello", 5);
    return 5;
}

static weir_transport *hello_that_ends(weir_loop *loop) {
    weir_transport *pair[2];
    assert_int_equal(weir_mem_pair(loop, NULL, pair), 0);
    assert_true(weir_transport_write(pair[0], "hello", 5) >= 0);
    assert_int_equal(weir_transport_close(pair[0]), 0);
    return pair[1];
}

/* The same for every other shape of a flow. */
static void what_ends_early_is_produced_into_a_file_all_the_same(void **state) {
    (void)state;
    for (int shape = 0; shape < 3; shape++) {
        struct world w = world_open(NULL);
        struct loss end = {.loop = w.loops[0]};
        weir_transport *to;
        weir_pull pull = {.next = give_hello};
        weir_tee tee = {0};
        weir_merge merge = {0};
        char found[6];
        const unsigned flags = WEIR_FILE_WRITE | WEIR_FILE_CREATE;
        assert_int_equal(weir_file_open(w.loops[0], "/out", flags, NULL, &watch, &end, &to), 0);
        weir_tee_branch branch = {.to = to};
        weir_merge_source source = {0};
        if (shape == 0) assert_int_equal(weir_pull_start(&pull, to), 0);
        if (shape == 1) assert_int_equal(weir_tee_start(&tee, hello_that_ends(w.loops[0]), &branch, 1), 0);
        if (shape == 2) source.from = hello_that_ends(w.loops[0]);
        if (shape == 2) assert_int_equal(weir_merge_start(&merge, to, &source, 1), 0);
        assert_int_equal(weir_sim_run(w.sim, UINT64_MAX), 0);
        assert_true(end.gone && end.reason == 0);
        assert_int_equal(weir_sim_file_get(w.hosts[0], "/out", (uint8_t *)found, sizeof found), 5);
        assert_memory_equal(found, "hello", 5);
        world_close(&w);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_arrives_whole_and_equal_seeds_are_equal_histories),
        cmocka_unit_test(what_ends_early_is_piped_into_a_file_all_the_same),
        cmocka_unit_test(what_ends_early_is_produced_into_a_file_all_the_same),
        cmocka_unit_test(a_full_disk_is_told_to_both_sides),
        cmocka_unit_test(a_disk_that_breaks_is_no_success),
        cmocka_unit_test(a_source_that_breaks_is_no_end),
        cmocka_unit_test(a_peer_that_vanished_is_found_by_keepalive),
        cmocka_unit_test(work_is_an_event_of_the_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
