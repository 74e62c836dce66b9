/* SPDX-License-Identifier: MIT
 *
 * What a simulated world does by itself, or as it is told: cut ways, crashes, time, chance, its beginning
 * and its end. */
#include "sim_net.h"

static void a_cut_way_holds_bytes_and_connects(void **state) {
    (void)state;
    struct pair p;
    char into[16];
    struct op connect, receive = {.into = (uint8_t *)into, .most = sizeof into};
    weir_address address = ip("10.0.0.2", 7000);
    pair_open(TCP, NULL, &p);
    assert_int_equal(weir_sim_partition(p.net.sim, p.net.a.place, p.net.b.place, true), 0);
    assert_int_equal(weir_sim_partition(p.net.sim, p.net.b.place, p.net.a.place, true), 0);
    assert_int_equal(weir_sim_partition(p.net.sim, p.net.a.place, p.net.a.place, true), WEIR_EINVAL);
    assert_int_equal(call_send(p.left_host, p.left, "one", 3), 3);
    assert_int_equal(call_send(p.left_host, p.left, "two", 3), 3);
    assert_int_equal(call_on(p.left_host, WEIR_CALL_SHUTDOWN, p.left), 0);
    weir_handle client = start_connect(p.left_host, &connect, &address);
    assert_int_equal(submit(p.right_host, &receive, WEIR_PORT_RECEIVE, p.right), 0);
    settle(p.left_host);
    assert_false(receive.ended || connect.ended);
    assert_int_equal(receive.got, 0);
    assert_int_equal(call_unsent(p.left_host, p.left), 6);
    assert_int_equal(weir_sim_partition(p.net.sim, p.net.b.place, p.net.a.place, false), 0);
    assert_int_equal(finish(p.right_host, &receive), 0);
    assert_int_equal(receive.got, 6);
    assert_memory_equal(into, "onetwo", 6);
    assert_int_equal(finish(p.left_host, &connect), 0);
    call_close(p.left_host, client, 0);
    pair_close(&p);
}

static void a_crash_resets_both_sides(void **state) {
    (void)state;
    struct pair p;
    char into[16];
    size_t got;
    pair_open(TCP, NULL, &p);
    assert_int_equal(call_send(p.left_host, p.left, "lost", 4), 4);
    assert_int_equal(weir_sim_reset(p.net.sim, p.net.b.place), 0);
    assert_int_equal(receive_all(p.left_host, p.left, into, sizeof into, &got), WEIR_ERESET);
    assert_int_equal(receive_all(p.right_host, p.right, into, sizeof into, &got), WEIR_ERESET);
    assert_int_equal(got, 0);
    pair_close(&p);

    pair_open(LOOPBACK, NULL, &p); /* what stays within the host is not touched */
    assert_int_equal(weir_sim_reset(p.net.sim, p.net.a.place), 0);
    assert_int_equal(call_send(p.left_host, p.left, "kept", 4), 4);
    pair_close(&p);
}

static void time_is_the_deadlines(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    net_start(&net);
    settle(&net.a);
    uint64_t start = weir_backend_sim.now_ns(net.a.state);
    assert_true(start > weir_sim_now_ns(net.sim));
    net.a.deadline_ns = start + 5000000;
    weir_backend_sim.wake(net.a.state);
    unsigned ticks = net.a.ticks, others = net.b.ticks;
    while (weir_backend_sim.now_ns(net.a.state) < net.a.deadline_ns)
        assert_int_equal(turn(&net.a), 0);
    assert_int_equal(weir_backend_sim.now_ns(net.a.state), net.a.deadline_ns);
    assert_in_range(net.a.ticks - ticks, 1, 4); /* it is woken, asked again before the leap, and that is all */
    assert_in_range(net.b.ticks - others, 0, 2);
    net.a.deadline_ns = WEIR_FOREVER;
    settle(&net.a);

    net.b.deadline_ns = weir_backend_sim.now_ns(net.b.state) + 1000000000;
    assert_int_equal(weir_sim_run(net.sim, weir_sim_now_ns(net.sim) + 1000), 0);
    uint64_t until = weir_sim_now_ns(net.sim) + 500000000;
    assert_int_equal(weir_sim_run(net.sim, until), 0);
    assert_int_equal(weir_sim_now_ns(net.sim), until);
    net.b.idle = net.a.idle = true;
    assert_int_equal(weir_sim_run(net.sim, UINT64_MAX), 0);
    assert_int_equal(weir_sim_now_ns(net.sim), until);
    net_close(&net);
}

static void the_doors_of_a_world(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    weir_sim_host *host;
    weir_sim *sim;
    struct host again = {0};
    assert_int_equal(weir_sim_host_add(net.sim, "c", "10.0.0.2", &host), WEIR_EEXIST);
    assert_int_equal(weir_sim_host_add(net.sim, "c", "10.0.0", &host), WEIR_EINVAL);
    assert_int_equal(weir_sim_host_add(net.sim, "c", "127.0.0.1", &host), WEIR_EINVAL);
    assert_int_equal(weir_sim_host_add(net.sim, "c", "::", &host), WEIR_EINVAL);
    assert_int_equal(weir_sim_host_add(net.sim, "c", "fd00::1", &host), 0);
    assert_int_equal(weir_sim_open(&sim, &(weir_sim_options){.latency_min_ns = 2, .latency_max_ns = 1}), WEIR_EINVAL);
    assert_int_equal(weir_sim_open(&sim, &(weir_sim_options){.short_io_percent = 101}), WEIR_EINVAL);
    net_start(&net);
    again.place = net.a.place;
    struct weir_backend_env env = {.memory = &again.memory, .host = again.place};
    assert_int_equal(weir_backend_sim.open(&again.state, &env), WEIR_EBUSY);
    assert_int_equal(weir_sim_close(net.sim), WEIR_EBUSY);
    struct weir_call call = {.kind = WEIR_CALL_ADOPT, .owner = WEIR_BORROW};
    assert_int_equal(act(&net.a, &call), WEIR_ENOTSUP);
    assert_int_equal(weir_backend_sim.handle(net.a.state), WEIR_NO_HANDLE);
    net_close(&net);

    again.place = NULL;
    host_open(&again); /* without a host: a world of its own */
    weir_handle handle = make_socket(&again, WEIR_FAMILY_IPV6);
    call_close(&again, handle, 0);
    host_close(&again);
}

static void chance_comes_from_the_world(void **state) {
    (void)state;
    uint8_t first[16], second[16];
    for (int i = 0; i < 2; i++) {
        struct net net = net_open(&(weir_sim_options){.seed = 5});
        net_start(&net);
        struct weir_call call = {.kind = WEIR_CALL_RANDOM, .bytes = i ? second : first, .count = sizeof first};
        assert_int_equal(act(&net.a, &call), 0);
        net_close(&net);
    }
    assert_memory_equal(first, second, sizeof first);
    assert_memory_not_equal(first, first + 8, 8);
}

static void a_world_ends_with_what_is_under_way(void **state) {
    (void)state;
    struct pair p;
    weir_sim_host *third;
    pair_open(TCP, NULL, &p);
    assert_int_equal(weir_sim_host_add(p.net.sim, "c", "10.0.0.3", &third), 0);
    assert_int_equal(weir_sim_partition(p.net.sim, p.net.a.place, p.net.b.place, true), 0);
    assert_int_equal(weir_sim_partition(p.net.sim, p.net.b.place, third, true), 0);
    assert_int_equal(weir_sim_partition(p.net.sim, p.net.b.place, third, false), 0);
    assert_int_equal(weir_sim_partition(p.net.sim, p.net.b.place, third, true), 0);
    assert_int_equal(call_send(p.left_host, p.left, "never", 5), 5);
    settle(p.left_host);
    weir_backend_sim.close(p.net.a.state, true); /* as in a forked child: with what is open */
    weir_backend_sim.close(p.net.b.state, true);
    assert_int_equal(p.net.a.memory.held, 0);
    assert_int_equal(p.net.b.memory.held, 0);
    assert_int_equal(weir_sim_close(p.net.sim), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_way_holds_bytes_and_connects),
        cmocka_unit_test(a_crash_resets_both_sides),
        cmocka_unit_test(time_is_the_deadlines),
        cmocka_unit_test(the_doors_of_a_world),
        cmocka_unit_test(chance_comes_from_the_world),
        cmocka_unit_test(a_world_ends_with_what_is_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
