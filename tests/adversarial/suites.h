/* SPDX-License-Identifier: MIT
 *
 * The suites of this program, one for each family of cases. A case is named after its number. */
#ifndef ADVERSARIAL_SUITES_H
#define ADVERSARIAL_SUITES_H

#include <string.h>

#include "support/suite.h"

extern const struct suite kernel_suite, memory_suite, clock_suite, io_uring_suite;

/* Calls of close on something that was not open, since it was last asked. */
unsigned bad_closes(void);

#endif
