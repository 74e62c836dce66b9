/* SPDX-License-Identifier: MIT
 *
 * A17: a stack of layers of which one part is ended from a callback of another. Each layer must end once, the lower
 * ones first, and what is above hears it last. */
#include "adversarial/further.h"

#include <weir/layer.h>

#define LAYERS 3
#define CASES (3 * 4 * 2)

/* One stack: on a pair in memory, so that the two ends tear each other down too. */
struct tower {
    weir_transport *floors[LAYERS + 1]; /* from the bottom; NULL when it is gone */
    struct actor *user, *peer;
    unsigned fallen; /* layers that have ended */
    unsigned victim; /* the floor that is ended */
    bool gently, done;
};

struct level {
    struct tower *tower;
    unsigned number; /* from 1 */
};

static struct tower towers[CASES];
static struct level levels[CASES][LAYERS];

static void on_event(void *user, const weir_trace_event *event) {
    struct level *level = user;
    if (event->kind != WEIR_TRACE_DISCONNECTED) return;
    check_int(++level->tower->fallen, level->number); /* in this order, so each once */
    level->tower->floors[level->number - 1] = NULL;
    check(!level->tower->user->disconnected);
}

static void strike(struct tower *tower) {
    weir_transport *t = tower->floors[tower->victim];
    if (tower->done || !t) return;
    tower->done = true;
    if (tower->victim == LAYERS) tower->user->leaving = true;
    check_int(tower->gently ? weir_transport_close(t) : weir_transport_abort(t), 0);
}

static void strike_now(struct actor *a) { strike(a->user); }

static size_t strike_and_use(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    strike(a->user);
    return n;
}

static void strike_and_close(struct actor *a) {
    strike(a->user);
    actor_close(a);
}

/* The user must not touch what is gone, and hears of it after all layers have ended. */
static void all_have_fallen(struct actor *a, const weir_error *reason) {
    struct tower *tower = a->user;
    (void)reason;
    check_int(tower->fallen, LAYERS);
    tower->floors[LAYERS] = NULL;
    actor_abort(tower->peer);
}

static void raise(struct tower *tower, struct level *level, weir_transport *bottom) {
    tower->floors[0] = bottom;
    for (unsigned i = 0; i < LAYERS; i++) {
        const weir_trace_options options = {.traced = on_event, .user = &level[i]};
        level[i] = (struct level){tower, i + 1};
        check_int(weir_trace_open(tower->floors[i], &options, NULL, NULL, &tower->floors[i + 1]), 0);
    }
}

/* When: in connected, received or ended. Whom: any floor. How: by close or by abort. */
static void set_up(struct scene *s, unsigned number) {
    struct tower *tower = &towers[number];
    weir_transport *pair[2];
    *tower = (struct tower){.victim = number / 3 % 4, .gently = number / 12};
    tower->user = scene_cast(s, "user");
    tower->peer = scene_cast(s, "peer");
    tower->user->silenced = tower->peer->silenced = true;
    tower->user->user = tower;
    tower->user->on_disconnected = all_have_fallen;
    tower->peer->on_connected = say_hello_and_half_close;
    switch (number % 3) {
    case 0: tower->user->on_connected = strike_now; break;
    case 1: tower->user->on_received = strike_and_use; break;
    default: tower->user->on_ended = strike_and_close;
    }
    check_int(weir_mem_pair(s->loop, NULL, pair), 0);
    raise(tower, levels[number], pair[0]);
    actor_take(tower->user, tower->floors[LAYERS]);
    actor_take(tower->peer, pair[1]);
}

static void adv_A17_any_floor_from_any_callback(struct scene *s) {
    for (unsigned i = 0; i < CASES; i++)
        set_up(s, i);
    scene_run(s);
    for (unsigned i = 0; i < CASES; i++) {
        check(towers[i].done);
        check_int(towers[i].user->disconnected, 1);
        check_int(towers[i].fallen, LAYERS);
    }
}

static const struct scenario stacks[] = {
    SCENARIO(adv_A17_any_floor_from_any_callback, .media = NONE, .loose = true),
};
const struct suite stacks_suite = SUITE(stacks);
