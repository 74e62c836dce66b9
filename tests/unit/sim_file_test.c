/* SPDX-License-Identifier: MIT
 *
 * Files of a simulated host, by offset and by position, full and broken, and the seeds that decide
 * what happens when. */
#include "sim_net.h"

/* ---- one op at a time -------------------------------------------------------------------------------------------- */

static int do_call(struct host *host, struct weir_call *call) {
    struct op op = {.port = {.with.call = call}};
    assert_int_equal(submit(host, &op, WEIR_PORT_CALL, WEIR_NO_HANDLE), 0);
    return (int)finish(host, &op);
}

static int try_open(struct host *host, const char *name, int flags, weir_handle *ret) {
    struct weir_call call = {.kind = WEIR_CALL_OPEN, .path = name, .value = flags, .handle = 77};
    int result = do_call(host, &call);
    if (result < 0) assert_int_equal(call.handle, 77);
    *ret = call.handle;
    return result;
}

static weir_handle open_file(struct host *host, const char *name, int flags) {
    weir_handle handle;
    assert_int_equal(try_open(host, name, flags, &handle), 0);
    return handle;
}

static int on_file(struct host *host, enum weir_call_kind kind, weir_handle handle) {
    struct weir_call call = {.kind = kind, .handle = handle};
    return do_call(host, &call);
}

static uint64_t size_of(struct host *host, weir_handle handle) {
    struct weir_call call = {.kind = WEIR_CALL_SIZE, .handle = handle};
    assert_int_equal(do_call(host, &call), 0);
    return call.size;
}

static int64_t move(struct host *host, enum weir_port_kind kind, weir_handle handle, const void *bytes, size_t n,
                    uint64_t offset) {
    struct weir_piece piece = {.bytes = (uint8_t *)(uintptr_t)bytes, .size = n, .offset = offset};
    struct op op = {.port = {.with.piece = &piece}};
    assert_int_equal(submit(host, &op, kind, handle), 0);
    finish(host, &op);
    assert_int_equal(op.count, 1);
    return op.result;
}

static int64_t read_at(struct host *host, weir_handle handle, void *into, size_t n, uint64_t offset) {
    return move(host, WEIR_PORT_READ_AT, handle, into, n, offset);
}

static int64_t write_at(struct host *host, weir_handle handle, const void *bytes, size_t n, uint64_t offset) {
    return move(host, WEIR_PORT_WRITE_AT, handle, bytes, n, offset);
}

static void holds(const struct host *host, const char *name, const void *bytes, size_t n) {
    uint8_t found[4096];
    assert_true(n <= sizeof found);
    assert_int_equal(weir_sim_file_get(host->place, name, found, sizeof found), n);
    assert_memory_equal(found, bytes, n);
}

enum { READ = WEIR_FILE_READ, WRITE = WEIR_FILE_WRITE, CREATE = WEIR_FILE_WRITE | WEIR_FILE_CREATE };

/* ---- what a file is ---------------------------------------------------------------------------------------------- */

static void a_file_holds_what_was_written(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    char into[16] = "";
    net_start(&net);
    weir_handle file = open_file(&net.a, "/data", READ | CREATE);
    assert_int_equal(write_at(&net.a, file, "hello world", 11, 0), 11);
    assert_int_equal(write_at(&net.a, file, "W", 1, 6), 1);
    assert_int_equal(size_of(&net.a, file), 11);
    assert_int_equal(read_at(&net.a, file, into, sizeof into, 6), 5);
    assert_memory_equal(into, "World", 5);
    assert_int_equal(read_at(&net.a, file, into, sizeof into, 11), 0);
    assert_int_equal(read_at(&net.a, file, into, sizeof into, UINT64_MAX - 1), 0);
    assert_int_equal(on_file(&net.a, WEIR_CALL_SYNC, file), 0);
    assert_int_equal(on_file(&net.a, WEIR_CALL_FINISH, file), 0);
    assert_int_equal(net.a.state->handles, 0);
    holds(&net.a, "/data", "hello World", 11);
    assert_int_equal(weir_sim_file_get(net.b.place, "/data", NULL, 0), WEIR_ENOENT);
    net_close(&net);
}

static void flags_say_how_it_is_opened(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    weir_handle file;
    char into[4];
    net_start(&net);
    assert_int_equal(try_open(&net.a, "f", READ, &file), WEIR_ENOENT);
    assert_int_equal(try_open(&net.a, "f", WRITE | WEIR_FILE_TRUNCATE, &file), WEIR_ENOENT);
    assert_int_equal(weir_sim_file_get(net.a.place, "f", NULL, 0), WEIR_ENOENT);
    file = open_file(&net.a, "f", CREATE | WEIR_FILE_EXCLUSIVE);
    assert_int_equal(write_at(&net.a, file, "abc", 3, 0), 3);
    assert_int_equal(read_at(&net.a, file, into, 1, 0), WEIR_EINVAL);
    call_close(&net.a, file, 0);
    assert_int_equal(try_open(&net.a, "f", CREATE | WEIR_FILE_EXCLUSIVE, &file), WEIR_EEXIST);
    file = open_file(&net.a, "f", READ);
    assert_int_equal(write_at(&net.a, file, "x", 1, 0), WEIR_EINVAL);
    call_close(&net.a, file, 0);
    file = open_file(&net.a, "f", WRITE | WEIR_FILE_APPEND);
    assert_int_equal(write_at(&net.a, file, "d", 1, 0), 1);
    assert_int_equal(write_at(&net.a, file, "e", 1, WEIR_FILE_END), 1);
    call_close(&net.a, file, 0);
    holds(&net.a, "f", "abcde", 5);
    call_close(&net.a, open_file(&net.a, "f", WRITE | WEIR_FILE_TRUNCATE), 0);
    holds(&net.a, "f", "", 0);
    net_close(&net);
}

static void senseless_flags_and_paths_are_refused(void **state) {
    (void)state;
    static const int senseless[] = {0,
                                    READ | WEIR_FILE_APPEND,
                                    READ | WEIR_FILE_CREATE,
                                    READ | WEIR_FILE_TRUNCATE,
                                    WRITE | WEIR_FILE_EXCLUSIVE,
                                    READ | 64,
                                    -1};
    struct net net = net_open(NULL);
    weir_handle file;
    char longest[4097];
    net_start(&net);
    for (size_t i = 0; i < sizeof senseless / sizeof *senseless; i++)
        assert_int_equal(try_open(&net.a, "f", senseless[i], &file), WEIR_EINVAL);
    assert_int_equal(try_open(&net.a, NULL, READ, &file), WEIR_EINVAL);
    assert_int_equal(try_open(&net.a, "", CREATE, &file), WEIR_ENOENT);
    memset(longest, 'x', sizeof longest);
    longest[4096] = 0;
    assert_int_equal(try_open(&net.a, longest, CREATE, &file), WEIR_ENAMETOOLONG);
    longest[4095] = 0;
    call_close(&net.a, open_file(&net.a, longest, CREATE), 0);
    net_close(&net);
}

static void a_handle_has_a_position(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    char into[8];
    net_start(&net);
    weir_handle one = open_file(&net.a, "f", READ | CREATE), other = open_file(&net.a, "f", READ);
    assert_int_equal(write_at(&net.a, one, "abc", 3, WEIR_FILE_END), 3);
    assert_int_equal(write_at(&net.a, one, "XY", 2, 0), 2);
    assert_int_equal(write_at(&net.a, one, "def", 3, WEIR_FILE_END), 3);
    holds(&net.a, "f", "XYcdef", 6);
    assert_int_equal(read_at(&net.a, one, into, 8, WEIR_FILE_END), 0);
    assert_int_equal(read_at(&net.a, other, into, 4, WEIR_FILE_END), 4);
    assert_int_equal(read_at(&net.a, other, into, 1, 0), 1);
    assert_int_equal(read_at(&net.a, other, into, 8, WEIR_FILE_END), 2);
    assert_memory_equal(into, "ef", 2);
    call_close(&net.a, one, 0);
    call_close(&net.a, other, 0);
    net_close(&net);
}

static void a_gap_is_zeros(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    uint8_t wanted[3001] = {0}, into[3001];
    net_start(&net);
    weir_handle file = open_file(&net.a, "f", READ | CREATE);
    assert_int_equal(write_at(&net.a, file, "z", 1, 3000), 1);
    wanted[3000] = 'z';
    assert_int_equal(read_at(&net.a, file, into, sizeof into, 0), 3001);
    assert_memory_equal(into, wanted, 3001);
    call_close(&net.a, file, 0);
    net_close(&net);
}

static void a_file_is_no_socket(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    struct weir_piece piece = {.bytes = (uint8_t[1]){0}, .size = 1};
    struct op op = {.port = {.with.piece = &piece}};
    weir_address any = ip("0.0.0.0", 0), name;
    net_start(&net);
    weir_handle file = open_file(&net.a, "f", CREATE), wire = make_socket(&net.a, WEIR_FAMILY_IPV4);
    for (int kind = WEIR_PORT_CONNECT; kind <= WEIR_PORT_SEND; kind++)
        assert_int_equal(submit(&net.a, &op, (enum weir_port_kind)kind, file), WEIR_ENOTSUP);
    assert_int_equal(submit(&net.a, &op, WEIR_PORT_READ_AT, wire), WEIR_ENOTSUP);
    assert_int_equal(submit(&net.a, &op, WEIR_PORT_WRITE_AT, 12345), WEIR_EINVAL);
    assert_int_equal(call_send(&net.a, file, "x", 1), WEIR_ENOTSUP);
    assert_int_equal(call_listen(&net.a, file, 0), WEIR_EINVAL);
    assert_int_equal(call_bind(&net.a, file, &any), WEIR_EINVAL);
    assert_int_equal(call_on(&net.a, WEIR_CALL_SHUTDOWN, file), WEIR_ENOTSUP);
    struct weir_call local = {.kind = WEIR_CALL_LOCAL, .handle = file, .named = &name};
    assert_int_equal(act(&net.a, &local), WEIR_ENOTSUP);
    assert_int_equal(on_file(&net.a, WEIR_CALL_SIZE, wire), WEIR_ENOTSUP);
    assert_int_equal(on_file(&net.a, WEIR_CALL_SYNC, wire), WEIR_ENOTSUP);
    assert_int_equal(on_file(&net.a, WEIR_CALL_FINISH, wire), 0);
    assert_int_equal(on_file(&net.a, WEIR_CALL_FINISH, file), 0);
    assert_int_equal(on_file(&net.a, WEIR_CALL_FINISH, file), WEIR_EINVAL);
    net_close(&net);
}

static void descriptors_have_no_place(void **state) {
    (void)state;
    static const enum weir_call_kind kinds[] = {WEIR_CALL_ADOPT, WEIR_CALL_PASS, WEIR_CALL_TAKE};
    struct net net = net_open(NULL);
    net_start(&net);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        assert_int_equal(call_on(&net.a, kinds[i], 0), WEIR_ENOTSUP);
    net_close(&net);
}

/* ---- limits and faults ------------------------------------------------------------------------------------------- */

static void a_full_disk_takes_what_fits(void **state) {
    (void)state;
    struct net net = net_open(&(weir_sim_options){.disk_limit = 1000});
    uint8_t bytes[1001];
    fill(bytes, sizeof bytes);
    net_start(&net);
    assert_int_equal(weir_sim_file_put(net.a.place, "full", bytes, 1001), WEIR_ENOSPC);
    assert_int_equal(weir_sim_file_get(net.a.place, "full", NULL, 0), WEIR_ENOENT);
    weir_handle one = open_file(&net.a, "one", CREATE), two = open_file(&net.a, "two", CREATE);
    assert_int_equal(write_at(&net.a, one, bytes, 700, 0), 700);
    assert_int_equal(write_at(&net.a, two, bytes, 700, 0), 300);
    assert_int_equal(write_at(&net.a, two, bytes, 1, 300), WEIR_ENOSPC);
    assert_int_equal(write_at(&net.a, one, bytes, 1, UINT64_MAX - 1), WEIR_ENOSPC);
    assert_int_equal(write_at(&net.a, one, bytes + 1, 699, 1), 699); /* what is there already needs no room */
    assert_int_equal(weir_sim_file_put(net.a.place, "one", bytes, 701), WEIR_ENOSPC);
    assert_int_equal(weir_sim_file_put(net.a.place, "one", bytes, 400), 0);
    assert_int_equal(write_at(&net.a, two, bytes, 1, 599), 1);
    assert_int_equal(write_at(&net.a, two, bytes, 2, 599), 1);
    assert_int_equal(weir_sim_file_put(net.a.place, "one", NULL, 0), 0);
    assert_int_equal(write_at(&net.a, one, bytes, 1000, 0), 400);
    assert_int_equal(weir_sim_file_put(net.b.place, "other", bytes, 1000), 0); /* each host has a disk */
    call_close(&net.a, one, 0);
    call_close(&net.a, two, 0);
    net_close(&net);
}

static void the_number_of_files_is_bounded(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    weir_handle file;
    char name[16];
    net_start(&net);
    for (int i = 0; i < 4096; i++) {
        snprintf(name, sizeof name, "%d", i);
        assert_int_equal(weir_sim_file_put(net.a.place, name, "", 0), 0);
    }
    assert_int_equal(weir_sim_file_put(net.a.place, "one more", "x", 1), WEIR_ENOSPC);
    assert_int_equal(try_open(&net.a, "one more", CREATE, &file), WEIR_ENOSPC);
    assert_int_equal(weir_sim_file_put(net.a.place, "17", "x", 1), 0);
    assert_int_equal(net.a.state->handles, 0);
    net_close(&net);
}

static void open_files_count_as_handles(void **state) {
    (void)state;
    struct net net = net_open(&(weir_sim_options){.handle_limit = 2});
    weir_handle file;
    net_start(&net);
    weir_handle one = open_file(&net.a, "f", CREATE), two = open_file(&net.a, "f", WRITE);
    assert_int_equal(try_open(&net.a, "g", CREATE, &file), WEIR_EMFILE);
    assert_int_equal(weir_sim_file_get(net.a.place, "g", NULL, 0), WEIR_ENOENT);
    call_close(&net.a, one, 0);
    assert_int_equal(call_close(&net.a, one, 0), WEIR_EINVAL);
    call_close(&net.a, open_file(&net.a, "g", CREATE), 0);
    call_close(&net.a, two, 0);
    net_close(&net);
}

static void faults_are_told_and_mended(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    char into[4];
    net_start(&net);
    assert_int_equal(weir_sim_file_fail(net.a.place, "f", WEIR_SIM_FAULT_READ), WEIR_ENOENT);
    assert_int_equal(weir_sim_file_put(net.a.place, "f", "abc", 3), 0);
    assert_int_equal(weir_sim_file_fail(net.a.place, "f", 16), WEIR_EINVAL);
    weir_handle file = open_file(&net.a, "f", READ | WRITE);
    assert_int_equal(weir_sim_file_fail(net.a.place, "f", WEIR_SIM_FAULT_READ), 0);
    assert_int_equal(read_at(&net.a, file, into, 3, 0), WEIR_EIO);
    assert_int_equal(write_at(&net.a, file, "A", 1, 0), 1);
    assert_int_equal(weir_sim_file_fail(net.a.place, "f", WEIR_SIM_FAULT_WRITE | WEIR_SIM_FAULT_SYNC), 0);
    assert_int_equal(write_at(&net.a, file, "B", 1, 1), WEIR_EIO);
    assert_int_equal(on_file(&net.a, WEIR_CALL_SYNC, file), WEIR_EIO);
    assert_int_equal(weir_sim_file_fail(net.a.place, "f", WEIR_SIM_FAULT_FINISH), 0);
    assert_int_equal(read_at(&net.a, file, into, 3, 0), 3);
    assert_memory_equal(into, "Abc", 3);
    assert_int_equal(on_file(&net.a, WEIR_CALL_FINISH, file), WEIR_EIO);
    assert_int_equal(net.a.state->handles, 0); /* closed all the same */
    assert_int_equal(weir_sim_file_fail(net.a.place, "f", 0), 0);
    assert_int_equal(on_file(&net.a, WEIR_CALL_FINISH, open_file(&net.a, "f", READ)), 0);
    net_close(&net);
}

static void the_doors_of_a_disk(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    char into[2];
    assert_int_equal(weir_sim_file_put(NULL, "f", "", 0), WEIR_EINVAL);
    assert_int_equal(weir_sim_file_put(net.a.place, NULL, "", 0), WEIR_EINVAL);
    assert_int_equal(weir_sim_file_put(net.a.place, "f", NULL, 1), WEIR_EINVAL);
    assert_int_equal(weir_sim_file_put(net.a.place, "", "x", 1), WEIR_ENOENT);
    assert_int_equal(weir_sim_file_put(net.a.place, "f", "xyz", 3), 0);
    assert_int_equal(weir_sim_file_get(NULL, "f", into, 2), WEIR_EINVAL);
    assert_int_equal(weir_sim_file_get(net.a.place, NULL, into, 2), WEIR_EINVAL);
    assert_int_equal(weir_sim_file_get(net.a.place, "f", NULL, 2), WEIR_EINVAL);
    assert_int_equal(weir_sim_file_get(net.a.place, "f", into, 2), 3);
    assert_memory_equal(into, "xy", 2);
    assert_int_equal(weir_sim_file_fail(NULL, "f", 0), WEIR_EINVAL);
    assert_int_equal(weir_sim_file_fail(net.a.place, NULL, 0), WEIR_EINVAL);
    assert_int_equal(weir_sim_close(net.sim), 0);
}

/* ---- chance ------------------------------------------------------------------------------------------------------ */

static void parts_come_in_order(void **state) {
    (void)state;
    struct net net = net_open(&(weir_sim_options){.seed = 5, .short_io_percent = 100});
    static uint8_t bytes[3000], into[3000];
    unsigned parts = 0;
    fill(bytes, sizeof bytes);
    net_start(&net);
    weir_handle file = open_file(&net.a, "f", READ | CREATE);
    for (size_t at = 0; at < sizeof bytes; parts++) {
        int64_t n = write_at(&net.a, file, bytes + at, sizeof bytes - at, at);
        assert_true(n >= 1);
        at += (size_t)n;
    }
    for (size_t at = 0; at < sizeof into;) {
        int64_t n = read_at(&net.a, file, into + at, sizeof into - at, at);
        assert_true(n >= 1);
        at += (size_t)n;
    }
    assert_true(parts > 1);
    assert_memory_equal(bytes, into, sizeof bytes);
    call_close(&net.a, file, 0);
    net_close(&net);
}

/* Two reads begun together, by the order in which they end. */
static bool second_is_first(uint64_t seed) {
    struct net net = net_open(&(weir_sim_options){.seed = seed});
    struct weir_piece pieces[2] = {{.bytes = (uint8_t[1]){0}, .size = 1}, {.bytes = (uint8_t[1]){0}, .size = 1}};
    struct op ops[2] = {{.port = {.with.piece = &pieces[0]}}, {.port = {.with.piece = &pieces[1]}}};
    net_start(&net);
    assert_int_equal(weir_sim_file_put(net.a.place, "f", "x", 1), 0);
    weir_handle file = open_file(&net.a, "f", READ);
    uint64_t began = weir_sim_now_ns(net.sim);
    for (int i = 0; i < 2; i++)
        assert_int_equal(submit(&net.a, &ops[i], WEIR_PORT_READ_AT, file), 0);
    assert_false(ops[0].ended || ops[1].ended);
    while (!ops[0].ended && !ops[1].ended)
        assert_int_equal(turn(&net.a), 0);
    bool second = ops[1].ended;
    finish(&net.a, &ops[0]);
    finish(&net.a, &ops[1]);
    assert_true(weir_sim_now_ns(net.sim) > began);
    call_close(&net.a, file, 0);
    net_close(&net);
    return second;
}

static void ops_overtake_each_other(void **state) {
    (void)state;
    unsigned overtaken = 0;
    for (uint64_t seed = 0; seed < 100; seed++)
        overtaken += second_is_first(seed);
    assert_true(overtaken > 10 && overtaken < 90);
}

/* A write that is cancelled after a while. Returns whether it happened all the same. */
static bool cancelled_late(uint64_t seed) {
    struct net net = net_open(&(weir_sim_options){.seed = seed});
    struct weir_piece piece = {.bytes = (uint8_t[3]){'a', 'b', 'c'}, .size = 3};
    struct op op = {.port = {.with.piece = &piece}};
    net_start(&net);
    weir_handle file = open_file(&net.a, "f", CREATE);
    assert_int_equal(submit(&net.a, &op, WEIR_PORT_WRITE_AT, file), 0);
    net.a.deadline_ns = weir_backend_sim.now_ns(net.a.state) + weir_sim_random(net.sim) % 100000;
    while (!op.ended && weir_backend_sim.now_ns(net.a.state) < net.a.deadline_ns)
        assert_int_equal(weir_backend_sim.turn(net.a.state, net.a.deadline_ns), 0);
    net.a.deadline_ns = WEIR_FOREVER;
    if (!op.ended) {
        cancel(&net.a, &op);
        cancel(&net.a, &op);
        assert_false(op.ended);
        finish(&net.a, &op);
    }
    bool happened = op.result == 3;
    if (!happened) assert_int_equal(op.result, WEIR_ECANCELED);
    holds(&net.a, "f", "abc", happened ? 3 : 0);
    settle(&net.a);
    assert_int_equal(op.count, 1);
    call_close(&net.a, file, 0);
    net_close(&net);
    return happened;
}

static void a_late_cancel_changes_nothing(void **state) {
    (void)state;
    unsigned happened = 0;
    for (uint64_t seed = 0; seed < 200; seed++)
        happened += cancelled_late(seed);
    assert_true(happened > 20 && happened < 180);
}

static void a_cancelled_open_opens_nothing(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    struct weir_call call = {.kind = WEIR_CALL_OPEN, .path = "f", .value = CREATE, .handle = 77};
    struct op op = {.port = {.with.call = &call}};
    net_start(&net);
    assert_int_equal(submit(&net.a, &op, WEIR_PORT_CALL, WEIR_NO_HANDLE), 0);
    cancel(&net.a, &op);
    assert_int_equal(finish(&net.a, &op), WEIR_ECANCELED);
    assert_int_equal(call.handle, 77);
    assert_int_equal(weir_sim_file_get(net.a.place, "f", NULL, 0), WEIR_ENOENT);
    net_close(&net);
}

static void hash_line(void *user, const char *line) {
    uint64_t *hash = user;
    for (; *line; line++)
        *hash = (*hash ^ (uint8_t)*line) * 1099511628211u;
}

/* Reads and writes at random, some cancelled. Returns the digest. */
static uint64_t story(uint64_t seed, uint64_t *traced) {
    struct net net =
        net_open(&(weir_sim_options){.seed = seed, .short_io_percent = 30, .trace = hash_line, .trace_user = traced});
    struct op ops[8];
    struct weir_piece pieces[8];
    uint8_t bytes[8][64];
    *traced = 0;
    net_start(&net);
    weir_handle file = open_file(&net.a, "f", READ | CREATE);
    for (unsigned round = 0; round < 20; round++) {
        for (unsigned i = 0; i < 8; i++) {
            uint64_t chance = weir_sim_random(net.sim);
            fill(bytes[i], sizeof bytes[i]);
            pieces[i] = (struct weir_piece){bytes[i], 1 + chance % 64, chance >> 8 & 255};
            ops[i] = (struct op){.port = {.with.piece = &pieces[i]}};
            assert_int_equal(submit(&net.a, &ops[i], chance >> 16 & 1 ? WEIR_PORT_READ_AT : WEIR_PORT_WRITE_AT, file),
                             0);
        }
        for (unsigned i = 0; i < 8; i++) {
            if (weir_sim_random(net.sim) % 4 == 0 && !ops[i].ended) cancel(&net.a, &ops[i]);
            finish(&net.a, &ops[i]);
        }
    }
    assert_int_equal(on_file(&net.a, WEIR_CALL_FINISH, file), 0);
    uint64_t digest = weir_sim_digest(net.sim);
    net_close(&net);
    return digest;
}

static void equal_seeds_tell_equal_stories(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 10; seed++) {
        uint64_t first, second, other;
        assert_int_equal(story(seed, &first), story(seed, &second));
        assert_int_equal(first, second);
        assert_int_not_equal(story(seed, &first), story(seed + 1000, &other));
        assert_int_not_equal(first, other);
    }
}

/* A forked child forgets what is under way. */
static void a_child_forgets(void **state) {
    (void)state;
    struct net net = net_open(NULL);
    struct weir_piece piece = {.bytes = (uint8_t[1]){'x'}, .size = 1};
    struct op away = {.port = {.with.piece = &piece}}, back = away;
    net_start(&net);
    weir_handle file = open_file(&net.a, "f", CREATE);
    assert_int_equal(submit(&net.a, &away, WEIR_PORT_WRITE_AT, file), 0);
    assert_int_equal(submit(&net.a, &back, WEIR_PORT_WRITE_AT, file), 0);
    cancel(&net.a, &back);
    weir_backend_sim.close(net.a.state, true);
    assert_int_equal(net.a.memory.held, 0);
    host_close(&net.b);
    assert_int_equal(weir_sim_close(net.sim), 0);
    assert_false(away.ended || back.ended);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_holds_what_was_written),
        cmocka_unit_test(flags_say_how_it_is_opened),
        cmocka_unit_test(senseless_flags_and_paths_are_refused),
        cmocka_unit_test(a_handle_has_a_position),
        cmocka_unit_test(a_gap_is_zeros),
        cmocka_unit_test(a_file_is_no_socket),
        cmocka_unit_test(descriptors_have_no_place),
        cmocka_unit_test(a_full_disk_takes_what_fits),
        cmocka_unit_test(the_number_of_files_is_bounded),
        cmocka_unit_test(open_files_count_as_handles),
        cmocka_unit_test(faults_are_told_and_mended),
        cmocka_unit_test(the_doors_of_a_disk),
        cmocka_unit_test(parts_come_in_order),
        cmocka_unit_test(ops_overtake_each_other),
        cmocka_unit_test(a_late_cancel_changes_nothing),
        cmocka_unit_test(a_cancelled_open_opens_nothing),
        cmocka_unit_test(equal_seeds_tell_equal_stories),
        cmocka_unit_test(a_child_forgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
