/* SPDX-License-Identifier: MIT
 *
 * A simulated world whose memory is refused, at every point. */
#include "sim_net.h"

struct meagre {
    unsigned left; /* requests that are still granted */
    bool refused;
};

static void *meagre_resize(void *user, void *old, size_t old_size, size_t new_size) {
    struct meagre *meagre = user;
    if (new_size > old_size && meagre->left-- == 0) {
        meagre->left = 0;
        meagre->refused = true;
        return NULL;
    }
    if (new_size) return realloc(old, new_size);
    free(old);
    return NULL;
}

/* One exchange, in which each step may be refused and is then tried again with plenty. */
static int retry(struct host *host, struct op *op, enum weir_port_kind kind, weir_handle handle,
                 struct meagre *meagre) {
    int result = submit(host, op, kind, handle);
    if (result == 0) return 0;
    assert_int_equal(result, WEIR_ENOMEM);
    assert_true(meagre->refused);
    meagre->left = UINT32_MAX;
    return submit(host, op, kind, handle);
}

static int retry_call(struct host *host, struct weir_call *call, struct meagre *meagre) {
    int result = act(host, call);
    if (result == 0) return 0;
    assert_int_equal(result, WEIR_ENOMEM);
    assert_true(meagre->refused);
    meagre->left = UINT32_MAX;
    return act(host, call);
}

static void meagre_exchange(struct net *net, struct meagre *meagre, weir_address address) {
    static uint8_t bytes[20000], into[20000];
    struct weir_call listener = {.kind = WEIR_CALL_SOCKET, .family = address.family}, client = listener;
    struct op accept = {0}, connect = {.port = {.with.address = &address}};
    size_t got = 0, sent = 0;
    struct host *b = address.family == WEIR_FAMILY_UNIX ? &net->a : &net->b;

    assert_int_equal(retry_call(b, &listener, meagre), 0);
    struct weir_call bind = {.kind = WEIR_CALL_BIND, .handle = listener.handle, .address = &address};
    assert_int_equal(retry_call(b, &bind, meagre), 0);
    assert_int_equal(call_listen(b, listener.handle, 0), 0);
    assert_int_equal(retry_call(&net->a, &client, meagre), 0);
    assert_int_equal(retry(&net->a, &connect, WEIR_PORT_CONNECT, client.handle, meagre), 0);
    assert_int_equal(finish(&net->a, &connect), 0);
    assert_int_equal(submit(b, &accept, WEIR_PORT_ACCEPT, listener.handle), 0);
    while (!accept.count)
        assert_int_equal(turn(b), 0);
    weir_handle server = accept.result;
    if (server < 0) { /* refused, and still in the backlog */
        assert_int_equal(server, WEIR_ENOMEM);
        assert_true(accept.ended && meagre->refused);
        meagre->left = UINT32_MAX;
        server = accept_one(b, listener.handle);
    } else {
        cancel(b, &accept);
        finish(b, &accept);
    }
    fill(bytes, sizeof bytes);
    while (sent < sizeof bytes) { /* a refusal is only a smaller buffer */
        int64_t n = send_some(&net->a, client.handle, bytes + sent, sizeof bytes - sent);
        assert_true(n > 0);
        sent += (size_t)n;
        struct op receive = {.into = into + got, .most = sizeof into - got};
        assert_int_equal(submit(b, &receive, WEIR_PORT_RECEIVE, server), 0);
        while (!receive.count)
            assert_int_equal(turn(b), 0);
        cancel(b, &receive);
        finish(b, &receive);
        got += receive.got;
    }
    call_close(&net->a, client.handle, 0);
    size_t rest;
    assert_int_equal(receive_all(b, server, into + got, sizeof into - got, &rest), 0);
    assert_int_equal(got + rest, sizeof bytes);
    assert_memory_equal(bytes, into, sizeof bytes);
    call_close(b, server, 0);
    call_close(b, listener.handle, 0);
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    const weir_address addresses[] = {ip("10.0.0.2", 7000), path("/run/x")};
    for (size_t i = 0; i < 2; i++) {
        struct meagre meagre = {.refused = true};
        for (unsigned n = 0; meagre.refused; n++) {
            weir_allocator allocator = {meagre_resize, &meagre};
            meagre = (struct meagre){.left = UINT32_MAX};
            struct net net = net_open(&(weir_sim_options){.allocator = &allocator, .seed = n});
            weir_memory_init(&net.a.memory, &allocator);
            weir_memory_init(&net.b.memory, &allocator);
            net_start(&net);
            meagre.left = n;
            meagre_exchange(&net, &meagre, addresses[i]);
            meagre.left = UINT32_MAX;
            net_close(&net);
        }
    }
}

/* Moves bytes of a file; refused at once, or at its end, it is done again with plenty. */
static int64_t retry_move(struct host *host, enum weir_port_kind kind, weir_handle handle, struct weir_piece *piece,
                          struct meagre *meagre) {
    struct op op = {.port = {.with.piece = piece}};
    assert_int_equal(retry(host, &op, kind, handle, meagre), 0);
    if (finish(host, &op) != WEIR_ENOMEM) return op.result;
    assert_true(meagre->refused);
    meagre->left = UINT32_MAX;
    op = (struct op){.port = {.with.piece = piece}};
    assert_int_equal(submit(host, &op, kind, handle), 0);
    return finish(host, &op);
}

static void meagre_file(struct net *net, struct meagre *meagre) {
    static uint8_t bytes[5000], into[5000];
    struct weir_call open = {
        .kind = WEIR_CALL_OPEN, .path = "f", .value = WEIR_FILE_READ | WEIR_FILE_WRITE | WEIR_FILE_CREATE};
    struct weir_piece piece = {.bytes = bytes, .size = 100}, rest = {.bytes = bytes + 100, .size = 4900, .offset = 100};
    fill(bytes, sizeof bytes);
    assert_int_equal(retry_call(&net->a, &open, meagre), 0);
    assert_int_equal(retry_move(&net->a, WEIR_PORT_WRITE_AT, open.handle, &piece, meagre), 100);
    assert_int_equal(retry_move(&net->a, WEIR_PORT_WRITE_AT, open.handle, &rest, meagre), 4900);
    piece = (struct weir_piece){.bytes = into, .size = sizeof into};
    assert_int_equal(retry_move(&net->a, WEIR_PORT_READ_AT, open.handle, &piece, meagre), 5000);
    assert_memory_equal(into, bytes, sizeof into);
    int result = weir_sim_file_put(net->a.place, "f", "new", 3);
    if (result < 0) { /* and the old one is there */
        assert_int_equal(result, WEIR_ENOMEM);
        assert_int_equal(weir_sim_file_get(net->a.place, "f", into, sizeof into), 5000);
        assert_memory_equal(into, bytes, sizeof into);
    }
    if (weir_sim_file_put(net->a.place, "g", "new", 3) < 0) {
        assert_true(meagre->refused);
        assert_int_equal(weir_sim_file_get(net->a.place, "g", NULL, 0), WEIR_ENOENT);
    }
    call_close(&net->a, open.handle, 0);
}

static void every_allocation_for_files_may_fail(void **state) {
    (void)state;
    struct meagre meagre = {.refused = true};
    for (unsigned n = 0; meagre.refused; n++) {
        weir_allocator allocator = {meagre_resize, &meagre};
        meagre = (struct meagre){.left = UINT32_MAX};
        struct net net = net_open(&(weir_sim_options){.allocator = &allocator, .seed = n});
        weir_memory_init(&net.a.memory, &allocator);
        weir_memory_init(&net.b.memory, &allocator);
        net_start(&net);
        meagre.left = n;
        meagre_file(&net, &meagre);
        meagre.left = UINT32_MAX;
        net_close(&net);
        assert_true(n > 5 || meagre.refused);
    }
}

static void a_world_that_cannot_be_made(void **state) {
    (void)state;
    struct meagre meagre = {.refused = true};
    for (unsigned n = 0; meagre.refused; n++) {
        weir_allocator allocator = {meagre_resize, &meagre};
        struct host host = {.deadline_ns = WEIR_FOREVER};
        struct weir_backend_env env = {
            .memory = &host.memory, .loop = (weir_loop *)&host, .tick = host_tick, .wants = host_wants};
        meagre = (struct meagre){.left = n};
        weir_memory_init(&host.memory, &allocator);
        int result = weir_backend_sim.open(&host.state, &env);
        assert_int_equal(result, meagre.refused ? WEIR_ENOMEM : 0);
        if (result == 0) weir_backend_sim.close(host.state, false);
        assert_int_equal(host.memory.held, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(every_allocation_for_files_may_fail),
        cmocka_unit_test(a_world_that_cannot_be_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
