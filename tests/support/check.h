/* SPDX-License-Identifier: MIT
 *
 * Checks that do not jump. A test that leaves a callback by a jump leaves the loop half-way through a tick, so a failed
 * check is only noted here; the scenario plays on and is failed when it is over. For one thread. */
#ifndef SUPPORT_CHECK_H
#define SUPPORT_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#define check(condition) check_that((condition), #condition, __FILE__, __LINE__)
#define check_int(actual, expected) check_ints((int64_t)(actual), (int64_t)(expected), #actual, __FILE__, __LINE__)

/* Return whether it holds. */
bool check_that(bool holds, const char *what, const char *file, int line);
bool check_ints(int64_t actual, int64_t expected, const char *what, const char *file, int line);

/* Notes a failure in words. */
void check_failed(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What failed since the last reset, one line each; empty when all is well. */
const char *check_failures(void);
void check_reset(void);

#endif
