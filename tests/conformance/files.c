/* SPDX-License-Identifier: MIT
 *
 * Files: as transports, which behave as any other and tell what the disk says; and by offset, many at a time. On a
 * simulated host they are in its memory, on a real system in a folder for temporary files. */
#include "conformance/suites.h"
#include "support/store.h"

#define LARGE 300000

static char path[STORE_PATH], other_path[STORE_PATH];

static void open_file(struct actor *a, const char *name, unsigned flags) {
    scene_worked(a->scene, actor_open_file(a, name, flags));
}

static size_t take_the_pattern(struct actor *a, const uint8_t *bytes, size_t n) {
    check(pattern_matches(bytes, a->received, n));
    return n;
}

static void pump_and_close(struct actor *a) { actor_pump(a, LARGE, close_now); }

/* ---- as a transport ---------------------------------------------------------------------------------------------- */

static void a_file_is_read_to_its_end(struct scene *s) {
    store_path(path);
    store_put(s, path, LARGE);
    s->client.on_received = take_the_pattern;
    open_file(&s->client, path, WEIR_FILE_READ);
    check_int(actor_info(&s->client).state, WEIR_CONNECTING);
    scene_run(s);
    check_int(s->client.received, LARGE);
    store_remove(s, path);
}

static void an_empty_file_ends_at_once(struct scene *s) {
    store_path(path);
    store_put(s, path, 0);
    open_file(&s->client, path, WEIR_FILE_READ);
    scene_run(s);
    store_remove(s, path);
}

static void what_is_written_is_there(struct scene *s) {
    store_path(path);
    s->client.hushed = true;
    s->client.on_connected = pump_and_close;
    open_file(&s->client, path, WEIR_FILE_WRITE | WEIR_FILE_CREATE);
    scene_run(s);
    store_expect(s, path, LARGE);
    store_remove(s, path);
}

static void write_early(struct actor *a) {
    check(actor_write_pattern(a, 1000) > 0);
    check(actor_write_pattern(a, 1000) > 0);
}

static void bytes_may_be_queued_before_it_is_open(struct scene *s) {
    store_path(path);
    s->client.on_connected = close_now;
    open_file(&s->client, path, WEIR_FILE_WRITE | WEIR_FILE_CREATE);
    write_early(&s->client);
    scene_run(s);
    store_expect(s, path, 2000);
    store_remove(s, path);
}

static void append_goes_to_the_end(struct scene *s) {
    store_path(path);
    store_put(s, path, 1000);
    s->client.written = 1000;
    s->client.on_connected = close_now;
    open_file(&s->client, path, WEIR_FILE_WRITE | WEIR_FILE_APPEND);
    write_early(&s->client);
    scene_run(s);
    store_expect(s, path, 3000);
    store_remove(s, path);
}

static void truncate_empties_it_first(struct scene *s) {
    store_path(path);
    store_put(s, path, 5000);
    s->client.on_connected = close_now;
    open_file(&s->client, path, WEIR_FILE_WRITE | WEIR_FILE_TRUNCATE);
    write_early(&s->client);
    scene_run(s);
    store_expect(s, path, 2000);
    store_remove(s, path);
}

static void read_and_write(struct actor *a) {
    check(actor_write_pattern(a, 500) > 0);
    check_int(actor_half_close(a), 0);
    check_int(actor_write_pattern(a, 1), WEIR_ECLOSED);
}

/* Each direction has its own position: what is written is what was there. */
static void a_file_can_be_read_and_written(struct scene *s) {
    store_path(path);
    store_put(s, path, 2000);
    s->client.on_received = take_the_pattern;
    s->client.on_connected = read_and_write;
    open_file(&s->client, path, WEIR_FILE_READ | WEIR_FILE_WRITE);
    scene_run(s);
    check_int(s->client.received, 2000);
    store_expect(s, path, 2000);
    store_remove(s, path);
}

static void expect_failure(struct scene *s, int code, weir_stage stage) {
    check_int(s->client.code, code);
    check_int(s->client.reason.stage, stage);
    check_int(s->client.connected, stage != WEIR_STAGE_OPEN);
}

static void a_missing_file_is_told(struct scene *s) {
    store_path(path);
    open_file(&s->client, path, WEIR_FILE_READ);
    scene_run(s);
    expect_failure(s, WEIR_ENOENT, WEIR_STAGE_OPEN);
    check(strstr(s->client.reason.peer, path) != NULL);
}

static void exclusive_refuses_what_is_there(struct scene *s) {
    store_path(path);
    store_put(s, path, 10);
    open_file(&s->client, path, WEIR_FILE_WRITE | WEIR_FILE_CREATE | WEIR_FILE_EXCLUSIVE);
    scene_run(s);
    expect_failure(s, WEIR_EEXIST, WEIR_STAGE_OPEN);
    store_expect(s, path, 10);
    store_remove(s, path);
}

static void flags_that_contradict_each_other_are_refused(struct scene *s) {
    static const unsigned wrong[] = {0, WEIR_FILE_CREATE, WEIR_FILE_READ | WEIR_FILE_TRUNCATE, 1024 | WEIR_FILE_READ,
                                     WEIR_FILE_WRITE | WEIR_FILE_EXCLUSIVE};
    weir_transport *t = NULL;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        check_int(weir_file_open(s->loop, "/tmp/x", wrong[i], NULL, NULL, NULL, &t), WEIR_EINVAL);
    check_int(weir_file_open(s->loop, NULL, WEIR_FILE_READ, NULL, NULL, NULL, &t), WEIR_EINVAL);
    check(t == NULL);
}

static void write_to_the_reader(struct actor *a) {
    check_int(actor_say(a, "no"), WEIR_ENOTSUP);
    check_int(actor_half_close(a), WEIR_ENOTSUP);
}

static void directions_that_were_not_asked_for_are_missing(struct scene *s) {
    store_path(path);
    store_put(s, path, 10);
    s->client.on_connected = write_to_the_reader;
    open_file(&s->client, path, WEIR_FILE_READ);
    check(!actor_info(&s->client).can_send);
    scene_run(s);
    store_remove(s, path);
}

static void an_open_can_be_aborted(struct scene *s) {
    store_path(path);
    store_put(s, path, 10);
    open_file(&s->client, path, WEIR_FILE_READ);
    check_int(actor_abort(&s->client), 0);
    scene_run(s);
    check_int(s->client.connected, 0);
    check_int(s->client.code, WEIR_ECANCELED);
    store_remove(s, path);
}

static size_t abort_after_some(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    if (a->received + n > 100000) actor_abort(a);
    return n;
}

static void reading_can_be_aborted(struct scene *s) {
    store_path(path);
    store_put(s, path, LARGE);
    s->client.silenced = true;
    s->client.on_received = abort_after_some;
    open_file(&s->client, path, WEIR_FILE_READ);
    scene_run(s);
    check_int(s->client.code, WEIR_ECANCELED);
    store_remove(s, path);
}

static void write_much_and_abort_soon(struct actor *a) {
    check(actor_write_pattern(a, 3 * LARGE) >= 0);
    actor_later(a, MS, abort_now);
}

/* What was written stays, and is the beginning of what should have been. */
static void an_abort_leaves_what_was_written(struct scene *s) {
    static uint8_t bytes[3 * LARGE];
    store_path(path);
    s->client.silenced = true;
    s->client.on_connected = write_much_and_abort_soon;
    open_file(&s->client, path, WEIR_FILE_WRITE | WEIR_FILE_CREATE);
    scene_run(s);
    check_int(s->client.code, WEIR_ECANCELED);
    int64_t size = store_get(s, path, bytes, sizeof bytes);
    check(size >= 0 && (uint64_t)size <= s->client.written);
    check(size >= 0 && pattern_matches(bytes, 0, (size_t)size));
    check_int(size + (int64_t)s->client.reason.unsent, s->client.written);
    store_remove(s, path);
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

static void reading_keeps_to_its_limit(struct actor *a) {
    weir_transport_info info = actor_info(a);
    check(info.unread <= info.limits.receive + WEIR_DELIVERY_MAX);
}

static void a_slow_reader_gets_every_byte(struct scene *s) {
    static const weir_limits small = {.receive = 3000};
    store_path(path);
    store_put(s, path, LARGE);
    s->limits = &small;
    s->client.on_received = take_by_dice;
    open_file(&s->client, path, WEIR_FILE_READ);
    actor_later(&s->client, 2 * MS, reading_keeps_to_its_limit);
    scene_run(s);
    check_int(s->client.received, LARGE);
    store_remove(s, path);
}

static struct errand reading;
static uint8_t read_into[1000];

static void has_read_exactly(struct errand *e, int64_t result) {
    check_int(result, sizeof read_into);
    check(pattern_matches(read_into, 0, sizeof read_into));
    close_now(e->actor);
}

static void read_exactly(struct actor *a) {
    check_int(actor_read(a, &reading, read_into, sizeof read_into, sizeof read_into), 0);
}

static void a_read_op_takes_what_it_asked_for(struct scene *s) {
    reading = (struct errand){.on_done = has_read_exactly};
    store_path(path);
    store_put(s, path, LARGE);
    s->client.deaf = true;
    s->client.on_connected = read_exactly;
    open_file(&s->client, path, WEIR_FILE_READ);
    scene_run(s);
    check_int(reading.done, 1);
    store_remove(s, path);
}

static struct errand lending[3];
static uint8_t lent[3][100000];

static void lend_three(struct actor *a) {
    for (unsigned i = 0; i < 3; i++) {
        pattern_fill(lent[i], i * sizeof lent[i], sizeof lent[i]);
        check(actor_lend(a, &lending[i], lent[i], sizeof lent[i]) > 0);
    }
    close_now(a);
}

static void lent_bytes_are_written_in_order(struct scene *s) {
    memset(lending, 0, sizeof lending);
    store_path(path);
    s->client.on_connected = lend_three;
    open_file(&s->client, path, WEIR_FILE_WRITE | WEIR_FILE_CREATE);
    scene_run(s);
    for (unsigned i = 0; i < 3; i++)
        check_int(lending[i].result, sizeof lent[i]);
    store_expect(s, path, sizeof lent);
    store_remove(s, path);
}

/* ---- what the disk says ------------------------------------------------------------------------------------------ */

static void a_full_disk_is_told_with_what_is_missing(struct scene *s) {
    bool simulated = scene_simulated(s);
    if (simulated) store_fill(s);
    s->client.silenced = true;
    s->client.on_connected = pump_and_close;
    open_file(&s->client, simulated ? "/new" : "/dev/full", WEIR_FILE_WRITE | (simulated ? WEIR_FILE_CREATE : 0u));
    scene_run(s);
    expect_failure(s, WEIR_ENOSPC, WEIR_STAGE_WRITE);
    int64_t there = simulated ? store_get(s, "/new", NULL, 0) : 0;
    check_int(s->client.reason.unsent + (uint64_t)there, s->client.written);
}

static void break_file(struct scene *s, unsigned faults) {
    store_path(path);
    store_put(s, path, LARGE);
    check_int(weir_sim_file_fail(s->host, path, faults), 0);
}

static void a_bad_device_is_told_of_a_read(struct scene *s) {
    break_file(s, WEIR_SIM_FAULT_READ);
    open_file(&s->client, path, WEIR_FILE_READ);
    scene_run(s);
    expect_failure(s, WEIR_EIO, WEIR_STAGE_READ);
}

static void a_bad_device_is_told_of_a_write(struct scene *s) {
    break_file(s, WEIR_SIM_FAULT_WRITE);
    s->client.on_connected = close_now;
    open_file(&s->client, path, WEIR_FILE_WRITE);
    write_early(&s->client);
    scene_run(s);
    expect_failure(s, WEIR_EIO, WEIR_STAGE_WRITE);
    check_int(s->client.reason.unsent, 2000);
}

static void what_only_the_close_says_is_told(struct scene *s) {
    break_file(s, WEIR_SIM_FAULT_FINISH);
    s->client.on_connected = close_now;
    open_file(&s->client, path, WEIR_FILE_WRITE);
    write_early(&s->client);
    scene_run(s);
    expect_failure(s, WEIR_EIO, WEIR_STAGE_CLOSE);
}

/* ---- null -------------------------------------------------------------------------------------------------------- */

static void open_null(struct actor *a) {
    weir_transport *t;
    struct scene *s = a->scene;
    if (scene_worked(s, weir_null_open(s->loop, s->limits, actor_protocol(a), a, &t))) actor_opened(a, t);
}

static void nothing_ends_when_it_is_read(struct scene *s) {
    open_null(&s->client);
    scene_run(s);
    check_int(s->client.ended, 1);
}

static void nothing_swallows_everything(struct scene *s) {
    s->client.deaf = true;
    s->client.on_connected = pump_and_close;
    open_null(&s->client);
    scene_run(s);
    check_int(s->client.pump.sent, LARGE);
    check_int(s->client.paused, 0);
}

/* ---- by offset --------------------------------------------------------------------------------------------------- */

/* An operation under watch. */
struct deed {
    weir_file_op op;
    struct scene *scene;
    void (*then)(struct deed *deed);
    unsigned done;
    int64_t result;
};

static weir_file file;
static struct deed deeds[64];

static void deed_done(weir_file_op *op, int64_t result) {
    struct deed *deed = (struct deed *)op;
    scene_enter(deed->scene);
    check_int(++deed->done, 1);
    check(!weir_file_op_active(op));
    deed->result = result;
    if (deed->then) deed->then(deed);
    scene_leave(deed->scene);
    scene_release(deed->scene);
}

static weir_file_op *new_deed(struct scene *s, unsigned i, void (*then)(struct deed *deed)) {
    deeds[i] = (struct deed){.op = {.done = deed_done}, .scene = s, .then = then};
    return &deeds[i].op;
}

/* Marks the call that started deed `i`. */
static bool began(struct scene *s, unsigned i, int status) {
    scene_called(s, status);
    check(weir_file_op_active(&deeds[i].op) == (status == 0));
    if (!scene_worked(s, status)) return false;
    scene_hold(s);
    return true;
}

static void open_at(struct scene *s, unsigned flags, void (*then)(struct deed *deed)) {
    weir_file_op *op = new_deed(s, 0, then);
    memset(&file, 0, sizeof file);
    scene_calls(s);
    began(s, 0, weir_file_at_open(s->loop, &file, path, flags, op));
}

static void is_closed(struct deed *deed) {
    check_int(deed->result, 0);
    check(!weir_file_is_open(&file));
}

static void close_at(struct deed *deed) {
    struct scene *s = deed->scene;
    weir_file_op *op = new_deed(s, 63, is_closed);
    scene_calls(s);
    began(s, 63, weir_file_close(&file, op));
}

#define PIECE 7001
static uint8_t pieces[40][PIECE];

static unsigned missing;

static void close_after_the_last(struct deed *deed) {
    check_int(deed->result, PIECE);
    check_int(deed->op.moved, PIECE);
    if (--missing == 0) close_at(deed);
}

static void write_pieces_at(struct deed *deed) {
    check_int(deed->result, 0);
    check(weir_file_is_open(&file));
    missing = 40;
    for (unsigned i = 40; i-- > 0;) {
        weir_file_op *op = new_deed(deed->scene, 1 + i, close_after_the_last);
        pattern_fill(pieces[i], i * PIECE, PIECE);
        scene_calls(deed->scene);
        began(deed->scene, 1 + i, weir_file_write_at(&file, op, pieces[i], PIECE, i * PIECE));
    }
    check_int(weir_file_close(&file, new_deed(deed->scene, 62, NULL)), WEIR_EBUSY);
}

static void many_writes_in_flight(struct scene *s) {
    store_path(path);
    open_at(s, WEIR_FILE_WRITE | WEIR_FILE_CREATE, write_pieces_at);
    scene_run(s);
    store_expect(s, path, 40 * PIECE);
    store_remove(s, path);
}

static void piece_is_right(struct deed *deed) {
    unsigned i = (unsigned)(deed - deeds) - 1;
    check(pattern_matches(pieces[i], i * PIECE, PIECE));
    close_after_the_last(deed);
}

static void read_pieces_at(struct deed *deed) {
    missing = 40;
    memset(pieces, 0, sizeof pieces);
    for (unsigned i = 40; i-- > 0;) {
        weir_file_op *op = new_deed(deed->scene, 1 + i, piece_is_right);
        scene_calls(deed->scene);
        began(deed->scene, 1 + i, weir_file_read_at(&file, op, pieces[i], PIECE, i * PIECE));
    }
}

static void many_reads_in_flight(struct scene *s) {
    store_path(path);
    store_put(s, path, 40 * PIECE);
    open_at(s, WEIR_FILE_READ, read_pieces_at);
    scene_run(s);
    store_remove(s, path);
}

static void size_is_right(struct deed *deed) {
    check_int(deed->result, 12345);
    scene_calls(deed->scene);
    began(deed->scene, 2, weir_file_sync(&file, new_deed(deed->scene, 2, close_at)));
}

static void is_short(struct deed *deed) {
    check_int(deed->result, 345);
    scene_calls(deed->scene);
    began(deed->scene, 1, weir_file_size(&file, new_deed(deed->scene, 1, size_is_right)));
}

static void read_over_the_end(struct deed *deed) {
    scene_calls(deed->scene);
    began(deed->scene, 3, weir_file_read_at(&file, new_deed(deed->scene, 3, is_short), pieces[0], 1000, 12000));
}

static void size_sync_and_the_end(struct scene *s) {
    store_path(path);
    store_put(s, path, 12345);
    open_at(s, WEIR_FILE_READ | WEIR_FILE_WRITE, read_over_the_end);
    scene_run(s);
    check_int(deeds[2].result, 0);
    store_remove(s, path);
}

static void is_missing(struct deed *deed) {
    check_int(deed->result, WEIR_ENOENT);
    check(!weir_file_is_open(&file));
    check_int(weir_file_size(&file, new_deed(deed->scene, 1, NULL)), WEIR_ECLOSED);
}

static void an_open_that_fails_leaves_it_idle(struct scene *s) {
    store_path(path);
    open_at(s, WEIR_FILE_READ, is_missing);
    check_int(weir_file_at_open(s->loop, &file, path, WEIR_FILE_READ, new_deed(s, 1, NULL)), WEIR_EBUSY);
    scene_run(s);
}

static void expect_busy(struct scene *s) {
    check_int(weir_loop_close(s->loop, NULL, NULL), WEIR_EBUSY);
    check(!weir_file_op_active(&deeds[0].op));
    close_at(&deeds[0]);
}

static void tell_file(void *user, weir_object_kind kind, void *object, const char *what) {
    if (kind != WEIR_OBJECT_FILE) return;
    check(object == &file);
    check(strncmp(what, "file (open", 10) == 0);
    ++*(unsigned *)user;
}

/* weir_run comes back, since an open file calls nobody; but the loop does not close under it. */
static void an_open_file_keeps_the_loop_open(struct scene *s) {
    unsigned told = 0;
    store_path(path);
    store_put(s, path, 10);
    open_at(s, WEIR_FILE_READ, NULL);
    scene_run(s);
    check(weir_file_is_open(&file));
    weir_loop_each(s->loop, tell_file, &told);
    check_int(told, 1);
    expect_busy(s);
    scene_run(s);
    store_remove(s, path);
}

static void was_canceled_or_done(struct deed *deed) {
    check(deed->result == WEIR_ECANCELED || deed->result == PIECE);
    if (--missing == 0) close_at(deed);
}

static void read_and_cancel(struct deed *deed) {
    missing = 40;
    for (unsigned i = 0; i < 40; i++) {
        weir_file_op *op = new_deed(deed->scene, 1 + i, was_canceled_or_done);
        scene_calls(deed->scene);
        began(deed->scene, 1 + i, weir_file_read_at(&file, op, pieces[i], PIECE, i * PIECE));
        check_int(weir_file_op_cancel(op), 0);
        check_int(weir_file_op_cancel(op), 0);
        check(weir_file_op_active(op));
    }
}

static void cancelled_operations_end_once(struct scene *s) {
    store_path(path);
    store_put(s, path, 40 * PIECE);
    open_at(s, WEIR_FILE_READ, read_and_cancel);
    scene_run(s);
    for (unsigned i = 0; i < 40; i++)
        check_int(deeds[1 + i].done, 1);
    check_int(weir_file_op_cancel(&deeds[1].op), 0);
    store_remove(s, path);
}

static void close_that_says_no(struct deed *deed) {
    check_int(deed->result, WEIR_EIO);
    check(!weir_file_is_open(&file));
}

static void close_a_bad_file(struct deed *deed) {
    scene_calls(deed->scene);
    began(deed->scene, 1, weir_file_close(&file, new_deed(deed->scene, 1, close_that_says_no)));
}

static void a_close_that_fails_closes_all_the_same(struct scene *s) {
    break_file(s, WEIR_SIM_FAULT_FINISH);
    open_at(s, WEIR_FILE_WRITE, close_a_bad_file);
    scene_run(s);
}

/* ---- joined ------------------------------------------------------------------------------------------------------ */

static unsigned flow_ends;
static int flow_code;
static uint64_t flow_bytes;

static void flow_ended(weir_flow *flow, const weir_error *reason) {
    struct scene *s = flow->user;
    flow_ends++;
    flow_code = reason ? reason->code : 0;
    flow_bytes = flow->bytes;
    scene_release(s);
}

static void a_file_is_a_producer_and_a_consumer(struct scene *s) {
    static const weir_limits small = {.receive = 20000, .write_cap = 100000, .pause_mark = 30000, .resume_mark = 9000};
    static weir_flow flow;
    weir_transport *from, *to;
    store_path(path);
    store_path(other_path);
    store_put(s, path, LARGE);
    flow_ends = 0;
    flow = (weir_flow){.ended = flow_ended, .user = s};
    check_int(weir_file_open(s->loop, path, WEIR_FILE_READ, &small, NULL, NULL, &from), 0);
    check_int(weir_file_open(s->loop, other_path, WEIR_FILE_WRITE | WEIR_FILE_CREATE, &small, NULL, NULL, &to), 0);
    if (check_int(weir_pipe_flow(from, to, &flow), 0)) scene_hold(s);
    scene_run(s);
    check_int(flow_ends, 1);
    check_int(flow_code, 0);
    check_int(flow_bytes, LARGE);
    store_expect(s, other_path, LARGE);
    store_remove(s, path);
    store_remove(s, other_path);
}

static const struct scenario files[] = {
    SCENARIO(a_file_is_read_to_its_end, .media = NONE),
    SCENARIO(an_empty_file_ends_at_once, .expected = "client connected\nclient ended\nclient disconnected in order\n"),
    SCENARIO(what_is_written_is_there, .media = NONE),
    SCENARIO(bytes_may_be_queued_before_it_is_open, .media = NONE),
    SCENARIO(append_goes_to_the_end, .media = NONE),
    SCENARIO(truncate_empties_it_first, .media = NONE),
    SCENARIO(a_file_can_be_read_and_written, .media = NONE),
    SCENARIO(a_missing_file_is_told, .expected = "client disconnected WEIR_ENOENT\n"),
    SCENARIO(exclusive_refuses_what_is_there, .media = NONE),
    SCENARIO(flags_that_contradict_each_other_are_refused, .media = NONE),
    SCENARIO(directions_that_were_not_asked_for_are_missing, .media = NONE),
    SCENARIO(an_open_can_be_aborted, .media = NONE),
    SCENARIO(reading_can_be_aborted, .media = NONE),
    SCENARIO(an_abort_leaves_what_was_written, .media = NONE),
    SCENARIO(a_slow_reader_gets_every_byte, .media = NONE),
    SCENARIO(a_read_op_takes_what_it_asked_for, .media = NONE),
    SCENARIO(lent_bytes_are_written_in_order, .media = NONE),
    SCENARIO(a_full_disk_is_told_with_what_is_missing, .media = NONE),
    SCENARIO(a_bad_device_is_told_of_a_read, .places = SIMULATED),
    SCENARIO(a_bad_device_is_told_of_a_write, .places = SIMULATED),
    SCENARIO(what_only_the_close_says_is_told, .places = SIMULATED),
    SCENARIO(nothing_ends_when_it_is_read, .media = NONE),
    SCENARIO(nothing_swallows_everything, .media = NONE),
    SCENARIO(many_writes_in_flight, .media = NONE),
    SCENARIO(many_reads_in_flight, .media = NONE),
    SCENARIO(size_sync_and_the_end, .media = NONE),
    SCENARIO(an_open_that_fails_leaves_it_idle, .media = NONE),
    SCENARIO(an_open_file_keeps_the_loop_open, .media = NONE),
    SCENARIO(cancelled_operations_end_once, .media = NONE),
    SCENARIO(a_close_that_fails_closes_all_the_same, .places = SIMULATED),
    SCENARIO(a_file_is_a_producer_and_a_consumer, .media = NONE),
};

const struct suite files_suite = SUITE(files);
