/* SPDX-License-Identifier: MIT
 *
 * The pattern is a table of a prime number of random bytes, repeated. */
#include "support/bytes.h"

#include <string.h>

#define PERIOD 65521

static uint8_t table[PERIOD];

struct dice dice_new(uint64_t seed) {
    return (struct dice){seed * 0x9E3779B97F4A7C15u + 0x1234567};
}

/* splitmix64 */
uint64_t dice_roll(struct dice *dice, uint64_t below) {
    uint64_t z = (dice->state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (z ^ (z >> 31)) % below;
}

static void make_table(void) {
    static bool made;
    if (made) return;
    struct dice dice = dice_new(1);
    for (size_t i = 0; i < PERIOD; i++)
        table[i] = (uint8_t)dice_roll(&dice, 256);
    made = true;
}

static size_t run_at(uint64_t from, size_t n) {
    size_t left = PERIOD - (size_t)(from % PERIOD);
    return n < left ? n : left;
}

void pattern_fill(uint8_t *bytes, uint64_t from, size_t n) {
    make_table();
    for (size_t k; n; bytes += k, from += k, n -= k) {
        k = run_at(from, n);
        memcpy(bytes, table + from % PERIOD, k);
    }
}

bool pattern_matches(const uint8_t *bytes, uint64_t from, size_t n) {
    make_table();
    for (size_t k; n; bytes += k, from += k, n -= k) {
        k = run_at(from, n);
        if (memcmp(bytes, table + from % PERIOD, k)) return false;
    }
    return true;
}
