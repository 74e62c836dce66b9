/* SPDX-License-Identifier: MIT
 *
 * The queue of deferred work: in order, once each, what is queued meanwhile waits for the next go, and what is taken out
 * is not run, wherever it stood: also in the go under way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/task.h"

#define TASKS 6

struct item {
    struct weir_task task;
    unsigned runs;
};

static struct weir_task_queue queue;
static struct item items[TASKS];
static unsigned from, to; /* the running one takes these out */
static bool again;

static void run(struct weir_task *task) {
    ((struct item *)(void *)task)->runs++;
    for (; from < to; from++)
        weir_task_remove(&queue, &items[from].task);
    if (again) weir_task_push(&queue, task);
}

static void begin(unsigned first, unsigned last) {
    memset(items, 0, sizeof items);
    queue = (struct weir_task_queue){.run = run};
    from = first;
    to = last;
    again = false;
    for (unsigned i = 0; i < TASKS; i++)
        weir_task_push(&queue, &items[i].task);
}

static void any_may_be_taken_out_of_the_go_under_way(void **state) {
    (void)state;
    for (unsigned first = 1; first < TASKS; first++) {
        for (unsigned last = first; last <= TASKS; last++) {
            begin(first, last);
            assert_int_equal(weir_task_run_all(&queue), TASKS - (last - first));
            for (unsigned i = 0; i < TASKS; i++) {
                assert_int_equal(items[i].runs, i < first || i >= last);
                assert_false(weir_task_queued(&items[i].task));
            }
            weir_task_push(&queue, &items[first].task);
            assert_int_equal(weir_task_run_all(&queue), 1);
        }
    }
}

static void any_may_be_taken_out_before(void **state) {
    (void)state;
    for (unsigned gone = 0; gone < TASKS; gone++) {
        begin(0, 0);
        weir_task_remove(&queue, &items[gone].task);
        weir_task_remove(&queue, &items[gone].task);
        assert_int_equal(weir_task_run_all(&queue), TASKS - 1);
        assert_int_equal(items[gone].runs, 0);
    }
}

static void what_is_queued_meanwhile_waits(void **state) {
    (void)state;
    begin(0, 0);
    again = true;
    assert_int_equal(weir_task_run_all(&queue), TASKS);
    again = false;
    assert_int_equal(weir_task_run_all(&queue), TASKS);
    assert_int_equal(weir_task_run_all(&queue), 0);
    for (unsigned i = 0; i < TASKS; i++)
        assert_int_equal(items[i].runs, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_may_be_taken_out_of_the_go_under_way),
        cmocka_unit_test(any_may_be_taken_out_before),
        cmocka_unit_test(what_is_queued_meanwhile_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
