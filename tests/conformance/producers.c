/* SPDX-License-Identifier: MIT
 *
 * Producers: a source that is asked, one source into many, many into one. Back-pressure goes from end to end: with a
 * slow consumer nothing grows, and every byte arrives once and in order. */
#include "conformance/suites.h"
#include "support/store.h"

#define LARGE 500000

static const weir_limits small = {.receive = 3000, .write_cap = 20000, .pause_mark = 6000, .resume_mark = 2000};

static size_t take_the_pattern(struct actor *a, const uint8_t *bytes, size_t n) {
    check(pattern_matches(bytes, a->received, n));
    return n;
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

/* ---- a source that is asked -------------------------------------------------------------------------------------- */

/* A source of the pattern under watch. */
static struct source {
    weir_pull pull;
    struct scene *scene;
    uint64_t total, given;
    unsigned asked, ended;
    unsigned dry_every; /* answers WEIR_EAGAIN so often, and has more a little later */
    int fail_with;      /* after `total` */
    int code;
    weir_timer timer;
} source;

static void has_more(weir_timer *timer) {
    (void)timer;
    scene_enter(source.scene);
    weir_pull_more(&source.pull);
    scene_leave(source.scene);
}

static int64_t next(weir_pull *pull, void *bytes, size_t size) {
    check(pull == &source.pull);
    check(size > 0);
    if (source.dry_every && ++source.asked % source.dry_every == 0) {
        source.timer.fired = has_more;
        weir_timer_start(source.scene->loop, &source.timer, 2 * MS, 0);
        return WEIR_EAGAIN;
    }
    uint64_t left = source.total - source.given;
    if (!left) return source.fail_with;
    size_t n = left < size ? (size_t)left : size;
    pattern_fill(bytes, source.given, n);
    source.given += n;
    return (int64_t)n;
}

static void pull_ended(weir_pull *pull, const weir_error *reason) {
    scene_enter(source.scene);
    check_int(++source.ended, 1);
    source.code = reason ? reason->code : 0;
    check(source.code || pull->bytes == source.given);
    scene_leave(source.scene);
    scene_release(source.scene);
}

static void pull_into(struct actor *a) {
    struct scene *s = a->scene;
    scene_calls(s);
    if (check_int(scene_called(s, weir_pull_start(&source.pull, a->t)), 0)) scene_hold(s);
    check_int(weir_pull_start(&source.pull, a->t), WEIR_EBUSY);
    check_int(weir_transport_register(a->t, NULL, NULL), WEIR_EBUSY);
}

static void prepare(struct scene *s) {
    source = (struct source){.pull = {.next = next, .ended = pull_ended}, .scene = s, .total = LARGE};
    s->client.on_connected = pull_into;
    s->server.on_received = take_the_pattern;
}

static void a_pull_gives_all_and_ends(struct scene *s) {
    prepare(s);
    scene_play(s);
    check_int(source.code, 0);
    check_int(source.pull.bytes, LARGE);
    check_int(s->server.received, LARGE);
    check_int(s->server.code, 0);
}

/* What the source has given beyond what arrived is what may wait on the way. */
static void no_further_than_the_way_is_long(struct actor *a) {
    check(a->t == NULL || actor_info(a).queued <= 6000 + 16384);
    check(source.given <= source.pull.bytes + 16384);
    if (a->t) actor_later(a, 2 * MS, no_further_than_the_way_is_long);
}

static void pull_and_watch(struct actor *a) {
    pull_into(a);
    no_further_than_the_way_is_long(a);
}

static void a_slow_consumer_slows_the_source(struct scene *s) {
    prepare(s);
    s->limits = &small;
    s->client.on_connected = pull_and_watch;
    s->server.on_received = take_by_dice;
    scene_play(s);
    check_int(source.code, 0);
    check_int(s->server.received, LARGE);
}

static void a_source_may_have_nothing_now(struct scene *s) {
    prepare(s);
    source.dry_every = 5;
    scene_play(s);
    check_int(source.code, 0);
    check_int(s->server.received, LARGE);
}

static void a_source_that_fails_aborts(struct scene *s) {
    prepare(s);
    s->client.silenced = s->server.silenced = true;
    source.fail_with = WEIR_EIO;
    scene_play(s);
    check_int(source.code, WEIR_EIO);
    check_int(s->client.code, WEIR_ECANCELED);
}

static void say_and_close(struct actor *a) {
    check(actor_write_pattern(a, 1000) > 0);
    close_now(a);
}

static void end_the_client(weir_pull *pull, const weir_error *reason) {
    pull_ended(pull, reason);
    source.scene->client.written = source.given;
    say_and_close(&source.scene->client);
}

static void a_consumer_can_be_left_open(struct scene *s) {
    prepare(s);
    source.pull.flags = WEIR_PULL_LEAVE_OPEN;
    source.pull.ended = end_the_client;
    scene_play(s);
    check_int(s->server.received, LARGE + 1000);
}

static void pull_and_stop(struct actor *a) {
    pull_into(a);
    source.pull.ended = end_the_client;
    check_int(weir_pull_stop(&source.pull), 0);
    check_int(weir_pull_stop(&source.pull), 0);
}

static void a_pull_can_be_stopped(struct scene *s) {
    prepare(s);
    s->client.on_connected = pull_and_stop;
    scene_play(s);
    check_int(source.code, WEIR_ECANCELED);
    check_int(source.given, 0);
    check_int(s->server.received, 1000);
    check_int(weir_pull_stop(&source.pull), 0);
}

static size_t abort_after_some(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    if (a->received + n >= 50000) actor_abort(a);
    return n;
}

static void the_loss_of_the_consumer_ends_it(struct scene *s) {
    prepare(s);
    source.total = 100 * LARGE;
    s->client.silenced = s->server.silenced = true;
    s->server.on_received = abort_after_some;
    scene_play(s);
    check(source.code < 0);
    check_int(source.ended, 1);
}

/* ---- one into many ----------------------------------------------------------------------------------------------- */

#define BRANCHES 3

static struct tee {
    weir_tee tee;
    weir_tee_branch branches[BRANCHES];
    struct scene *scene;
    struct actor *near[BRANCHES], *far[BRANCHES];
    unsigned ended, lost;
    int code;
} tee;

static void tee_ended(weir_tee *of, const weir_error *reason) {
    check(of == &tee.tee);
    scene_enter(tee.scene);
    check_int(++tee.ended, 1);
    tee.code = reason ? reason->code : 0;
    scene_leave(tee.scene);
    scene_release(tee.scene);
}

static void branch_lost(weir_tee_branch *branch, const weir_error *reason) {
    (void)reason;
    check(branch->to == NULL);
    scene_enter(tee.scene);
    tee.lost++;
    scene_leave(tee.scene);
}

/* The server's transport goes into pairs in memory: the near actors see them closed in the end, at their other ends are
 * the far actors. */
static void tee_out(struct actor *server) {
    struct scene *s = server->scene;
    weir_transport *from = server->t;
    actor_leave(server);
    for (unsigned i = 0; i < BRANCHES; i++) {
        weir_transport *ends[2];
        check_int(weir_mem_pair(s->loop, s->limits, ends), 0);
        tee.branches[i] = (weir_tee_branch){.lost = branch_lost, .to = ends[0]};
        check_int(actor_take(tee.near[i], ends[0]), 0);
        check_int(actor_take(tee.far[i], ends[1]), 0);
    }
    scene_calls(s);
    if (check_int(scene_called(s, weir_tee_start(&tee.tee, from, tee.branches, BRANCHES)), 0)) scene_hold(s);
    check_int(weir_tee_start(&tee.tee, from, tee.branches, BRANCHES), WEIR_EBUSY);
}

static void pump_and_close(struct actor *a) { actor_pump(a, LARGE, close_now); }

static void prepare_tee(struct scene *s, unsigned flags) {
    static const char *const names[] = {"one", "two", "three"};
    tee = (struct tee){.tee = {.ended = tee_ended, .flags = flags}, .scene = s};
    for (unsigned i = 0; i < BRANCHES; i++) {
        tee.near[i] = scene_cast(s, names[i]);
        tee.far[i] = scene_cast(s, names[i]);
        tee.near[i]->silenced = tee.far[i]->silenced = true;
        tee.far[i]->on_received = take_the_pattern;
    }
    s->client.silenced = s->server.silenced = true;
    s->client.on_connected = pump_and_close;
    s->server.on_connected = tee_out;
}

static void a_tee_gives_all_to_each(struct scene *s) {
    prepare_tee(s, 0);
    scene_play(s);
    check_int(tee.code, 0);
    check_int(tee.tee.bytes, LARGE);
    for (unsigned i = 0; i < BRANCHES; i++) {
        check_int(tee.far[i]->received, LARGE);
        check_int(tee.far[i]->code, 0);
        check_int(tee.far[i]->ended, 1);
    }
}

/* Nobody is further ahead of the slowest than the way is long. */
static size_t take_together(struct actor *a, const uint8_t *bytes, size_t n) {
    size_t k = take_by_dice(a, bytes, n);
    for (unsigned i = 0; i < BRANCHES; i++)
        check(tee.far[i]->disconnected || a->received + k <= tee.far[i]->received + 20000 + 3000 + WEIR_DELIVERY_MAX);
    return k;
}

static void a_tee_is_as_fast_as_the_slowest(struct scene *s) {
    prepare_tee(s, 0);
    s->limits = &small;
    for (unsigned i = 0; i < BRANCHES; i++)
        tee.far[i]->on_received = take_together;
    scene_play(s);
    check_int(tee.code, 0);
    for (unsigned i = 0; i < BRANCHES; i++)
        check_int(tee.far[i]->received, LARGE);
}

static void one_lost_branch_stops_all(struct scene *s) {
    prepare_tee(s, 0);
    tee.far[1]->on_received = abort_after_some;
    scene_play(s);
    check(tee.code < 0);
    check_int(tee.lost, 0);
    check(tee.far[0]->code < 0);
    check(tee.far[2]->code < 0);
}

static void one_lost_branch_drops_out(struct scene *s) {
    prepare_tee(s, WEIR_TEE_DROP_LOST);
    tee.far[1]->on_received = abort_after_some;
    scene_play(s);
    check_int(tee.code, 0);
    check_int(tee.lost, 1);
    check_int(tee.far[0]->received, LARGE);
    check_int(tee.far[2]->received, LARGE);
}

static void without_branches_a_tee_is_over(struct scene *s) {
    prepare_tee(s, WEIR_TEE_DROP_LOST);
    for (unsigned i = 0; i < BRANCHES; i++)
        tee.far[i]->on_received = abort_after_some;
    scene_play(s);
    check(tee.code < 0);
    check_int(tee.lost, BRANCHES);
}

static void abort_half_way(struct actor *a) {
    if (a->pump.sent > 0) abort_now(a);
}

static void abort_when_paused(struct actor *a) { abort_now(a); }

static void pump_and_abort(struct actor *a) { actor_pump(a, LARGE, abort_half_way); }

static void the_loss_of_the_source_goes_to_each(struct scene *s) {
    prepare_tee(s, WEIR_TEE_DROP_LOST);
    s->client.on_connected = pump_and_abort;
    s->client.on_pause = abort_when_paused;
    scene_play(s);
    check(tee.code < 0);
    for (unsigned i = 0; i < BRANCHES; i++)
        check(tee.far[i]->code < 0);
}

static void what_cannot_be_a_tee_is_refused(struct scene *s) {
    weir_transport *a[2], *b[2];
    weir_tee none = {0};
    check_int(weir_mem_pair(s->loop, NULL, a), 0);
    check_int(weir_mem_pair(s->loop, NULL, b), 0);
    weir_tee_branch twice[2] = {{.to = b[0]}, {.to = b[0]}}, itself = {.to = a[0]}, good = {.to = b[0]};
    check_int(weir_tee_start(&none, a[0], twice, 2), WEIR_EINVAL);
    check_int(weir_tee_start(&none, a[0], &itself, 1), WEIR_EINVAL);
    check_int(weir_tee_start(&none, a[0], &good, 0), WEIR_EINVAL);
    check_int(weir_pipe(a[0], b[1]), 0);
    weir_tee_branch taken[2] = {{.to = b[0]}, {.to = b[1]}};
    check_int(weir_tee_start(&none, a[1], taken, 2), WEIR_EBUSY);
    check_int(weir_transport_register(b[0], NULL, NULL), 0); /* nothing is left of the attempt */
    check_int(weir_tee_start(&none, a[1], &good, 1), 0);
    weir_transport_abort(a[0]);
    scene_run(s);
}

/* ---- many into one ----------------------------------------------------------------------------------------------- */

#define SOURCES 3

static struct merge {
    weir_merge merge;
    weir_merge_source sources[SOURCES];
    struct scene *scene;
    struct actor *near[SOURCES];
    unsigned ended, over;
    int code;
} merge;

static void merge_ended(weir_merge *of, const weir_error *reason) {
    check(of == &merge.merge);
    scene_enter(merge.scene);
    check_int(++merge.ended, 1);
    check_int(merge.over, SOURCES);
    merge.code = reason ? reason->code : 0;
    scene_leave(merge.scene);
    scene_release(merge.scene);
}

static void source_over(weir_merge_source *of, const weir_error *reason) {
    (void)reason;
    scene_enter(merge.scene);
    check(of->from == NULL);
    merge.over++;
    scene_leave(merge.scene);
}

/* The near actors write into pairs in memory, whose other ends go into the client's transport. */
static void merge_in(struct actor *client) {
    struct scene *s = client->scene;
    for (unsigned i = 0; i < SOURCES; i++) {
        weir_transport *ends[2];
        check_int(weir_mem_pair(s->loop, s->limits, ends), 0);
        merge.sources[i] = (weir_merge_source){.ended = source_over, .from = ends[0]};
        check_int(actor_take(merge.near[i], ends[1]), 0);
    }
    scene_calls(s);
    int status = weir_merge_start(&merge.merge, client->t, merge.sources, SOURCES);
    if (check_int(scene_called(s, status), 0)) scene_hold(s);
    check_int(weir_merge_start(&merge.merge, client->t, merge.sources, SOURCES), WEIR_EBUSY);
}

static void write_letters(struct actor *a) {
    uint8_t letters[1000];
    memset(letters, *(char *)a->user, sizeof letters);
    while (a->written < LARGE / 5 && a->t) {
        int room = actor_write(a, letters, sizeof letters);
        if (room < 0) return;
        a->written += sizeof letters;
        if (room < 1000) break;
    }
    if (a->written >= LARGE / 5) close_now(a);
}

static size_t counted[256];

static size_t count_letters(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)a;
    for (size_t i = 0; i < n; i++)
        counted[bytes[i]]++;
    return n;
}

static void prepare_merge(struct scene *s, unsigned flags) {
    static const char *const names[] = {"one", "two", "three"};
    static char letters[] = {'a', 'b', 'c'};
    merge = (struct merge){.merge = {.ended = merge_ended, .flags = flags}, .scene = s};
    memset(counted, 0, sizeof counted);
    for (unsigned i = 0; i < SOURCES; i++) {
        struct actor *a = merge.near[i] = scene_cast(s, names[i]);
        a->silenced = true;
        a->user = &letters[i];
        a->on_connected = a->on_resume = write_letters;
    }
    s->client.silenced = s->server.silenced = true;
    s->client.on_connected = merge_in;
    s->server.on_received = count_letters;
}

static void expect_letters(size_t a, size_t b, size_t c) {
    check_int(counted['a'], a);
    check_int(counted['b'], b);
    check_int(counted['c'], c);
}

static void a_merge_takes_all_of_each(struct scene *s) {
    prepare_merge(s, 0);
    scene_play(s);
    check_int(merge.code, 0);
    check_int(merge.merge.bytes, 3 * LARGE / 5);
    expect_letters(LARGE / 5, LARGE / 5, LARGE / 5);
    check_int(s->server.code, 0);
}

static size_t spread(void) {
    size_t most = 0, least = SIZE_MAX;
    for (unsigned i = 0; i < SOURCES; i++) {
        size_t n = (size_t)merge.sources[i].bytes;
        if (n > most) most = n;
        if (n < least) least = n;
    }
    return most - least;
}

/* While all have something to send, none is more than a turn ahead of another. */
static size_t count_fairly(struct actor *a, const uint8_t *bytes, size_t n) {
    count_letters(a, bytes, n);
    if (merge.over == 0 && merge.merge.running == SOURCES) check(spread() <= 4096);
    if (dice_roll(&a->scene->dice, 4) == 0) {
        pause_receiving(a);
        actor_later(a, dice_roll(&a->scene->dice, 3 * MS), resume_receiving);
    }
    return n;
}

static void the_sources_take_turns(struct scene *s) {
    prepare_merge(s, 0);
    s->limits = &small;
    s->server.on_received = count_fairly;
    scene_play(s);
    check_int(merge.code, 0);
    expect_letters(LARGE / 5, LARGE / 5, LARGE / 5);
}

static void say_one_and_close(struct actor *a) {
    check(actor_say(a, "b") > 0);
    close_now(a);
}

/* One that has next to nothing delays nobody, and one that never says anything neither. */
static void one_with_nothing_delays_nobody(struct scene *s) {
    prepare_merge(s, 0);
    merge.near[1]->on_connected = say_one_and_close;
    merge.near[2]->on_connected = close_now;
    scene_play(s);
    check_int(merge.code, 0);
    expect_letters(LARGE / 5, 1, 0);
}

static void write_and_abort(struct actor *a) {
    check(actor_say(a, "c") > 0);
    abort_now(a);
}

static void one_lost_source_stops_the_others(struct scene *s) {
    prepare_merge(s, 0);
    merge.near[2]->on_connected = write_and_abort;
    scene_play(s);
    check(merge.code < 0);
    check(s->client.code < 0);
}

static void one_lost_source_drops_out(struct scene *s) {
    prepare_merge(s, WEIR_MERGE_DROP_LOST);
    merge.near[2]->on_connected = write_and_abort;
    scene_play(s);
    check_int(merge.code, 0);
    check_int(counted['a'], LARGE / 5);
    check_int(counted['b'], LARGE / 5);
    check_int(s->server.code, 0);
}

static void the_loss_of_the_one_consumer_stops_all(struct scene *s) {
    prepare_merge(s, WEIR_MERGE_DROP_LOST);
    s->server.on_received = abort_after_some;
    scene_play(s);
    check(merge.code < 0);
    for (unsigned i = 0; i < SOURCES; i++)
        check_int(merge.near[i]->disconnected, 1);
}

/* ---- a file ------------------------------------------------------------------------------------------------------ */

static char path[STORE_PATH];

static void pipe_a_file(struct actor *client) {
    struct scene *s = client->scene;
    weir_transport *from;
    check_int(weir_file_open(s->loop, path, WEIR_FILE_READ, s->limits, NULL, NULL, &from), 0);
    check_int(weir_pipe(from, client->t), 0);
}

static void a_file_is_a_producer(struct scene *s) {
    store_path(path);
    store_put(s, path, LARGE);
    s->limits = &small;
    s->client.hushed = true;
    s->client.on_connected = pipe_a_file;
    s->server.on_received = take_by_dice;
    scene_play(s);
    check_int(s->server.received, LARGE);
    store_remove(s, path);
}

#define WAYS (TCP4 | UNIX_PATH | PIPE | MEMORY)

static const struct scenario producers[] = {
    SCENARIO(a_pull_gives_all_and_ends, .media = EVERY),
    SCENARIO(a_slow_consumer_slows_the_source, .media = EVERY),
    SCENARIO(a_source_may_have_nothing_now, .media = WAYS),
    SCENARIO(a_source_that_fails_aborts, .media = WAYS),
    SCENARIO(a_consumer_can_be_left_open, .media = WAYS),
    SCENARIO(a_pull_can_be_stopped, .media = WAYS),
    SCENARIO(the_loss_of_the_consumer_ends_it, .media = WAYS),
    SCENARIO(a_tee_gives_all_to_each, .media = WAYS),
    SCENARIO(a_tee_is_as_fast_as_the_slowest, .media = WAYS),
    SCENARIO(one_lost_branch_stops_all, .media = WAYS),
    SCENARIO(one_lost_branch_drops_out, .media = WAYS),
    SCENARIO(without_branches_a_tee_is_over, .media = WAYS),
    SCENARIO(the_loss_of_the_source_goes_to_each, .media = TCP4 | MEMORY),
    SCENARIO(what_cannot_be_a_tee_is_refused, .media = NONE),
    SCENARIO(a_merge_takes_all_of_each, .media = WAYS),
    SCENARIO(the_sources_take_turns, .media = WAYS),
    SCENARIO(one_with_nothing_delays_nobody, .media = WAYS),
    SCENARIO(one_lost_source_stops_the_others, .media = WAYS),
    SCENARIO(one_lost_source_drops_out, .media = WAYS),
    SCENARIO(the_loss_of_the_one_consumer_stops_all, .media = WAYS),
    SCENARIO(a_file_is_a_producer, .media = WAYS),
};

const struct suite producers_suite = SUITE(producers);
