/* SPDX-License-Identifier: MIT
 *
 * A fuzz target is one function that takes any bytes. It runs in two ways: under libFuzzer (`make fuzz`), which looks
 * for new paths, and as a test, over a list of inputs and what a fixed generator makes of them. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The target, one for each file of this folder. */
void fuzz_one(const uint8_t *bytes, size_t n);

/* Ends the process, with the place, when `holds` is false. */
#define must(holds) fuzz_must((holds), #holds, __FILE__, __LINE__)
void fuzz_must(bool holds, const char *what, const char *file, int line);

#endif
