/* SPDX-License-Identifier: MIT
 *
 * What a handler may do between two messages: the raw mode, closing, pausing, another protocol; what it is spared:
 * answers for a peer that does not read, a hundred thousand messages in one turn; and what can be written. Over
 * memory. */
#include "support/bytes.h"
#include "support/meter.h"
#include "unit/protocol_runs.h"

/* ---- a line protocol that obeys ---------------------------------------------------------------------------------- */

struct talk {
    struct run run; /* first: what the logging handlers know */
    weir_line line;
    weir_drive *drive;
};

static struct talk *talk_of(void *self) { return self; }

/* The words of a line. */
static bool says(const uint8_t *line, size_t n, const char *word) {
    return n >= strlen(word) && memcmp(line, word, strlen(word)) == 0;
}

static void obey(void *self, weir_transport *t, const uint8_t *line, size_t n) {
    struct talk *talk = talk_of(self);
    on_message(&talk->run, t, line, n);
    if (says(line, n, "raw")) assert_int_equal(weir_framing_raw(&talk->line.framing, t, (size_t)(line[3] - '0')), 0);
    if (says(line, n, "all")) assert_int_equal(weir_framing_raw(&talk->line.framing, t, WEIR_UNBOUNDED), 0);
    if (says(line, n, "quit")) weir_transport_close(t);
    if (says(line, n, "die")) weir_transport_abort(t);
    if (says(line, n, "anew")) weir_transport_set_protocol(t, &weir_line_protocol, &talk->line);
    if (says(line, n, "wait")) weir_transport_pause(t, WEIR_RECEIVE);
    if (says(line, n, "say")) weir_line_write(&talk->line, t, line + 3, n - 3);
}

static void obey_raw(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    struct talk *talk = talk_of(self);
    on_raw(&talk->run, t, bytes, n);
    if (memchr(bytes, '!', n)) assert_int_equal(weir_framing_raw(&talk->line.framing, t, 0), 0);
}

static const weir_message_handler obedient = {
    .message = obey, .raw = obey_raw, .ended = on_ended, .refused = on_refused, .disconnected = on_gone};

static void begin(struct talk *talk, const weir_loop_options *options) {
    memset(talk, 0, sizeof *talk);
    talk->line = (weir_line){.framing = {.handler = &obedient, .self = talk}, .ending = WEIR_LINE_LF};
    assert_int_equal(weir_drive_open(&talk->drive, &weir_line_protocol, &talk->line, options), 0);
}

static int64_t feed(struct talk *talk, const char *text) { return weir_drive_feed(talk->drive, text, strlen(text)); }

/* Whatever is left of it. */
static const char *finish(struct talk *talk) {
    assert_int_equal(weir_drive_close(talk->drive), 0);
    assert_int_equal(talk->run.gone, 1);
    return talk->run.log.bytes;
}

static const char *whole_talk(struct talk *talk, const char *text, size_t piece) {
    begin(talk, NULL);
    for (size_t at = 0, size = strlen(text); at < size; at += piece)
        if (weir_drive_feed(talk->drive, text + at, piece < size - at ? piece : size - at) < 0) break;
    weir_drive_end(talk->drive);
    return finish(talk);
}

static void hears(const char *text, const char *expected) {
    struct talk talk;
    for (size_t piece = 1; piece <= strlen(text); piece++)
        assert_string_equal(whole_talk(&talk, text, piece), expected);
}

static void raw_bytes_pass_and_lines_go_on_after_them(void **state) {
    (void)state;
    hears("raw5\nab\ncdx\ny\n", "[raw5]ab\ncd[x][y] ended gone");
    hears("raw2\nabraw3\ncde\n", "[raw2]ab[raw3]cde[] ended gone");
    hears("all\na\nb\n", "[all]a\nb\n ended gone");
}

static void the_raw_mode_can_be_left_at_the_end_of_a_piece(void **state) {
    struct talk talk;
    (void)state;
    assert_string_equal(whole_talk(&talk, "all\nab!cd\n", 1), "[all]ab![cd] ended gone");
}

static void an_end_within_raw_bytes_is_a_truncation(void **state) {
    (void)state;
    hears("raw9\nabc", "[raw9]abc refused WEIR_ETRUNCATED gone WEIR_ETRUNCATED");
    hears("raw3\nabc", "[raw3]abc ended gone");
}

static void the_raw_mode_can_begin_outside_of_callbacks(void **state) {
    struct talk talk;
    (void)state;
    begin(&talk, NULL);
    assert_int_equal(feed(&talk, "a\nbcd"), 5);
    assert_string_equal(talk.run.log.bytes, "[a]");
    assert_int_equal(weir_framing_raw(&talk.line.framing, weir_drive_transport(talk.drive), 2), 0);
    assert_int_equal(weir_drive_run(talk.drive), 0);
    assert_string_equal(talk.run.log.bytes, "[a]bc");
    assert_int_equal(feed(&talk, "e\n"), 2);
    assert_string_equal(finish(&talk), "[a]bc[de] gone WEIR_ECANCELED");
    assert_int_equal(weir_framing_raw(NULL, NULL, 1), WEIR_EINVAL);
}

static void nothing_is_heard_after_a_close(void **state) {
    (void)state;
    hears("a\nquit\nb\nc\n", "[a][quit] gone");
    hears("a\ndie\nb\nc\n", "[a][die] gone WEIR_ECANCELED");
}

static void a_pause_holds_back_the_next_message(void **state) {
    struct talk talk;
    (void)state;
    begin(&talk, NULL);
    feed(&talk, "a\nwait\nb\nc");
    assert_string_equal(talk.run.log.bytes, "[a][wait]");
    assert_int_equal(weir_drive_end(talk.drive), 0);
    assert_string_equal(talk.run.log.bytes, "[a][wait]");
    weir_transport_resume(weir_drive_transport(talk.drive), WEIR_RECEIVE);
    weir_drive_run(talk.drive);
    assert_string_equal(finish(&talk), "[a][wait][b] refused WEIR_ETRUNCATED gone WEIR_ETRUNCATED");
}

static void a_pause_in_the_rest_holds_back_the_end(void **state) {
    struct talk talk;
    (void)state;
    begin(&talk, NULL);
    talk.line.framing.take_rest = true;
    feed(&talk, "a\nwait");
    weir_drive_end(talk.drive);
    assert_string_equal(talk.run.log.bytes, "[a][wait]");
    weir_transport_resume(weir_drive_transport(talk.drive), WEIR_RECEIVE);
    weir_drive_run(talk.drive);
    assert_string_equal(finish(&talk), "[a][wait] ended gone");
}

/* It is another beginning, and so it has an end to come. */
static void the_same_framing_anew_in_the_rest_hears_the_end(void **state) {
    struct talk talk;
    (void)state;
    begin(&talk, NULL);
    talk.line.framing.take_rest = true;
    feed(&talk, "a\nanew");
    weir_drive_end(talk.drive);
    assert_string_equal(talk.run.log.bytes, "[a][anew] ended gone");
    assert_string_equal(finish(&talk), "[a][anew] ended gone");
}

static void raw_bytes_asked_for_in_the_rest_do_not_come(void **state) {
    struct talk talk;
    (void)state;
    begin(&talk, NULL);
    talk.line.framing.take_rest = true;
    feed(&talk, "raw5");
    weir_drive_end(talk.drive);
    assert_string_equal(finish(&talk), "[raw5] refused WEIR_ETRUNCATED gone WEIR_ETRUNCATED");
}

static void a_close_in_the_rest_is_the_end(void **state) {
    struct talk talk;
    (void)state;
    for (int dies = 0; dies < 2; dies++) {
        begin(&talk, NULL);
        talk.line.framing.take_rest = true;
        feed(&talk, dies ? "die" : "quit");
        weir_drive_end(talk.drive);
        assert_string_equal(finish(&talk), dies ? "[die] gone WEIR_ECANCELED" : "[quit] gone");
    }
}

/* ---- another protocol -------------------------------------------------------------------------------------------- */

static size_t take_all(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    struct run *run = self;
    (void)t;
    text_add(&run->log, bytes, n);
    return n;
}

static void say_connected(void *self, weir_transport *t) {
    struct run *run = self;
    (void)t;
    text_say(&run->log, "connected ");
}

static const weir_protocol taker = {.connected = say_connected, .received = take_all, .disconnected = on_gone};

struct passing {
    weir_line line;
    struct run *run;
};

/* Frees the framing under which it runs. */
static void pass_on(void *self, weir_transport *t, const uint8_t *line, size_t n) {
    struct passing *p = self;
    struct run *run = p->run;
    on_message(run, t, line, n);
    if (!says(line, n, "pass")) return;
    assert_int_equal(weir_transport_set_protocol(t, &taker, run), 0);
    memset(p, 0xee, sizeof *p);
    free(p);
}

static const weir_message_handler passing = {.message = pass_on};

static void another_protocol_takes_over_between_two_messages(void **state) {
    static const char text[] = "a\npass\nb\nc";
    (void)state;
    for (int at_end = 0; at_end < 2; at_end++) {
        struct run run = {0};
        weir_drive *drive;
        struct passing *p = calloc(1, sizeof *p);
        size_t size = at_end ? strlen("a\npass") : strlen(text);
        assert_non_null(p);
        *p = (struct passing){.line = {.framing = {.handler = &passing, .self = p, .take_rest = true}}, .run = &run};
        p->line.ending = WEIR_LINE_LF;
        assert_int_equal(weir_drive_open(&drive, &weir_line_protocol, &p->line, NULL), 0);
        assert_int_equal(weir_drive_feed(drive, text, size), size);
        assert_int_equal(weir_drive_end(drive), 0);
        assert_string_equal(run.log.bytes, at_end ? "[a][pass]connected  gone" : "[a][pass]connected b\nc gone");
        assert_int_equal(weir_drive_close(drive), 0);
    }
}

/* ---- framings that the library keeps ----------------------------------------------------------------------------- */

struct kept {
    weir_line line;
    struct run *run;
    unsigned count;
};

static void count_lines(void *self, weir_transport *t, const uint8_t *line, size_t n) {
    struct kept *k = self;
    char words[32];
    if (says(line, n, "pass")) assert_int_equal(weir_transport_set_protocol(t, &taker, k->run), 0);
    snprintf(words, sizeof words, "%u ", ++k->count); /* the copy is still there */
    text_say(&k->run->log, words);
}

static void kept_gone(void *self, weir_transport *t, const weir_error *reason) {
    on_gone(((struct kept *)self)->run, t, reason);
}

static const weir_message_handler counting = {.message = count_lines, .disconnected = kept_gone};

static void attach(void *self, weir_transport *t) {
    const struct kept *k = self;
    assert_int_equal(weir_framing_attach(t, &weir_line_protocol, k, sizeof *k), 0);
}

static const weir_protocol attaching = {.connected = attach};

static void a_framing_can_be_kept_by_the_library(void **state) {
    struct run run = {0};
    struct kept k = {.line = {.framing = {.handler = &counting}, .ending = WEIR_LINE_LF}, .run = &run};
    weir_drive *drive;
    (void)state;
    assert_int_equal(weir_drive_open(&drive, &attaching, &k, NULL), 0);
    assert_int_equal(weir_drive_feed(drive, "a\nb\nc\n", 6), 6);
    assert_int_equal(weir_drive_end(drive), 0);
    assert_string_equal(run.log.bytes, "1 2 3  gone");
    assert_int_equal(k.count, 0);
    assert_int_equal(weir_drive_close(drive), 0);
}

static void a_kept_framing_outlives_the_callback_that_replaces_it(void **state) {
    struct run run = {0};
    struct kept k = {.line = {.framing = {.handler = &counting}, .ending = WEIR_LINE_LF}, .run = &run};
    weir_drive *drive;
    (void)state;
    assert_int_equal(weir_drive_open(&drive, &attaching, &k, NULL), 0);
    assert_int_equal(weir_drive_feed(drive, "a\npass\nc\n", 9), 9);
    assert_string_equal(run.log.bytes, "1 2 connected c\n");
    assert_int_equal(weir_framing_attach(weir_drive_transport(drive), &weir_line_protocol, &k, sizeof k), 0);
    assert_int_equal(weir_transport_set_protocol(weir_drive_transport(drive), &taker, &run), 0);
    assert_int_equal(weir_framing_attach(weir_drive_transport(drive), &taker, &k, sizeof k), WEIR_EINVAL);
    assert_int_equal(weir_framing_attach(weir_drive_transport(drive), &weir_line_protocol, &k, 1), WEIR_EINVAL);
    assert_int_equal(weir_drive_close(drive), 0);
}

static void hand_over(void *self, weir_transport *t) {
    assert_int_equal(weir_transport_set_protocol(t, &taker, ((struct kept *)self)->run), 0);
}

/* Replaced within the rest, which is offered from within the end; and by the end itself, after the rest. */
static void a_kept_framing_outlives_the_end_that_replaces_it(void **state) {
    static const weir_message_handler turncoat = {
        .message = count_lines, .ended = hand_over, .disconnected = kept_gone};
    struct run first = {0}, second = {0};
    struct kept k = {.line = {.framing = {.handler = &counting, .take_rest = true}, .ending = WEIR_LINE_LF},
                     .run = &first};
    weir_drive *drive;
    (void)state;
    assert_int_equal(weir_drive_open(&drive, &attaching, &k, NULL), 0);
    assert_int_equal(weir_drive_feed(drive, "a\npass", 6), 6);
    assert_int_equal(weir_drive_end(drive), 0);
    assert_string_equal(first.log.bytes, "1 2 connected  gone");
    assert_int_equal(weir_drive_close(drive), 0);
    k.line.framing.handler = &turncoat;
    k.run = &second;
    assert_int_equal(weir_drive_open(&drive, &attaching, &k, NULL), 0);
    assert_int_equal(weir_drive_feed(drive, "a\nb", 3), 3);
    assert_int_equal(weir_drive_end(drive), 0);
    assert_string_equal(second.log.bytes, "1 2 connected  gone");
    assert_int_equal(weir_drive_close(drive), 0);
}

/* ---- refusals ---------------------------------------------------------------------------------------------------- */

static void refuse_politely(void *self, weir_transport *t, int code) {
    on_refused(self, t, code);
    weir_transport_write(t, "no", 2);
    weir_transport_close(t);
}

static void a_refusal_can_be_answered(void **state) {
    static const weir_message_handler polite = {
        .message = on_message, .refused = refuse_politely, .disconnected = on_gone};
    struct run run = {0};
    weir_line line = {.framing = {.handler = &polite, .self = &run, .max = 3}};
    weir_drive *drive;
    char answer[8];
    (void)state;
    assert_int_equal(weir_drive_open(&drive, &weir_line_protocol, &line, NULL), 0);
    assert_int_equal(weir_drive_feed(drive, "abc\r\nabcdefgh", 13), 13);
    assert_string_equal(run.log.bytes, "[abc] refused WEIR_EMSGSIZE");
    assert_int_equal(weir_drive_feed(drive, "\r\n", 2), WEIR_ECLOSED);
    assert_false(weir_drive_finished(drive));
    assert_int_equal(weir_drive_take(drive, answer, sizeof answer), 2);
    assert_memory_equal(answer, "no", 2);
    assert_true(weir_drive_finished(drive));
    assert_string_equal(run.log.bytes, "[abc] refused WEIR_EMSGSIZE gone WEIR_EMSGSIZE");
    assert_int_equal(weir_drive_close(drive), 0);
}

static void what_makes_no_sense_fails_the_transport(void **state) {
    struct subject nothing = {.kind = CHUNK}, odd = {.kind = LENGTH, .is = {.length = {.width = 3}}};
    struct run run;
    (void)state;
    run_in_memory(&nothing, (const uint8_t *)"a", 1, all_at_once, 0, &run);
    assert_string_equal(run.log.bytes, " refused WEIR_EINVAL gone WEIR_EINVAL");
    run_in_memory(&odd, (const uint8_t *)"a", 1, all_at_once, 0, &run);
    assert_string_equal(run.log.bytes, " refused WEIR_EINVAL gone WEIR_EINVAL");
}

static void numbers_of_netstrings_are_strict(void **state) {
    static const char *const wrong[] = {"+5:hello,", " 5:hello,", "05:hello,", "0x5:hello,", "-1:,",           ":,",
                                        "5 :hello,", "5:hello;",  "5;hello,",  "00:,",       "1e1:aaaaaaaaaa,"};
    static const char *const large[] = {"18446744073709551616:", "99999999999999999999999999", "65537:", "70000"};
    struct subject s = {.kind = NETSTRING};
    struct run run;
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        run_in_memory(&s, (const uint8_t *)wrong[i], strlen(wrong[i]), byte_by_byte, 0, &run);
        assert_string_equal(run.log.bytes, " refused WEIR_EPROTO gone WEIR_EPROTO");
    }
    for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
        run_in_memory(&s, (const uint8_t *)large[i], strlen(large[i]), byte_by_byte, 0, &run);
        assert_string_equal(run.log.bytes, " refused WEIR_EMSGSIZE gone WEIR_EMSGSIZE");
    }
    run_in_memory(&s, (const uint8_t *)"0:,1:,,", 7, byte_by_byte, 0, &run);
    assert_string_equal(run.log.bytes, "[][,] ended gone");
}

/* ---- much at once ------------------------------------------------------------------------------------------------ */

enum { MANY = 100000 };

struct crowd {
    weir_line line;
    unsigned heard, in_tick, most;
    uint64_t tick;
};

static void count_in_tick(void *self, weir_transport *t, const uint8_t *line, size_t n) {
    struct crowd *c = self;
    weir_loop_stats stats;
    char expected[16];
    weir_loop_stats_get(weir_transport_loop(t), &stats);
    c->in_tick = stats.ticks == c->tick ? c->in_tick + 1 : 1;
    c->tick = stats.ticks;
    if (c->in_tick > c->most) c->most = c->in_tick;
    snprintf(expected, sizeof expected, "%u", c->heard++);
    assert_int_equal(n, strlen(expected));
    assert_memory_equal(line, expected, n);
}

static void a_hundred_thousand_messages_at_once_take_many_ticks(void **state) {
    static const weir_message_handler handler = {.message = count_in_tick};
    struct crowd c = {.line = {.framing = {.handler = &handler, .self = &c}, .ending = WEIR_LINE_LF}};
    char *text = malloc(MANY * 8);
    size_t size = 0;
    weir_drive *drive;
    (void)state;
    assert_non_null(text);
    for (unsigned i = 0; i < MANY; i++)
        size += (size_t)sprintf(text + size, "%u\n", i);
    assert_int_equal(weir_drive_open(&drive, &weir_line_protocol, &c.line, NULL), 0);
    for (size_t fed = 0; fed < size;) {
        int64_t taken = weir_drive_feed(drive, text + fed, size - fed);
        assert_true(taken > 0);
        fed += (size_t)taken;
    }
    assert_int_equal(c.heard, MANY);
    assert_in_range(c.most, 100, 5000);
    free(text);
    assert_int_equal(weir_drive_close(drive), 0);
}

/* If the search began anew at each byte, this would not end. */
static void a_long_message_byte_by_byte_is_searched_once(void **state) {
    enum { SIZE = 300000 };
    struct run run = {0};
    weir_message_handler handler = {.disconnected = on_gone};
    weir_chunk c = {.framing = {.handler = &handler, .self = &run}, .delimiter = "aaab", .delimiter_size = 4};
    weir_loop_options options = {.limits = {.receive = SIZE}};
    weir_drive *drive;
    (void)state;
    assert_int_equal(weir_drive_open(&drive, &weir_chunk_protocol, &c, &options), 0);
    for (size_t i = 0; i < SIZE - 1; i++)
        assert_int_equal(weir_drive_feed(drive, "a", 1), 1);
    assert_int_equal(run.gone, 0);
    weir_drive_feed(drive, "a", 1);
    assert_string_equal(run.log.bytes, " gone WEIR_EMSGSIZE");
    assert_int_equal(weir_drive_close(drive), 0);
}

/* ---- answers for a peer that does not read ----------------------------------------------------------------------- */

static void answer(void *self, weir_transport *t, const uint8_t *line, size_t n) {
    struct crowd *c = self;
    c->heard++;
    assert_true(weir_line_write(&c->line, t, line, n) >= 0);
}

static void whoever_answers_hears_no_more_than_its_peer_takes(void **state) {
    static const weir_message_handler handler = {.message = answer};
    struct crowd c = {.line = {.framing = {.handler = &handler, .self = &c}, .ending = WEIR_LINE_LF}};
    weir_loop_options options = {.limits = {.receive = 4096, .pause_mark = 4096, .resume_mark = 1024}};
    char lines[64 * 64], taken[1000];
    unsigned fed = 0, total = 0;
    weir_drive *drive;
    (void)state;
    for (size_t i = 0; i < sizeof lines; i++)
        lines[i] = (char)(i % 64 == 63 ? '\n' : 'a' + i / 64 % 26);
    assert_int_equal(weir_drive_open(&drive, &weir_line_protocol, &c.line, &options), 0);
    for (int64_t n = 1; n > 0; fed += (unsigned)n)
        n = weir_drive_feed(drive, lines + fed % sizeof lines, sizeof lines - fed % sizeof lines);
    assert_in_range(c.heard, 4096 / 64, 4096 / 64 + sizeof lines / 64);
    assert_in_range(fed, c.heard * 64, c.heard * 64 + 4096 + sizeof lines);
    for (int64_t n = 1; n > 0; total += (unsigned)n) {
        n = weir_drive_take(drive, taken, sizeof taken);
        for (int64_t i = 0; i < n; i++)
            assert_int_equal(taken[i], lines[(total + (unsigned)i) % sizeof lines]);
    }
    assert_int_equal(total, fed);
    assert_int_equal(c.heard * 64, fed);
    assert_int_equal(weir_drive_close(drive), 0);
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/* What was written to a drive whose protocol takes nothing. */
static size_t written(weir_drive *drive, uint8_t *bytes, size_t size) {
    int64_t n = weir_drive_take(drive, bytes, size);
    assert_true(n >= 0);
    return (size_t)n;
}

static weir_drive *open_mute(void) {
    static const weir_protocol mute = {0};
    weir_drive *drive;
    assert_int_equal(weir_drive_open(&drive, &mute, NULL, NULL), 0);
    return drive;
}

/* Whether the parser gives back exactly these bytes. */
static bool comes_back(const struct subject *s, const uint8_t *wire, size_t size, const uint8_t *bytes, size_t n) {
    struct run run;
    struct text expected = {.size = 0};
    run_in_memory(s, wire, size, all_at_once, 0, &run);
    text_message(&expected, bytes, n);
    text_say(&expected, " ended gone");
    return run.log.size == expected.size && memcmp(run.log.bytes, expected.bytes, expected.size) == 0;
}

static void a_chunk_is_written_only_if_it_comes_back_as_it_is(void **state) {
    static const char *const delimiters[] = {"a", "ab", "aa", "aab", "aba", "abab", "aaaa", "bba"};
    struct dice dice = dice_new(5);
    unsigned accepted = 0, refused = 0;
    weir_drive *drive = open_mute();
    (void)state;
    for (unsigned i = 0; i < 2000; i++) {
        const char *delimiter = delimiters[i % 8];
        struct subject s = {.kind = CHUNK};
        uint8_t wire[64] = {0};
        size_t n = dice_roll(&dice, 8), size = n + strlen(delimiter);
        s.is.chunk = (weir_chunk){.delimiter = delimiter, .delimiter_size = strlen(delimiter)};
        for (size_t k = 0; k < n; k++)
            wire[k] = (uint8_t) "ab"[dice_roll(&dice, 2)];
        memcpy(wire + n, delimiter, strlen(delimiter));
        bool fits = comes_back(&s, wire, size, wire, n);
        int status = weir_chunk_write(&s.is.chunk, weir_drive_transport(drive), wire, n);
        assert_int_equal(status < 0 ? status : 0, fits ? 0 : WEIR_EINVAL);
        uint8_t sent[64];
        assert_int_equal(written(drive, sent, sizeof sent), fits ? size : 0);
        if (fits) assert_memory_equal(sent, wire, size);
        *(fits ? &accepted : &refused) += 1;
    }
    assert_true(accepted > 100 && refused > 100);
    assert_int_equal(weir_drive_close(drive), 0);
}

static void writes_line(weir_line_ending ending, bool nul, const char *text, size_t n, const char *expected) {
    weir_drive *drive = open_mute();
    weir_line line = {.ending = ending, .allow_nul = nul};
    uint8_t sent[64];
    int status = weir_line_write(&line, weir_drive_transport(drive), text, n);
    size_t size = written(drive, sent, sizeof sent);
    if (!expected) {
        assert_int_equal(status, WEIR_EINVAL);
        assert_int_equal(size, 0);
    } else {
        assert_true(status > 0);
        assert_int_equal(size, n + strlen(expected));
        assert_memory_equal(sent, text, n);
        assert_memory_equal(sent + n, expected, strlen(expected));
    }
    assert_int_equal(weir_drive_close(drive), 0);
}

static void a_line_is_written_with_its_own_ending_only(void **state) {
    (void)state;
    writes_line(WEIR_LINE_CRLF, false, "hello", 5, "\r\n");
    writes_line(WEIR_LINE_LF, false, "hello", 5, "\n");
    writes_line(WEIR_LINE_EITHER, false, "", 0, "\n");
    writes_line(WEIR_LINE_EITHER, true, "a\0b", 3, "\n");
    writes_line(WEIR_LINE_EITHER, false, "a\0b", 3, NULL);
    writes_line(WEIR_LINE_CRLF, false, "a\nb", 3, NULL);
    writes_line(WEIR_LINE_CRLF, false, "a\rb", 3, NULL);
    writes_line(WEIR_LINE_LF, false, "a\r", 2, NULL);
}

static void sizes_are_written_as_they_are_read(void **state) {
    static const unsigned widths[] = {1, 2, 4, 8};
    uint8_t bytes[300], wire[400];
    (void)state;
    memset(bytes, 'x', sizeof bytes);
    for (unsigned i = 0; i < 10; i++) {
        struct subject s = {.kind = i < 8 ? LENGTH : NETSTRING};
        weir_drive *drive = open_mute();
        size_t n = i & 1 ? 200 : 0;
        s.is.length.width = i < 8 ? widths[i / 2] : 0;
        s.is.length.little_endian = i & 1;
        weir_transport *t = weir_drive_transport(drive);
        int status = i < 8 ? weir_length_write(&s.is.length, t, bytes, n) : weir_netstring_write(t, bytes, n);
        assert_true(status > 0);
        size_t size = written(drive, wire, sizeof wire);
        assert_true(comes_back(&s, wire, size, bytes, n));
        assert_int_equal(weir_drive_close(drive), 0);
    }
    weir_drive *drive = open_mute();
    const weir_length narrow = {.width = 1}, odd = {.width = 3};
    assert_int_equal(weir_length_write(&narrow, weir_drive_transport(drive), bytes, 256), WEIR_EMSGSIZE);
    assert_int_equal(weir_length_write(&odd, weir_drive_transport(drive), bytes, 1), WEIR_EINVAL);
    assert_int_equal(weir_chunk_write(&(weir_chunk){0}, weir_drive_transport(drive), bytes, 1), WEIR_EINVAL);
    assert_int_equal(weir_drive_close(drive), 0);
}

/* ---- without memory ---------------------------------------------------------------------------------------------- */

/* One talk in which request `refuse_at` for memory is refused. Returns whether there were so many. */
static bool starved_talk(size_t refuse_at) {
    static const char text[] = "say a\nraw3\nabcsay b\nsay c\n";
    struct meter meter = {.refuse_at = refuse_at};
    weir_allocator allocator = meter_allocator(&meter);
    weir_loop_options options = {.allocator = &allocator};
    struct talk talk = {.line = {.framing = {.handler = &obedient, .self = &talk}, .ending = WEIR_LINE_LF}};
    char taken[64];
    int status = weir_drive_open(&talk.drive, &weir_line_protocol, &talk.line, &options);
    if (status < 0) {
        assert_int_equal(status, WEIR_ENOMEM);
        assert_int_equal(talk.run.log.size, 0);
    } else {
        for (size_t i = 0; i + 1 < sizeof text; i++)
            weir_drive_feed(talk.drive, text + i, 1);
        weir_drive_take(talk.drive, taken, sizeof taken);
        assert_int_equal(weir_drive_close(talk.drive), 0);
        assert_int_equal(talk.run.gone, 1);
    }
    assert_int_equal(meter.held, 0);
    return meter.refused > 0;
}

static void without_memory_nothing_is_lost_but_the_connection(void **state) {
    size_t refuse_at = 1;
    (void)state;
    while (starved_talk(refuse_at))
        refuse_at++;
    assert_in_range(refuse_at, 4, 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_bytes_pass_and_lines_go_on_after_them),
        cmocka_unit_test(the_raw_mode_can_be_left_at_the_end_of_a_piece),
        cmocka_unit_test(an_end_within_raw_bytes_is_a_truncation),
        cmocka_unit_test(the_raw_mode_can_begin_outside_of_callbacks),
        cmocka_unit_test(nothing_is_heard_after_a_close),
        cmocka_unit_test(a_pause_holds_back_the_next_message),
        cmocka_unit_test(a_pause_in_the_rest_holds_back_the_end),
        cmocka_unit_test(the_same_framing_anew_in_the_rest_hears_the_end),
        cmocka_unit_test(raw_bytes_asked_for_in_the_rest_do_not_come),
        cmocka_unit_test(a_close_in_the_rest_is_the_end),
        cmocka_unit_test(another_protocol_takes_over_between_two_messages),
        cmocka_unit_test(a_framing_can_be_kept_by_the_library),
        cmocka_unit_test(a_kept_framing_outlives_the_callback_that_replaces_it),
        cmocka_unit_test(a_kept_framing_outlives_the_end_that_replaces_it),
        cmocka_unit_test(a_refusal_can_be_answered),
        cmocka_unit_test(what_makes_no_sense_fails_the_transport),
        cmocka_unit_test(numbers_of_netstrings_are_strict),
        cmocka_unit_test(a_hundred_thousand_messages_at_once_take_many_ticks),
        cmocka_unit_test(a_long_message_byte_by_byte_is_searched_once),
        cmocka_unit_test(whoever_answers_hears_no_more_than_its_peer_takes),
        cmocka_unit_test(a_chunk_is_written_only_if_it_comes_back_as_it_is),
        cmocka_unit_test(a_line_is_written_with_its_own_ending_only),
        cmocka_unit_test(sizes_are_written_as_they_are_read),
        cmocka_unit_test(without_memory_nothing_is_lost_but_the_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
