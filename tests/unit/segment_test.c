/* SPDX-License-Identifier: MIT
 *
 * The pool of segments. Every byte of every segment is written, so that a sanitizer sees a capacity that lies. */
#include "base/segment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KEEP ((size_t)1024 * 1024)

struct fixture {
    struct weir_memory memory;
    struct weir_pool pool;
    bool refuse;
};

static void *maybe_resize(void *user, void *old, size_t old_size, size_t new_size) {
    (void)old_size;
    const struct fixture *f = user;
    if (f->refuse && new_size > 0) return NULL;
    if (new_size > 0) return realloc(old, new_size);
    free(old);
    return NULL;
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    weir_memory_init(&f->memory, &(weir_allocator){maybe_resize, f});
    weir_pool_init(&f->pool, &f->memory);
    *state = f;
    return 0;
}

/* After each test nothing may be left but what the pool keeps. */
static int tear_down(void **state) {
    struct fixture *f = *state;
    assert_int_equal(f->memory.held, f->pool.kept);
    weir_pool_drain(&f->pool);
    assert_int_equal(f->memory.held, 0);
    free(f);
    return 0;
}

static struct weir_segment *take(struct fixture *f, size_t size) {
    struct weir_segment *s = weir_segment_take(&f->pool, size);
    assert_non_null(s);
    assert_true(s->capacity >= size);
    assert_ptr_equal(s->bytes, weir_segment_storage(s));
    assert_int_equal(s->size, 0);
    assert_int_equal(weir_segment_room(s), s->capacity);
    assert_null(s->next);
    assert_null(s->lender);
    memset(s->bytes, 0xa5, s->capacity);
    return s;
}

static void a_segment_has_the_room_that_was_asked_for(void **state) {
    struct fixture *f = *state;
    for (size_t size = 0; size < 300000; size += size < 70000 ? 7 : 9973)
        weir_segment_give(&f->pool, take(f, size));
}

static void pieces_of_a_class_are_round_with_their_head(void **state) {
    struct fixture *f = *state;
    static const size_t classes[] = {512, 4096, 16384, 65536};
    for (size_t i = 0; i < 4; i++) {
        struct weir_segment *s = take(f, classes[i] - sizeof *s);
        assert_int_equal(f->memory.held - f->pool.kept, classes[i]);
        weir_segment_give(&f->pool, s);
    }
}

static void a_larger_one_has_a_power_of_two_and_is_not_kept(void **state) {
    struct fixture *f = *state;
    struct weir_segment *s = take(f, 65536 - sizeof *s + 1);
    assert_int_equal(s->capacity, 65536);
    weir_segment_give(&f->pool, s);
    s = take(f, 65537);
    assert_int_equal(s->capacity, 131072);
    weir_segment_give(&f->pool, s);
    assert_int_equal(f->memory.held, 0);
}

static void an_impossible_size_is_refused(void **state) {
    struct fixture *f = *state;
    f->refuse = true; /* what is too large to be added up must not even be asked for as something small */
    assert_null(weir_segment_take(&f->pool, SIZE_MAX));
    assert_null(weir_segment_take(&f->pool, SIZE_MAX - sizeof(struct weir_segment)));
    assert_null(weir_segment_take(&f->pool, SIZE_MAX / 2 + 2));
    assert_null(weir_segment_take(&f->pool, SIZE_MAX / 2));
}

static void a_returned_one_is_taken_again_last_first(void **state) {
    struct fixture *f = *state;
    struct weir_segment *a = take(f, 100), *b = take(f, 100);
    weir_segment_give(&f->pool, a);
    weir_segment_give(&f->pool, b);
    uint64_t requests = f->memory.requests;
    assert_ptr_equal(take(f, 200), b);
    assert_ptr_equal(take(f, 300), a);
    assert_int_equal(f->memory.requests, requests);
    weir_segment_give(&f->pool, a);
    weir_segment_give(&f->pool, b);
}

static void a_used_one_comes_back_empty(void **state) {
    struct fixture *f = *state;
    struct weir_segment *s = take(f, 100);
    s->next = s;
    s->bytes += 10;
    s->size = 20;
    s->lender = (struct weir_op *)(void *)f;
    weir_segment_give(&f->pool, s);
    assert_ptr_equal(take(f, 100), s);
    weir_segment_give(&f->pool, s);
}

static void a_lent_one_goes_back_to_the_smallest_class(void **state) {
    struct fixture *f = *state;
    uint8_t lent[3];
    struct weir_segment *s = take(f, 0);
    s->capacity = 0;
    s->bytes = lent;
    s->size = sizeof lent;
    assert_int_equal(weir_segment_room(s), 0);
    weir_segment_give(&f->pool, s);
    assert_int_equal(f->pool.kept, 512);
    assert_ptr_equal(take(f, 0), s);
    weir_segment_give(&f->pool, s);
}

static void room_is_what_is_behind_the_bytes_in_use(void **state) {
    struct fixture *f = *state;
    struct weir_segment *s = take(f, 100);
    s->bytes += 10;
    s->size = 20;
    assert_int_equal(weir_segment_room(s), s->capacity - 30);
    weir_segment_give(&f->pool, s);
}

static void the_pool_keeps_a_bounded_number_of_bytes(void **state) {
    struct fixture *f = *state;
    struct weir_segment *chain = NULL;
    for (int i = 0; i < 100; i++) {
        struct weir_segment *s = take(f, i % 3 ? 60000 : 400);
        s->next = chain;
        chain = s;
    }
    while (chain) {
        struct weir_segment *s = chain;
        chain = s->next;
        weir_segment_give(&f->pool, s);
        assert_true(f->pool.kept <= KEEP);
    }
    assert_true(f->pool.kept > KEEP - 65536);
    assert_int_equal(f->memory.held, f->pool.kept);
}

static void a_refusing_allocator_is_reported_and_the_pool_still_serves(void **state) {
    struct fixture *f = *state;
    struct weir_segment *s = take(f, 5000);
    weir_segment_give(&f->pool, s);
    f->refuse = true;
    assert_null(weir_segment_take(&f->pool, 100));
    assert_null(weir_segment_take(&f->pool, 1000000));
    assert_ptr_equal(take(f, 5000), s);
    weir_segment_give(&f->pool, s);
}

static void drain_gives_everything_back_and_may_be_followed_by_use(void **state) {
    struct fixture *f = *state;
    weir_segment_give(&f->pool, take(f, 100));
    weir_segment_give(&f->pool, take(f, 10000));
    weir_pool_drain(&f->pool);
    assert_int_equal(f->memory.held, 0);
    weir_segment_give(&f->pool, take(f, 100));
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        test(a_segment_has_the_room_that_was_asked_for),
        test(pieces_of_a_class_are_round_with_their_head),
        test(a_larger_one_has_a_power_of_two_and_is_not_kept),
        test(an_impossible_size_is_refused),
        test(a_returned_one_is_taken_again_last_first),
        test(a_used_one_comes_back_empty),
        test(a_lent_one_goes_back_to_the_smallest_class),
        test(room_is_what_is_behind_the_bytes_in_use),
        test(the_pool_keeps_a_bounded_number_of_bytes),
        test(a_refusing_allocator_is_reported_and_the_pool_still_serves),
        test(drain_gives_everything_back_and_may_be_followed_by_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
