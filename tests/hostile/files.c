/* SPDX-License-Identifier: MIT
 *
 * Files, work and producers without memory: whatever is refused is told, nothing is left open, and what is said to have
 * gone well is whole. */
#include <string.h>

#include "hostile/suites.h"
#include "support/store.h"

#define SIZE 150000

static char path[STORE_PATH];

static size_t take_the_pattern(struct actor *a, const uint8_t *bytes, size_t n) {
    check(pattern_matches(bytes, a->received, n));
    return n;
}

static bool went_well(const struct actor *a) { return a->disconnected && a->code == 0; }

/* ---- as transports ----------------------------------------------------------------------------------------------- */

static void a_file_is_read(struct scene *s) {
    store_path(path);
    store_put(s, path, SIZE);
    bool there = store_get(s, path, NULL, 0) == SIZE;
    s->client.on_received = take_the_pattern;
    scene_worked(s, actor_open_file(&s->client, path, WEIR_FILE_READ));
    scene_run(s);
    if (went_well(&s->client)) check(there && s->client.received == SIZE);
    store_remove(s, path);
}

static void pump_and_close(struct actor *a) { actor_pump(a, SIZE, close_now); }

static void a_file_is_written(struct scene *s) {
    store_path(path);
    s->client.on_connected = pump_and_close;
    scene_worked(s, actor_open_file(&s->client, path, WEIR_FILE_WRITE | WEIR_FILE_CREATE));
    scene_run(s);
    if (went_well(&s->client)) store_expect(s, path, s->client.pump.sent);
    store_remove(s, path);
}

static void nothing_is_open(struct scene *s) {
    weir_transport *t;
    s->client.on_connected = pump_and_close;
    if (scene_worked(s, weir_null_open(s->loop, s->limits, actor_protocol(&s->client), &s->client, &t)))
        actor_opened(&s->client, t);
    scene_run(s);
}

static void stdin_like(struct scene *s) {
    weir_transport *t;
    s->client.on_received = take_the_pattern;
    int status = weir_fd_open(s->loop, 0, WEIR_DUP, s->limits, actor_protocol(&s->client), &s->client, &t);
    if (status == 0) actor_opened(&s->client, t);
    if (s->client.t) close_now(&s->client);
    scene_run(s);
}

/* ---- by offset --------------------------------------------------------------------------------------------------- */

static weir_file file;
static weir_file_op file_op;
static uint8_t bytes[SIZE];
static struct scene *scene;

static void is_closed(weir_file_op *op, int64_t result) {
    (void)op;
    (void)result;
    check(!weir_file_is_open(&file));
}

static void close_file(void) {
    file_op.done = is_closed;
    check_int(weir_file_close(&file, &file_op), 0);
}

static void has_written(weir_file_op *op, int64_t result) {
    check(result < 0 || op->moved == SIZE);
    close_file();
}

static void has_opened(weir_file_op *op, int64_t result) {
    if (!scene_worked(scene, (int)result)) return;
    op->done = has_written;
    if (!scene_worked(scene, weir_file_write_at(&file, op, bytes, SIZE, 0))) close_file();
}

static bool open_file(struct scene *s, void (*done)(weir_file_op *op, int64_t result), unsigned flags) {
    scene = s;
    memset(&file, 0, sizeof file);
    file_op = (weir_file_op){.done = done};
    return scene_worked(s, weir_file_at_open(s->loop, &file, path, flags, &file_op));
}

static void by_offset(struct scene *s) {
    store_path(path);
    open_file(s, has_opened, WEIR_FILE_WRITE | WEIR_FILE_CREATE);
    scene_run(s);
    check(!weir_file_op_active(&file_op) && !weir_file_is_open(&file));
    store_remove(s, path);
}

/* ---- sendfile ---------------------------------------------------------------------------------------------------- */

static weir_sendfile_op sending;

static void has_sent(weir_sendfile_op *op, int64_t result) {
    check(result < 0 || op->moved == (uint64_t)result);
    close_file();
    if (scene->client.t) close_now(&scene->client);
}

static void begin(struct actor *a) {
    if (!weir_file_is_open(&file)) {
        abort_now(a);
        return;
    }
    sending = (weir_sendfile_op){.done = has_sent};
    if (scene_worked(scene, weir_sendfile(a->t, &sending, "", 0, &file, 0, UINT64_MAX, "", 0))) return;
    close_file();
    abort_now(a);
}

static void open_the_pair(weir_file_op *op, int64_t result) {
    (void)op;
    if (scene_worked(scene, (int)result)) scene_open_pair(scene);
    scene_release(scene);
}

static void a_file_is_sent(struct scene *s) {
    store_path(path);
    store_put(s, path, SIZE);
    s->client.on_connected = begin;
    s->server.on_received = take_the_pattern;
    memset(&sending, 0, sizeof sending);
    if (open_file(s, open_the_pair, WEIR_FILE_READ)) scene_hold(s); /* the watchdog watches from the beginning */
    scene_run(s);
    if (weir_file_is_open(&file)) close_file();
    scene_run(s);
    store_remove(s, path);
}

/* ---- work -------------------------------------------------------------------------------------------------------- */

static weir_work works[20];
static unsigned works_done;

static int64_t run(void *user) {
    (void)user;
    return 1;
}

static void work_done(weir_work *work, int64_t result) {
    (void)work;
    works_done += (unsigned)result;
}

static void work_is_done(struct scene *s) {
    unsigned accepted = 0;
    works_done = 0;
    memset(works, 0, sizeof works);
    for (unsigned i = 0; i < 20; i++) {
        works[i] = (weir_work){.run = run, .done = work_done};
        accepted += scene_worked(s, weir_work_submit(s->loop, &works[i]));
    }
    scene_run(s);
    check_int(works_done, accepted);
}

/* ---- producers --------------------------------------------------------------------------------------------------- */

static weir_pull pull;
static uint64_t given;

static int64_t next(weir_pull *of, void *into, size_t size) {
    size_t n = SIZE - given < size ? (size_t)(SIZE - given) : size;
    (void)of;
    pattern_fill(into, given, n);
    given += n;
    return (int64_t)n;
}

static void pull_ended(weir_pull *of, const weir_error *reason) { check(reason || of->bytes == SIZE); }

static void begin_to_pull(struct actor *a) {
    if (!scene_worked(a->scene, weir_pull_start(&pull, a->t))) abort_now(a);
}

static void a_source_is_asked(struct scene *s) {
    pull = (weir_pull){.next = next, .ended = pull_ended};
    given = 0;
    s->client.on_connected = begin_to_pull;
    s->server.on_received = take_the_pattern;
    scene_play(s);
    if (went_well(&s->client) && went_well(&s->server)) check_int(s->server.received, SIZE);
}

static weir_tee tee;
static weir_tee_branch branches[2];

/* Into two pairs in memory, at both of whose ends are actors. */
static void tee_out(struct actor *server) {
    struct scene *s = server->scene;
    weir_transport *from = server->t, *ends[2];
    tee = (weir_tee){.flags = WEIR_TEE_DROP_LOST};
    for (unsigned i = 0; i < 2; i++) {
        if (!scene_worked(s, weir_mem_pair(s->loop, NULL, ends))) {
            abort_now(server);
            return;
        }
        branches[i] = (weir_tee_branch){.to = ends[0]};
        for (unsigned k = 0; k < 2; k++)
            if (actor_take(scene_cast(s, k ? "far" : "near"), ends[k]) < 0) weir_transport_abort(ends[k]);
    }
    if (scene_worked(s, weir_tee_start(&tee, from, branches, 2)))
        actor_leave(server);
    else
        abort_now(server);
}

static void one_into_two(struct scene *s) {
    s->client.on_connected = pump_and_close;
    s->server.on_connected = tee_out;
    scene_play(s);
}

static weir_merge merge;
static weir_merge_source sources[2];

static void merge_in(struct actor *client) {
    struct scene *s = client->scene;
    weir_transport *ends[2];
    merge = (weir_merge){0};
    for (unsigned i = 0; i < 2; i++) {
        if (!scene_worked(s, weir_mem_pair(s->loop, NULL, ends))) {
            abort_now(client);
            if (i) weir_transport_abort(sources[0].from);
            return;
        }
        struct actor *source = scene_cast(s, "source");
        source->on_connected = pump_and_close;
        sources[i] = (weir_merge_source){.from = ends[0]};
        if (actor_take(source, ends[1]) < 0) weir_transport_abort(ends[1]);
    }
    if (scene_worked(s, weir_merge_start(&merge, client->t, sources, 2))) return;
    for (unsigned i = 0; i < 2; i++)
        weir_transport_abort(sources[i].from);
    abort_now(client);
}

static void two_into_one(struct scene *s) {
    s->client.on_connected = merge_in;
    scene_play(s);
}

#define FEW (TCP4 | PIPE | MEMORY)

static const struct scenario files[] = {
    SCENARIO(a_file_is_read, .media = NONE),  SCENARIO(a_file_is_written, .media = NONE),
    SCENARIO(nothing_is_open, .media = NONE), SCENARIO(stdin_like, .places = SYSTEM),
    SCENARIO(by_offset, .media = NONE),       SCENARIO(a_file_is_sent, .media = TCP4 | MEMORY),
    SCENARIO(work_is_done, .media = NONE),    SCENARIO(a_source_is_asked, .media = FEW),
    SCENARIO(one_into_two, .media = FEW),     SCENARIO(two_into_one, .media = FEW),
};

const struct suite files_suite = SUITE(files);
