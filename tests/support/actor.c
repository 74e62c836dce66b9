/* SPDX-License-Identifier: MIT
 *
 * The callbacks of an actor and the calls it makes, each of which is marked for the scene, so that a callback from
 * within a call is found out. */
#include "support/actor.h"

#include <string.h>

#include "support/scene.h"
#include "support/stack.h"

static struct actor *enter(void *self, weir_transport *t) {
    struct actor *a = self;
    scene_enter(a->scene);
    check(a->t == t);
    check(!a->disconnected);
    check(weir_transport_self(t) == a);
    check(weir_transport_loop(t) == a->scene->loop);
    return a;
}

static void tell(struct actor *a, const char *words) {
    if (!a->silenced) trace_line(&a->trace, a->name, "%s", words);
}

static void connected(void *self, weir_transport *t) {
    struct actor *a = enter(self, t);
    check_int(++a->connected, 1);
    check(!a->leaving);
    tell(a, "connected");
    if (a->on_connected) a->on_connected(a);
    scene_leave(a->scene);
}

static size_t received(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    struct actor *a = enter(self, t);
    check_int(a->connected, 1);
    check(n > 0);
    check(!a->ended && !a->leaving);
    size_t used = a->on_received ? a->on_received(a, bytes, n) : n;
    if (used && !a->silenced) trace_received(&a->trace, bytes, used);
    a->received += used;
    scene_leave(a->scene);
    return used;
}

static void ended(void *self, weir_transport *t) {
    struct actor *a = enter(self, t);
    check_int(a->connected, 1);
    check(!a->leaving);
    check_int(++a->ended, 1);
    tell(a, "ended");
    (a->on_ended ? a->on_ended : close_now)(a);
    scene_leave(a->scene);
}

static void paused(void *self, weir_transport *t) {
    struct actor *a = enter(self, t);
    check_int(a->connected, 1);
    check(!a->leaving);
    check_int(a->paused++, a->resumed);
    if (!a->hushed) tell(a, "pause");
    if (a->on_pause) a->on_pause(a);
    scene_leave(a->scene);
}

static void pump_on(struct actor *a);

static void resumed(void *self, weir_transport *t) {
    struct actor *a = enter(self, t);
    check(!a->leaving);
    check_int(++a->resumed, a->paused);
    if (!a->hushed) tell(a, "resume");
    if (a->pump.total) pump_on(a);
    if (a->on_resume) a->on_resume(a);
    scene_leave(a->scene);
}

static void disconnected(void *self, weir_transport *t, const weir_error *reason) {
    struct actor *a = enter(self, t);
    check_int(++a->disconnected, 1);
    a->code = reason ? reason->code : 0;
    if (reason) {
        a->reason = *reason;
        check(reason->code < 0);
    }
    if (!a->silenced) trace_line(&a->trace, a->name, "disconnected %s", trace_code(a->code));
    if (a->on_disconnected) a->on_disconnected(a, reason);
    actor_leave(a);
    scene_leave(a->scene);
}

static const weir_protocol full = {connected, received, ended, paused, resumed, disconnected};
static const weir_protocol deaf = {connected, NULL, ended, paused, resumed, disconnected};
static const weir_protocol plain = {connected, received, NULL, paused, resumed, disconnected};
static const weir_protocol deaf_plain = {connected, NULL, NULL, paused, resumed, disconnected};

const weir_protocol *actor_protocol(const struct actor *a) {
    if (a->deaf) return a->plain ? &deaf_plain : &deaf;
    return a->plain ? &plain : &full;
}

void actor_init(struct actor *a, const char *name, struct scene *s) { *a = (struct actor){.name = name, .scene = s}; }

static void actor_enlist(struct actor *a) {
    a->next = a->scene->living;
    a->scene->living = a;
    scene_hold(a->scene);
}

void actor_leave(struct actor *a) {
    struct actor **link = &a->scene->living;
    a->t = NULL;
    while (*link && *link != a)
        link = &(*link)->next;
    if (!*link) return;
    *link = a->next;
    scene_release(a->scene);
}

int actor_take(struct actor *a, weir_transport *t) {
    struct scene *s = a->scene;
    scene_calls(s);
    int status = scene_called(s, weir_transport_set_protocol(t, actor_protocol(a), a));
    if (!scene_worked(s, status)) return status;
    a->t = t;
    actor_enlist(a);
    return 0;
}

int actor_hand_over(struct actor *from, struct actor *to) {
    int status = actor_take(to, from->t);
    if (status < 0) return status;
    actor_leave(from);
    return 0;
}

/* What it connected is the bottom of a stack. */
static int climb(struct actor *a) {
    weir_transport *top = scene_stack(a->scene, a->t);
    a->t = NULL;
    return top ? actor_take(a, top) : WEIR_ENOMEM;
}

int actor_connect(struct actor *a, const weir_address *peer) {
    struct scene *s = a->scene;
    const weir_protocol *protocol = s->medium & LAYERED ? NULL : actor_protocol(a);
    weir_connect_options options = {.limits = s->limits, .timeout_ns = s->connect_timeout_ns};
    scene_calls(s);
    int status = scene_called(s, weir_socket_connect(s->loop, peer, &options, protocol, a, &a->t));
    if (status == 0 && !protocol) return climb(a);
    if (status == 0) actor_enlist(a);
    return status;
}

void actor_opened(struct actor *a, weir_transport *t) {
    a->t = t;
    actor_enlist(a);
}

int actor_open_file(struct actor *a, const char *path, unsigned flags) {
    struct scene *s = a->scene;
    weir_transport *t;
    scene_calls(s);
    int status = scene_called(s, weir_file_open(s->loop, path, flags, s->limits, actor_protocol(a), a, &t));
    if (status == 0) actor_opened(a, t);
    return status;
}

/* ---- calls ------------------------------------------------------------------------------------------------------- */

#define CALL(a, call)                                                                                                  \
    do {                                                                                                               \
        if (!(a)->t) return WEIR_ECLOSED;                                                                              \
        scene_calls((a)->scene);                                                                                       \
        return scene_called((a)->scene, call);                                                                         \
    } while (0)

int actor_write(struct actor *a, const void *bytes, size_t n) { CALL(a, weir_transport_write(a->t, bytes, n)); }

int actor_say(struct actor *a, const char *text) { return actor_write(a, text, strlen(text)); }

int actor_write_pattern(struct actor *a, size_t n) {
    uint8_t bytes[16384];
    int room = 0;
    for (size_t k; n; n -= k) {
        k = n < sizeof bytes ? n : sizeof bytes;
        pattern_fill(bytes, a->written, k);
        room = actor_write(a, bytes, k);
        if (room < 0) return room;
        a->written += k;
    }
    return room;
}

int actor_close(struct actor *a) {
    a->leaving = a->t != NULL;
    CALL(a, weir_transport_close(a->t));
}

int actor_abort(struct actor *a) {
    a->leaving = a->t != NULL;
    CALL(a, weir_transport_abort(a->t));
}

int actor_half_close(struct actor *a) { CALL(a, weir_transport_half_close(a->t)); }

int actor_pause(struct actor *a, weir_direction direction) { CALL(a, weir_transport_pause(a->t, direction)); }

int actor_resume(struct actor *a, weir_direction direction) { CALL(a, weir_transport_resume(a->t, direction)); }

weir_transport_info actor_info(struct actor *a) {
    weir_transport_info info = {.state = WEIR_GONE};
    if (a->t) weir_transport_info_get(a->t, &info);
    return info;
}

/* ---- ops --------------------------------------------------------------------------------------------------------- */

static bool reads(const struct errand *e) { return !strcmp(e->name, "read"); }

static void trace_errand(struct errand *e, int64_t result) {
    struct actor *a = e->actor;
    size_t moved = e->op.moved;
    if (reads(e) && moved) trace_received(&a->trace, e->bytes, moved);
    if (result >= 0)
        trace_line(&a->trace, a->name, "%s done", e->name);
    else
        trace_line(&a->trace, a->name, "%s %s after %zu", e->name, trace_code((int)result), moved);
}

static void errand_done(weir_op *op, int64_t result) {
    struct errand *e = (struct errand *)op;
    struct actor *a = e->actor;
    scene_enter(a->scene);
    check(!a->disconnected);
    check(!weir_op_active(op));
    check(result < 0 || (uint64_t)result == op->moved);
    e->done++;
    e->result = result;
    if (reads(e)) a->received += op->moved;
    if (!e->hushed && !a->silenced) trace_errand(e, result);
    if (e->on_done) e->on_done(e, result);
    scene_leave(a->scene);
}

static void errand_begin(struct actor *a, struct errand *e, const char *name, void *bytes) {
    e->op.done = errand_done;
    e->actor = a;
    e->name = name;
    e->bytes = bytes;
}

int actor_read(struct actor *a, struct errand *e, void *bytes, size_t least, size_t size) {
    errand_begin(a, e, "read", bytes);
    CALL(a, weir_transport_read(a->t, &e->op, bytes, least, size));
}

int actor_lend(struct actor *a, struct errand *e, const void *bytes, size_t n) {
    errand_begin(a, e, "write", NULL);
    CALL(a, weir_transport_write_borrowed(a->t, &e->op, bytes, n));
}

int errand_cancel(struct errand *e) {
    scene_calls(e->actor->scene);
    return scene_called(e->actor->scene, weir_op_cancel(&e->op));
}

/* ---- the pump ---------------------------------------------------------------------------------------------------- */

static bool may_pump(const struct actor *a) { return a->t && a->paused == a->resumed && a->pump.sent < a->pump.total; }

/* One burst. After a refusal for want of room a pause and a resume are promised. */
static void pump_burst(struct actor *a) {
    struct pump *p = &a->pump;
    uint64_t before = a->written, left = p->total - p->sent;
    int room = actor_write_pattern(a, left < p->burst ? (size_t)left : p->burst);
    p->sent += a->written - before;
    if (p->sent == p->total) {
        if (p->then) p->then(a);
    } else if (room >= 0) {
        pump_on(a);
    } else if (room != WEIR_ENOBUFS && room != WEIR_EBUDGET) {
        check(a->scene->hostile || room == WEIR_ECLOSED);
        p->total = p->sent;
    }
}

static void pump_run(weir_post *post) {
    struct actor *a = post->user;
    a->pump.posted = false;
    if (may_pump(a)) pump_burst(a);
}

static void pump_on(struct actor *a) {
    struct pump *p = &a->pump;
    if (p->posted || !may_pump(a)) return;
    p->posted = true;
    p->post = (weir_post){.run = pump_run, .user = a};
    check_int(weir_loop_post(a->scene->loop, &p->post), 0);
}

void actor_pump(struct actor *a, uint64_t total, void (*then)(struct actor *a)) {
    struct pump *p = &a->pump;
    p->total = total;
    p->sent = 0;
    p->then = then;
    if (!p->burst) p->burst = 65536;
    pump_on(a);
}

/* ---- ready-made behaviour ---------------------------------------------------------------------------------------- */

void close_now(struct actor *a) {
    int status = actor_close(a);
    check(status == 0 || status == WEIR_EALREADY);
}

void abort_now(struct actor *a) {
    int status = actor_abort(a);
    check(status == 0 || status == WEIR_EALREADY);
}

void half_close_now(struct actor *a) { check_int(actor_half_close(a), 0); }

void stay(struct actor *a) { (void)a; }

void say_hello(struct actor *a) {
    if (!scene_worked(a->scene, actor_say(a, "hello"))) abort_now(a);
}

void say_hello_and_close(struct actor *a) {
    say_hello(a);
    close_now(a);
}

void say_hello_and_half_close(struct actor *a) {
    say_hello(a);
    if (a->scene->medium == PIPE)
        close_now(a);
    else if (!scene_worked(a->scene, actor_half_close(a)))
        abort_now(a);
}

void pause_receiving(struct actor *a) { check_int(actor_pause(a, WEIR_RECEIVE), 0); }

void resume_receiving(struct actor *a) { check_int(actor_resume(a, WEIR_RECEIVE), 0); }

size_t echo(struct actor *a, const uint8_t *bytes, size_t n) {
    if (!scene_worked(a->scene, actor_write(a, bytes, n))) abort_now(a);
    return n;
}

size_t hear_hello_and_close(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)bytes;
    if (a->received + n == 5) close_now(a);
    return n;
}

size_t take_nothing(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)a;
    (void)bytes;
    (void)n;
    return 0;
}
