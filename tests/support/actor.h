/* SPDX-License-Identifier: MIT
 *
 * An actor: a protocol that writes down each of its callbacks, checks what always holds (connected first and once,
 * ended at most once, pause and resume in turn, disconnected once and last, none within a call), and then does what the
 * scenario told it. Without instructions it takes every byte, and closes when its peer ended. */
#ifndef SUPPORT_ACTOR_H
#define SUPPORT_ACTOR_H

#include <weir/transport.h>

#include "support/trace.h"

struct scene;
struct actor;

/* An op under watch: `done` comes once, after its call, and is written down. `name` is "read" or "write". */
struct errand {
    weir_op op;
    struct actor *actor;
    const char *name;
    void (*on_done)(struct errand *e, int64_t result);
    uint8_t *bytes;
    unsigned done;
    int64_t result;
    bool hushed; /* not in the trace */
    void *user;
};

/* Writes `total` bytes of the pattern, `burst` of them a tick. When there is no room it waits for `resume`. */
struct pump {
    uint64_t total, sent;
    size_t burst;
    void (*then)(struct actor *a);
    weir_post post;
    bool posted;
};

struct actor {
    const char *name;
    struct scene *scene;
    weir_transport *t; /* NULL before it is opened, after `disconnected`, and when another took over */

    void (*on_connected)(struct actor *a);
    size_t (*on_received)(struct actor *a, const uint8_t *bytes, size_t n); /* NULL: takes all */
    void (*on_ended)(struct actor *a);                                      /* NULL: closes */
    void (*on_pause)(struct actor *a);
    void (*on_resume)(struct actor *a);
    void (*on_disconnected)(struct actor *a, const weir_error *reason);
    bool deaf;     /* its protocol has no `received` */
    bool plain;    /* its protocol has no `ended` */
    bool hushed;   /* pause and resume are not traced: how often depends on timing */
    bool silenced; /* nothing at all is traced */
    void *user;

    /* What it went through. */
    unsigned connected, ended, paused, resumed, disconnected;
    int code; /* it was disconnected with; 0: in order */
    weir_error reason;
    uint64_t received;
    uint64_t written; /* bytes of the pattern */
    struct trace trace;
    struct pump pump;
    /* private */
    struct actor *next;
    bool leaving; /* closed or aborted: only `disconnected` may follow */
};

/* The actor becomes the protocol of `t`. Returns as weir_transport_set_protocol. */
int actor_take(struct actor *a, weir_transport *t);

/* `to` becomes the protocol of `from`'s transport; `from` must hear nothing more. */
int actor_hand_over(struct actor *from, struct actor *to);

/* Connects with the scene's limits and timeout. As weir_socket_connect. */
int actor_connect(struct actor *a, const weir_address *peer);

/* `t` was opened with the actor as its protocol. */
void actor_opened(struct actor *a, weir_transport *t);

/* Opens the file `path` (enum weir_file_flags) with the scene's limits. As weir_file_open. */
int actor_open_file(struct actor *a, const char *path, unsigned flags);

/* Its transport is somebody else's from now on, or will never be. */
void actor_leave(struct actor *a);

/* For calls that are given a protocol: this one, with the actor as `self`. */
const weir_protocol *actor_protocol(const struct actor *a);

/* The calls of a transport. WEIR_ECLOSED when it is gone altogether. */
int actor_write(struct actor *a, const void *bytes, size_t n);
int actor_say(struct actor *a, const char *text);
int actor_write_pattern(struct actor *a, size_t n);
int actor_close(struct actor *a);
int actor_abort(struct actor *a);
int actor_half_close(struct actor *a);
int actor_pause(struct actor *a, weir_direction direction);
int actor_resume(struct actor *a, weir_direction direction);
weir_transport_info actor_info(struct actor *a);

/* Ops. `bytes` must live until `done`. */
int actor_read(struct actor *a, struct errand *e, void *bytes, size_t least, size_t size);
int actor_lend(struct actor *a, struct errand *e, const void *bytes, size_t n);
int errand_cancel(struct errand *e);

/* Starts the pump. `then` (may be NULL) is called after the last byte was written. */
void actor_pump(struct actor *a, uint64_t total, void (*then)(struct actor *a));

/* Ready-made behaviour. */
void close_now(struct actor *a);
void abort_now(struct actor *a);
void half_close_now(struct actor *a);
void stay(struct actor *a);
void say_hello(struct actor *a);
void say_hello_and_close(struct actor *a);
void say_hello_and_half_close(struct actor *a);
void pause_receiving(struct actor *a);
void resume_receiving(struct actor *a);
size_t echo(struct actor *a, const uint8_t *bytes, size_t n);
size_t hear_hello_and_close(struct actor *a, const uint8_t *bytes, size_t n); /* when all five letters came */
size_t take_nothing(struct actor *a, const uint8_t *bytes, size_t n);

/* Makes it new. */
void actor_init(struct actor *a, const char *name, struct scene *s);

#endif
