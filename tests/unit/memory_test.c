/* SPDX-License-Identifier: MIT
 *
 * The counted allocator: what it holds is what was asked for and not given back, whatever the allocator refuses. */
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Refuses once `left` requests were granted; insists that the sizes it is told are right. */
struct meter {
    size_t left, pieces, held;
};

static void *meter_resize(void *user, void *old, size_t old_size, size_t new_size) {
    struct meter *meter = user;
    if (new_size > 0 && meter->left == 0) return NULL;
    if (new_size > 0) meter->left--;
    meter->held = meter->held - old_size + new_size;
    meter->pieces = meter->pieces + (!old && new_size > 0) - (old && new_size == 0);
    if (new_size > 0) return realloc(old, new_size);
    free(old);
    return NULL;
}

static weir_allocator metered(struct meter *meter) { return (weir_allocator){meter_resize, meter}; }

static void a_new_piece_is_zeroed(void **state) {
    (void)state;
    struct weir_memory m;
    weir_memory_init(&m, NULL);
    unsigned char *piece = weir_memory_new(&m, 1000), zero[1000] = {0};
    assert_memory_equal(piece, zero, sizeof zero);
    weir_memory_free(&m, piece, 1000);
    assert_int_equal(m.held, 0);
}

static void resize_keeps_the_bytes(void **state) {
    (void)state;
    struct weir_memory m;
    weir_memory_init(&m, NULL);
    char *piece = weir_memory_resize(&m, NULL, 0, 6);
    memcpy(piece, "bytes", 6);
    piece = weir_memory_resize(&m, piece, 6, 100000);
    assert_string_equal(piece, "bytes");
    piece = weir_memory_resize(&m, piece, 100000, 6);
    assert_string_equal(piece, "bytes");
    assert_null(weir_memory_resize(&m, piece, 6, 0));
    assert_int_equal(m.held, 0);
}

static void held_peak_and_requests_are_counted(void **state) {
    (void)state;
    struct weir_memory m;
    weir_memory_init(&m, NULL);
    void *a = weir_memory_new(&m, 100), *b = weir_memory_new(&m, 50);
    assert_int_equal(m.held, 150);
    a = weir_memory_resize(&m, a, 100, 10); /* smaller is no request for more */
    assert_int_equal(m.held, 60);
    assert_int_equal(m.requests, 2);
    b = weir_memory_resize(&m, b, 50, 60);
    assert_int_equal(m.requests, 3);
    assert_int_equal(m.peak, 150);
    weir_memory_free(&m, a, 10);
    weir_memory_free(&m, b, 60);
    assert_int_equal(m.held, 0);
    assert_int_equal(m.peak, 150);
}

static void the_given_allocator_is_told_the_sizes(void **state) {
    (void)state;
    struct meter meter = {.left = SIZE_MAX};
    weir_allocator allocator = metered(&meter);
    struct weir_memory m;
    weir_memory_init(&m, &allocator);
    memset(&allocator, 0, sizeof allocator); /* it was copied */
    void *a = weir_memory_new(&m, 100), *b = weir_memory_resize(&m, NULL, 0, 200);
    a = weir_memory_resize(&m, a, 100, 300);
    assert_int_equal(meter.held, 500);
    assert_int_equal(meter.held, m.held);
    weir_memory_free(&m, b, 200);
    weir_memory_free(&m, a, 300);
    assert_int_equal(meter.held, 0);
    assert_int_equal(meter.pieces, 0);
}

static void a_refused_request_changes_nothing(void **state) {
    (void)state;
    struct meter meter = {.left = 1};
    weir_allocator allocator = metered(&meter);
    struct weir_memory m;
    weir_memory_init(&m, &allocator);
    char *piece = weir_memory_new(&m, 4);
    memcpy(piece, "old", 4);
    assert_null(weir_memory_new(&m, 10));
    assert_null(weir_memory_resize(&m, piece, 4, 1000));
    assert_string_equal(piece, "old");
    assert_int_equal(m.held, 4);
    assert_int_equal(m.peak, 4);
    weir_memory_free(&m, piece, 4);
    assert_int_equal(meter.pieces, 0);
}

static void freeing_nothing_is_nothing(void **state) {
    (void)state;
    struct weir_memory m;
    weir_memory_init(&m, NULL);
    weir_memory_free(&m, NULL, 0);
    assert_int_equal(m.held, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_piece_is_zeroed),
        cmocka_unit_test(resize_keeps_the_bytes),
        cmocka_unit_test(held_peak_and_requests_are_counted),
        cmocka_unit_test(the_given_allocator_is_told_the_sizes),
        cmocka_unit_test(a_refused_request_changes_nothing),
        cmocka_unit_test(freeing_nothing_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
