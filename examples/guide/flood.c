/* SPDX-License-Identifier: MIT
 *
 * Writes as much as it is let to, to a reader that takes 16 KiB every millisecond. */
#include <stdio.h>
#include <weir/weir.h>

#define TOTAL (8 * 1024 * 1024)

struct writer {
    size_t written, most_queued;
    int pauses;
    bool paused;
};

/* [writer] */
static void write_more(struct writer *w, weir_transport *t) {
    static const char block[4096];
    while (!w->paused && w->written < TOTAL) {
        if (weir_transport_write(t, block, sizeof block) < 0) return; /* full: `resume` will come */
        w->written += sizeof block;
    }
    if (w->written == TOTAL) weir_transport_close(t);
}

static void on_connected(void *self, weir_transport *t) { write_more(self, t); }

static void on_pause(void *self, weir_transport *t) {
    struct writer *w = self;
    weir_transport_info info;
    weir_transport_info_get(t, &info);
    if (info.queued > w->most_queued) w->most_queued = info.queued;
    w->paused = true;
    w->pauses++;
}

static void on_resume(void *self, weir_transport *t) {
    struct writer *w = self;
    w->paused = false;
    write_more(w, t);
}

static const weir_protocol writer = {.connected = on_connected, .pause = on_pause, .resume = on_resume};
/* [/writer] */

/* [reader] */
struct reader {
    weir_timer timer;
    weir_transport *t;
    size_t taken;
};

static size_t take_some(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    struct reader *r = self;
    size_t used = n < 16384 ? n : 16384;
    (void)bytes;
    r->taken += used;
    weir_transport_pause(t, WEIR_RECEIVE);
    weir_timer_start(weir_transport_loop(t), &r->timer, 1000000, 0);
    return used;
}

static void go_on(weir_timer *timer) {
    struct reader *r = timer->user;
    weir_transport_resume(r->t, WEIR_RECEIVE);
}
/* [/reader] */

static void reader_gone(void *self, weir_transport *t, const weir_error *reason) {
    struct reader *r = self;
    (void)t, (void)reason;
    weir_timer_stop(&r->timer);
}

static const weir_protocol reader = {.received = take_some, .disconnected = reader_gone};

int main(void) {
    weir_loop *loop = weir_loop_new(&(weir_loop_options){.backend = "sim"});
    weir_transport *pair[2];
    struct writer w = {0};
    struct reader r = {.timer = {.fired = go_on, .user = &r}};
    if (weir_mem_pair(loop, NULL, pair) < 0) return 1;
    r.t = pair[1];
    weir_transport_set_protocol(pair[0], &writer, &w);
    weir_transport_set_protocol(pair[1], &reader, &r);
    weir_run(loop);
    printf("written %zu, read %zu\n", w.written, r.taken);
    printf("paused often: %s\n", w.pauses > 2 ? "yes" : "no");
    printf("ever more than 1 MiB queued: %s\n", w.most_queued > 1024 * 1024 ? "yes" : "no");
    return weir_loop_close(loop, NULL, NULL) < 0;
}
