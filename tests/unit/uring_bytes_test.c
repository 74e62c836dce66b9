/* SPDX-License-Identifier: MIT
 *
 * Bytes keep their order and their number, whatever way they go. Two streams run against each other over one pair of
 * handles; every write has a random size from one byte to a megabyte, so that receives go from buffers of the ring to
 * the large one and back all the time. Now and then a receive is cancelled and begun anew. Each stream is the output of
 * a generator, and is checked byte by byte. */
#include "uring_loop.h"

#include <signal.h>
#include <sys/time.h>

enum { longest = 1 << 20 };

/* The n-th byte of the stream `seed`. */
static uint8_t byte_at(uint64_t seed, uint64_t n) {
    uint64_t x = (n / 8 + seed) * 0x9e3779b97f4a7c15u;
    x ^= x >> 29;
    x *= 0xbf58476d1ce4e5b9u;
    return (uint8_t)(x >> (n % 8 * 8));
}

static uint64_t random_state;

static uint64_t draw(uint64_t below) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (random_state >> 33) % below;
}

/* Mostly small ones, in spells, so that the small way is found again. */
static size_t draw_size(uint64_t at) {
    static const size_t most[] = {64, 64, 3000, 10000, longest, 64, 200000, 1000};
    return 1 + (size_t)draw(most[at / 300000 % (sizeof most / sizeof *most)]);
}

struct stream {
    struct seen out, in;
    struct loop *loop;
    uint64_t seed, sent, received, total;
    struct weir_segment segments[3];
    uint8_t *bytes;
    bool pausing;
};

static struct stream *of_out(struct weir_port_op *op) { return (struct stream *)op; }
static struct stream *of_in(struct weir_port_op *op) {
    return (struct stream *)(void *)((char *)op - offsetof(struct stream, in));
}

static void send_more(struct stream *s);

static void sent(struct weir_port_op *op, const struct weir_completion *c) {
    struct stream *s = of_out(op);
    assert_true(c->last);
    assert_true(c->result > 0);
    s->sent += (uint64_t)c->result;
    send_more(s);
}

/* One to three segments. */
static void send_more(struct stream *s) {
    if (s->sent == s->total) {
        shutdown(weir_sys_fd(s->out.op.handle), SHUT_WR);
        if (!weir_sys_is(s->out.op.handle, WEIR_HANDLE_SOCKET)) close(weir_sys_fd(s->out.op.handle));
        return;
    }
    size_t size = draw_size(s->sent), at = 0;
    if (size > s->total - s->sent) size = (size_t)(s->total - s->sent);
    for (size_t i = 0; i < size; i++) s->bytes[i] = byte_at(s->seed, s->sent + i);
    for (int i = 0; i < 3 && at < size; i++) {
        size_t piece = i == 2 || draw(2) ? size - at : 1 + (size_t)draw(size - at);
        s->segments[i] = (struct weir_segment){.bytes = s->bytes + at, .size = piece};
        if (i > 0) s->segments[i - 1].next = &s->segments[i];
        at += piece;
    }
    s->out.op.stalled = draw(8) == 0;
    assert_int_equal(loop_submit(s->loop, &s->out.op), 0);
}

static void received(struct weir_port_op *op, const struct weir_completion *c) {
    struct stream *s = of_in(op);
    for (int64_t i = 0; c->bytes && i < c->result; i++) {
        if (c->bytes[i] != byte_at(s->seed, s->received)) fail();
        s->received++;
    }
    if (c->last && c->result == WEIR_ECANCELED) {
        assert_true(s->pausing);
        s->pausing = false;
        assert_int_equal(loop_submit(s->loop, op), 0);
    } else if (c->last) {
        assert_int_equal(c->result, 0);
        s->in.ended = true;
    } else if (draw(40) == 0) {
        s->pausing = true;
        loop_cancel(s->loop, op);
    }
}

static void stream_start(struct stream *s, struct loop *l, weir_handle from, weir_handle to, uint64_t total) {
    s->loop = l;
    s->seed = draw(1u << 30);
    s->total = total;
    s->bytes = malloc(longest);
    s->out = seen_op(WEIR_PORT_SEND, from);
    s->out.op.done = sent;
    s->out.op.with.segments = s->segments;
    s->in = seen_op(WEIR_PORT_RECEIVE, to);
    s->in.op.done = received;
    send_more(s);
    loop_submit(l, &s->in.op);
}

static void stream_finish(struct stream *s) {
    loop_until(s->loop, &s->in.ended);
    assert_int_equal(s->received, s->total);
    free(s->bytes);
}

static void both_ways(struct loop *l, int fds[2], uint64_t total) {
    struct stream there = {.seed = 0}, back = {.seed = 0};
    stream_start(&there, l, socket_handle(fds[0]), socket_handle(fds[1]), total);
    stream_start(&back, l, socket_handle(fds[1]), socket_handle(fds[0]), total);
    stream_finish(&there);
    stream_finish(&back);
    loop_drain(l);
    close(fds[0]);
    close(fds[1]);
}

static void tcp_keeps_all_bytes(void **unused) {
    (void)unused;
    for (random_state = 0; random_state < 4;) {
        const uint64_t seed = random_state;
        struct loop l;
        int fds[2];
        loop_open(&l, 1024, 8192, 256);
        tcp_pair(fds);
        both_ways(&l, fds, 6000000);
        loop_close(&l);
        random_state = seed + 1;
    }
}

static void unix_keeps_all_bytes_on_a_small_ring(void **unused) {
    (void)unused;
    struct loop l;
    int fds[2];
    random_state = 77;
    loop_open(&l, 4, 8, 4);
    l.per_tick = 3;
    unix_pair(fds);
    both_ways(&l, fds, 6000000);
    loop_close(&l);
}

static void pipe_keeps_all_bytes(void **unused) {
    (void)unused;
    struct loop l;
    struct stream s = {.seed = 0};
    loop_open(&l, 1024, 8192, 256);
    struct weir_call c = {.kind = WEIR_CALL_PIPE};
    assert_int_equal(l.state->table->call(l.state, &c), 0);
    random_state = 5;
    stream_start(&s, &l, c.other, c.handle, 6000000);
    stream_finish(&s);
    close(weir_sys_fd(c.handle));
    loop_close(&l);
}

static volatile sig_atomic_t signals;

static void count_signal(int number) {
    (void)number;
    signals++;
}

static void signals_lose_nothing(void **unused) {
    (void)unused;
    const struct sigaction counting = {.sa_handler = count_signal};
    const struct itimerval often = {.it_interval = {0, 200}, .it_value = {0, 200}}, never = {{0, 0}, {0, 0}};
    struct sigaction before;
    struct loop l;
    int fds[2];
    loop_open(&l, 64, 256, 16);
    sigaction(SIGALRM, &counting, &before);
    setitimer(ITIMER_REAL, &often, NULL);
    random_state = 9;
    unix_pair(fds);
    both_ways(&l, fds, 4000000);
    for (int i = 0; i < 100; i++) loop_tick(&l, SECOND / 1000);
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &before, NULL);
    assert_true(signals > 10);
    loop_close(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tcp_keeps_all_bytes),
        cmocka_unit_test(unix_keeps_all_bytes_on_a_small_ring),
        cmocka_unit_test(pipe_keeps_all_bytes),
        cmocka_unit_test(signals_lose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
