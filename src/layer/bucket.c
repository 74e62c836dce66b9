/* SPDX-License-Identifier: MIT
 *
 * The token bucket as a clock: instead of counting tokens it keeps the time at which all bytes let through so far are
 * paid for. That time may be ahead of now by as much as the burst is worth; who would go beyond it waits for the rest.
 * So a wait is known when the bytes are taken, waiters are served in order, and there is nothing to refill.
 *
 * Every sum and product here is bounded by saturation, since rates, bursts and counts are any numbers. */
#include <weir/layer.h>

#define SECOND ((uint64_t)1000000000)

static uint64_t plus(uint64_t a, uint64_t b) { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

static uint64_t minus(uint64_t a, uint64_t b) { return a > b ? a - b : 0; }

static uint64_t times(uint64_t a, uint64_t b) { return b && a > UINT64_MAX / b ? UINT64_MAX : a * b; }

/* How long `n` bytes take, rounded up. */
static uint64_t cost_ns(uint64_t n, uint64_t rate) {
    uint64_t whole = times(n / rate, SECOND), rest = n % rate;
    if (rest > UINT64_MAX / SECOND) return plus(whole, rest / (rate / SECOND) + 1);
    return plus(whole, rest * SECOND / rate + (rest * SECOND % rate != 0));
}

static uint64_t burst_of(const weir_bucket *bucket) {
    if (bucket->burst) return bucket->burst;
    return bucket->rate < 10 ? 1 : bucket->rate / 10;
}

uint64_t weir_bucket_take(weir_bucket *bucket, uint64_t now_ns, uint64_t n) {
    if (!bucket || !bucket->rate) return 0;
    uint64_t ahead = minus(bucket->paid_ns, now_ns), cost = cost_ns(n, bucket->rate);
    uint64_t credit = cost_ns(burst_of(bucket), bucket->rate);
    bucket->paid_ns = plus(plus(now_ns, ahead), cost);
    return plus(ahead, cost) == UINT64_MAX ? WEIR_FOREVER : minus(plus(ahead, cost), credit);
}
