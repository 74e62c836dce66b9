/* SPDX-License-Identifier: MIT
 *
 * Random operations on files and random work, on one loop: started and cancelled at any moment, from within callbacks
 * and from outside. A model knows what each block of each file holds. Every run is a seed; the same runs on real
 * systems.
 *
 * Held to: no callback inside a call, each operation once, what is reported as moved is what was moved, cancelled or
 * not, work that was taken back never ran, and nothing is left in the loop. */
#include "sim/world.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FILES = 3, BLOCKS = 16, BLOCK = 64, JOBS = 24, WORKS = 8, ROUNDS = 400 };

struct document {
    weir_file file;
    weir_file_op door; /* opens and closes it */
    char path[300];
    unsigned under_way;
    bool busy[BLOCKS];
    uint8_t bytes[BLOCKS][BLOCK];
};

enum kind { READ, WRITE, SIZE, SYNC };

struct job {
    weir_file_op op;
    enum kind kind;
    struct document *document;
    unsigned block;
    uint8_t bytes[BLOCK];
};

struct labour {
    weir_work work;
    atomic_uint runs;
    bool taken_back;
};

static struct {
    weir_loop *loop;
    struct document documents[FILES];
    struct job jobs[JOBS];
    struct labour labours[WORKS];
    uint64_t chance;
    unsigned ended, cancelled;
    bool in_call, ending;
} stage; /* one at a time */

static uint32_t pick(uint32_t n) {
    stage.chance = stage.chance * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(stage.chance >> 33) % n;
}

static int call_ended(int status) {
    stage.in_call = false;
    return status;
}

#define CALL(expression) (stage.in_call = true, call_ended(expression))

static void act(void);

static void entered(void) {
    assert_false(stage.in_call);
    stage.ended++;
}

/* ---- operations -------------------------------------------------------------------------------------------------- */

static void check_moved(struct job *j, int64_t result) {
    uint8_t *model = j->document->bytes[j->block];
    assert_true(result == BLOCK || result == WEIR_ECANCELED);
    assert_true(result < 0 || j->op.moved == BLOCK);
    stage.cancelled += result < 0;
    if (j->kind == READ)
        assert_memory_equal(j->bytes, model, j->op.moved);
    else
        memcpy(model, j->bytes, j->op.moved);
    j->document->busy[j->block] = false;
}

static void job_done(weir_file_op *op, int64_t result) {
    struct job *j = op->user;
    entered();
    assert_false(weir_file_op_active(op));
    j->document->under_way--;
    if (j->kind == READ || j->kind == WRITE)
        check_moved(j, result);
    else if (result != WEIR_ECANCELED)
        assert_int_equal(result, j->kind == SIZE ? BLOCKS * BLOCK : 0);
    if (pick(2)) act();
}

static int start_moving(struct job *j, struct document *d) {
    const uint64_t offset = (uint64_t)j->block * BLOCK;
    for (unsigned i = 0; i < BLOCK; i++)
        j->bytes[i] = (uint8_t)pick(256);
    if (j->kind == READ) return CALL(weir_file_read_at(&d->file, &j->op, j->bytes, BLOCK, offset));
    return CALL(weir_file_write_at(&d->file, &j->op, j->bytes, BLOCK, offset));
}

static void start_job(struct job *j, struct document *d) {
    const enum kind kind = (enum kind)(pick(8) ? pick(2) : 2 + pick(2));
    const unsigned block = pick(BLOCKS);
    if (!weir_file_is_open(&d->file) || (kind <= WRITE && d->busy[block])) return;
    *j = (struct job){.op = {.done = job_done, .user = j}, .kind = kind, .document = d, .block = block};
    if (kind <= WRITE)
        assert_int_equal(start_moving(j, d), 0);
    else
        assert_int_equal(CALL(kind == SIZE ? weir_file_size(&d->file, &j->op) : weir_file_sync(&d->file, &j->op)), 0);
    if (kind <= WRITE) d->busy[block] = true;
    d->under_way++;
}

static void opened(weir_file_op *op, int64_t result) {
    const struct document *d = op->user;
    entered();
    assert_true(result == 0 || result == WEIR_ECANCELED);
    assert_int_equal(weir_file_is_open(&d->file), result == 0);
    act();
}

static void closed(weir_file_op *op, int64_t result) {
    const struct document *d = op->user;
    entered();
    assert_int_equal(result, 0);
    assert_false(weir_file_is_open(&d->file));
}

static void turn_door(struct document *d) {
    if (weir_file_op_active(&d->door)) return;
    if (weir_file_is_open(&d->file)) {
        if (!stage.ending && pick(10)) return; /* mostly open */
        d->door = (weir_file_op){.done = closed, .user = d};
        assert_int_equal(CALL(weir_file_close(&d->file, &d->door)), d->under_way ? WEIR_EBUSY : 0);
    } else if (!stage.ending) {
        d->door = (weir_file_op){.done = opened, .user = d};
        assert_int_equal(
            CALL(weir_file_at_open(stage.loop, &d->file, d->path, WEIR_FILE_READ | WEIR_FILE_WRITE, &d->door)), 0);
    }
}

/* ---- work -------------------------------------------------------------------------------------------------------- */

static int64_t labour_run(void *user) { return 1000 + atomic_fetch_add(&((struct labour *)user)->runs, 1); }

static void labour_done(weir_work *work, int64_t result) {
    struct labour *l = work->user;
    entered();
    assert_int_equal(result, l->taken_back ? WEIR_ECANCELED : 1000);
    assert_int_equal(atomic_load(&l->runs), l->taken_back ? 0 : 1);
    stage.cancelled += l->taken_back;
    if (pick(2)) act();
}

static void use_labour(struct labour *l) {
    if (weir_work_active(&l->work)) {
        const int status = CALL(weir_work_cancel(&l->work));
        assert_true(status == 0 || (status == WEIR_EBUSY && !l->taken_back));
        l->taken_back = status == 0;
        return;
    }
    *l = (struct labour){.work = {.run = labour_run, .done = labour_done, .user = l}};
    assert_int_equal(CALL(weir_work_submit(stage.loop, &l->work)), 0);
}

/* ---- a run ------------------------------------------------------------------------------------------------------- */

static void act(void) {
    struct job *j = &stage.jobs[pick(JOBS)];
    struct document *d = &stage.documents[pick(FILES)];
    const uint32_t what = pick(20);
    if (stage.ending) return;
    if (what == 0)
        turn_door(d);
    else if (what == 1)
        CALL(weir_file_op_cancel(&d->door));
    else if (what < 5)
        use_labour(&stage.labours[pick(WORKS)]);
    else if (weir_file_op_active(&j->op) && pick(2))
        CALL(weir_file_op_cancel(&j->op));
    else if (!weir_file_op_active(&j->op))
        start_job(j, d);
}

static bool all_closed(void) {
    for (int i = 0; i < FILES; i++) {
        if (weir_file_is_open(&stage.documents[i].file) || weir_file_op_active(&stage.documents[i].door)) return false;
    }
    return true;
}

static void play(weir_loop *loop, uint64_t seed) {
    weir_loop_stats stats;
    stage.loop = loop;
    stage.chance = seed * 2654435761u + 1;
    for (int i = 0; i < FILES; i++)
        turn_door(&stage.documents[i]);
    for (unsigned round = 0; round < ROUNDS; round++) {
        act();
        if (pick(3) == 0) assert_true(weir_run_once(loop, pick(2) ? MILLISECOND : 0) >= 0);
    }
    stage.ending = true;
    assert_int_equal(weir_run(loop), 0); /* until nothing is in flight */
    while (!all_closed()) {
        for (int i = 0; i < FILES; i++)
            turn_door(&stage.documents[i]);
        assert_int_equal(weir_run(loop), 0);
    }
    assert_true(stage.ended > 0); /* how many is up to the scheduler */
    weir_loop_stats_get(loop, &stats);
    assert_int_equal(stats.ops, 0);
    assert_int_equal(stats.handles, 0);
    assert_int_equal(weir_loop_close(loop, NULL, NULL), 0);
}

static void play_in_worlds(void **state) {
    (void)state;
    unsigned cancelled = 0;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        weir_loop_options options = {.backend = "sim"};
        weir_sim *sim;
        weir_loop *loop;
        uint8_t found[BLOCKS][BLOCK];
        memset(&stage, 0, sizeof stage);
        assert_int_equal(weir_sim_open(&sim, &(weir_sim_options){.seed = seed, .short_io_percent = 30}), 0);
        assert_int_equal(weir_sim_host_add(sim, "a", "10.0.0.1", &options.host), 0);
        for (int i = 0; i < FILES; i++) {
            snprintf(stage.documents[i].path, sizeof stage.documents[i].path, "/%d", i);
            assert_int_equal(weir_sim_file_put(options.host, stage.documents[i].path, stage.documents[i].bytes,
                                               sizeof stage.documents[i].bytes),
                             0);
        }
        assert_int_equal(weir_loop_open(&loop, &options), 0);
        play(loop, seed);
        for (int i = 0; i < FILES; i++) {
            assert_int_equal(weir_sim_file_get(options.host, stage.documents[i].path, found, sizeof found),
                             sizeof found);
            assert_memory_equal(found, stage.documents[i].bytes, sizeof found);
        }
        cancelled += stage.cancelled;
        assert_int_equal(weir_sim_close(sim), 0);
    }
    assert_true(cancelled > 100);
}

static void check_real(const struct document *d) {
    uint8_t found[BLOCKS][BLOCK];
    FILE *file = fopen(d->path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(found, 1, sizeof found, file), sizeof found);
    fclose(file);
    assert_memory_equal(found, d->bytes, sizeof found);
    unlink(d->path);
}

static void make_real(struct document *d, const char *folder, int i) {
    snprintf(d->path, sizeof d->path, "%s/%d", folder, i);
    FILE *file = fopen(d->path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(d->bytes, 1, sizeof d->bytes, file), sizeof d->bytes);
    fclose(file);
}

static void play_on(const char *backend) {
    const char *place = getenv("TMPDIR");
    for (uint64_t seed = 1; seed <= 20; seed++) {
        weir_loop_options options = {.backend = backend};
        weir_loop *loop;
        char folder[256];
        memset(&stage, 0, sizeof stage);
        if (weir_loop_open(&loop, &options) < 0) skip();
        snprintf(folder, sizeof folder, "%s/weir-random-XXXXXX", place ? place : "/tmp");
        assert_non_null(mkdtemp(folder));
        for (int i = 0; i < FILES; i++)
            make_real(&stage.documents[i], folder, i);
        play(loop, seed);
        for (int i = 0; i < FILES; i++)
            check_real(&stage.documents[i]);
        rmdir(folder);
    }
}

static void play_on_io_uring(void **state) {
    (void)state;
    play_on("io_uring");
}

static void play_on_epoll(void **state) {
    (void)state;
    play_on("epoll");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(play_in_worlds),
        cmocka_unit_test(play_on_io_uring),
        cmocka_unit_test(play_on_epoll),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
