/* SPDX-License-Identifier: MIT
 *
 * How simulated connections come about, and the names of their ends. */
#include "sim_net.h"

/* ---- connecting -------------------------------------------------------------------------------------------------- */

static void refusals(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    net_start(&net);
    const struct {
        weir_address address;
        int result;
        uint64_t least_ns;
    } cases[] = {
        {ip("10.0.0.2", 7), WEIR_EREFUSED, 20000},
        {ip("127.0.0.1", 7), WEIR_EREFUSED, 20000},
        {ip("10.9.9.9", 7), WEIR_EUNREACH, 3000000000},
        {path("/none"), WEIR_ENOENT, 1},
        {path("@none"), WEIR_EREFUSED, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct op op;
        uint64_t before = weir_sim_now_ns(net.sim);
        weir_handle handle = start_connect(&net.a, &op, &cases[i].address);
        assert_int_equal(finish(&net.a, &op), cases[i].result);
        assert_true(weir_sim_now_ns(net.sim) - before >= cases[i].least_ns);
        /* The socket is as new. */
        assert_int_equal(submit(&net.a, &op, WEIR_PORT_CONNECT, handle), 0);
        assert_int_equal(finish(&net.a, &op), cases[i].result);
        call_close(&net.a, handle, 0);
    }
    net_close(&net);
}

static void a_dead_socket_file_refuses_and_is_replaced(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    weir_address file = path("/run/x");
    struct op op;
    net_start(&net);
    weir_handle first = listen_on(&net.a, &file, 1), second = make_socket(&net.a, WEIR_FAMILY_UNIX);
    assert_int_equal(call_bind(&net.a, second, &file), WEIR_EADDRINUSE);
    call_close(&net.a, first, 0);
    weir_handle client = start_connect(&net.a, &op, &file);
    assert_int_equal(finish(&net.a, &op), WEIR_EREFUSED);
    assert_int_equal(call_bind(&net.a, second, &file), 0);
    struct weir_call unlink = {.kind = WEIR_CALL_UNLINK, .address = &file};
    assert_int_equal(act(&net.a, &unlink), 0);
    assert_int_equal(act(&net.a, &unlink), WEIR_ENOENT);
    call_close(&net.a, second, 0);
    call_close(&net.a, client, 0);
    net_close(&net);
}

static void a_full_backlog_makes_others_wait(void **state) {
    (void)state;
    const weir_address address = ip("10.0.0.1", 7000);
    struct net net = net_open(NULL);
    struct op ops[4];
    weir_handle clients[4], servers[3];
    net_start(&net);
    weir_handle listener = listen_on(&net.a, &address, 1);
    for (int k = 0; k < 4; k++) {
        clients[k] = start_connect(&net.a, &ops[k], &address);
        settle(&net.a);
        assert_int_equal(ops[k].ended, k < 2);
    }
    cancel(&net.a, &ops[3]);
    assert_int_equal(finish(&net.a, &ops[3]), WEIR_ECANCELED);
    servers[0] = accept_one(&net.a, listener);
    assert_int_equal(finish(&net.a, &ops[2]), 0);
    servers[1] = accept_one(&net.a, listener);
    servers[2] = accept_one(&net.a, listener);
    for (int k = 0; k < 4; k++)
        call_close(&net.a, clients[k], 0);
    for (int k = 0; k < 3; k++)
        call_close(&net.a, servers[k], 0);
    call_close(&net.a, listener, 0);
    net_close(&net);
}

static void a_full_unix_backlog_refuses(void **state) {
    (void)state;
    const weir_address address = path("@x");
    struct net net = net_open(NULL);
    struct op ops[3];
    weir_handle clients[3];
    net_start(&net);
    weir_handle listener = listen_on(&net.a, &address, 1);
    for (int k = 0; k < 3; k++) {
        clients[k] = start_connect(&net.a, &ops[k], &address);
        assert_int_equal(finish(&net.a, &ops[k]), k < 2 ? 0 : WEIR_EREFUSED);
    }
    call_close(&net.a, listener, 0);
    for (int k = 0; k < 3; k++)
        call_close(&net.a, clients[k], 0);
    net_close(&net);
}

static void a_listener_that_goes_resets_its_backlog(void **state) {
    (void)state;
    const weir_address address = ip("10.0.0.1", 7000);
    struct net net = net_open(NULL);
    struct op made, waits;
    char into[4];
    size_t got;
    net_start(&net);
    weir_handle listener = listen_on(&net.a, &address, 1);
    weir_handle client = start_connect(&net.a, &made, &address);
    settle(&net.a);
    weir_handle second = start_connect(&net.a, &waits, &address);
    settle(&net.a);
    weir_handle late = start_connect(&net.a, &waits, &address);
    settle(&net.a);
    assert_int_equal(made.result, 0);
    assert_false(waits.ended);
    call_close(&net.a, listener, 0);
    assert_int_equal(finish(&net.a, &waits), WEIR_EREFUSED);
    assert_int_equal(receive_all(&net.a, client, into, sizeof into, &got), WEIR_ERESET);
    call_close(&net.a, client, 0);
    call_close(&net.a, second, 0);
    call_close(&net.a, late, 0);
    net_close(&net);
}

static void a_connection_reset_in_the_backlog_is_accepted(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    weir_address address = ip("10.0.0.2", 7000);
    struct op op;
    char into[16];
    size_t got;
    net_start(&net);
    weir_handle listener = listen_on(&net.b, &address, 5);
    weir_handle client = start_connect(&net.a, &op, &address);
    assert_int_equal(finish(&net.a, &op), 0);
    assert_int_equal(call_send(&net.a, client, "bytes", 5), 5);
    settle(&net.a);
    call_close(&net.a, client, 1);
    settle(&net.a);
    weir_handle server = accept_one(&net.b, listener);
    assert_int_equal(receive_all(&net.b, server, into, sizeof into, &got), WEIR_ERESET);
    assert_int_equal(got, 5);
    call_close(&net.b, server, 0);
    call_close(&net.b, listener, 0);
    net_close(&net);
}

static void accept_at_the_limit_of_handles(void **state) {
    (void)state;
    struct net net = net_open(&(weir_sim_options){.handle_limit = 3});
    weir_address address = ip("10.0.0.2", 7000);
    struct op connects[2], op = {0};
    net_start(&net);
    weir_handle listener = listen_on(&net.b, &address, 5);
    weir_handle spare = make_socket(&net.b, WEIR_FAMILY_IPV4), other = make_socket(&net.b, WEIR_FAMILY_IPV4);
    struct weir_call call = {.kind = WEIR_CALL_SOCKET, .family = WEIR_FAMILY_IPV4, .handle = 77};
    assert_int_equal(act(&net.b, &call), WEIR_EMFILE);
    assert_int_equal(call.handle, 77);
    weir_handle client = start_connect(&net.a, &connects[0], &address);
    assert_int_equal(finish(&net.a, &connects[0]), 0);
    assert_int_equal(submit(&net.b, &op, WEIR_PORT_ACCEPT, listener), 0);
    assert_int_equal(finish(&net.b, &op), WEIR_EMFILE);
    call_close(&net.b, spare, 0);
    call.kind = WEIR_CALL_PIPE;
    assert_int_equal(act(&net.b, &call), WEIR_EMFILE);
    weir_handle server = accept_one(&net.b, listener);
    call_close(&net.b, other, 0);
    call_close(&net.b, server, 0);
    call_close(&net.b, listener, 0);
    call_close(&net.a, client, 0);
    net_close(&net);
}

static void one_connection_can_be_accepted_at_once(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    struct op connect;
    weir_address address = ip("10.0.0.1", 7000);
    net_start(&net);
    weir_handle listener = listen_on(&net.a, &address, 0);
    struct weir_call accept = {.kind = WEIR_CALL_ACCEPT, .handle = listener, .other = 77};
    assert_int_equal(act(&net.a, &accept), WEIR_EAGAIN);
    assert_int_equal(accept.other, 77);
    weir_handle client = start_connect(&net.a, &connect, &address);
    assert_int_equal(finish(&net.a, &connect), 0);
    assert_int_equal(act(&net.a, &accept), 0);
    assert_int_equal(call_send(&net.a, accept.other, "x", 1), 1);
    call_close(&net.a, accept.other, 0);
    accept.handle = client;
    assert_int_equal(act(&net.a, &accept), WEIR_EINVAL);
    call_close(&net.a, client, 0);
    call_close(&net.a, listener, 0);
    net_close(&net);
}

static void accepts_come_sixteen_at_a_time(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    weir_address address = path("@many");
    struct op connects[40], op = {0};
    weir_handle clients[40];
    net_start(&net);
    weir_handle listener = listen_on(&net.a, &address, 0);
    for (int i = 0; i < 40; i++)
        clients[i] = start_connect(&net.a, &connects[i], &address);
    settle(&net.a);
    assert_int_equal(submit(&net.a, &op, WEIR_PORT_ACCEPT, listener), 0);
    const unsigned counts[] = {16, 32, 40, 40};
    for (int i = 0; i < 4; i++) {
        struct weir_completion c;
        weir_backend_sim.wait(net.a.state, 0);
        while (weir_backend_sim.next(net.a.state, &c)) {
            call_close(&net.a, c.result, 0);
            op.count++;
        }
        assert_int_equal(op.count, counts[i]);
    }
    cancel(&net.a, &op);
    finish(&net.a, &op);
    for (int i = 0; i < 40; i++)
        call_close(&net.a, clients[i], 0);
    call_close(&net.a, listener, 0);
    net_close(&net);
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

static void addresses_in_use(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    net_start(&net);
    const struct {
        const char *first, *second;
        bool share, only6;
        int result;
    } cases[] = {
        {"127.0.0.1", "127.0.0.1", false, false, WEIR_EADDRINUSE},
        {"127.0.0.1", "127.0.0.1", true, false, 0},
        {"127.0.0.1", "10.0.0.1", false, false, 0},
        {"0.0.0.0", "10.0.0.1", false, false, WEIR_EADDRINUSE},
        {"10.0.0.1", "0.0.0.0", false, false, WEIR_EADDRINUSE},
        {"::", "127.0.0.1", false, false, WEIR_EADDRINUSE},
        {"::", "127.0.0.1", false, true, 0},
        {"::1", "127.0.0.1", false, false, 0},
        {"127.0.0.1", "10.0.0.2", false, false, WEIR_EADDRNOTAVAIL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        weir_address a = ip(cases[i].first, 7000), b = ip(cases[i].second, 7000);
        weir_handle first = make_socket(&net.a, a.family), second = make_socket(&net.a, b.family);
        if (cases[i].share) call_option(&net.a, first, WEIR_OPTION_REUSEPORT);
        if (cases[i].share) call_option(&net.a, second, WEIR_OPTION_REUSEPORT);
        if (cases[i].only6) call_option(&net.a, first, WEIR_OPTION_IPV6_ONLY);
        assert_int_equal(call_bind(&net.a, first, &a), 0);
        assert_int_equal(call_bind(&net.a, second, &b), cases[i].result);
        call_close(&net.a, first, 0);
        call_close(&net.a, second, 0);
    }
    net_close(&net);
}

static void names_of_a_connection(void **state) {
    (void)state;
    struct pair p;
    weir_address expected = ip("10.0.0.2", 7000), client = ip("10.0.0.1", 0);
    pair_open(TCP, NULL, &p);
    weir_address peer = call_name(p.left_host, WEIR_CALL_PEER, p.left);
    assert_true(weir_address_equal(&peer, &expected));
    peer = call_name(p.right_host, WEIR_CALL_LOCAL, p.right);
    assert_true(weir_address_equal(&peer, &expected));
    weir_address local = call_name(p.left_host, WEIR_CALL_LOCAL, p.left);
    peer = call_name(p.right_host, WEIR_CALL_PEER, p.right);
    assert_true(weir_address_equal(&peer, &local));
    client.port = peer.port;
    assert_true(weir_address_equal(&peer, &client) && peer.port >= 49152);
    pair_close(&p);
}

static void ipv6_listeners_take_ipv4(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    weir_address any = ip("::", 0), mapped = ip("::ffff:127.0.0.1", 0);
    struct op op;
    net_start(&net);
    weir_handle listener = listen_on(&net.a, &any, 0);
    weir_address name = call_name(&net.a, WEIR_CALL_LOCAL, listener);
    assert_int_equal(name.port, 49152);
    weir_address target = ip("127.0.0.1", name.port);
    weir_handle client = start_connect(&net.a, &op, &target);
    assert_int_equal(finish(&net.a, &op), 0);
    weir_handle server = accept_one(&net.a, listener);
    weir_address local = call_name(&net.a, WEIR_CALL_LOCAL, server);
    mapped.port = name.port;
    assert_true(weir_address_equal(&local, &mapped));
    call_close(&net.a, client, 0);
    call_close(&net.a, server, 0);
    call_close(&net.a, listener, 0);
    net_close(&net);
}

static weir_handle connect_to(struct host *host, const weir_address *address) {
    struct op op;
    weir_handle handle = start_connect(host, &op, address);
    assert_int_equal(finish(host, &op), 0);
    return handle;
}

static void wildcard_and_mapped_targets_lead_home(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    net_start(&net);
    weir_handle listener = make_socket(&net.a, WEIR_FAMILY_IPV4), nameless = make_socket(&net.a, WEIR_FAMILY_UNIX);
    weir_address none = call_name(&net.a, WEIR_CALL_LOCAL, nameless);
    assert_true(none.family == WEIR_FAMILY_UNIX && none.length == 0);
    assert_int_equal(call_listen(&net.a, nameless, 0), WEIR_EINVAL);
    assert_int_equal(call_listen(&net.a, listener, 0), 0); /* without a name: any port */
    uint16_t port = call_name(&net.a, WEIR_CALL_LOCAL, listener).port;
    const weir_address targets[] = {ip("0.0.0.0", port), ip("::ffff:10.0.0.1", port), ip("10.0.0.1", port)};
    for (size_t i = 0; i < 3; i++) {
        weir_handle client = connect_to(&net.a, &targets[i]), server = accept_one(&net.a, listener);
        weir_address peer = call_name(&net.a, WEIR_CALL_PEER, server), own = ip(i ? "10.0.0.1" : "127.0.0.1", 0);
        own.port = peer.port;
        assert_true(weir_address_equal(&peer, &own));
        call_close(&net.a, client, 0);
        call_close(&net.a, server, 0);
    }
    call_close(&net.a, listener, 0);
    call_close(&net.a, nameless, 0);
    net_close(&net);
}

static void a_shared_port_shares_its_connections(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    weir_address address = ip("10.0.0.1", 7000);
    weir_handle listeners[2], clients[20];
    unsigned taken[2] = {0, 0};
    net_start(&net);
    for (int i = 0; i < 2; i++) {
        listeners[i] = make_socket(&net.a, WEIR_FAMILY_IPV4);
        assert_int_equal(call_option(&net.a, listeners[i], WEIR_OPTION_REUSEPORT), 0);
        assert_int_equal(call_bind(&net.a, listeners[i], &address), 0);
        assert_int_equal(call_listen(&net.a, listeners[i], 0), 0);
    }
    for (int i = 0; i < 20; i++)
        clients[i] = connect_to(&net.b, &address);
    for (int i = 0; i < 2; i++) {
        struct op op = {.acceptor = &net.a};
        assert_int_equal(submit(&net.a, &op, WEIR_PORT_ACCEPT, listeners[i]), 0);
        do {
            settle(&net.a);
            while (net.a.spare)
                call_close(&net.a, net.a.accepted[--net.a.spare], 0);
            if (taken[i] == op.count) break;
            taken[i] = op.count;
        } while (true);
        cancel(&net.a, &op);
        finish(&net.a, &op);
        call_close(&net.a, listeners[i], 0);
    }
    assert_int_equal(taken[0] + taken[1], 20);
    assert_true(taken[0] > 2 && taken[1] > 2);
    for (int i = 0; i < 20; i++)
        call_close(&net.b, clients[i], 0);
    net_close(&net);
}

static void a_stale_handle_is_found_out(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    net_start(&net);
    weir_handle first = make_socket(&net.a, WEIR_FAMILY_IPV4);
    call_close(&net.a, first, 0);
    weir_handle second = make_socket(&net.a, WEIR_FAMILY_IPV4);
    assert_true(first != second);
    assert_int_equal(call_close(&net.a, first, 0), WEIR_EINVAL);
    assert_int_equal(call_close(&net.a, WEIR_NO_HANDLE, 0), WEIR_EINVAL);
    call_close(&net.a, second, 0);
    net_close(&net);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals),
        cmocka_unit_test(a_dead_socket_file_refuses_and_is_replaced),
        cmocka_unit_test(a_full_backlog_makes_others_wait),
        cmocka_unit_test(a_full_unix_backlog_refuses),
        cmocka_unit_test(a_listener_that_goes_resets_its_backlog),
        cmocka_unit_test(a_connection_reset_in_the_backlog_is_accepted),
        cmocka_unit_test(accept_at_the_limit_of_handles),
        cmocka_unit_test(one_connection_can_be_accepted_at_once),
        cmocka_unit_test(accepts_come_sixteen_at_a_time),
        cmocka_unit_test(addresses_in_use),
        cmocka_unit_test(names_of_a_connection),
        cmocka_unit_test(ipv6_listeners_take_ipv4),
        cmocka_unit_test(wildcard_and_mapped_targets_lead_home),
        cmocka_unit_test(a_shared_port_shares_its_connections),
        cmocka_unit_test(a_stale_handle_is_found_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
