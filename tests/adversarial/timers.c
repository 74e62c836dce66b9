/* SPDX-License-Identifier: MIT
 *
 * Family F, the rest of it: zero timers, deadlines beyond the clock's range, a program that was stopped, arming without
 * memory.
 *
 * Not here: F3, for a test must not move the machine's clock (and the library reads only the monotonic one); F11, for
 * the monotonic clock cannot be made to fail from outside. */
#include "adversarial/further.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct scene *stage;
static unsigned fired;

static void count(weir_timer *timer) {
    (void)timer;
    fired++;
}

/* ---- F1: a zero timer that arms itself --------------------------------------------------------------------------- */

static uint64_t last_tick;

static void arm_again(weir_timer *timer) {
    uint64_t tick = scene_stats(stage).ticks;
    check(tick > last_tick); /* never twice in one */
    last_tick = tick;
    fired++;
    if (!stage->client.disconnected) check_int(weir_timer_start(stage->loop, timer, 0, 0), 0);
}

static void adv_F1_zero_timer_armed_in_its_callback(struct scene *s) {
    weir_timer timer = {.fired = arm_again};
    stage = s, fired = 0, last_tick = 0;
    check_int(weir_timer_start(s->loop, &timer, 0, 0), 0);
    s->client.silenced = s->server.silenced = true;
    s->client.on_connected = say_hello;
    s->client.on_received = hear_hello_and_close;
    s->server.on_received = echo;
    scene_play(s);
    check_int(s->client.received, 5);
    check(fired > 0);
}

/* ---- F2: beyond the clock's range -------------------------------------------------------------------------------- */

static void adv_F2_far_deadlines_are_never(struct scene *s) {
    static const uint64_t far[] = {UINT64_MAX, UINT64_MAX - 1, UINT64_MAX / 2, INT64_MAX, (uint64_t)1 << 63};
    weir_timer timers[5], near = {.fired = count};
    fired = 0;
    for (unsigned i = 0; i < 5; i++) {
        timers[i] = (weir_timer){.fired = count};
        check_int(weir_timer_start(s->loop, &timers[i], far[i], i % 2 ? far[i] : 0), 0);
    }
    check_int(weir_timer_start(s->loop, &near, 2 * MS, 0), 0);
    for (unsigned i = 0; i < 100 && !fired; i++) check(weir_run_once(s->loop, 5 * MS) >= 0);
    check_int(fired, 1);
    for (unsigned i = 0; i < 5; i++) check(weir_timer_armed(&timers[i]));
    for (unsigned i = 0; i < 5; i++) weir_timer_stop(&timers[i]);
}

/* A period that overflows when it is added fires once, and then never. */
static void adv_F2_a_period_beyond_the_range(struct scene *s) {
    weir_timer timer = {.fired = count}, near = {.fired = count};
    fired = 0;
    check_int(weir_timer_start(s->loop, &timer, MS, UINT64_MAX), 0);
    check_int(weir_timer_start(s->loop, &near, 10 * MS, 0), 0);
    for (unsigned i = 0; i < 100 && fired < 2; i++) check(weir_run_once(s->loop, 5 * MS) >= 0);
    check_int(weir_run_once(s->loop, 5 * MS), 0);
    check_int(fired, 2);
    weir_timer_stop(&timer);
}

/* ---- F4: stopped for a long while -------------------------------------------------------------------------------- */

#define PERIOD (2 * MS)

static struct {
    weir_timer timer;
    uint64_t began_ns, last_slot;
    unsigned fired, close;
} periodic;

/* Those that were missed are skipped. The phase began a little after `began_ns`, so that one that is late by nearly a
 * period may fall into the slot of the next; what is made up for would be three in a slot and more. */
static void fire_in_phase(weir_timer *timer) {
    uint64_t now = weir_now_ns(periodic.timer.loop), slot = (now - periodic.began_ns) / PERIOD;
    if (slot < periodic.last_slot) _exit(3);
    periodic.close = slot == periodic.last_slot ? periodic.close + 1 : 0;
    if (periodic.close > 1) _exit(3);
    periodic.last_slot = slot;
    if (++periodic.fired == 50) weir_timer_stop(timer);
}

static int be_stopped(const char *backend) {
    weir_loop_options options = {.backend = backend};
    weir_loop *loop = weir_loop_new(&options);
    if (!loop) return 1;
    periodic.timer = (weir_timer){.fired = fire_in_phase};
    periodic.began_ns = weir_now_ns(loop);
    periodic.last_slot = 0;
    periodic.fired = periodic.close = 0;
    if (weir_timer_start(loop, &periodic.timer, PERIOD, PERIOD)) return 2;
    if (weir_run(loop)) return 4;
    return weir_loop_close(loop, NULL, NULL) ? 5 : 0;
}

/* As if the machine had been suspended: five times stopped for many periods. */
static void adv_F4_stopped_and_continued(struct scene *s) {
    int status = -1;
    pid_t child = fork();
    if (child == 0) _exit(be_stopped(s->place->backend));
    for (unsigned i = 0; i < 5; i++) {
        usleep(10000);
        kill(child, SIGSTOP);
        usleep(20000);
        kill(child, SIGCONT);
    }
    check_int(waitpid(child, &status, 0), child);
    check(WIFEXITED(status));
    check_int(WEXITSTATUS(status), 0);
}

/* The virtual clock leaps from event to event: of many periods none is doubled and none is lost. */
static void adv_F4_the_clock_leaps(struct scene *s) {
    weir_timer timer = {.fired = count}, far = {.fired = count};
    fired = 0;
    check_int(weir_timer_start(s->loop, &timer, SECOND, 3600 * SECOND), 0);
    check_int(weir_timer_start(s->loop, &far, 2 * SECOND + 3600 * SECOND * 1000, 0), 0);
    while (weir_timer_armed(&far)) check(weir_run_once(s->loop, WEIR_FOREVER) >= 0);
    check_int(fired, 1001 + 1);
    weir_timer_stop(&timer);
}

/* ---- F10: arming needs no memory --------------------------------------------------------------------------------- */

static void adv_F10_no_memory_to_arm(struct scene *s) {
    weir_timer *timers = calloc(10000, sizeof *timers);
    if (!timers) return;
    fired = 0;
    s->meter.refuse_at = s->meter.requests + 1;
    s->meter.refuse_on = true;
    for (unsigned i = 0; i < 10000; i++) {
        timers[i].fired = count;
        check_int(weir_timer_start(s->loop, &timers[i], dice_roll(&s->dice, 20 * MS), 0), 0);
    }
    scene_run(s);
    check_int(fired, 10000);
    check_int(s->meter.refused, 0);
    s->meter.refuse_at = 0;
    free(timers);
}

static const struct scenario timers[] = {
    SCENARIO(adv_F1_zero_timer_armed_in_its_callback, .media = SOCKETS | MEMORY, .expected = ""),
    SCENARIO(adv_F2_far_deadlines_are_never, .media = NONE),
    SCENARIO(adv_F2_a_period_beyond_the_range, .media = NONE),
    SCENARIO(adv_F4_stopped_and_continued, .media = NONE, .places = SYSTEM),
    SCENARIO(adv_F4_the_clock_leaps, .media = NONE, .places = SIMULATED),
    SCENARIO(adv_F10_no_memory_to_arm, .media = NONE),
};
const struct suite timers_suite = SUITE(timers);
