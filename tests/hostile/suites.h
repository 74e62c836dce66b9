/* SPDX-License-Identifier: MIT
 *
 * The suites of this program. */
#ifndef HOSTILE_SUITES_H
#define HOSTILE_SUITES_H

#include "support/suite.h"

extern const struct suite files_suite;

#endif
