/* SPDX-License-Identifier: MIT
 *
 * Framings over real and simulated connections: what is heard is the same on every backend and medium, and whether
 * the bytes came at once or one in a tick; and many messages at once leave the loop time for others. */
#include "conformance/suites.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- a server with a framing ------------------------------------------------------------------------------------- */

/* What a scenario is about: the framing of the server, and what the client sends. */
struct script {
    const weir_protocol *protocol;
    union {
        weir_framing framing;
        weir_chunk chunk;
        weir_line line;
        weir_netstring netstring;
        weir_length length;
    } is;
    const char *text;
    size_t size, sent, burst;
    weir_post post;
    struct scene *scene;
};

static struct scene *scene_of(void *self) {
    struct script *script = self;
    scene_enter(script->scene);
    return script->scene;
}

static void on_connected(void *self, weir_transport *t) {
    (void)t;
    struct scene *s = scene_of(self);
    scene_note(s, "connected");
    scene_leave(s);
}

static void on_message(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    struct script *script = self;
    struct scene *s = scene_of(self);
    scene_note(s, "message %.*s", (int)n, (const char *)bytes);
    weir_framing *f = &script->is.framing;
    if (n == 4 && !memcmp(bytes, "raw3", 4)) check_int(weir_framing_raw(f, t, 3), 0);
    if (n == 4 && !memcmp(bytes, "quit", 4)) weir_transport_close(t);
    scene_leave(s);
}

/* Bytes, not pieces. */
static void on_raw(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    struct scene *s = scene_of(self);
    (void)t;
    for (size_t i = 0; i < n; i++)
        scene_note(s, "raw %c", bytes[i]);
    scene_leave(s);
}

static void on_ended(void *self, weir_transport *t) {
    struct scene *s = scene_of(self);
    scene_note(s, "ended");
    weir_transport_close(t);
    scene_leave(s);
}

static void on_refused(void *self, weir_transport *t, int code) {
    struct scene *s = scene_of(self);
    scene_note(s, "refused %s", weir_error_name(code));
    weir_transport_close(t);
    scene_leave(s);
}

static void on_gone(void *self, weir_transport *t, const weir_error *reason) {
    struct scene *s = scene_of(self);
    (void)t;
    scene_note(s, "gone %s", reason ? weir_error_name(reason->code) : "in order");
    scene_leave(s);
    scene_release(s);
}

static const weir_message_handler handler = {.connected = on_connected,
                                             .message = on_message,
                                             .raw = on_raw,
                                             .ended = on_ended,
                                             .refused = on_refused,
                                             .disconnected = on_gone};

/* The framing takes over from the actor. */
static void give_framing(struct actor *a) {
    struct scene *s = a->scene;
    struct script *script = s->user;
    scene_calls(s);
    int status = weir_transport_set_protocol(a->t, script->protocol, &script->is);
    if (!scene_worked(s, scene_called(s, status))) return;
    scene_hold(s);
    actor_leave(a);
}

/* ---- a client that sends it in bursts ---------------------------------------------------------------------------- */

static void send_burst(struct actor *a) {
    struct script *script = a->scene->user;
    size_t rest = script->size - script->sent, n = script->burst && script->burst < rest ? script->burst : rest;
    if (!n) {
        actor_close(a);
        return;
    }
    if (actor_write(a, script->text + script->sent, n) < 0) return;
    script->sent += n;
    weir_loop_post(a->scene->loop, &script->post);
}

static void post_burst(weir_post *post) {
    struct script *script = post->user;
    struct actor *a = &script->scene->client;
    if (a->t) send_burst(a);
}

static void play(struct scene *s, struct script *script, const char *text, size_t size) {
    for (size_t burst = 0; burst < 2; burst++) {
        script->text = text;
        script->size = size;
        script->sent = 0;
        script->burst = burst;
        script->scene = s;
        script->post = (weir_post){.run = post_burst, .user = script};
        script->is.framing.handler = &handler;
        script->is.framing.self = script;
        s->user = script;
        actor_init(&s->client, "client", s);
        actor_init(&s->server, "server", s);
        s->client.silenced = s->server.silenced = true;
        s->client.on_connected = send_burst;
        s->server.on_connected = give_framing;
        scene_play(s);
    }
}

#define TWICE(once) once once
#define PLAY(s, script, text) play((s), (script), (text), sizeof(text) - 1)

/* ---- the framings ------------------------------------------------------------------------------------------------ */

static void chunks(struct scene *s) {
    struct script script = {.protocol = &weir_chunk_protocol,
                            .is = {.chunk = {.delimiter = "aab", .delimiter_size = 3}}};
    PLAY(s, &script, "oneaabaaabtwo aaaab");
}

static void a_rest_is_a_chunk_if_it_may(struct scene *s) {
    struct script script = {.protocol = &weir_chunk_protocol, .is = {.chunk = {.delimiter = ";", .delimiter_size = 1}}};
    script.is.framing.take_rest = true;
    PLAY(s, &script, "one;rest");
}

static void lines_and_raw_bytes(struct scene *s) {
    struct script script = {.protocol = &weir_line_protocol};
    PLAY(s, &script, "one\r\nraw3\r\na\r\ntwo\r\n\r\n");
}

static void an_end_within_a_line(struct scene *s) {
    struct script script = {.protocol = &weir_line_protocol};
    PLAY(s, &script, "one\r\ntwo\r");
}

static void a_line_too_long(struct scene *s) {
    struct script script = {.protocol = &weir_line_protocol, .is = {.line = {.framing = {.max = 4}}}};
    PLAY(s, &script, "four\r\nfive5\r\nnever\r\n");
}

static void a_newline_that_stands_alone(struct scene *s) {
    struct script script = {.protocol = &weir_line_protocol};
    PLAY(s, &script, "one\r\ntwo\nthree\r\n");
}

static void a_close_within_lines(struct scene *s) {
    struct script script = {.protocol = &weir_line_protocol, .is = {.line = {.ending = WEIR_LINE_EITHER}}};
    PLAY(s, &script, "one\nquit\nnever\n");
}

static void netstrings(struct scene *s) {
    struct script script = {.protocol = &weir_netstring_protocol};
    PLAY(s, &script, "3:one,0:,4:raw3,abc12:hello world!,03:two,");
}

static void lengths(struct scene *s) {
    struct script script = {.protocol = &weir_length_protocol, .is = {.length = {.width = 2}}};
    PLAY(s, &script, "\0\3one\0\0\0\4raw3abc\0\3two\0");
}

/* ---- many at once ------------------------------------------------------------------------------------------------ */

enum { MANY = 100000, MOST = 5000 };

struct crowd {
    weir_line line;
    struct scene *scene;
    char *text;
    size_t size;
    unsigned heard, since_post, most, answers;
    weir_post post;
    bool over;
};

static void answer_line(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    struct crowd *c = self;
    char expected[16];
    scene_enter(c->scene);
    int size = snprintf(expected, sizeof expected, "%u", c->heard++);
    check(n == (size_t)size && !memcmp(bytes, expected, n));
    if (++c->since_post > c->most) c->most = c->since_post;
    check(weir_line_write(&c->line, t, "k", 1) >= 0);
    scene_leave(c->scene);
}

static void crowd_gone(void *self, weir_transport *t, const weir_error *reason) {
    struct crowd *c = self;
    (void)t;
    scene_enter(c->scene);
    check(!reason);
    c->over = true;
    scene_leave(c->scene);
    scene_release(c->scene);
}

static const weir_message_handler answering = {.message = answer_line, .disconnected = crowd_gone};

static void between(weir_post *post) {
    struct crowd *c = post->user;
    c->since_post = 0;
    if (!c->over) weir_loop_post(c->scene->loop, post);
}

static void give_line(struct actor *a) {
    struct crowd *c = a->scene->user;
    scene_hold(c->scene);
    check_int(weir_transport_set_protocol(a->t, &weir_line_protocol, &c->line), 0);
    actor_leave(a);
    weir_loop_post(c->scene->loop, &c->post);
}

static void send_all(struct actor *a) {
    const struct crowd *c = a->scene->user;
    check(actor_write(a, c->text, c->size) >= 0);
    actor_half_close(a);
}

static size_t count_answers(struct actor *a, const uint8_t *bytes, size_t n) {
    struct crowd *c = a->scene->user;
    for (size_t i = 0; i < n; i++)
        c->answers += bytes[i] == 'k';
    return n;
}

static void many_lines_at_once_leave_time_for_others(struct scene *s) {
    struct crowd c = {.scene = s, .line = {.framing = {.handler = &answering, .self = &c}, .ending = WEIR_LINE_LF}};
    c.post = (weir_post){.run = between, .user = &c};
    c.text = malloc(MANY * 8);
    if (!c.text) abort();
    for (unsigned i = 0; i < MANY; i++)
        c.size += (size_t)sprintf(c.text + c.size, "%u\n", i);
    s->user = &c;
    s->client.silenced = s->server.silenced = true;
    s->client.on_connected = send_all;
    s->client.on_received = count_answers;
    s->server.on_connected = give_line;
    scene_play(s);
    check_int(c.heard, MANY);
    check_int(c.answers, MANY);
    if (c.most > MOST) check_failed("%u messages without a post in between", c.most);
    free(c.text);
}

static const struct scenario protocols[] = {
    SCENARIO(chunks, .media = EVERY,
             .expected = TWICE("scene connected\nscene message one\nscene message a\nscene message two aa\n"
                               "scene ended\nscene gone in order\n")),
    SCENARIO(a_rest_is_a_chunk_if_it_may, .media = EVERY,
             .expected = TWICE("scene connected\nscene message one\nscene message rest\nscene ended\n"
                               "scene gone in order\n")),
    SCENARIO(lines_and_raw_bytes, .media = EVERY,
             .expected = TWICE("scene connected\nscene message one\nscene message raw3\nscene raw a\nscene raw \r\n"
                               "scene raw \n\nscene message two\nscene message \nscene ended\nscene gone in order\n")),
    SCENARIO(an_end_within_a_line, .media = EVERY,
             .expected = TWICE("scene connected\nscene message one\nscene refused WEIR_ETRUNCATED\n"
                               "scene gone WEIR_ETRUNCATED\n")),
    SCENARIO(a_line_too_long, .media = EVERY,
             .expected = TWICE("scene connected\nscene message four\nscene refused WEIR_EMSGSIZE\n"
                               "scene gone WEIR_EMSGSIZE\n")),
    SCENARIO(a_newline_that_stands_alone, .media = EVERY,
             .expected = TWICE("scene connected\nscene message one\nscene refused WEIR_EPROTO\n"
                               "scene gone WEIR_EPROTO\n")),
    SCENARIO(a_close_within_lines, .media = EVERY,
             .expected = TWICE("scene connected\nscene message one\nscene message quit\nscene gone in order\n")),
    SCENARIO(netstrings, .media = EVERY,
             .expected = TWICE("scene connected\nscene message one\nscene message \nscene message raw3\nscene raw a\n"
                               "scene raw b\nscene raw c\nscene message hello world!\nscene refused WEIR_EPROTO\n"
                               "scene gone WEIR_EPROTO\n")),
    SCENARIO(lengths, .media = EVERY,
             .expected = TWICE("scene connected\nscene message one\nscene message \nscene message raw3\nscene raw a\n"
                               "scene raw b\nscene raw c\nscene message two\nscene refused WEIR_ETRUNCATED\n"
                               "scene gone WEIR_ETRUNCATED\n")),
    SCENARIO(many_lines_at_once_leave_time_for_others, .media = DUPLEX, .loose = true),
};

const struct suite protocols_suite = SUITE(protocols);
