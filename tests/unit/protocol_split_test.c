/* SPDX-License-Identifier: MIT
 *
 * However a stream is split, the messages, the refusal and the end are the same; and they are those of a naive parser
 * that sees the whole input at once and was written from the words of the headers. Random subjects, random inputs
 * over alphabets in which everything that matters is frequent. WEIR_TEST_SEED makes other inputs. */
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/bytes.h"
#include "unit/protocol_runs.h"

/* ---- the naive parsers ------------------------------------------------------------------------------------------- */

struct input {
    uint8_t bytes[96];
    size_t size;
};

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static size_t max_of(const struct subject *s, size_t overhead) {
    size_t most = s->receive - overhead;
    return s->is.framing.max ? least(s->is.framing.max, most) : most;
}

static void naive_refusal(struct text *t, int code) {
    text_code(t, "refused", code);
    text_code(t, "gone", code);
}

static void naive_end(struct text *t) {
    text_code(t, "ended", 0);
    text_code(t, "gone", 0);
}

static bool has(const uint8_t *bytes, size_t n, uint8_t what) {
    for (size_t i = 0; i < n; i++)
        if (bytes[i] == what) return true;
    return false;
}

static void naive_chunk(const struct subject *s, const struct input *in, struct text *t) {
    size_t d = s->is.chunk.delimiter_size, max = max_of(s, d), at = 0;
    for (size_t i = 0; i + d <= in->size; i++) {
        if (i < at || memcmp(in->bytes + i, s->is.chunk.delimiter, d) != 0) continue;
        if (i - at > max) break;
        text_message(t, in->bytes + at, i - at);
        at = i + d;
    }
    size_t rest = in->size - at;
    if (rest >= max + d)
        naive_refusal(t, WEIR_EMSGSIZE);
    else if (!rest)
        naive_end(t);
    else if (!s->is.framing.take_rest)
        naive_refusal(t, WEIR_ETRUNCATED);
    else if (s->is.framing.max && rest > s->is.framing.max)
        naive_refusal(t, WEIR_EMSGSIZE);
    else {
        text_message(t, in->bytes + at, rest);
        naive_end(t);
    }
}

/* 0, or why the bytes are no content of a line. */
static int judge_line(const weir_line *l, const uint8_t *bytes, size_t n, size_t max) {
    if (l->ending != WEIR_LINE_LF && has(bytes, n, '\r')) return WEIR_EPROTO;
    if (!l->allow_nul && has(bytes, n, 0)) return WEIR_EPROTO;
    return n > max ? WEIR_EMSGSIZE : 0;
}

static void naive_line_rest(const struct subject *s, const uint8_t *bytes, size_t n, struct text *t) {
    size_t max = s->is.framing.max;
    int code = s->is.framing.take_rest ? judge_line(&s->is.line, bytes, n, max ? max : n) : WEIR_ETRUNCATED;
    if (n && code) {
        naive_refusal(t, code);
        return;
    }
    if (n) text_message(t, bytes, n);
    naive_end(t);
}

static void naive_line(const struct subject *s, const struct input *in, struct text *t) {
    const weir_line *l = &s->is.line;
    size_t ending = l->ending == WEIR_LINE_LF ? 1 : 2, max = max_of(s, ending), at = 0;
    for (size_t i = 0; i < in->size; i++) {
        if (i - at >= max + ending) break;
        if (in->bytes[i] != '\n') continue;
        bool cr = l->ending != WEIR_LINE_LF && i > at && in->bytes[i - 1] == '\r';
        size_t n = i - at - (cr ? 1 : 0);
        int code = l->ending == WEIR_LINE_CRLF && !cr ? WEIR_EPROTO : judge_line(l, in->bytes + at, n, max);
        if (code) {
            naive_refusal(t, code);
            return;
        }
        text_message(t, in->bytes + at, n);
        at = i + 1;
    }
    if (in->size - at >= max + ending)
        naive_refusal(t, WEIR_EMSGSIZE);
    else
        naive_line_rest(s, in->bytes + at, in->size - at, t);
}

/* The size at the front, its digits counted in `*digits`; -1: not all there yet, or else WEIR_E... */
static int64_t naive_number(const struct subject *s, const uint8_t *bytes, size_t n, size_t *digits) {
    uint64_t number = 0;
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == ':') {
            *digits = i;
            if (!i) return WEIR_EPROTO - 1;
            return number > max_of(s, i + 2) ? WEIR_EMSGSIZE - 1 : (int64_t)number;
        }
        if (!strchr("0123456789", bytes[i]) || !bytes[i]) return WEIR_EPROTO - 1;
        if (i > 0 && bytes[0] == '0') return WEIR_EPROTO - 1;
        number = number * 10 + (uint64_t)(bytes[i] - '0');
        if (number > max_of(s, 3)) return WEIR_EMSGSIZE - 1;
    }
    return -1;
}

static void naive_netstring(const struct subject *s, const struct input *in, struct text *t) {
    size_t at = 0;
    while (at < in->size) {
        size_t digits = 0;
        int64_t n = naive_number(s, in->bytes + at, in->size - at, &digits);
        size_t end = at + digits + 1 + (n > 0 ? (size_t)n : 0);
        int code = n < -1 ? (int)n + 1 : n < 0 || end >= in->size ? WEIR_ETRUNCATED : 0;
        if (!code && in->bytes[end] != ',') code = WEIR_EPROTO;
        if (code) {
            naive_refusal(t, code);
            return;
        }
        text_message(t, in->bytes + at + digits + 1, (size_t)n);
        at = end + 1;
    }
    naive_end(t);
}

static void naive_length(const struct subject *s, const struct input *in, struct text *t) {
    const weir_length *l = &s->is.length;
    size_t at = 0, w = l->width;
    while (at < in->size) {
        uint64_t n = 0;
        bool known = in->size - at >= w;
        for (size_t i = 0; known && i < w; i++)
            n = n << 8 | in->bytes[l->little_endian ? at + w - 1 - i : at + i];
        int code = known && n > max_of(s, w) ? WEIR_EMSGSIZE : !known || n > in->size - at - w ? WEIR_ETRUNCATED : 0;
        if (code) {
            naive_refusal(t, code);
            return;
        }
        text_message(t, in->bytes + at + w, (size_t)n);
        at += w + (size_t)n;
    }
    naive_end(t);
}

static void naive(const struct subject *s, const struct input *in, struct text *t) {
    t->size = 0;
    t->bytes[0] = 0;
    switch (s->kind) {
    case CHUNK: naive_chunk(s, in, t); break;
    case LINE: naive_line(s, in, t); break;
    case NETSTRING: naive_netstring(s, in, t); break;
    default: naive_length(s, in, t); break;
    }
}

/* ---- random subjects and inputs ---------------------------------------------------------------------------------- */

static const struct {
    const char *bytes;
    size_t size;
} alphabets[KINDS] = {{"aab", 3}, {"xyz\r\r\n\n\0", 8}, {"00112:,a", 8}, {"\0\0\0\1\2\3\200", 7}};

static void roll_input(struct dice *dice, enum kind kind, struct input *in) {
    in->size = dice_roll(dice, sizeof in->bytes);
    for (size_t i = 0; i < in->size; i++)
        in->bytes[i] = (uint8_t)alphabets[kind].bytes[dice_roll(dice, alphabets[kind].size)];
}

/* An input that a random one hardly ever is: messages of the right form, cut off or spoilt somewhere in half of the
 * cases. */
static size_t put_message(struct dice *dice, const struct subject *s, uint8_t *at) {
    size_t n = dice_roll(dice, 10);
    char number[16];
    int digits = snprintf(number, sizeof number, "%zu:", n);
    if (s->kind == NETSTRING) {
        memcpy(at, number, (size_t)digits);
        memset(at + digits, 'a', n);
        at[digits + (int)n] = ',';
        return (size_t)digits + n + 1;
    }
    if (s->kind == LINE) {
        memset(at, 'x', n);
        memcpy(at + n, "\r\n", 2);
        return n + 2;
    }
    memset(at, 0, s->is.length.width);
    at[s->is.length.little_endian ? 0 : s->is.length.width - 1] = (uint8_t)n;
    memset(at + s->is.length.width, 'a', n);
    return s->is.length.width + n;
}

static void roll_messages(struct dice *dice, const struct subject *s, struct input *in) {
    in->size = 0;
    while (in->size + 24 < sizeof in->bytes)
        in->size += put_message(dice, s, in->bytes + in->size);
    if (dice_roll(dice, 2)) in->size = dice_roll(dice, in->size + 1);
    if (in->size && !dice_roll(dice, 2))
        in->bytes[dice_roll(dice, in->size)] =
            (uint8_t)alphabets[s->kind].bytes[dice_roll(dice, alphabets[s->kind].size)];
}

static void roll_subject(struct dice *dice, enum kind kind, struct subject *s) {
    static const char *const delimiters[] = {"a", "b", "ab", "aa", "aab", "aba", "abab", "aaaa"};
    static const unsigned widths[] = {1, 2, 4, 8};
    *s = (struct subject){.kind = kind, .closes_refused = dice_roll(dice, 2), .receive = 12 + dice_roll(dice, 40)};
    if (kind == CHUNK) {
        s->is.chunk.delimiter = delimiters[dice_roll(dice, 8)];
        s->is.chunk.delimiter_size = strlen(s->is.chunk.delimiter);
    } else if (kind == LINE) {
        s->is.line.ending = (weir_line_ending)dice_roll(dice, 3);
        s->is.line.allow_nul = dice_roll(dice, 4) > 0;
    } else if (kind == LENGTH) {
        s->is.length.width = widths[dice_roll(dice, 4)];
        s->is.length.little_endian = dice_roll(dice, 2);
    }
    s->is.framing.max = dice_roll(dice, 12);
    s->is.framing.take_rest = dice_roll(dice, 2);
}

static void roll(struct dice *dice, enum kind kind, struct subject *s, struct input *in) {
    roll_subject(dice, kind, s);
    if (kind == CHUNK || dice_roll(dice, 2))
        roll_input(dice, kind, in);
    else
        roll_messages(dice, s, in);
}

static struct dice new_dice(uint64_t of_test) {
    const char *seed = getenv("WEIR_TEST_SEED");
    return dice_new(of_test + 1000 * (seed ? strtoull(seed, NULL, 10) : 0));
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static size_t at_random(size_t fed, size_t n, size_t user) {
    struct dice dice = dice_new(user + fed);
    return 1 + dice_roll(&dice, least(7, n - fed));
}

static void check_splits(const struct subject *s, const struct input *in) {
    struct text expected;
    struct run run;
    naive(s, in, &expected);
    run_in_memory(s, in->bytes, in->size, all_at_once, 0, &run);
    assert_string_equal(run.log.bytes, expected.bytes);
    assert_int_equal(run.log.size, expected.size);
    run_in_memory(s, in->bytes, in->size, byte_by_byte, 0, &run);
    assert_memory_equal(run.log.bytes, expected.bytes, expected.size + 1);
    run_in_memory(s, in->bytes, in->size, at_random, in->size, &run);
    assert_memory_equal(run.log.bytes, expected.bytes, expected.size + 1);
}

static void random_inputs_are_cut_as_the_naive_parser_cuts_them(void **state) {
    struct dice dice = new_dice(1);
    struct subject s;
    struct input in;
    (void)state;
    for (unsigned i = 0; i < 4000; i++) {
        roll(&dice, (enum kind)(i % KINDS), &s, &in);
        check_splits(&s, &in);
    }
}

static void every_single_split_gives_the_same(void **state) {
    struct dice dice = new_dice(2);
    struct subject s;
    struct input in;
    struct text expected;
    struct run run;
    (void)state;
    for (unsigned i = 0; i < 120; i++) {
        roll(&dice, (enum kind)(i % KINDS), &s, &in);
        naive(&s, &in, &expected);
        for (size_t at = 1; at < in.size; at++) {
            run_in_memory(&s, in.bytes, in.size, in_two, at, &run);
            assert_memory_equal(run.log.bytes, expected.bytes, expected.size + 1);
        }
    }
}

/* ---- descriptors ------------------------------------------------------------------------------------------------- */

/* A pipe that gives back each write on its own, as it was made; an ordinary one where there is no such thing. */
static void from_pipe(const struct subject *s, const struct input *in, size_t piece, struct run *run) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_DIRECT) < 0) assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
    for (size_t at = 0; at < in->size; at += piece) {
        size_t n = least(piece, in->size - at);
        assert_int_equal(write(ends[1], in->bytes + at, n), n);
    }
    close(ends[1]);
    run_from(s, ends[0], -1, run);
    close(ends[0]);
}

static void from_socket(const struct subject *s, const struct input *in, bool blocks, struct run *run) {
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (blocks ? 0 : SOCK_NONBLOCK), 0, ends), 0);
    if (in->size) assert_int_equal(write(ends[1], in->bytes, in->size), in->size);
    shutdown(ends[1], SHUT_WR);
    run_from(s, ends[0], ends[0], run);
    close(ends[0]);
    close(ends[1]);
}

static void from_file(const struct subject *s, const struct input *in, struct run *run) {
    FILE *file = tmpfile();
    assert_non_null(file);
    if (in->size) assert_int_equal(write(fileno(file), in->bytes, in->size), in->size);
    lseek(fileno(file), 0, SEEK_SET);
    run_from(s, fileno(file), -1, run);
    fclose(file);
}

static void a_descriptor_gives_the_same_as_memory(void **state) {
    struct dice dice = new_dice(3);
    struct subject s;
    struct input in;
    struct text expected;
    struct run run;
    (void)state;
    for (unsigned i = 0; i < 400; i++) {
        roll(&dice, (enum kind)(i % KINDS), &s, &in);
        naive(&s, &in, &expected);
        from_pipe(&s, &in, 1 + dice_roll(&dice, 5), &run);
        assert_memory_equal(run.log.bytes, expected.bytes, expected.size + 1);
        from_socket(&s, &in, i & 1, &run);
        assert_memory_equal(run.log.bytes, expected.bytes, expected.size + 1);
        from_file(&s, &in, &run);
        assert_memory_equal(run.log.bytes, expected.bytes, expected.size + 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_inputs_are_cut_as_the_naive_parser_cuts_them),
        cmocka_unit_test(every_single_split_gives_the_same),
        cmocka_unit_test(a_descriptor_gives_the_same_as_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
