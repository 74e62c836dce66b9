/* SPDX-License-Identifier: MIT
 *
 * One framing, some input, and a way to bring the input to it: what comes out is a text, so that runs can be
 * compared. The ways are those that need no loop of their own: a drive over memory, in pieces of any size, and the
 * blocking drive over a pipe that keeps the borders of writes, a socket, a file. */
#ifndef UNIT_PROTOCOL_RUNS_H
#define UNIT_PROTOCOL_RUNS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <weir/weir.h>

#define TEXT_MAX 4096

struct text {
    char bytes[TEXT_MAX];
    size_t size;
};

static inline void text_add(struct text *t, const void *bytes, size_t n) {
    assert_true(t->size + n < TEXT_MAX);
    memcpy(t->bytes + t->size, bytes, n);
    t->size += n;
    t->bytes[t->size] = 0;
}

static inline void text_say(struct text *t, const char *words) { text_add(t, words, strlen(words)); }

/* "[", the bytes, "]". */
static inline void text_message(struct text *t, const void *bytes, size_t n) {
    text_say(t, "[");
    text_add(t, bytes, n);
    text_say(t, "]");
}

static inline void text_code(struct text *t, const char *word, int code) {
    char words[64];
    snprintf(words, sizeof words, " %s%s%s", word, code ? " " : "", code ? weir_error_name(code) : "");
    text_say(t, words);
}

/* ---- the framing under test -------------------------------------------------------------------------------------- */

enum kind { CHUNK, LINE, NETSTRING, LENGTH, KINDS };

struct subject {
    union {
        weir_framing framing; /* the first member of each */
        weir_chunk chunk;
        weir_line line;
        weir_netstring netstring;
        weir_length length;
    } is;
    enum kind kind;
    size_t receive;      /* the limit of the transport */
    bool closes_refused; /* `refused` closes, or else leaves it to the transport */
};

static inline const weir_protocol *protocol_of(const struct subject *s) {
    static const weir_protocol *const all[KINDS] = {&weir_chunk_protocol, &weir_line_protocol, &weir_netstring_protocol,
                                                    &weir_length_protocol};
    return all[s->kind];
}

struct run {
    struct text log;
    bool closes_refused;
    unsigned gone;
};

static inline void on_message(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    struct run *r = self;
    (void)t;
    text_message(&r->log, bytes, n);
}

static inline void on_raw(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    struct run *r = self;
    (void)t;
    text_add(&r->log, bytes, n);
}

static inline void on_refused(void *self, weir_transport *t, int code) {
    struct run *r = self;
    text_code(&r->log, "refused", code);
    if (r->closes_refused) weir_transport_close(t);
}

static inline void on_ended(void *self, weir_transport *t) {
    struct run *r = self;
    text_code(&r->log, "ended", 0);
    weir_transport_close(t);
}

static inline void on_gone(void *self, weir_transport *t, const weir_error *reason) {
    struct run *r = self;
    (void)t;
    r->gone++;
    text_code(&r->log, "gone", reason ? reason->code : 0);
}

static const weir_message_handler logging = {
    .message = on_message, .raw = on_raw, .ended = on_ended, .refused = on_refused, .disconnected = on_gone};

/* A copy of the subject that logs into `run`. */
static inline struct subject begin_run(const struct subject *subject, struct run *run) {
    struct subject s = *subject;
    *run = (struct run){.closes_refused = s.closes_refused};
    s.is.framing.handler = &logging;
    s.is.framing.self = run;
    return s;
}

static inline weir_loop_options options_of(const struct subject *s) {
    return (weir_loop_options){.limits = {.receive = s->receive}};
}

/* ---- bringing bytes to it ---------------------------------------------------------------------------------------- */

/* Over memory, in pieces as `cut` says: how many bytes come next when `fed` of `n` are there. */
typedef size_t cut_fn(size_t fed, size_t n, size_t user);

static inline void run_in_memory(const struct subject *subject, const uint8_t *input, size_t n, cut_fn *cut,
                                 size_t user, struct run *run) {
    struct subject s = begin_run(subject, run);
    weir_loop_options options = options_of(&s);
    weir_drive *drive;
    assert_int_equal(weir_drive_open(&drive, protocol_of(&s), &s, &options), 0);
    for (size_t fed = 0; fed < n;) {
        size_t k = cut(fed, n, user);
        int64_t taken = weir_drive_feed(drive, input + fed, k);
        if (taken == WEIR_ECLOSED) break;
        assert_true(taken == (int64_t)k || !weir_drive_transport(drive));
        fed += k;
    }
    if (weir_drive_transport(drive)) weir_drive_end(drive);
    assert_int_equal(weir_drive_close(drive), 0);
    assert_int_equal(run->gone, 1);
}

static inline size_t all_at_once(size_t fed, size_t n, size_t user) {
    (void)user;
    return n - fed;
}

static inline size_t byte_by_byte(size_t fed, size_t n, size_t user) {
    (void)fed;
    (void)n;
    (void)user;
    return 1;
}

static inline size_t in_two(size_t fed, size_t n, size_t at) { return fed < at && at < n ? at - fed : n - fed; }

/* From a descriptor that ends. */
static inline void run_from(const struct subject *subject, int in, int out, struct run *run) {
    struct subject s = begin_run(subject, run);
    weir_loop_options options = options_of(&s);
    weir_blocking_run(in, out, protocol_of(&s), &s, &options);
    assert_int_equal(run->gone, 1);
}

#endif
