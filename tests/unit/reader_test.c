/* SPDX-License-Identifier: MIT
 *
 * The buffered reader, over pipes: whatever stands in them, and however often the reader must be asked again, the same
 * comes out. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <weir/reader.h>

#include "support/bytes.h"

struct pipe {
    int in, out;
    char memory[64];
    weir_reader reader;
};

static void begin(struct pipe *p, size_t size, bool blocks) {
    int ends[2], flags = O_CLOEXEC | (blocks ? 0 : O_NONBLOCK);
    assert_true(size <= sizeof p->memory);
    assert_int_equal(pipe2(ends, flags), 0);
    *p = (struct pipe){.in = ends[0], .out = ends[1]};
    p->reader = (weir_reader){.fd = p->in, .buffer = p->memory, .size = size};
}

static void put(struct pipe *p, const char *text) { assert_int_equal(write(p->out, text, strlen(text)), strlen(text)); }

static void end(struct pipe *p) {
    close(p->out);
    p->out = -1;
}

static void finish(struct pipe *p) {
    if (p->out >= 0) close(p->out);
    close(p->in);
}

static void line_is(struct pipe *p, const char *expected) {
    const char *line;
    size_t n;
    assert_int_equal(weir_reader_line(&p->reader, &line, &n), 0);
    assert_int_equal(n, strlen(expected));
    assert_memory_equal(line, expected, n);
}

static int no_line(struct pipe *p) {
    const char *line = NULL;
    size_t n = 77;
    int status = weir_reader_line(&p->reader, &line, &n);
    assert_true(status < 0);
    if (status != WEIR_ETRUNCATED) assert_true(line == NULL && n == 77);
    return status;
}

static void lines_end_with_lf_and_may_have_a_cr_before_it(void **state) {
    struct pipe p;
    (void)state;
    begin(&p, 64, true);
    put(&p, "one\ntwo\r\n\n\r\nth\rree\r\r\n");
    line_is(&p, "one");
    line_is(&p, "two");
    line_is(&p, "");
    line_is(&p, "");
    line_is(&p, "th\rree\r");
    end(&p);
    assert_int_equal(no_line(&p), WEIR_EEND);
    assert_int_equal(no_line(&p), WEIR_EEND);
    finish(&p);
}

static void a_line_without_an_end_is_a_truncation_and_still_there(void **state) {
    struct pipe p;
    char bytes[8];
    const char *line;
    size_t n;
    (void)state;
    begin(&p, 64, true);
    put(&p, "one\nre");
    put(&p, "st");
    end(&p);
    line_is(&p, "one");
    for (int twice = 0; twice < 2; twice++) {
        assert_int_equal(weir_reader_line(&p.reader, &line, &n), WEIR_ETRUNCATED);
        assert_int_equal(n, 4);
        assert_memory_equal(line, "rest", 4);
    }
    assert_int_equal(weir_reader_read(&p.reader, bytes, sizeof bytes), 4);
    assert_memory_equal(bytes, "rest", 4);
    assert_int_equal(weir_reader_read(&p.reader, bytes, sizeof bytes), WEIR_EEND);
    finish(&p);
}

static void the_buffer_is_the_limit_of_a_line(void **state) {
    struct pipe p;
    char bytes[16];
    (void)state;
    begin(&p, 8, true);
    put(&p, "1234567\n12345678\n");
    line_is(&p, "1234567");
    assert_int_equal(no_line(&p), WEIR_EMSGSIZE);
    assert_int_equal(no_line(&p), WEIR_EMSGSIZE);
    assert_int_equal(weir_reader_read(&p.reader, bytes, sizeof bytes), 8);
    assert_memory_equal(bytes, "12345678", 8);
    line_is(&p, "");
    finish(&p);
}

static void whoever_would_block_is_told_and_loses_nothing(void **state) {
    struct pipe p;
    char bytes[100];
    (void)state;
    begin(&p, 16, false);
    assert_int_equal(no_line(&p), WEIR_EAGAIN);
    assert_int_equal(weir_reader_read(&p.reader, bytes, 1), WEIR_EAGAIN);
    put(&p, "ab");
    assert_int_equal(no_line(&p), WEIR_EAGAIN);
    put(&p, "c\nde");
    line_is(&p, "abc");
    assert_int_equal(weir_reader_exactly(&p.reader, bytes, 30), WEIR_EAGAIN);
    assert_int_equal(p.reader.filled, 2);
    put(&p, "fghijklmnopqrst");
    assert_int_equal(weir_reader_exactly(&p.reader, bytes, 30), WEIR_EAGAIN);
    put(&p, "uvwxyz0123456789\nlast");
    assert_int_equal(weir_reader_exactly(&p.reader, bytes, 1), WEIR_EINVAL);
    assert_int_equal(weir_reader_exactly(&p.reader, bytes, 30), 0);
    assert_memory_equal(bytes, "defghijklmnopqrstuvwxyz0123456", 30);
    line_is(&p, "789");
    assert_int_equal(weir_reader_exactly(&p.reader, bytes, 5), WEIR_EAGAIN);
    end(&p);
    assert_int_equal(weir_reader_exactly(&p.reader, bytes, 5), WEIR_ETRUNCATED);
    assert_int_equal(p.reader.filled, 4);
    p.reader.filled = 0;
    assert_int_equal(weir_reader_exactly(&p.reader, bytes, 5), WEIR_EEND);
    assert_int_equal(weir_reader_exactly(&p.reader, bytes, 0), 0);
    finish(&p);
}

static void another_delimiter_is_looked_for_from_the_beginning(void **state) {
    struct pipe p;
    const char *chunk;
    size_t n;
    (void)state;
    begin(&p, 64, false);
    put(&p, "a;b");
    assert_int_equal(no_line(&p), WEIR_EAGAIN);
    assert_int_equal(weir_reader_chunk(&p.reader, ";", 1, &chunk, &n), 0);
    assert_int_equal(n, 1);
    put(&p, "aa");
    put(&p, "ab;");
    assert_int_equal(weir_reader_chunk(&p.reader, "aab", 3, &chunk, &n), 0);
    assert_int_equal(n, 2);
    assert_memory_equal(chunk, "ba", 2);
    finish(&p);
}

/* All of a text, by calls chosen at random: lines as they stand in it, and bytes. */
static void random_calls_give_back_what_was_written(void **state) {
    struct dice dice = dice_new(11);
    (void)state;
    for (unsigned round = 0; round < 300; round++) {
        char text[200], back[220];
        size_t size = dice_roll(&dice, sizeof text), put_at = 0, got = 0;
        struct pipe p;
        begin(&p, 1 + dice_roll(&dice, 16), false);
        for (size_t i = 0; i < size; i++)
            text[i] = "ab\n"[dice_roll(&dice, 3)];
        for (bool ended = false; !ended;) {
            const char *line;
            size_t n = 1 + dice_roll(&dice, 12);
            if (put_at < size) {
                size_t k = 1 + dice_roll(&dice, size - put_at < 9 ? size - put_at : 9);
                assert_int_equal(write(p.out, text + put_at, k), k);
                put_at += k;
            } else if (p.out >= 0) {
                end(&p);
            }
            int64_t status = dice_roll(&dice, 2) ? weir_reader_read(&p.reader, back + got, n) : WEIR_EAGAIN;
            if (status == WEIR_EAGAIN && (status = weir_reader_line(&p.reader, &line, &n)) == 0) {
                memcpy(back + got, line, n);
                back[got + n] = '\n';
                status = (int64_t)n + 1;
            }
            if (status > 0) got += (size_t)status;
            ended = status == WEIR_EEND;
            if (status == WEIR_ETRUNCATED || status == WEIR_EMSGSIZE) {
                status = weir_reader_read(&p.reader, back + got, 16);
                assert_true(status > 0);
                got += (size_t)status;
            }
        }
        assert_int_equal(got, size);
        assert_memory_equal(back, text, size);
        finish(&p);
    }
}

static void failures_are_told_with_the_systems_number(void **state) {
    char memory[4];
    weir_reader r = {.fd = -1, .buffer = memory, .size = sizeof memory};
    (void)state;
    assert_true(weir_reader_read(&r, memory, 1) < 0);
    assert_int_equal(r.os_code, EBADF);
    assert_int_equal(weir_reader_read(NULL, memory, 1), WEIR_EINVAL);
    assert_int_equal(weir_reader_read(&r, memory, 0), WEIR_EINVAL);
    r.size = 0;
    assert_int_equal(weir_reader_read(&r, memory, 1), WEIR_EINVAL);
    assert_int_equal(weir_reader_line(&r, NULL, NULL), WEIR_EINVAL);
    assert_int_equal(weir_reader_exactly(&r, memory, 1), WEIR_EINVAL);
}

static void a_delimiter_that_was_changed_in_place_is_another(void **state) {
    char delimiter[] = "--";
    const char *chunk;
    struct pipe p;
    size_t n;
    (void)state;
    begin(&p, 64, false);
    put(&p, "a-b;c");
    assert_int_equal(weir_reader_chunk(&p.reader, delimiter, 2, &chunk, &n), WEIR_EAGAIN);
    assert_int_equal(weir_reader_chunk(&p.reader, delimiter, 1, &chunk, &n), 0);
    assert_int_equal(n, 1);
    assert_int_equal(weir_reader_chunk(&p.reader, delimiter, 1, &chunk, &n), WEIR_EAGAIN);
    delimiter[0] = ';';
    assert_int_equal(weir_reader_chunk(&p.reader, delimiter, 1, &chunk, &n), 0);
    assert_int_equal(n, 1);
    assert_int_equal(*chunk, 'b');
    finish(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_delimiter_that_was_changed_in_place_is_another),
        cmocka_unit_test(lines_end_with_lf_and_may_have_a_cr_before_it),
        cmocka_unit_test(a_line_without_an_end_is_a_truncation_and_still_there),
        cmocka_unit_test(the_buffer_is_the_limit_of_a_line),
        cmocka_unit_test(whoever_would_block_is_told_and_loses_nothing),
        cmocka_unit_test(another_delimiter_is_looked_for_from_the_beginning),
        cmocka_unit_test(random_calls_give_back_what_was_written),
        cmocka_unit_test(failures_are_told_with_the_systems_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
