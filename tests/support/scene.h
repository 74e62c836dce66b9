/* SPDX-License-Identifier: MIT
 *
 * A scene: one performance of a scenario on one backend and one medium, with a loop of its own. A scenario is written
 * once; every place and every medium it names performs it, and all performances must leave the same trace. After each,
 * the loop must close at once and nothing may be left: no byte, no descriptor, no op, no timer.
 *
 * A scenario sets what its actors do, opens things, and calls scene_run, which returns when nothing is left that could
 * call back. One that stalls is ended by a watchdog on the loop's own clock, and fails. */
#ifndef SUPPORT_SCENE_H
#define SUPPORT_SCENE_H

#include <weir/sim.h>
#include <weir/weir.h>

#include "support/actor.h"
#include "support/bytes.h"
#include "support/check.h"
#include "support/door.h"
#include "support/meter.h"
#include "support/place.h"
#include "support/trace.h"

#define MS ((uint64_t)1000000)
#define SECOND ((uint64_t)1000000000)
#define SLOT WEIR_TIMER_GRANULARITY_NS

struct scene;

struct scenario {
    const char *name;
    void (*run)(struct scene *s);
    unsigned media;        /* enum medium bits; 0: once, without a medium */
    unsigned places;       /* enum where bits; 0: everywhere */
    const char *expected;  /* the trace; NULL: whatever it is, the same on all backends */
    bool loose;            /* the trace depends on timing: only the checks count */
    bool timed;            /* deadlines of the library take part: cues keep to the clock */
    size_t budget;         /* of the loop */
    uint64_t stall_ns;     /* of the loop */
    unsigned handle_limit; /* of a simulated host */
    size_t socket_buffer;  /* of simulated sockets */
};
#define SCENARIO(function, ...)                                                                                        \
    { .name = #function, .run = function, __VA_ARGS__ }

struct scene {
    const struct scenario *scenario;
    const struct place *place;
    enum medium medium;
    weir_loop *loop;
    weir_sim *sim;
    weir_sim_host *host;
    struct dice dice;            /* the same rolls everywhere */
    struct actor client, server; /* the usual pair, opened by scene_open_pair */
    struct door door;
    const weir_limits *limits;        /* of both ends; NULL: the loop's */
    const weir_limits *server_limits; /* of the accepted end, where it is another's */
    uint64_t connect_timeout_ns;
    struct trace notes; /* lines of the scenario's own, "scene ..." */
    unsigned warnings;  /* lines logged at WEIR_LOG_WARN */
    bool hostile;       /* calls may fail: the pair tears down what it has */
    void *user;
    /* private */
    struct actor *cast[64];
    unsigned cast_count;
    struct actor *living;
    struct door *doors;
    struct cue *cues;
    unsigned holds, calls, callbacks;
    uint64_t entered; /* callbacks so far */
    uint64_t cue_now_ns;
    weir_timer watchdog;
    uint64_t last_now_ns;
    struct meter meter, world_meter;
    size_t rest; /* bytes charged by an empty loop */
    int descriptors;
    bool stalled;
};

/* Opens client and server on the scene's medium: a connection and a listener that closes after the first, a pipe that
 * the client writes to, or a pair in memory. */
void scene_open_pair(struct scene *s);

/* Runs until nothing is left. */
void scene_run(struct scene *s);

/* Both. */
void scene_play(struct scene *s);

/* One more actor, which lives as long as the scene. Its lines follow those of client and server. */
struct actor *scene_cast(struct scene *s, const char *name);

/* A pair of actors at the ends of a pair in memory, whatever the medium. */
void scene_open_memory(struct scene *s, struct actor *first, struct actor *second);

/* An address of the scene's medium that nobody uses; port 0 for TCP. */
weir_address scene_address(struct scene *s);

/* Calls `act` after `delay_ns`; an actor's only if it has its transport then. In a simulated world by its clock. On a
 * real system the delay of a scenario that is not `timed` only says in which order: the cue acts when all before it
 * have acted and nothing has moved for a moment, soon where there is nothing to wait for and late on a busy machine.
 * Delays below 10 ms are taken by the clock in every case. */
void scene_later(struct scene *s, uint64_t delay_ns, void (*act)(struct scene *s));
void actor_later(struct actor *a, uint64_t delay_ns, void (*act)(struct actor *a));

/* A line of the scenario's own in the trace. */
void scene_note(struct scene *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The watchdog watches while something holds the scene: living actors, open doors, and what a scenario says. */
void scene_hold(struct scene *s);
void scene_release(struct scene *s);

/* Marks a call into the library, during which no callback may come. */
int scene_calls(struct scene *s);
int scene_called(struct scene *s, int result);

/* For every callback: checks that it is alone and outside of calls. */
void scene_enter(struct scene *s);
void scene_leave(struct scene *s);

bool scene_simulated(const struct scene *s);
weir_loop_stats scene_stats(const struct scene *s);

/* Whether `status` is success; in a hostile scene a failure is legal, elsewhere it is noted. */
bool scene_worked(struct scene *s, int status);

int count_descriptors(void);

/* Performs `scenario` once and appends its trace. With a refusal (may be NULL) the request for memory with that number
 * is refused, or it and all after it, and calls may fail. Returns whether there were so many requests. */
struct refusal {
    size_t at;
    bool on;
    bool world; /* of the simulated kernel, not of the loop */
};
bool scene_perform(const struct scenario *scenario, const struct place *place, enum medium medium,
                   const struct refusal *refusal, struct trace *ret);

#endif
