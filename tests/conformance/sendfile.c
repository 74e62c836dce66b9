/* SPDX-License-Identifier: MIT
 *
 * weir_sendfile: bytes before, a range of a file, bytes after, in order, in bounded memory, with one completion. */
#include "conformance/suites.h"
#include "support/store.h"

#define LARGE 500000
#define BEFORE 700
#define AFTER 900

static char path[STORE_PATH];
static weir_file file;
static uint8_t before[BEFORE], after[AFTER];

/* One sending under watch, on an open file. */
static struct sending {
    weir_sendfile_op op;
    weir_file_op file_op;
    struct scene *scene;
    uint64_t offset, length;
    unsigned done;
    int64_t result;
    bool close_then;
} sending;

static void closed(weir_file_op *op, int64_t result) {
    (void)op;
    check_int(result, 0);
    scene_release(sending.scene);
}

static void sent(weir_sendfile_op *op, int64_t result) {
    struct scene *s = sending.scene;
    scene_enter(s);
    check_int(++sending.done, 1);
    check(op == &sending.op);
    sending.result = result;
    sending.file_op.done = closed;
    check_int(weir_file_close(&file, &sending.file_op), 0);
    if (s->client.t && sending.close_then) close_now(&s->client);
    scene_leave(s);
}

static int start(struct actor *a) {
    scene_calls(a->scene);
    int status = weir_sendfile(a->t, &sending.op, before, BEFORE, &file, sending.offset, sending.length, after, AFTER);
    return scene_called(a->scene, status);
}

static void begin(struct actor *a) { check_int(start(a), 0); }

static void opened(weir_file_op *op, int64_t result) {
    (void)op;
    check_int(result, 0);
    scene_open_pair(sending.scene);
}

/* Before, range and after make one pattern. The pair is opened once the file is. */
static void prepare(struct scene *s, size_t range) {
    static uint8_t bytes[LARGE];
    pattern_fill(before, 0, BEFORE);
    pattern_fill(after, BEFORE + range, AFTER);
    pattern_fill(bytes, BEFORE, range);
    sending =
        (struct sending){.op.done = sent, .file_op.done = opened, .scene = s, .length = UINT64_MAX, .close_then = true};
    memset(&file, 0, sizeof file);
    store_path(path);
    store_put_bytes(s, path, bytes, range);
    s->client.on_connected = begin;
    s->client.hushed = true;
}

static void play(struct scene *s) {
    check_int(weir_file_at_open(s->loop, &file, path, WEIR_FILE_READ, &sending.file_op), 0);
    scene_hold(s);
    scene_run(s);
    check_int(sending.done, 1);
    store_remove(s, path);
}

static size_t take_the_pattern(struct actor *a, const uint8_t *bytes, size_t n) {
    check(pattern_matches(bytes, a->received, n));
    return n;
}

static void before_file_after(struct scene *s) {
    prepare(s, LARGE);
    s->server.on_received = take_the_pattern;
    play(s);
    check_int(sending.result, BEFORE + LARGE + AFTER);
    check_int(s->server.received, BEFORE + LARGE + AFTER);
}

static size_t take_by_dice(struct actor *a, const uint8_t *bytes, size_t n) {
    size_t k = 1 + (size_t)dice_roll(&a->scene->dice, n);
    check(pattern_matches(bytes, a->received, k));
    if (dice_roll(&a->scene->dice, 4) == 0) {
        pause_receiving(a);
        actor_later(a, dice_roll(&a->scene->dice, 3 * MS), resume_receiving);
    }
    return k;
}

static void memory_is_bounded(struct actor *a) {
    if (!a->t) return;
    check(actor_info(a).queued <= 20000);
    check(scene_stats(a->scene).charged < WEIR_DELIVERY_MAX + 100000);
    actor_later(a, 2 * MS, memory_is_bounded);
}

static void begin_and_watch(struct actor *a) {
    begin(a);
    memory_is_bounded(a);
}

/* In pieces smaller than a block, as the consumer has room. */
static void a_slow_peer_is_waited_for(struct scene *s) {
    static const weir_limits small = {.receive = 3000, .write_cap = 20000, .pause_mark = 6000, .resume_mark = 2000};
    s->limits = &small;
    prepare(s, LARGE);
    s->client.on_connected = begin_and_watch;
    s->server.on_received = take_by_dice;
    play(s);
    check_int(s->server.received, BEFORE + LARGE + AFTER);
}

static void a_short_file_is_told(struct scene *s) {
    prepare(s, 100000);
    sending.length = 100001;
    s->server.on_received = take_the_pattern;
    play(s);
    check_int(sending.result, WEIR_ETRUNCATED);
    check_int(sending.op.moved, BEFORE + 100000);
    check_int(s->server.received, BEFORE + 100000);
    check_int(s->client.code, 0);
}

static size_t take_all(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)a;
    (void)bytes;
    return n;
}

static void a_range_is_sent(struct scene *s) {
    prepare(s, 100000);
    sending.offset = 70000;
    sending.length = 20000;
    s->server.on_received = take_all;
    play(s);
    check_int(sending.result, BEFORE + 20000 + AFTER);
}

static void nothing_can_be_sent(struct scene *s) {
    prepare(s, 10);
    sending.length = 0;
    s->server.on_received = take_all;
    play(s);
    check_int(sending.result, BEFORE + AFTER);
}

static void begin_and_cancel(struct actor *a) {
    begin(a);
    check_int(start(a), WEIR_EBUSY);
    check_int(weir_sendfile_cancel(&sending.op), 0);
    check_int(weir_sendfile_cancel(&sending.op), 0);
}

static void it_can_be_cancelled_at_once(struct scene *s) {
    prepare(s, LARGE);
    s->client.on_connected = begin_and_cancel;
    play(s);
    check_int(sending.result, WEIR_ECANCELED);
    check_int(sending.op.moved, 0);
    check_int(weir_sendfile_cancel(&sending.op), 0);
}

static void cancel_it(struct scene *s) {
    (void)s;
    weir_sendfile_cancel(&sending.op);
}

static void cut_the_pair(struct scene *s) {
    if (s->client.t) abort_now(&s->client);
    if (s->server.t) abort_now(&s->server);
}

/* Exactly what had moved by then arrives. */
static size_t cancel_after_some(struct actor *a, const uint8_t *bytes, size_t n) {
    if (a->received < 100000 && a->received + n >= 100000) cancel_it(a->scene);
    return take_the_pattern(a, bytes, n);
}

static void it_can_be_cancelled_half_way(struct scene *s) {
    prepare(s, LARGE);
    s->client.silenced = s->server.silenced = true;
    s->server.on_received = cancel_after_some;
    play(s);
    check(sending.result == WEIR_ECANCELED || sending.result == BEFORE + LARGE + AFTER);
    check_int(s->server.received, sending.op.moved);
}

static size_t abort_after_some(struct actor *a, const uint8_t *bytes, size_t n) {
    if (a->received + n >= 50000) actor_abort(a);
    (void)bytes;
    return n;
}

static void the_loss_of_the_transport_ends_it(struct scene *s) {
    prepare(s, LARGE);
    s->client.silenced = s->server.silenced = true;
    sending.close_then = false;
    s->server.on_received = abort_after_some;
    play(s);
    check(sending.result < 0 && sending.result != WEIR_ECANCELED);
    check(sending.op.moved < BEFORE + LARGE + AFTER);
}

static void begin_and_abort(struct actor *a) {
    begin(a);
    abort_now(a);
}

static void an_abort_ends_it(struct scene *s) {
    prepare(s, LARGE);
    s->client.silenced = s->server.silenced = true;
    s->client.on_connected = begin_and_abort;
    play(s);
    check(sending.result < 0);
}

static const weir_limits narrow = {.receive = 3000, .write_cap = 20000, .pause_mark = 6000, .resume_mark = 2000};

static void prepare_a_short_file_for_a_deaf_peer(struct scene *s) {
    s->limits = &narrow;
    s->client.silenced = s->server.silenced = true;
    prepare(s, 60000);
    sending.length = LARGE;
    s->server.on_connected = pause_receiving;
}

/* What it gave has not left yet. */
static void the_loss_ends_it_when_the_file_was_short(struct scene *s) {
    prepare_a_short_file_for_a_deaf_peer(s);
    scene_later(s, 50 * MS, cut_the_pair);
    play(s);
    check(sending.result < 0 && sending.result != WEIR_ETRUNCATED);
}

static void it_can_be_cancelled_when_the_file_was_short(struct scene *s) {
    prepare_a_short_file_for_a_deaf_peer(s);
    scene_later(s, 50 * MS, cancel_it);
    scene_later(s, 100 * MS, cut_the_pair);
    play(s);
    check_int(sending.result, WEIR_ECANCELED);
}

static const struct scenario sendfile[] = {
    SCENARIO(before_file_after, .media = EVERY),
    SCENARIO(a_slow_peer_is_waited_for, .media = EVERY),
    SCENARIO(a_short_file_is_told, .media = EVERY),
    SCENARIO(a_range_is_sent, .media = TCP4 | MEMORY),
    SCENARIO(nothing_can_be_sent, .media = TCP4 | MEMORY),
    SCENARIO(it_can_be_cancelled_at_once, .media = TCP4 | PIPE | MEMORY),
    SCENARIO(it_can_be_cancelled_half_way, .media = TCP4 | PIPE | MEMORY),
    SCENARIO(the_loss_of_the_transport_ends_it, .media = TCP4 | MEMORY),
    SCENARIO(an_abort_ends_it, .media = TCP4 | MEMORY),
    SCENARIO(the_loss_ends_it_when_the_file_was_short, .media = MEMORY),
    SCENARIO(it_can_be_cancelled_when_the_file_was_short, .media = MEMORY),
};

const struct suite sendfile_suite = SUITE(sendfile);
