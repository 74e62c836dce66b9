/* SPDX-License-Identifier: MIT
 *
 * The loop itself: the phases of a tick, run, stop, posts, the current loop, and a close that lists what is open. */
#include "conformance/suites.h"

#include <unistd.h>

/* ---- a tick ------------------------------------------------------------------------------------------------------ */

static struct scene *stage;
static weir_timer timer;
static weir_post post;

static void timer_says_so(weir_timer *t) {
    (void)t;
    scene_note(stage, "timer");
}

static void post_says_so(weir_post *p) {
    (void)p;
    scene_note(stage, "post");
}

static size_t received_says_so(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    if (a->received == 0) scene_note(stage, "received");
    return n;
}

/* Makes all three due at the next tick; what is so large is in the system's hands at once. */
static void make_all_due(weir_post *p) {
    struct actor *a = p->user;
    check_int(weir_loop_post(stage->loop, &post), 0);
    check_int(weir_timer_start(stage->loop, &timer, 0, 0), 0);
    check(actor_write_pattern(a, 8192) >= 0);
    usleep(5000);
    actor_later(a, 50 * MS, close_now);
}

static void post_what_makes_all_due(struct actor *a) {
    static weir_post first;
    first = (weir_post){.run = make_all_due, .user = a};
    check_int(weir_loop_post(stage->loop, &first), 0);
}

static void a_tick_goes_completions_timers_posts(struct scene *s) {
    stage = s;
    timer = (weir_timer){.fired = timer_says_so};
    post = (weir_post){.run = post_says_so};
    s->server.on_received = received_says_so;
    actor_later(&s->client, 50 * MS, post_what_makes_all_due);
    scene_play(s);
}

static struct errand reader;
static uint8_t bytes[8192];

/* The bytes and the timeout are both due at the next tick. */
static void sleep_past_the_timeout(struct actor *a) {
    check(actor_write_pattern(a, sizeof bytes) >= 0);
    usleep(40000);
    actor_later(a, 50 * MS, close_now);
}

static void read_for_a_while(struct actor *a) {
    reader = (struct errand){.op.timeout_ns = 30 * MS};
    check_int(actor_read(a, &reader, bytes, sizeof bytes, sizeof bytes), 0);
    actor_later(&a->scene->client, 0, sleep_past_the_timeout);
    actor_later(a, 200 * MS, close_now);
}

static void a_match_beats_its_timeout(struct scene *s) {
    s->server.deaf = true;
    s->server.on_connected = read_for_a_while;
    scene_play(s);
    check_int(reader.result, sizeof bytes);
}

/* ---- run --------------------------------------------------------------------------------------------------------- */

static void told_of_running(void *user, weir_object_kind kind, void *object, const char *what) {
    (void)object;
    (void)what;
    if (kind == WEIR_OBJECT_RUNNING) ++*(unsigned *)user;
}

static void run_within(weir_post *p) {
    struct scene *s = p->user;
    unsigned running = 0;
    weir_loop *other = NULL;
    check_int(weir_run(s->loop), WEIR_EBUSY);
    check_int(weir_run_once(s->loop, 0), WEIR_EBUSY);
    check_int(weir_loop_close(s->loop, told_of_running, &running), WEIR_EBUSY);
    check_int(running, 1);
    check_int(weir_loop_open(&other, NULL), 0);
    check_int(weir_run(other), WEIR_EBUSY);
    check_int(weir_loop_close(other, NULL, NULL), 0);
}

static void run_within_a_callback_is_refused(struct scene *s) {
    weir_post p = {.run = run_within, .user = s};
    check_int(weir_loop_post(s->loop, &p), 0);
    scene_run(s);
}

static void an_empty_loop_returns_at_once(struct scene *s) {
    check_int(weir_run(s->loop), 0);
    check_int(weir_run_once(s->loop, 0), 0);
}

static void stop_it(weir_post *p) {
    struct scene *s = p->user;
    weir_stop(s->loop);
}

static void stop_returns_with_things_open(struct scene *s) {
    weir_post p = {.run = stop_it, .user = s};
    weir_timer far = {.fired = timer_says_so};
    check_int(weir_timer_start(s->loop, &far, 3600 * SECOND, 0), 0);
    check_int(weir_loop_post(s->loop, &p), 0);
    check_int(weir_run(s->loop), 0);
    check(weir_timer_armed(&far));
    weir_stop(s->loop); /* ahead of the run, which then makes one tick */
    check_int(weir_run(s->loop), 0);
    check_int(weir_loop_post(s->loop, &p), 0);
    check_int(weir_run(s->loop), 0); /* a stop counts once */
    weir_timer_stop(&far);
}

static void run_once_counts_callbacks(struct scene *s) {
    weir_post two[2] = {{.run = post_says_so}, {.run = post_says_so}};
    stage = s;
    check_int(weir_run_once(s->loop, 0), 0);
    for (unsigned i = 0; i < 2; i++)
        check_int(weir_loop_post(s->loop, &two[i]), 0);
    check_int(weir_run_once(s->loop, WEIR_FOREVER), 2);
}

static void run_once_waits_for_its_timeout(struct scene *s) {
    uint64_t before = weir_now_ns(s->loop);
    for (unsigned i = 0; i < 1000 && weir_now_ns(s->loop) < before + 20 * MS; i++)
        weir_run_once(s->loop, 20 * MS);
    check(weir_now_ns(s->loop) >= before + 20 * MS);
    check(scene_stats(s).ticks < 10);
}

static void run_once_waits_no_longer(struct scene *s) {
    weir_timer far = {.fired = timer_says_so};
    uint64_t before = weir_now_ns(s->loop);
    check_int(weir_timer_start(s->loop, &far, 10 * SECOND, 0), 0);
    for (unsigned i = 0; i < 3; i++)
        check_int(weir_run_once(s->loop, 20 * MS), 0);
    check(weir_timer_armed(&far));
    check(weir_now_ns(s->loop) < before + 5 * SECOND);
    weir_timer_stop(&far);
}

static void close_the_paused(struct scene *s) {
    check(s->server.t && !s->server.received);
    actor_abort(&s->server);
    actor_abort(&s->client);
}

/* Nothing could be due but the timer of this scenario; without it the loop would wait for ever. */
static void a_paused_transport_keeps_the_loop_running(struct scene *s) {
    s->client.on_connected = say_hello;
    s->server.on_connected = pause_receiving;
    scene_later(s, 200 * MS, close_the_paused);
    scene_play(s);
}

/* ---- posts ------------------------------------------------------------------------------------------------------- */

static struct numbered {
    weir_post post;
    struct scene *scene;
    unsigned number, runs;
    uint64_t tick;
} posts[10];

static void note_number(weir_post *p) {
    struct numbered *n = (struct numbered *)p;
    scene_enter(n->scene);
    scene_note(n->scene, "post %u", n->number);
    n->runs++;
    n->tick = scene_stats(n->scene).ticks;
    scene_leave(n->scene);
}

static void number(struct scene *s, unsigned i, void (*run)(weir_post *)) {
    posts[i] = (struct numbered){.post.run = run, .scene = s, .number = i};
}

static void posts_run_in_order(struct scene *s) {
    for (unsigned i = 0; i < 10; i++) {
        number(s, i, note_number);
        check_int(weir_loop_post(s->loop, &posts[i].post), 0);
    }
    scene_run(s);
    for (unsigned i = 0; i < 10; i++)
        check_int(posts[i].runs, 1);
}

static void note_and_post_next(weir_post *p) {
    struct numbered *n = (struct numbered *)p;
    note_number(p);
    if (n->number < 4) check_int(weir_loop_post(n->scene->loop, &posts[n->number + 1].post), 0);
}

static void a_post_from_a_post_runs_in_the_next_tick(struct scene *s) {
    for (unsigned i = 0; i < 5; i++)
        number(s, i, note_and_post_next);
    check_int(weir_loop_post(s->loop, &posts[0].post), 0);
    scene_run(s);
    for (unsigned i = 1; i < 5; i++)
        check(posts[i].tick > posts[i - 1].tick);
}

static void note_and_post_itself(weir_post *p) {
    struct numbered *n = (struct numbered *)p;
    uint64_t before = n->tick;
    note_number(p);
    check(n->tick > before);
    if (n->runs < 3) check_int(weir_loop_post(n->scene->loop, p), 0);
}

static void a_post_may_post_itself_again(struct scene *s) {
    number(s, 0, note_and_post_itself);
    check_int(weir_loop_post(s->loop, &posts[0].post), 0);
    scene_run(s);
    check_int(posts[0].runs, 3);
}

/* ---- what is open ------------------------------------------------------------------------------------------------ */

struct census {
    unsigned kinds[WEIR_OBJECT_RUNNING + 1];
    bool close;
};

static void count_kind(void *user, weir_object_kind kind, void *object, const char *what) {
    struct census *census = user;
    check(what && *what);
    census->kinds[kind]++;
    if (census->close && kind == WEIR_OBJECT_TRANSPORT) check_int(weir_transport_abort(object), 0);
    if (census->close && kind == WEIR_OBJECT_LISTENER) check_int(weir_listener_close(object), 0);
    if (census->close && kind == WEIR_OBJECT_TIMER) weir_timer_stop(object);
}

static void a_census_finds(struct census census, unsigned transports, unsigned listeners, unsigned timers,
                           unsigned waiting) {
    check_int(census.kinds[WEIR_OBJECT_TRANSPORT], transports);
    check_int(census.kinds[WEIR_OBJECT_LISTENER], listeners);
    check_int(census.kinds[WEIR_OBJECT_TIMER], timers);
    check_int(census.kinds[WEIR_OBJECT_POST], waiting);
}

static void close_lists_what_is_open(struct scene *s) {
    struct census first = {0}, second = {.close = true};
    weir_transport *pair[2];
    weir_timer far = {.fired = timer_says_so};
    weir_post waiting = {.run = post_says_so};
    weir_address address;
    stage = s;
    check_int(weir_address_ip(&address, "127.0.0.1", 0), 0);
    check_int(weir_loop_each(s->loop, NULL, NULL), 0);
    check_int(weir_mem_pair(s->loop, NULL, pair), 0);
    check_int(door_open(&s->door, s, &address), 0);
    check_int(weir_timer_start(s->loop, &far, SECOND, 0), 0);
    check_int(weir_loop_post(s->loop, &waiting), 0);
    check_int(weir_loop_close(s->loop, count_kind, &first), WEIR_EBUSY);
    a_census_finds(first, 2, 1, 1, 1);
    check_int(weir_loop_close(s->loop, NULL, NULL), WEIR_EBUSY);
    check_int(weir_loop_each(s->loop, count_kind, &second), 5); /* which closes them */
    a_census_finds(second, 2, 1, 1, 1);
    scene_run(s);
    check_int(weir_loop_each(s->loop, NULL, NULL), 0);
}

/* ---- who and where ----------------------------------------------------------------------------------------------- */

static void i_am_current(weir_post *p) {
    struct scene *s = p->user;
    weir_loop *other = NULL;
    check(weir_loop_current() == s->loop);
    check_int(weir_loop_open(&other, NULL), 0);
    check(weir_loop_current() == s->loop);
    check_int(weir_loop_close(other, NULL, NULL), 0);
}

static void the_current_loop_is_the_one_that_runs(struct scene *s) {
    weir_post p = {.run = i_am_current, .user = s};
    check(weir_loop_current() == NULL);
    check_int(weir_loop_post(s->loop, &p), 0);
    scene_run(s);
    check(weir_loop_current() == NULL);
    weir_loop_set_current(s->loop);
    check(weir_loop_current() == s->loop);
    weir_loop_set_current(NULL);
    check(weir_loop_current() == NULL);
}

static void the_backend_is_the_one_asked_for(struct scene *s) {
    check(!strcmp(weir_loop_backend(s->loop), s->place->backend));
    check(!strcmp(weir_loop_backend_reason(s->loop), ""));
    check(!strcmp(weir_loop_backend(NULL), ""));
}

static void unknown_backends_are_refused(struct scene *s) {
    weir_loop_options options = {.backend = "carrier pigeon"};
    weir_loop *loop = s->loop;
    check_int(weir_loop_open(&loop, &options), WEIR_EINVAL);
    check(loop == s->loop);
    check(weir_loop_new(&options) == NULL);
}

static void a_null_loop_is_refused(struct scene *s) {
    weir_post p = {.run = post_says_so};
    weir_timer t = {.fired = timer_says_so};
    weir_transport *pair[2];
    weir_listener *door;
    weir_address address = scene_address(s);
    check_int(weir_run(NULL), WEIR_EINVAL);
    check_int(weir_run_once(NULL, 0), WEIR_EINVAL);
    check_int(weir_loop_post(NULL, &p), WEIR_EINVAL);
    check_int(weir_loop_post(s->loop, NULL), WEIR_EINVAL);
    p.run = NULL;
    check_int(weir_loop_post(s->loop, &p), WEIR_EINVAL);
    check_int(weir_timer_start(NULL, &t, 0, 0), WEIR_EINVAL);
    check_int(weir_mem_pair(NULL, NULL, pair), WEIR_EINVAL);
    check_int(weir_pipe_pair(NULL, NULL, pair), WEIR_EINVAL);
    check_int(weir_socket_listen(NULL, &address, NULL, NULL, NULL, &door), WEIR_EINVAL);
    check_int(weir_serve(NULL, "tcp://127.0.0.1:0", NULL, NULL), WEIR_EINVAL);
    check_int(weir_connect(NULL, "tcp://127.0.0.1:1", NULL, NULL, pair), WEIR_EINVAL);
    check_int(weir_loop_close(NULL, NULL, NULL), WEIR_EINVAL);
    weir_stop(NULL);
    check_int(weir_now_ns(NULL), 0);
}

/* ---- the steady state: contract 10 ------------------------------------------------------------------------------- */

#define ROUNDS 2000

static uint64_t allocations_when_warm;

/* Ping-pong; the first rounds may warm things up. */
static size_t count_rounds(struct actor *a, const uint8_t *data, size_t n) {
    (void)data;
    a->written += n;
    if (a->written < 100 * 5) allocations_when_warm = scene_stats(a->scene).allocations;
    if (a->written < ROUNDS * 5)
        check(actor_write(a, "hello", n) >= 0);
    else
        close_now(a);
    return n;
}

static void the_steady_state_allocates_nothing(struct scene *s) {
    s->client.silenced = s->server.silenced = true;
    s->client.on_connected = say_hello;
    s->client.on_received = count_rounds;
    s->server.on_received = echo;
    scene_play(s);
    check(s->client.received >= ROUNDS * 5);
    check(scene_stats(s).allocations - allocations_when_warm < 5); /* closing may need some */
}

#define IDLERS 50

static size_t memory_before;

static void weigh_the_idle(struct scene *s) {
    size_t each = (scene_stats(s).memory - memory_before) / IDLERS;
    check(each < 2048); /* both ends, their parts in tables, and no buffer */
    for (unsigned i = 0; i < s->cast_count; i++)
        close_now(s->cast[i]);
}

static void host_an_echo(struct door *door, weir_transport *t) {
    check_int(weir_pipe(t, t), 0);
    if (door->accepted == IDLERS) door_shut(door);
}

static void an_idle_connection_holds_no_buffer(struct scene *s) {
    weir_address address = scene_address(s);
    s->door.on_accept = host_an_echo;
    check_int(door_open(&s->door, s, &address), 0);
    memory_before = scene_stats(s).memory;
    for (unsigned i = 0; i < IDLERS; i++) {
        struct actor *idler = scene_cast(s, "idler");
        idler->on_connected = say_hello;
        check_int(actor_connect(idler, &s->door.address), 0);
    }
    scene_later(s, 300 * MS, weigh_the_idle);
    scene_run(s);
}

static const struct scenario loop[] = {
    SCENARIO(a_tick_goes_completions_timers_posts, .media = SOCKETS, .places = SYSTEM,
             .expected = "client connected\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server received 8192 of the pattern\n"
                         "server ended\n"
                         "server disconnected in order\n"
                         "scene received\n"
                         "scene timer\n"
                         "scene post\n"),
    SCENARIO(a_match_beats_its_timeout, .media = SOCKETS, .places = SYSTEM),
    SCENARIO(run_within_a_callback_is_refused, .media = NONE),
    SCENARIO(an_empty_loop_returns_at_once, .media = NONE),
    SCENARIO(stop_returns_with_things_open, .media = NONE),
    SCENARIO(run_once_counts_callbacks, .media = NONE),
    SCENARIO(run_once_waits_for_its_timeout, .media = NONE, .places = SYSTEM),
    SCENARIO(run_once_waits_no_longer, .media = NONE),
    SCENARIO(a_paused_transport_keeps_the_loop_running, .media = EVERY),
    SCENARIO(posts_run_in_order, .media = NONE,
             .expected = "scene post 0\nscene post 1\nscene post 2\nscene post 3\nscene post 4\n"
                         "scene post 5\nscene post 6\nscene post 7\nscene post 8\nscene post 9\n"),
    SCENARIO(a_post_from_a_post_runs_in_the_next_tick, .media = NONE,
             .expected = "scene post 0\nscene post 1\nscene post 2\nscene post 3\nscene post 4\n"),
    SCENARIO(a_post_may_post_itself_again, .media = NONE, .expected = "scene post 0\nscene post 0\nscene post 0\n"),
    SCENARIO(close_lists_what_is_open, .media = NONE),
    SCENARIO(the_current_loop_is_the_one_that_runs, .media = NONE),
    SCENARIO(the_backend_is_the_one_asked_for, .media = NONE),
    SCENARIO(unknown_backends_are_refused, .media = NONE),
    SCENARIO(a_null_loop_is_refused, .media = NONE),
    SCENARIO(the_steady_state_allocates_nothing, .media = DUPLEX),
    SCENARIO(an_idle_connection_holds_no_buffer, .media = TCP4 | UNIX_PATH, .loose = true),
};
const struct suite loop_suite = SUITE(loop);
