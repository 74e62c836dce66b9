/* SPDX-License-Identifier: MIT
 *
 * Errors as people read them. */
#include <weir/error.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const int all_codes[] = {
#define X(name, value, text) name,
    WEIR_ERROR_LIST(X)
#undef X
};
enum { CODES = sizeof all_codes / sizeof *all_codes };

static void every_code_is_negative_and_has_its_own_name_and_text(void **state) {
    (void)state;
    for (int i = 0; i < CODES; i++) {
        assert_int_equal(all_codes[i], -1 - i);
        assert_memory_equal(weir_error_name(all_codes[i]), "WEIR_E", 6);
        assert_true(strlen(weir_error_text(all_codes[i])) > 0);
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(weir_error_name(all_codes[i]), weir_error_name(all_codes[j]));
            assert_string_not_equal(weir_error_text(all_codes[i]), weir_error_text(all_codes[j]));
        }
    }
    assert_string_equal(weir_error_name(WEIR_EREFUSED), "WEIR_EREFUSED");
    assert_string_equal(weir_error_text(WEIR_EREFUSED), "refused");
}

static void any_other_number_is_told_as_such(void **state) {
    (void)state;
    static const int strange[] = {-1 - CODES, -9999, INT32_MIN};
    for (int i = 0; i < 3; i++) {
        assert_string_equal(weir_error_name(strange[i]), "unknown");
        assert_string_equal(weir_error_text(strange[i]), "unknown error code");
    }
    assert_string_equal(weir_error_text(0), "no error");
    assert_string_equal(weir_error_text(4096), "no error");
}

static void stages_have_names(void **state) {
    (void)state;
    assert_string_equal(weir_stage_name(WEIR_STAGE_NONE), "");
    assert_string_equal(weir_stage_name(WEIR_STAGE_CONNECT), "connect");
    assert_string_equal(weir_stage_name(WEIR_STAGE_CLOSE), "close");
    assert_string_equal(weir_stage_name((weir_stage)77), "");
}

static void reads(const weir_error *error, const char *expected) {
    char text[400];
    assert_ptr_equal(weir_error_format(error, text, sizeof text), text);
    assert_string_equal(text, expected);
}

static void a_failure_reads_from_where_to_what_to_do(void **state) {
    (void)state;
    weir_error e = {.code = WEIR_EREFUSED, .stage = WEIR_STAGE_CONNECT, .peer = "127.0.0.1:25"};
    reads(&e, "connect 127.0.0.1:25: refused");
    e.unsent = 123;
    reads(&e, "connect 127.0.0.1:25: refused; 123 bytes unsent");
    strcpy(e.hint, "is the server running?");
    reads(&e, "connect 127.0.0.1:25: refused; 123 bytes unsent (is the server running?)");
    e.unsent = 1;
    e.peer[0] = 0;
    reads(&e, "connect: refused; 1 byte unsent (is the server running?)");
}

static void what_is_not_known_leaves_no_trace(void **state) {
    (void)state;
    reads(NULL, "ended");
    reads(&(weir_error){.code = WEIR_ECANCELED}, "cancelled");
    reads(&(weir_error){.code = WEIR_ERESET, .peer = "[::1]:80"}, "[::1]:80: reset by the peer");
    reads(&(weir_error){.code = WEIR_EUNKNOWN}, "unknown error");
}

static void the_systems_text_is_added_where_it_says_more(void **state) {
    (void)state;
    reads(&(weir_error){.code = WEIR_EUNKNOWN, .os_code = EXDEV}, "unknown error: Invalid cross-device link");
    reads(&(weir_error){.code = WEIR_EUNREACH, .os_code = EHOSTUNREACH, .stage = WEIR_STAGE_CONNECT},
          "connect: unreachable: No route to host");
    reads(&(weir_error){.code = WEIR_EIO, .os_code = EIO}, "input/output error");
    reads(&(weir_error){.code = WEIR_EREFUSED, .os_code = ECONNREFUSED}, "refused");
}

static void a_text_is_cut_to_its_buffer_with_a_final_zero(void **state) {
    (void)state;
    const weir_error e = {.code = WEIR_EREFUSED, .stage = WEIR_STAGE_CONNECT, .peer = "127.0.0.1:25", .hint = "hint"};
    char whole[200], text[200];
    weir_error_format(&e, whole, sizeof whole);
    for (size_t size = 1; size <= strlen(whole) + 1; size++) {
        memset(text, '#', sizeof text);
        weir_error_format(&e, text, size);
        assert_int_equal(strlen(text), size - 1);
        assert_memory_equal(text, whole, size - 1);
        assert_int_equal(text[size], '#');
    }
    text[0] = '#';
    assert_ptr_equal(weir_error_format(&e, text, 0), text);
    assert_int_equal(text[0], '#');
}

static void full_fields_without_a_final_zero_are_not_read_past(void **state) {
    (void)state;
    weir_error e = {.code = WEIR_EIO};
    memset(e.peer, 'p', sizeof e.peer);
    memset(e.hint, 'h', sizeof e.hint);
    char text[400];
    weir_error_format(&e, text, sizeof text);
    assert_int_equal(strlen(text), 127 + strlen(": input/output error (") + 127 + 1);
}

static void the_library_tells_its_version(void **state) {
    (void)state;
    char expected[32];
    snprintf(expected, sizeof expected, "%d.%d.%d", WEIR_VERSION_MAJOR, WEIR_VERSION_MINOR, WEIR_VERSION_PATCH);
    assert_string_equal(weir_version(), expected);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_is_negative_and_has_its_own_name_and_text),
        cmocka_unit_test(any_other_number_is_told_as_such),
        cmocka_unit_test(stages_have_names),
        cmocka_unit_test(a_failure_reads_from_where_to_what_to_do),
        cmocka_unit_test(what_is_not_known_leaves_no_trace),
        cmocka_unit_test(the_systems_text_is_added_where_it_says_more),
        cmocka_unit_test(a_text_is_cut_to_its_buffer_with_a_final_zero),
        cmocka_unit_test(full_fields_without_a_final_zero_are_not_read_past),
        cmocka_unit_test(the_library_tells_its_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
