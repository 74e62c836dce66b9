/* SPDX-License-Identifier: MIT
 *
 * Bytes through the io_uring backend: receives and sends, their ends, and their cancels at awkward moments. */
#include "uring_loop.h"

#include <fcntl.h>

static void receive_ends_with_zero_after_all_bytes(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int fds[2];
    unix_pair(fds);
    struct seen r = seen_op(WEIR_PORT_RECEIVE, socket_handle(fds[0]));
    loop_submit(&l, &r.op);
    assert_int_equal(write(fds[1], "hello", 5), 5);
    close(fds[1]);
    loop_until(&l, &r.ended);
    assert_int_equal(r.sum, 5);
    assert_int_equal(r.result, 0);
    close(fds[0]);
    loop_close(&l);
}

static void small_send_completes_without_further_events(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int fds[2];
    unix_pair(fds);
    struct weir_segment s = lent("hello", 5);
    struct seen w = seen_op(WEIR_PORT_SEND, socket_handle(fds[0]));
    w.op.with.segments = &s;
    loop_submit(&l, &w.op);
    const uint64_t start = loop_now(&l);
    loop_tick(&l, HUNG_NS);
    assert_true(w.ended);
    assert_int_equal(w.result, 5);
    assert_true(loop_now(&l) - start < HUNG_NS);
    close(fds[0]);
    close(fds[1]);
    loop_close(&l);
}

/* Unless it is cancelled: then somebody waits for it. */
static void quiet_send_lets_the_loop_sleep(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int fds[2];
    unix_pair(fds);
    struct weir_segment s = lent("hello", 5);
    struct seen w = seen_op(WEIR_PORT_SEND, socket_handle(fds[0]));
    w.op.with.segments = &s;
    w.op.quiet = true;
    for (int cancelled = 0; cancelled < 2; cancelled++) {
        w.ended = false;
        loop_submit(&l, &w.op);
        if (cancelled) loop_cancel(&l, &w.op);
        const uint64_t start = loop_now(&l), longest = cancelled ? HUNG_NS : SECOND / 20;
        loop_tick(&l, longest);
        assert_int_equal(loop_now(&l) - start > longest / 5 * 4, !cancelled);
        assert_true(w.ended);
        assert_int_equal(w.result, 5);
    }
    close(fds[1]); /* and a failure is told at once */
    w.ended = false;
    loop_submit(&l, &w.op);
    const uint64_t start = loop_now(&l);
    loop_tick(&l, HUNG_NS);
    assert_true(loop_now(&l) - start < HUNG_NS);
    assert_int_equal(w.result, WEIR_ERESET);
    close(fds[0]);
    loop_close(&l);
}

static void send_to_a_closed_peer_fails(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int fds[2];
    unix_pair(fds);
    close(fds[1]);
    struct weir_segment s = lent("hello", 5);
    struct seen w = seen_op(WEIR_PORT_SEND, socket_handle(fds[0]));
    w.op.with.segments = &s;
    loop_submit(&l, &w.op);
    loop_until(&l, &w.ended);
    assert_int_equal(w.result, WEIR_ERESET);
    assert_int_equal(w.os_code, EPIPE);
    close(fds[0]);
    loop_close(&l);
}

/* Fills a socket until it refuses; returns how much it took. */
static size_t fill(int fd) {
    static const uint8_t zeros[4096];
    size_t sum = 0;
    for (ssize_t n; (n = send(fd, zeros, sizeof zeros, MSG_DONTWAIT)) > 0;)
        sum += (size_t)n;
    return sum;
}

static size_t empty(int fd) {
    static uint8_t scrap[65536];
    size_t sum = 0;
    for (ssize_t n; (n = recv(fd, scrap, sizeof scrap, MSG_DONTWAIT)) > 0;)
        sum += (size_t)n;
    return sum;
}

static void refused_send_waits_for_room(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int fds[2];
    unix_pair(fds);
    fill(fds[0]);
    struct weir_segment s = lent("hello", 5);
    struct seen w = seen_op(WEIR_PORT_SEND, socket_handle(fds[0]));
    w.op.with.segments = &s;
    for (int stalled = 0; stalled < 2; stalled++) {
        w.ended = false;
        w.op.stalled = stalled;
        loop_submit(&l, &w.op);
        for (int i = 0; i < 5; i++)
            loop_tick(&l, SECOND / 1000);
        assert_false(w.ended);
        empty(fds[1]);
        loop_until(&l, &w.ended);
        assert_int_equal(w.result, 5);
        assert_int_equal(empty(fds[1]), 5);
        fill(fds[0]);
    }
    close(fds[0]);
    close(fds[1]);
    loop_close(&l);
}

static void refused_send_can_be_cancelled(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int fds[2];
    unix_pair(fds);
    const size_t before = fill(fds[0]);
    struct weir_segment s = lent("hello", 5);
    struct seen w = seen_op(WEIR_PORT_SEND, socket_handle(fds[0]));
    w.op.with.segments = &s;
    for (int ticks = 0; ticks < 3; ticks++) { /* cancelled before, while and after it was refused */
        w.ended = false;
        loop_submit(&l, &w.op);
        for (int i = 0; i < ticks; i++)
            loop_tick(&l, 0);
        loop_cancel(&l, &w.op);
        loop_cancel(&l, &w.op);
        loop_until(&l, &w.ended);
        assert_int_equal(w.result, WEIR_ECANCELED);
    }
    assert_int_equal(empty(fds[1]), before);
    close(fds[0]);
    close(fds[1]);
    loop_close(&l);
}

static void part_of_a_send_is_told(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int fds[2];
    unix_pair(fds);
    static uint8_t bytes[8000];
    const int smallest = 1;
    setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &smallest, sizeof smallest);
    struct weir_segment s = lent(bytes, sizeof bytes);
    struct seen w = seen_op(WEIR_PORT_SEND, socket_handle(fds[0]));
    w.op.with.segments = &s;
    loop_submit(&l, &w.op);
    loop_until(&l, &w.ended);
    assert_in_range(w.result, 1, 7999);
    assert_int_equal(empty(fds[1]), w.result);
    close(fds[0]);
    close(fds[1]);
    loop_close(&l);
}

static void chain_is_sent_in_order(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int fds[2];
    char got[16] = "";
    unix_pair(fds);
    struct weir_segment second = lent("world", 5), first = lent("hello ", 6);
    first.next = &second;
    struct seen w = seen_op(WEIR_PORT_SEND, socket_handle(fds[0]));
    w.op.with.segments = &first;
    loop_submit(&l, &w.op);
    assert_false(w.ended);
    loop_until(&l, &w.ended);
    assert_int_equal(w.result, 11);
    assert_int_equal(read(fds[1], got, sizeof got), 11);
    assert_string_equal(got, "hello world");
    close(fds[0]);
    close(fds[1]);
    loop_close(&l);
}

static void reset_is_told_after_the_bytes(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int fds[2];
    tcp_pair(fds);
    assert_int_equal(write(fds[1], "hello", 5), 5);
    reset_close(fds[1]);
    struct seen r = seen_op(WEIR_PORT_RECEIVE, socket_handle(fds[0]));
    loop_submit(&l, &r.op);
    loop_until(&l, &r.ended);
    assert_int_equal(r.sum, 5);
    assert_int_equal(r.result, WEIR_ERESET);
    assert_int_equal(r.os_code, ECONNRESET);
    close(fds[0]);
    loop_close(&l);
}

static void cancelled_receive_loses_nothing(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    int fds[2];
    unix_pair(fds);
    struct seen r = seen_op(WEIR_PORT_RECEIVE, socket_handle(fds[0]));
    int64_t sent = 0;
    for (int i = 0; i < 200; i++) {
        r.ended = false;
        loop_submit(&l, &r.op);
        for (int t = 0; t < i % 3; t++)
            loop_tick(&l, 0);
        static uint8_t bytes[9000];
        const size_t n = i % 4 == 0 ? sizeof bytes : 700;
        if (i % 5 != 0) sent += send(fds[1], bytes, n, 0);
        if (i % 2) loop_tick(&l, 0);
        loop_cancel(&l, &r.op);
        loop_until(&l, &r.ended);
        assert_int_equal(r.result, WEIR_ECANCELED);
    }
    sent -= (int64_t)empty(fds[0]);
    assert_int_equal(r.sum, sent);
    close(fds[0]);
    close(fds[1]);
    loop_close(&l);
}

static void file_is_received_to_its_end(void **unused) {
    (void)unused;
    struct loop l;
    usual(&l);
    FILE *file = tmpfile();
    assert_non_null(file);
    for (int i = 0; i < 100000; i++)
        fputs("0123456789", file);
    rewind(file);
    struct seen r = seen_op(WEIR_PORT_RECEIVE, weir_sys_handle(fileno(file), WEIR_HANDLE_FILE | WEIR_HANDLE_BORROWED));
    loop_submit(&l, &r.op);
    loop_until(&l, &r.ended);
    assert_int_equal(r.sum, 1000000);
    assert_int_equal(r.result, 0);
    rewind(file);
    r.ended = false;
    loop_submit(&l, &r.op);
    loop_cancel(&l, &r.op);
    loop_until(&l, &r.ended);
    assert_int_equal(r.result, WEIR_ECANCELED);
    fclose(file);
    loop_close(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(receive_ends_with_zero_after_all_bytes),
        cmocka_unit_test(small_send_completes_without_further_events),
        cmocka_unit_test(quiet_send_lets_the_loop_sleep),
        cmocka_unit_test(send_to_a_closed_peer_fails),
        cmocka_unit_test(refused_send_waits_for_room),
        cmocka_unit_test(refused_send_can_be_cancelled),
        cmocka_unit_test(part_of_a_send_is_told),
        cmocka_unit_test(chain_is_sent_in_order),
        cmocka_unit_test(reset_is_told_after_the_bytes),
        cmocka_unit_test(cancelled_receive_loses_nothing),
        cmocka_unit_test(file_is_received_to_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
