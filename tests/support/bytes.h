/* SPDX-License-Identifier: MIT
 *
 * Bytes that tell where they belong: an endless pattern with a period no buffer size divides, so that a lost, doubled
 * or swapped piece shows. */
#ifndef SUPPORT_BYTES_H
#define SUPPORT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void pattern_fill(uint8_t *bytes, uint64_t from, size_t n);
bool pattern_matches(const uint8_t *bytes, uint64_t from, size_t n);

/* A small generator for schedules, the same everywhere. */
struct dice {
    uint64_t state;
};
struct dice dice_new(uint64_t seed);
uint64_t dice_roll(struct dice *dice, uint64_t below);

#endif
