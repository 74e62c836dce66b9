/* SPDX-License-Identifier: MIT
 *
 *   dial_start --> connecting --connected--> done(t)
 *                   ^      |
 *              timer|      |disconnected, or it could not begin
 *                   |      v
 *                 waiting (worth another try) or over --timer--> done(NULL)
 *
 * Worth another try is what may be different a moment later: nobody listens, nobody answers, the way is not there, the
 * name is not there yet. A failure of the program's own (no memory, no descriptors, no permission) is not. Bytes are
 * never sent twice: only what never came about is tried again. `done` always comes from the timer or from `connected`,
 * so that whoever starts or gives up a dial is never called back in the middle of it. */
#include "dial.h"

#include "backoff.h"
#include "say.h"
#include "service.h"

#include <string.h>

static bool worth_another_try(const struct dial *dial) {
    if (dial->service->draining || dial->failed >= dial->service->options->retry) return false;
    switch (dial->error.code) {
    case WEIR_EREFUSED:
    case WEIR_EUNREACH:
    case WEIR_ETIMEDOUT:
    case WEIR_ENOENT: return true;
    default: return false;
    }
}

static void finish(struct dial *dial) {
    dial->over = true;
    weir_timer_start(dial->service->loop, &dial->timer, 0, 0);
}

static void wait_and_try_again(struct dial *dial) {
    char text[512];
    uint64_t wait_ns = backoff_ns(++dial->failed);
    say_aside("weir: %s; again in %.2f s (%u of %u)", weir_error_format(&dial->error, text, sizeof text),
              (double)wait_ns / 1e9, dial->failed, dial->service->options->retry);
    dial->service->tally.retries++;
    weir_timer_start(dial->service->loop, &dial->timer, wait_ns, 0);
}

static void failed(struct dial *dial, const weir_error *error) {
    dial->error = *error;
    if (!*dial->error.peer) {
        char text[WEIR_ENDPOINT_TEXT_MAX];
        weir_endpoint_format(dial->endpoint, text, sizeof text);
        text[sizeof dial->error.peer - 1] = 0;
        strcpy(dial->error.peer, text);
    }
    if (!dial->over && worth_another_try(dial))
        wait_and_try_again(dial);
    else
        finish(dial);
}

static void dial_connected(void *self, weir_transport *t) {
    struct dial *dial = self;
    dial->t = NULL;
    weir_transport_set_protocol(t, NULL, NULL); /* nothing about it comes here any more */
    dial->done(dial, t, NULL);
}

static void dial_disconnected(void *self, weir_transport *t, const weir_error *reason) {
    const weir_error ended = {.code = WEIR_ECLOSED, .stage = WEIR_STAGE_CONNECT};
    struct dial *dial = self;
    (void)t;
    dial->t = NULL;
    failed(dial, reason ? reason : &ended);
}

static void connect_now(struct dial *dial) {
    static const weir_protocol dialling = {.connected = dial_connected, .disconnected = dial_disconnected};
    struct service *service = dial->service;
    int code = weir_connect_endpoint(service->loop, dial->endpoint, NULL, &dialling, dial, &dial->t);
    if (code >= 0) return;
    const weir_error *last = weir_loop_last_error(service->loop);
    const weir_error plain = {.code = code, .stage = WEIR_STAGE_CONNECT};
    dial->t = NULL;
    failed(dial, last && last->code == code ? last : &plain);
}

static void timer_fired(weir_timer *timer) {
    struct dial *dial = timer->user;
    if (!dial->over)
        connect_now(dial);
    else
        dial->done(dial, NULL, dial->given_up ? NULL : &dial->error);
}

void dial_start(struct dial *dial, struct service *service, const weir_endpoint *endpoint) {
    dial->service = service;
    dial->endpoint = endpoint;
    dial->timer = (weir_timer){.fired = timer_fired, .user = dial};
    connect_now(dial);
}

void dial_hurry(struct dial *dial) {
    if (!dial->t && !dial->over) finish(dial);
}

void dial_abort(struct dial *dial) {
    if (dial->given_up) return;
    dial->given_up = true;
    dial->over = true;
    if (dial->t)
        weir_transport_abort(dial->t);
    else
        finish(dial);
}
