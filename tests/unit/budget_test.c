/* SPDX-License-Identifier: MIT
 *
 * The budget tree: all or nothing along the way up, and no arithmetic that wraps. */
#include "base/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <weir/limits.h>

static void a_node_takes_up_to_its_limit(void **state) {
    (void)state;
    struct weir_budget b = {.limit = 100};
    assert_true(weir_budget_take(&b, 60));
    assert_int_equal(weir_budget_room(&b), 40);
    assert_false(weir_budget_take(&b, 41));
    assert_int_equal(b.used, 60);
    assert_true(weir_budget_take(&b, 40));
    assert_true(weir_budget_take(&b, 0));
    assert_false(weir_budget_take(&b, 1));
    weir_budget_give(&b, 100);
    assert_int_equal(b.used, 0);
}

static void what_a_child_takes_its_parents_hold_too(void **state) {
    (void)state;
    struct weir_budget loop = {.limit = 100}, listener = {&loop, 70, 0}, a = {&listener, 50, 0}, b = {&listener, 50, 0};
    assert_true(weir_budget_take(&a, 40));
    assert_int_equal(loop.used, 40);
    assert_int_equal(listener.used, 40);
    assert_int_equal(weir_budget_room(&b), 30);
    assert_false(weir_budget_take(&b, 31));
    assert_true(weir_budget_take(&b, 30));
    weir_budget_give(&a, 40);
    assert_int_equal(loop.used, 30);
    assert_int_equal(a.used, 0);
    assert_int_equal(weir_budget_room(&b), 20);
}

static void a_refusal_at_the_root_leaves_the_leaf_as_it_was(void **state) {
    (void)state;
    struct weir_budget loop = {.limit = 10}, listener = {&loop, 1000, 0}, leaf = {&listener, WEIR_UNBOUNDED, 0};
    assert_false(weir_budget_take(&leaf, 11));
    assert_int_equal(leaf.used, 0);
    assert_int_equal(listener.used, 0);
    assert_int_equal(loop.used, 0);
}

static void unbounded_refuses_nothing_that_memory_could_hold(void **state) {
    (void)state;
    struct weir_budget loop = {.limit = WEIR_UNBOUNDED}, leaf = {&loop, WEIR_UNBOUNDED, 0};
    for (int i = 0; i < 1000; i++)
        assert_true(weir_budget_take(&leaf, SIZE_MAX / 1000));
    weir_budget_give(&leaf, SIZE_MAX / 1000 * 1000);
    assert_int_equal(loop.used, 0);
}

static void no_sum_wraps(void **state) {
    (void)state;
    struct weir_budget loop = {.limit = WEIR_UNBOUNDED}, leaf = {&loop, 100, 0};
    assert_true(weir_budget_take(&loop, SIZE_MAX - 5));
    assert_false(weir_budget_take(&leaf, 6));
    assert_false(weir_budget_take(&leaf, SIZE_MAX));
    assert_true(weir_budget_take(&leaf, 5));
    assert_int_equal(loop.used, SIZE_MAX);
}

static void a_lowered_limit_has_no_room_until_enough_came_back(void **state) {
    (void)state;
    struct weir_budget b = {.limit = 100};
    assert_true(weir_budget_take(&b, 80));
    b.limit = 50;
    assert_int_equal(weir_budget_room(&b), 0);
    assert_false(weir_budget_take(&b, 1));
    weir_budget_give(&b, 31);
    assert_int_equal(weir_budget_room(&b), 1);
}

static void chance_takes_and_gives_and_the_sums_agree(void **state) {
    (void)state;
    struct weir_budget loop = {.limit = 10000}, listeners[3], leaves[9];
    for (size_t i = 0; i < 3; i++)
        listeners[i] = (struct weir_budget){&loop, 4000 + 1000 * i, 0};
    for (size_t i = 0; i < 9; i++)
        leaves[i] = (struct weir_budget){&listeners[i / 3], 1500 + 200 * i, 0};
    srand(1);
    for (int turn = 0; turn < 200000; turn++) {
        struct weir_budget *leaf = &leaves[rand() % 9];
        size_t n = (size_t)rand() % 1000, room = weir_budget_room(leaf), total = 0;
        if (rand() % 2)
            assert_int_equal(weir_budget_take(leaf, n), n <= room);
        else if (n <= leaf->used)
            weir_budget_give(leaf, n);
        for (size_t i = 0; i < 3; i++) {
            size_t sum = leaves[3 * i].used + leaves[3 * i + 1].used + leaves[3 * i + 2].used;
            assert_int_equal(listeners[i].used, sum);
            assert_true(sum <= listeners[i].limit);
            total += sum;
        }
        assert_int_equal(loop.used, total);
        assert_true(total <= loop.limit);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_takes_up_to_its_limit),
        cmocka_unit_test(what_a_child_takes_its_parents_hold_too),
        cmocka_unit_test(a_refusal_at_the_root_leaves_the_leaf_as_it_was),
        cmocka_unit_test(unbounded_refuses_nothing_that_memory_could_hold),
        cmocka_unit_test(no_sum_wraps),
        cmocka_unit_test(a_lowered_limit_has_no_room_until_enough_came_back),
        cmocka_unit_test(chance_takes_and_gives_and_the_sums_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
