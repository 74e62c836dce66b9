/* SPDX-License-Identifier: MIT
 *
 * The timing wheel, first case by case, then against a model: a plain list sorted by slot and arming. The model knows
 * nothing of levels, so a random walk with steps of every magnitude, from nothing to centuries, finds where the two
 * differ. */
#include "base/wheel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SLOT WEIR_TIMER_GRANULARITY_NS
#define START ((uint64_t)123456 * SLOT + 789)

struct fixture {
    struct weir_wheel wheel;
    struct weir_timer_node due, nodes[10];
};

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    weir_wheel_init(&f->wheel, START);
    f->due.next = f->due.prev = &f->due;
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    free(*state);
    return 0;
}

static struct weir_timer_node *add(struct fixture *f, int i, uint64_t deadline_ns) {
    f->nodes[i].deadline_ns = deadline_ns;
    weir_wheel_add(&f->wheel, &f->nodes[i]);
    return &f->nodes[i];
}

/* Takes the oldest due node after an expire at `now_ns`; NULL when none is due. */
static struct weir_timer_node *next_due(struct fixture *f, uint64_t now_ns) {
    weir_wheel_expire(&f->wheel, now_ns, &f->due);
    struct weir_timer_node *node = f->due.next;
    if (node == &f->due) return NULL;
    weir_wheel_remove(&f->wheel, node);
    return node;
}

static void an_empty_wheel_waits_for_ever(void **state) {
    struct fixture *f = *state;
    assert_int_equal(weir_wheel_next_ns(&f->wheel), UINT64_MAX);
    assert_null(next_due(f, START));
    assert_null(next_due(f, UINT64_MAX));
}

static void a_node_is_never_early_and_at_most_a_slot_late(void **state) {
    struct fixture *f = *state;
    uint64_t now = START;
    for (uint64_t delay = 1; delay < (uint64_t)1 << 60; delay = delay * 3 + 1) {
        uint64_t deadline = now + delay;
        struct weir_timer_node *node = add(f, 0, deadline);
        assert_null(next_due(f, deadline - 1));
        assert_ptr_equal(next_due(f, deadline + SLOT - 1), node);
        now = deadline + SLOT - 1;
    }
}

static void a_deadline_on_the_border_of_a_slot_is_met_exactly(void **state) {
    struct fixture *f = *state;
    uint64_t border = (START / SLOT + 70) * SLOT;
    add(f, 0, border);
    assert_null(next_due(f, border - 1));
    assert_ptr_equal(next_due(f, border), &f->nodes[0]);
}

static void a_passed_deadline_comes_up_next_time(void **state) {
    struct fixture *f = *state;
    add(f, 0, START);
    add(f, 1, START - 5 * SLOT);
    add(f, 2, 0);
    assert_true(weir_wheel_next_ns(&f->wheel) <= START);
    assert_ptr_equal(next_due(f, START), &f->nodes[1]);
    assert_ptr_equal(next_due(f, START), &f->nodes[2]);
    assert_null(next_due(f, START)); /* the first one lies within a slot that has not begun */
    assert_ptr_equal(next_due(f, START + SLOT), &f->nodes[0]);
}

static void nodes_of_a_slot_come_up_in_the_order_they_were_added(void **state) {
    struct fixture *f = *state;
    uint64_t border = (START / SLOT + 10000) * SLOT;
    for (int i = 0; i < 5; i++)
        add(f, i, border - (uint64_t)i);
    weir_wheel_expire(&f->wheel, border - 65 * SLOT, &f->due); /* the later ones find finer slots */
    for (int i = 5; i < 8; i++)
        add(f, i, border - (uint64_t)i);
    weir_wheel_expire(&f->wheel, border - 2 * SLOT, &f->due);
    for (int i = 8; i < 10; i++)
        add(f, i, border - (uint64_t)i);
    for (int i = 0; i < 10; i++)
        assert_ptr_equal(next_due(f, border), &f->nodes[i]);
}

static void one_long_jump_brings_all_in_time_order(void **state) {
    struct fixture *f = *state;
    for (int i = 0; i < 10; i++)
        add(f, i, START + ((uint64_t)1 << (62 - 4 * i)));
    for (int i = 9; i >= 0; i--)
        assert_ptr_equal(next_due(f, UINT64_MAX / 2), &f->nodes[i]);
    assert_int_equal(f->wheel.count, 0);
}

static void a_removed_node_does_not_come_up(void **state) {
    struct fixture *f = *state;
    for (int i = 0; i < 3; i++)
        add(f, i, START + 100 * SLOT);
    weir_wheel_remove(&f->wheel, &f->nodes[1]);
    assert_null(f->nodes[1].next);
    assert_int_equal(f->wheel.count, 2);
    assert_ptr_equal(next_due(f, START + 200 * SLOT), &f->nodes[0]);
    assert_ptr_equal(next_due(f, START + 200 * SLOT), &f->nodes[2]);
    assert_null(next_due(f, START + 200 * SLOT));
}

static void a_due_node_may_be_removed_before_its_turn(void **state) {
    struct fixture *f = *state;
    for (int i = 0; i < 3; i++)
        add(f, i, START + SLOT);
    assert_ptr_equal(next_due(f, START + 2 * SLOT), &f->nodes[0]);
    assert_int_equal(f->wheel.count, 2); /* the due ones count until they are taken */
    weir_wheel_remove(&f->wheel, &f->nodes[2]);
    assert_ptr_equal(next_due(f, START + 2 * SLOT), &f->nodes[1]);
    assert_ptr_equal(f->due.next, &f->due);
    assert_int_equal(f->wheel.count, 0);
}

static void due_nodes_queue_up_behind_those_not_yet_taken(void **state) {
    struct fixture *f = *state;
    add(f, 0, START + 9 * SLOT);
    add(f, 1, START + SLOT);
    weir_wheel_expire(&f->wheel, START + 2 * SLOT, &f->due);
    assert_ptr_equal(next_due(f, START + 20 * SLOT), &f->nodes[1]);
    assert_ptr_equal(next_due(f, START + 20 * SLOT), &f->nodes[0]);
}

static void the_last_one_removed_leaves_nothing_to_wait_for(void **state) {
    struct fixture *f = *state;
    for (uint64_t delay = 1; delay < (uint64_t)1 << 60; delay *= 2) {
        add(f, 0, START + delay);
        assert_true(weir_wheel_next_ns(&f->wheel) < UINT64_MAX);
        weir_wheel_remove(&f->wheel, &f->nodes[0]);
        assert_int_equal(weir_wheel_next_ns(&f->wheel), UINT64_MAX);
    }
}

static void the_wait_for_a_distant_one_is_a_few_steps(void **state) {
    struct fixture *f = *state;
    uint64_t deadline = START + ((uint64_t)1 << 61), now = START;
    add(f, 0, deadline);
    for (int steps = 0; now < deadline; steps++) {
        assert_true(steps < WEIR_WHEEL_LEVELS);
        now = weir_wheel_next_ns(&f->wheel);
        weir_wheel_expire(&f->wheel, now, &f->due);
    }
    assert_ptr_equal(f->due.next, &f->nodes[0]);
}

static struct weir_timer_node *add_unsettled(struct fixture *f, int i, uint64_t delay_ns) {
    f->nodes[i].deadline_ns = delay_ns;
    weir_wheel_add_unsettled(&f->wheel, &f->nodes[i]);
    return &f->nodes[i];
}

static void delays_of_the_row_count_from_when_it_is_settled(void **state) {
    struct fixture *f = *state;
    struct weir_timer_node *first = add_unsettled(f, 0, 5 * SLOT), *second = add_unsettled(f, 1, 5 * SLOT);
    assert_int_equal(f->wheel.count, 2);
    assert_null(next_due(f, START + 90 * SLOT));
    weir_wheel_settle(&f->wheel, START + 100 * SLOT);
    assert_null(next_due(f, START + 104 * SLOT));
    assert_ptr_equal(next_due(f, START + 106 * SLOT), first);
    assert_ptr_equal(next_due(f, START + 106 * SLOT), second);
    assert_int_equal(f->wheel.count, 0);
}

static void a_node_may_leave_the_row(void **state) {
    struct fixture *f = *state;
    struct weir_timer_node *gone = add_unsettled(f, 0, SLOT), *stays = add_unsettled(f, 1, UINT64_MAX);
    weir_wheel_remove(&f->wheel, gone);
    assert_null(gone->next);
    weir_wheel_settle(&f->wheel, START);
    assert_int_equal(stays->deadline_ns, UINT64_MAX);
    assert_null(next_due(f, START + 9 * SLOT));
    assert_int_equal(f->wheel.count, 1);
}

static void never_is_a_deadline(void **state) {
    struct fixture *f = *state;
    add(f, 0, UINT64_MAX);
    add(f, 1, UINT64_MAX - SLOT + 2); /* the slot after it would begin beyond the clock */
    assert_int_equal(weir_wheel_next_ns(&f->wheel), UINT64_MAX);
    assert_null(next_due(f, UINT64_MAX));
    assert_int_equal(f->wheel.count, 2);
    weir_wheel_remove(&f->wheel, &f->nodes[0]);
    weir_wheel_remove(&f->wheel, &f->nodes[1]);
    assert_int_equal(f->wheel.count, 0);
    add(f, 2, UINT64_MAX - SLOT + 1); /* the last slot there is */
    assert_int_equal(weir_wheel_next_ns(&f->wheel), UINT64_MAX / SLOT * SLOT);
    assert_ptr_equal(next_due(f, UINT64_MAX), &f->nodes[2]);
}

/* ---- the random walk ------------------------------------------------------------------------------------------- */

enum { NODES = 200, LIVES = 250, STEPS = 12000 };

struct entry {
    struct weir_timer_node node;
    struct entry *later; /* in the model, by slot and arming */
    uint64_t slot;
    bool due; /* handed out, and not yet taken */
};

struct walk {
    struct weir_wheel wheel;
    struct weir_timer_node due;
    struct entry entries[NODES], *first;
    uint64_t now_ns, random;
    size_t armed;
};

static uint64_t draw(struct walk *w) {
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return w->random;
}

/* A number of any magnitude: as many small ones as large ones. */
static uint64_t draw_span(struct walk *w, unsigned bits) { return draw(w) >> (64 - 1 - draw(w) % bits); }

static uint64_t draw_deadline(struct walk *w) {
    uint64_t span = draw_span(w, 63);
    switch (draw(w) % 8) {
    case 0: return UINT64_MAX;
    case 1: return w->now_ns - (span < w->now_ns ? span : w->now_ns);
    case 2: return w->entries[draw(w) % NODES].node.deadline_ns; /* somebody's, past or to come */
    case 3: return (w->now_ns / SLOT + draw(w) % 130) * SLOT;
    default: return span < UINT64_MAX - w->now_ns ? w->now_ns + span : UINT64_MAX;
    }
}

static void model_add(struct walk *w, struct entry *e) {
    uint64_t slot = e->node.deadline_ns / SLOT + (e->node.deadline_ns % SLOT > 0);
    e->slot = slot > w->now_ns / SLOT ? slot : w->now_ns / SLOT;
    e->due = false;
    struct entry **at = &w->first;
    while (*at && (*at)->slot <= e->slot)
        at = &(*at)->later;
    e->later = *at;
    *at = e;
}

static void model_remove(struct walk *w, struct entry *e) {
    struct entry **at = &w->first;
    while (*at != e)
        at = &(*at)->later;
    *at = e->later;
}

static void arm(struct walk *w, struct entry *e) {
    e->node.deadline_ns = draw_deadline(w);
    weir_wheel_add(&w->wheel, &e->node);
    model_add(w, e);
    w->armed++;
}

static void disarm(struct walk *w, struct entry *e) {
    weir_wheel_remove(&w->wheel, &e->node);
    assert_null(e->node.next);
    if (!e->due) model_remove(w, e);
    w->armed--;
}

static uint64_t draw_time(struct walk *w) {
    uint64_t next_ns = weir_wheel_next_ns(&w->wheel), span = draw_span(w, draw(w) % 8 ? 30 : 56);
    if (draw(w) % 4 == 0 && next_ns > w->now_ns && next_ns < UINT64_MAX) return next_ns - draw(w) % 2;
    return span < UINT64_MAX - w->now_ns ? w->now_ns + span : UINT64_MAX;
}

/* Lets time pass, and compares what came up with the head of the model. */
static void pass_time(struct walk *w) {
    uint64_t next_ns = weir_wheel_next_ns(&w->wheel), last_slot = UINT64_MAX / SLOT;
    if (w->first && w->first->slot <= last_slot)
        assert_true(next_ns <= w->first->slot * SLOT);
    else
        assert_int_equal(next_ns, UINT64_MAX);
    struct weir_timer_node *node = w->due.prev;
    w->now_ns = draw_time(w);
    weir_wheel_expire(&w->wheel, w->now_ns, &w->due);
    for (node = node->next; w->first && w->first->slot <= w->now_ns / SLOT; node = node->next) {
        struct entry *e = w->first;
        assert_ptr_equal(node, &e->node);
        assert_true(e->node.deadline_ns <= w->now_ns);
        e->due = true;
        w->first = e->later;
    }
    assert_ptr_equal(node, &w->due);
}

static void step(struct walk *w) {
    struct entry *e = &w->entries[draw(w) % NODES];
    switch (draw(w) % 8) {
    case 0: pass_time(w); break;
    case 1: /* a turn of the loop: everything due is taken */
        while (w->due.next != &w->due)
            disarm(w, (struct entry *)(void *)w->due.next);
        break;
    default:
        if (e->node.next) disarm(w, e);
        if (draw(w) % 4) arm(w, e);
    }
    assert_int_equal(w->wheel.count, w->armed);
}

static void whatever_happens_it_agrees_with_a_sorted_list(void **state) {
    (void)state;
    struct walk *w = calloc(1, sizeof *w);
    w->random = 88172645463325252u;
    for (int life = 0; life < LIVES; life++) {
        for (int i = 0; i < NODES; i++)
            w->entries[i].node.next = NULL;
        w->first = NULL;
        w->armed = 0;
        w->due.next = w->due.prev = &w->due;
        w->now_ns = draw_span(w, 63);
        weir_wheel_init(&w->wheel, w->now_ns);
        for (int i = 0; i < STEPS; i++)
            step(w);
    }
    free(w);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        test(an_empty_wheel_waits_for_ever),
        test(a_node_is_never_early_and_at_most_a_slot_late),
        test(a_deadline_on_the_border_of_a_slot_is_met_exactly),
        test(a_passed_deadline_comes_up_next_time),
        test(nodes_of_a_slot_come_up_in_the_order_they_were_added),
        test(one_long_jump_brings_all_in_time_order),
        test(a_removed_node_does_not_come_up),
        test(a_due_node_may_be_removed_before_its_turn),
        test(due_nodes_queue_up_behind_those_not_yet_taken),
        test(the_last_one_removed_leaves_nothing_to_wait_for),
        test(the_wait_for_a_distant_one_is_a_few_steps),
        test(delays_of_the_row_count_from_when_it_is_settled),
        test(a_node_may_leave_the_row),
        test(never_is_a_deadline),
        cmocka_unit_test(whatever_happens_it_agrees_with_a_sorted_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
