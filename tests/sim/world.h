/* SPDX-License-Identifier: MIT
 *
 * A world of three hosts with a loop on each, for tests from the front door. */
#ifndef WEIR_TESTS_SIM_WORLD_H
#define WEIR_TESTS_SIM_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <weir/sim.h>
#include <weir/weir.h>

#define SECOND ((uint64_t)1000000000)
#define MILLISECOND ((uint64_t)1000000)

struct world {
    weir_sim *sim;
    weir_sim_host *hosts[3];
    weir_loop *loops[3];
};

static inline struct world world_open(const weir_sim_options *options) {
    static const char *const names[3] = {"a", "b", "c"}, *const addresses[3] = {"10.0.0.1", "10.0.0.2", "fd00::3"};
    struct world w;
    assert_int_equal(weir_sim_open(&w.sim, options), 0);
    for (int i = 0; i < 3; i++) {
        weir_loop_options loop = {.backend = "sim"};
        assert_int_equal(weir_sim_host_add(w.sim, names[i], addresses[i], &w.hosts[i]), 0);
        loop.host = w.hosts[i];
        assert_int_equal(weir_loop_open(&w.loops[i], &loop), 0);
    }
    return w;
}

static inline void world_close(struct world *w) {
    assert_int_equal(weir_sim_close(w->sim), WEIR_EBUSY);
    for (int i = 0; i < 3; i++)
        assert_int_equal(weir_loop_close(w->loops[i], NULL, NULL), 0);
    assert_int_equal(weir_sim_close(w->sim), 0);
}

static inline void close_listener(void *user, weir_object_kind kind, void *object, const char *what) {
    (void)user;
    (void)what;
    if (kind == WEIR_OBJECT_LISTENER) weir_listener_close(object);
}

/* Ends what listens, and lets everything else end. */
static inline void world_end(struct world *w) {
    for (int i = 0; i < 3; i++)
        weir_loop_each(w->loops[i], close_listener, NULL);
    assert_int_equal(weir_sim_run(w->sim, UINT64_MAX), 0);
    world_close(w);
}

static inline void hash_line(void *user, const char *line) {
    uint64_t *hash = user;
    for (; *line; line++)
        *hash = (*hash ^ (uint8_t)*line) * 0x100000001b3u;
}

#endif
