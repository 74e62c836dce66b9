/* SPDX-License-Identifier: MIT
 *
 * Setting up a scene, running it, and finding that nothing of it is left. */
#include "support/scene.h"

#include <dirent.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/stack.h"

#define WATCHDOG_NS (40 * SECOND)
#define WATCHDOG_SIMULATED_NS (1000 * SECOND)
#define CURTAIN_NS (150 * MS) /* a hostile scene that waits for what was refused is over then */
#define ALARM_SECONDS 200     /* for a loop that never comes back */
#define LAST_SECONDS 100      /* for a run that goes on when nothing holds the scene any more */

/* On a real system a cue of at least SHORT_NS acts when so many looks in a row have found that nothing moves. */
#define SHORT_NS (10 * MS)
#define LOOK_NS (2 * MS)
#define LATE_NS (3 * MS)
#define TRUST 12 /* a look in time counts for 3, a late one for 1 */

/* ---- holds and the watchdog -------------------------------------------------------------------------------------- */

void scene_hold(struct scene *s) { s->holds++; }

void scene_release(struct scene *s) {
    check(s->holds > 0);
    if (--s->holds) return;
    weir_timer_stop(&s->watchdog);
    alarm(LAST_SECONDS);
}

static void tell_open(void *user, weir_object_kind kind, void *object, const char *what) {
    struct scene *s = user;
    if (object != &s->watchdog) check_failed("    open: kind %d, %s", (int)kind, what);
}

/* Ends what is left, and the second time the run. */
static void watchdog_fired(weir_timer *timer) {
    struct scene *s = timer->user;
    if (!s->hostile && !s->stalled) {
        check_failed("stalled");
        weir_loop_each(s->loop, tell_open, s);
    }
    if (s->stalled) {
        check_failed("nothing could end it");
        weir_stop(s->loop);
        return;
    }
    s->stalled = true;
    for (struct actor *a = s->living; a; a = a->next)
        weir_transport_abort(a->t);
    for (struct door *d = s->doors; d; d = d->next)
        weir_listener_close(d->listener);
    weir_timer_start(s->loop, timer, WATCHDOG_NS, 0);
}

static uint64_t patience_ns(const struct scene *s) {
    if (s->hostile) return CURTAIN_NS;
    return scene_simulated(s) ? WATCHDOG_SIMULATED_NS : WATCHDOG_NS;
}

void scene_run(struct scene *s) {
    s->watchdog.fired = watchdog_fired;
    s->watchdog.user = s;
    if (s->holds) check_int(weir_timer_start(s->loop, &s->watchdog, patience_ns(s), 0), 0);
    check_int(weir_run(s->loop), 0);
    weir_timer_stop(&s->watchdog);
    check_int(s->holds, 0);
}

/* ---- callbacks and calls ----------------------------------------------------------------------------------------- */

void scene_enter(struct scene *s) {
    check_int(s->calls, 0);
    check_int(s->callbacks, 0);
    check(weir_loop_current() == s->loop);
    check(weir_now_ns(s->loop) >= s->last_now_ns);
    s->last_now_ns = weir_now_ns(s->loop);
    s->callbacks++;
    s->entered++;
}

void scene_leave(struct scene *s) { s->callbacks--; }

int scene_calls(struct scene *s) { return (int)++s->calls; }

int scene_called(struct scene *s, int result) {
    s->calls--;
    return result;
}

bool scene_worked(struct scene *s, int status) {
    if (status < 0 && !s->hostile) check_failed("a call failed: %s", weir_error_name(status));
    return status >= 0;
}

/* ---- cues -------------------------------------------------------------------------------------------------------- */

struct cue {
    weir_timer timer;
    struct scene *scene;
    struct actor *actor;
    void (*scene_act)(struct scene *s);
    void (*actor_act)(struct actor *a);
    struct cue *next;
    uint64_t due_ns; /* by the clock of cues */
    bool settles, over;
    uint64_t looks_at_ns, gives_up_ns, seen; /* while it settles */
    unsigned trust;
};

/* On a busy machine an actor may come later than its cue, which waits for it as long as anybody is on the stage. */
static bool is_early(const struct cue *cue) {
    const struct actor *a = cue->actor;
    return cue->actor_act && !a->t && !a->connected && !a->disconnected && cue->scene->holds;
}

/* The list has the youngest first. */
static bool is_next(const struct cue *cue) {
    bool older = false;
    for (const struct cue *other = cue->scene->cues; other; other = other->next) {
        if (other == cue)
            older = true;
        else if (other->settles && !other->over && !is_early(other) &&
                 (other->due_ns < cue->due_ns || (older && other->due_ns == cue->due_ns)))
            return false;
    }
    return true;
}

static void look_again(struct cue *cue, uint64_t delay_ns) {
    struct scene *s = cue->scene;
    cue->looks_at_ns = weir_now_ns(s->loop) + delay_ns;
    weir_timer_start(s->loop, &cue->timer, delay_ns, 0);
}

/* A look that comes late tells that others have the machine, perhaps also the part of the kernel that would move what
 * is on its way: it counts for less. */
static bool has_settled(struct cue *cue) {
    const struct scene *s = cue->scene;
    uint64_t now_ns = weir_now_ns(s->loop), seen = s->entered + scene_stats(s).completions;
    bool late = now_ns > cue->looks_at_ns + LATE_NS;
    cue->trust = seen == cue->seen ? cue->trust + (late ? 1 : 3) : 0;
    cue->seen = seen;
    return cue->trust >= TRUST || now_ns > cue->gives_up_ns;
}

static void act(struct cue *cue) {
    struct scene *s = cue->scene;
    cue->over = true;
    if (cue->settles) s->cue_now_ns = cue->due_ns;
    scene_enter(s);
    if (cue->scene_act) cue->scene_act(s);
    if (cue->actor_act && cue->actor->t) cue->actor_act(cue->actor);
    scene_leave(s);
}

static void cue_fired(weir_timer *timer) {
    struct cue *cue = (struct cue *)timer;
    if (is_early(cue))
        look_again(cue, 5 * MS);
    else if (cue->settles && (!is_next(cue) || !has_settled(cue)))
        look_again(cue, LOOK_NS);
    else
        act(cue);
}

static struct cue *cue_add(struct scene *s, uint64_t delay_ns) {
    struct cue *cue = calloc(1, sizeof *cue);
    if (!cue) abort();
    cue->timer.fired = cue_fired;
    cue->scene = s;
    cue->settles = !scene_simulated(s) && !s->scenario->timed && delay_ns >= SHORT_NS;
    cue->due_ns = s->cue_now_ns + delay_ns;
    cue->gives_up_ns = weir_now_ns(s->loop) + delay_ns + SECOND;
    cue->looks_at_ns = UINT64_MAX - LATE_NS;
    cue->next = s->cues;
    s->cues = cue;
    check_int(weir_timer_start(s->loop, &cue->timer, cue->settles ? LOOK_NS : delay_ns, 0), 0);
    return cue;
}

void scene_later(struct scene *s, uint64_t delay_ns, void (*scene_act)(struct scene *s)) {
    cue_add(s, delay_ns)->scene_act = scene_act;
}

void actor_later(struct actor *a, uint64_t delay_ns, void (*actor_act)(struct actor *a)) {
    struct cue *cue = cue_add(a->scene, delay_ns);
    cue->actor = a;
    cue->actor_act = actor_act;
}

static void free_cues(struct scene *s) {
    for (struct cue *next; s->cues; s->cues = next) {
        next = s->cues->next;
        free(s->cues);
    }
}

/* ---- the pair ---------------------------------------------------------------------------------------------------- */

weir_address scene_address(struct scene *s) {
    static unsigned count;
    weir_address address;
    char name[64];
    snprintf(name, sizeof name, "%sweir-%d-%u", s->medium == UNIX_NAME ? "@" : "/tmp/", (int)getpid(), ++count);
    if (s->medium & UNIX)
        check_int(weir_address_unix(&address, name, strlen(name)), 0);
    else
        check_int(weir_address_ip(&address, s->medium == TCP6 ? "::1" : "127.0.0.1", 0), 0);
    return address;
}

static void give_end(struct scene *s, struct actor *a, weir_transport *t) {
    t = scene_stack(s, t);
    if (t && actor_take(a, t) < 0) weir_transport_abort(t);
}

static void open_ends(struct scene *s, struct actor *first, struct actor *second,
                      int (*open)(weir_loop *, const weir_limits *, weir_transport *[2])) {
    weir_transport *ends[2];
    scene_calls(s);
    int status = scene_called(s, open(s->loop, s->limits, ends));
    if (!scene_worked(s, status)) return;
    give_end(s, first, ends[0]);
    give_end(s, second, ends[1]);
}

static void open_sockets(struct scene *s) {
    weir_address address = scene_address(s);
    s->door.options.limits = s->server_limits ? s->server_limits : s->limits;
    if (!scene_worked(s, door_open(&s->door, s, &address))) return;
    if (!scene_worked(s, actor_connect(&s->client, &s->door.address))) door_shut(&s->door);
}

void scene_open_memory(struct scene *s, struct actor *first, struct actor *second) {
    open_ends(s, first, second, weir_mem_pair);
}

void scene_open_pair(struct scene *s) {
    if (s->medium == PIPE) {
        s->client.deaf = true;
        open_ends(s, &s->server, &s->client, weir_pipe_pair);
    } else if (s->medium & (MEMORY | THROTTLED)) {
        scene_open_memory(s, &s->client, &s->server);
    } else {
        open_sockets(s);
    }
}

void scene_play(struct scene *s) {
    scene_open_pair(s);
    scene_run(s);
}

/* ---- opening and closing ----------------------------------------------------------------------------------------- */

int count_descriptors(void) {
    DIR *dir = opendir("/proc/self/fd");
    int n = -1; /* the directory's own */
    if (!dir) return 0;
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static void count_warnings(void *user, weir_log_level level, const char *line) {
    struct scene *s = user;
    (void)line;
    if (level == WEIR_LOG_WARN) s->warnings++;
}

static int open_world(struct scene *s) {
    weir_sim_options options = s->place->weather;
    weir_allocator allocator = meter_allocator(&s->world_meter);
    if (s->scenario->handle_limit) options.handle_limit = s->scenario->handle_limit;
    if (s->scenario->socket_buffer) options.socket_buffer = s->scenario->socket_buffer;
    options.allocator = &allocator;
    int status = weir_sim_open(&s->sim, &options);
    return status < 0 ? status : weir_sim_host_add(s->sim, "here", "10.0.0.1", &s->host);
}

static int open_loop(struct scene *s) {
    weir_allocator allocator = meter_allocator(&s->meter);
    weir_loop_options options = {.backend = s->place->backend,
                                 .host = s->host,
                                 .allocator = &allocator,
                                 .log = count_warnings,
                                 .log_user = s,
                                 .budget = s->scenario->budget,
                                 .limits.stall_ns = s->scenario->stall_ns};
    int status = scene_simulated(s) ? open_world(s) : 0;
    if (status == 0) {
        options.host = s->host;
        status = weir_loop_open(&s->loop, &options);
    }
    return status;
}

bool scene_simulated(const struct scene *s) { return s->place->where == SIMULATED; }

weir_loop_stats scene_stats(const struct scene *s) {
    weir_loop_stats stats;
    weir_loop_stats_get(s->loop, &stats);
    return stats;
}

static void close_loop(struct scene *s) {
    weir_loop_stats stats = scene_stats(s);
    check_int(stats.transports, 0);
    check_int(stats.listeners, 0);
    check_int(stats.timers, 0);
    check_int(stats.ops, 0);
    check_int(stats.handles, 0);
    check_int(stats.charged, s->rest);
    check_int(stats.memory, s->meter.held);
    check_int(weir_loop_close(s->loop, tell_open, s), 0);
}

/* An allocation that was refused may have cost a transport or a connection, but never a byte or a descriptor. */
static void close_all(struct scene *s) {
    if (s->loop) close_loop(s);
    if (s->sim) check_int(weir_sim_close(s->sim), 0);
    check_int(s->meter.held, 0);
    check_int(s->meter.pieces, 0);
    check_int(s->world_meter.pieces, 0);
    check_int(count_descriptors(), s->descriptors);
    free_cues(s);
}

void scene_note(struct scene *s, const char *format, ...) {
    char words[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    trace_line(&s->notes, "scene", "%s", words);
}

static void collect(struct trace *ret, struct actor *a) {
    trace_settle(&a->trace, a->name);
    trace_append(ret, &a->trace);
    trace_free(&a->trace);
}

struct actor *scene_cast(struct scene *s, const char *name) {
    struct actor *a = malloc(sizeof *a);
    if (!a || s->cast_count == sizeof s->cast / sizeof *s->cast) abort();
    actor_init(a, name, s);
    return s->cast[s->cast_count++] = a;
}

static const struct scene *current;

static void give_up(int signal) {
    char words[200];
    (void)signal;
    int n = snprintf(words, sizeof words, "hung: %s on %s, %s, held by %u\n", current->scenario->name,
                     current->place->name, medium_name(current->medium), current->holds);
    if (write(2, words, (size_t)n) < 0) _exit(3);
    abort();
}

bool scene_perform(const struct scenario *scenario, const struct place *place, enum medium medium,
                   const struct refusal *refusal, struct trace *ret) {
    struct scene s = {.scenario = scenario, .place = place, .medium = medium, .dice = dice_new(7)};
    actor_init(&s.client, "client", &s);
    actor_init(&s.server, "server", &s);
    if (refusal) {
        s.hostile = true;
        struct meter *meter = refusal->world ? &s.world_meter : &s.meter;
        meter->refuse_at = refusal->at;
        meter->refuse_on = refusal->on;
    }
    s.descriptors = count_descriptors();
    current = &s;
    signal(SIGALRM, give_up);
    alarm(ALARM_SECONDS);
    if (scene_worked(&s, open_loop(&s))) {
        s.rest = scene_stats(&s).charged;
        scenario->run(&s);
    }
    close_all(&s);
    alarm(0);
    collect(ret, &s.client);
    collect(ret, &s.server);
    for (unsigned i = 0; i < s.cast_count; free(s.cast[i++]))
        collect(ret, s.cast[i]);
    trace_append(ret, &s.notes);
    trace_free(&s.notes);
    return s.meter.refused + s.world_meter.refused > 0;
}
