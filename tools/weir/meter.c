/* SPDX-License-Identifier: MIT
 *
 * The rate is that between the oldest sample kept and the newest, so it forgets what was METER_SAMPLES samples ago. A
 * stall is counted once it has lasted METER_STALL_NS, and then from its beginning; it is seen no finer than samples are
 * taken. */
#include "meter.h"

void meter_begin(struct meter *meter, uint64_t total, uint64_t now_ns) {
    *meter = (struct meter){.total = total, .moved_at_ns = now_ns, .count = 1};
    meter->samples[0].at_ns = now_ns;
}

static void count_stall(struct meter *meter, uint64_t now_ns, uint64_t before_ns) {
    uint64_t standing_ns = now_ns - meter->moved_at_ns;
    if (standing_ns < METER_STALL_NS) return;
    meter->stalls += !meter->stalled;
    meter->stalled_ns += meter->stalled ? now_ns - before_ns : standing_ns;
    meter->stalled = true;
}

void meter_sample(struct meter *meter, uint64_t bytes, bool expected, uint64_t now_ns) {
    uint64_t before_ns = meter->samples[(meter->count - 1) % METER_SAMPLES].at_ns;
    if (bytes != meter->bytes || !expected) {
        meter->moved_at_ns = now_ns;
        meter->stalled = false;
    } else {
        count_stall(meter, now_ns, before_ns);
    }
    meter->bytes = bytes;
    unsigned at = meter->count++ % METER_SAMPLES;
    meter->samples[at].at_ns = now_ns;
    meter->samples[at].bytes = bytes;
}

double meter_rate(const struct meter *meter) {
    unsigned newest = (meter->count - 1) % METER_SAMPLES;
    unsigned oldest = meter->count > METER_SAMPLES ? meter->count % METER_SAMPLES : 0;
    uint64_t ns = meter->samples[newest].at_ns - meter->samples[oldest].at_ns;
    uint64_t bytes = meter->samples[newest].bytes - meter->samples[oldest].bytes;
    return ns > 0 ? (double)bytes * 1e9 / (double)ns : 0;
}

uint64_t meter_seconds_left(const struct meter *meter) {
    double rate = meter_rate(meter), most = 100.0 * 3600;
    if (meter->total == 0 || rate <= 0) return UINT64_MAX;
    double seconds = meter->bytes < meter->total ? (double)(meter->total - meter->bytes) / rate : 0;
    return seconds < most ? (uint64_t)(seconds + 0.999) : UINT64_MAX;
}

uint64_t meter_standing_ns(const struct meter *meter, uint64_t now_ns) {
    return meter->stalled ? now_ns - meter->moved_at_ns : 0;
}
