/* SPDX-License-Identifier: MIT
 *
 * The layer that lets so many bytes a second pass. A direction asks its bucket for a piece, at most a burst, and gets a
 * time; the piece passes when that has come, and until then the bytes wait where they are: below, held, or in the queue
 * above. What is granted and not used (there was no room) stays granted. So a connection has one piece on order in each
 * direction, whatever is shared, and what it does not live to use is lost to the bucket. */
#include "layer/layer.h"

#define PIECE_MAX ((uint64_t)64 * 1024)

/* One direction. */
struct lane {
    weir_bucket own;
    weir_bucket *bucket;
    uint64_t granted; /* bytes that may pass when `until` has come */
    struct weir_timer_node until;
};

struct throttle {
    struct weir_layer layer;
    struct lane in, out;
};

static struct throttle *throttle_of(struct weir_layer *l) { return (struct throttle *)(void *)l; }

static bool waits(const struct lane *lane) { return lane->until.next != NULL; }

/* How many of `n` bytes may pass now; 0: when the timer comes up. */
static uint64_t grant(weir_loop *loop, struct lane *lane, uint64_t n) {
    weir_bucket *bucket = lane->bucket;
    if (waits(lane)) return 0;
    if (!bucket->rate) return n;
    if (!lane->granted) {
        uint64_t burst = bucket->burst ? bucket->burst : bucket->rate / 10 + 1;
        uint64_t most = burst < PIECE_MAX ? burst : PIECE_MAX;
        lane->granted = n < most ? n : most;
        uint64_t delay_ns = weir_bucket_take(bucket, loop->now_ns, lane->granted);
        if (delay_ns) weir_deadline_start(loop, &lane->until, weir_after_ns(loop->now_ns, delay_ns));
    }
    if (waits(lane)) return 0;
    return n < lane->granted ? n : lane->granted;
}

static void spend(struct lane *lane, uint64_t n) { lane->granted -= lane->granted < n ? lane->granted : n; }

/* Who is closing discards, as fast as it comes. */
static int64_t in(struct weir_layer *l, const uint8_t *bytes, size_t n) {
    struct lane *lane = &throttle_of(l)->in;
    size_t used = 0;
    if (l->base.state > WEIR_OPEN) return (int64_t)n;
    while (used < n && l->base.receiving) {
        uint64_t k = grant(loop_of(&l->base), lane, n - used);
        if (!k) {
            weir_layer_hold(l, WEIR_LAYER_WAITS, true);
            break;
        }
        spend(lane, k);
        weir_layer_deliver(l, bytes + used, (size_t)k);
        used += (size_t)k;
    }
    return (int64_t)used;
}

static int64_t out(struct weir_layer *l, const uint8_t *bytes, size_t n) {
    struct lane *lane = &throttle_of(l)->out;
    size_t taken = 0;
    while (taken < n) {
        uint64_t k = grant(loop_of(&l->base), lane, n - taken);
        int64_t passed = k ? weir_layer_pass(l, bytes + taken, (size_t)k) : 0;
        if (passed < 0) return taken ? (int64_t)taken : passed;
        if (!passed) break;
        spend(lane, (uint64_t)passed);
        taken += (size_t)passed;
    }
    return (int64_t)taken;
}

static void in_goes_on(weir_loop *loop, struct weir_timer_node *node) {
    (void)loop;
    weir_layer_hold((struct weir_layer *)(void *)((char *)node - offsetof(struct throttle, in.until)), WEIR_LAYER_WAITS,
                    false);
}

static void out_goes_on(weir_loop *loop, struct weir_timer_node *node) {
    (void)loop;
    weir_layer_send_on((struct weir_layer *)(void *)((char *)node - offsetof(struct throttle, out.until)));
}

static void stop(struct weir_layer *l) {
    struct throttle *throttle = throttle_of(l);
    weir_deadline_stop(loop_of(&l->base), &throttle->in.until);
    weir_deadline_stop(loop_of(&l->base), &throttle->out.until);
}

static void gone(struct weir_layer *l, const weir_error *reason) {
    (void)reason;
    stop(l);
}

static const struct weir_layer_kind kind = {
    .driver = WEIR_LAYER_DRIVER("throttle", struct throttle, 0),
    .ways = WEIR_LAYER_PLAIN,
    .in = in,
    .out = out,
    .gone = gone,
    .fini = stop,
};

static void set_lane(struct lane *lane, uint64_t rate, uint64_t burst, weir_bucket *shared) {
    lane->own = (weir_bucket){.rate = rate, .burst = burst};
    lane->bucket = shared ? shared : &lane->own;
}

int weir_throttle_open(weir_transport *below, const weir_throttle_options *options, const weir_protocol *protocol,
                       void *self, weir_transport **above) {
    static const weir_throttle_options none = {0};
    const weir_throttle_options *o = options ? options : &none;
    struct weir_layer *l;
    if (!above) return WEIR_EINVAL;
    int status = weir_layer_open(&kind, below, NULL, protocol, self, &l);
    if (status < 0) return status;
    struct throttle *throttle = throttle_of(l);
    set_lane(&throttle->in, o->receive_rate, o->burst, o->receive);
    set_lane(&throttle->out, o->send_rate, o->burst, o->send);
    throttle->in.until.expire = in_goes_on;
    throttle->out.until.expire = out_goes_on;
    *above = &l->base;
    return 0;
}
