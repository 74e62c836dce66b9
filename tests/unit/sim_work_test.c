/* SPDX-License-Identifier: MIT
 *
 * Work on a simulated host: a function that runs when its time has come, on the one thread. */
#include "sim_net.h"

struct work {
    struct weir_port_op op; /* first */
    struct weir_job job;
    struct net *net;
    unsigned runs, ends, order;
    uint64_t ran_ns;
    int64_t returns, result;
    int os_code, world;
};

static unsigned begun; /* works, so far */

static int64_t work_run(struct weir_job *job, int *os_code) {
    struct work *w = (struct work *)(void *)((char *)job - offsetof(struct work, job));
    w->runs++;
    w->order = ++begun;
    w->ran_ns = weir_sim_now_ns(w->net->sim);
    w->world = weir_sim_run(w->net->sim, UINT64_MAX);
    if (w->returns < 0) *os_code = 42;
    return w->returns;
}

static void work_done(struct weir_port_op *op, const struct weir_completion *c) {
    struct work *w = (struct work *)op;
    assert_true(c->last);
    w->ends++;
    w->result = c->result;
    w->os_code = c->os_code;
}

static void work_start(struct work *w, struct net *net, int64_t returns) {
    *w = (struct work){.job = {work_run}, .net = net, .returns = returns};
    w->op = (struct weir_port_op){.kind = WEIR_PORT_WORK, .done = work_done, .handle = WEIR_NO_HANDLE};
    w->op.with.work = &w->job;
    assert_int_equal(weir_backend_sim.submit(net->a.state, &w->op), 0);
}

static void work_cancel(struct work *w) { weir_backend_sim.cancel(w->net->a.state, &w->op); }

static void work_runs_when_its_time_has_come(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    struct work good, bad;
    net_start(&net);
    const uint64_t began_ns = weir_sim_now_ns(net.sim);
    work_start(&good, &net, 17);
    work_start(&bad, &net, WEIR_EREFUSED);
    assert_int_equal(good.runs + bad.runs, 0);
    settle(&net.a);
    assert_int_equal(good.runs, 1);
    assert_int_equal(good.ends, 1);
    assert_int_equal(good.result, 17);
    assert_int_equal(good.os_code, 0);
    assert_true(good.ran_ns > began_ns && good.ran_ns <= began_ns + 250000);
    assert_int_equal(good.world, WEIR_EBUSY); /* the world does not run within itself */
    assert_int_equal(bad.result, WEIR_EREFUSED);
    assert_int_equal(bad.os_code, 42);
    net_close(&net);
}

static void cancelled_in_time_it_never_runs(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    struct work w;
    net_start(&net);
    work_start(&w, &net, 0);
    work_cancel(&w);
    work_cancel(&w);
    assert_int_equal(w.ends, 0); /* not from inside the cancel */
    settle(&net.a);
    assert_int_equal(w.runs, 0);
    assert_int_equal(w.ends, 1);
    assert_int_equal(w.result, WEIR_ECANCELED);
    net_close(&net);
}

/* Cancelled when the clock has moved by a drawn while. Returns whether it ran. */
static bool cancelled_late(uint64_t seed) {
    struct net net = net_open(&(weir_sim_options){.seed = seed});
    struct work w;
    net_start(&net);
    work_start(&w, &net, 5);
    net.a.deadline_ns = weir_backend_sim.now_ns(net.a.state) + weir_sim_random(net.sim) % 100000;
    while (!w.ends && weir_backend_sim.now_ns(net.a.state) < net.a.deadline_ns)
        assert_int_equal(weir_backend_sim.turn(net.a.state, net.a.deadline_ns), 0);
    net.a.deadline_ns = WEIR_FOREVER;
    if (!w.ends) work_cancel(&w);
    settle(&net.a);
    assert_int_equal(w.ends, 1);
    assert_int_equal(w.result, w.runs ? 5 : WEIR_ECANCELED);
    net_close(&net);
    return w.runs;
}

static void begun_it_runs_to_its_end(void **state) {
    (void)state;
    unsigned ran = 0;
    for (uint64_t seed = 0; seed < 200; seed++)
        ran += cancelled_late(seed);
    assert_true(ran > 20 && ran < 180);
}

static void work_begins_in_order_and_ends_in_any(void **state) {
    (void)state;
    unsigned overtaken = 0;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct net net = net_open(&(weir_sim_options){.seed = seed});
        struct work first, second;
        net_start(&net);
        work_start(&first, &net, 0);
        work_start(&second, &net, 0);
        while (!first.ends && !second.ends)
            assert_int_equal(turn(&net.a), 0);
        overtaken += second.ends;
        settle(&net.a);
        assert_true(first.order < second.order);
        net_close(&net);
    }
    assert_true(overtaken > 5 && overtaken < 45);
}

/* In a steady state work takes no memory. */
static void work_is_free_of_allocations(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    struct work w[10];
    net_start(&net);
    for (int i = 0; i < 10; i++)
        work_start(&w[i], &net, i);
    settle(&net.a);
    const uint64_t before = net.a.memory.requests;
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < 10; i++)
            work_start(&w[i], &net, i);
        settle(&net.a);
        for (int i = 0; i < 10; i++)
            assert_int_equal(w[i].result, i);
    }
    assert_int_equal(net.a.memory.requests, before);
    net_close(&net);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_runs_when_its_time_has_come), cmocka_unit_test(cancelled_in_time_it_never_runs),
        cmocka_unit_test(begun_it_runs_to_its_end),         cmocka_unit_test(work_begins_in_order_and_ends_in_any),
        cmocka_unit_test(work_is_free_of_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
