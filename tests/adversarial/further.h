/* SPDX-License-Identifier: MIT
 *
 * The suites of order, descriptors, timers, the ring, abuse and stacks. */
#ifndef ADVERSARIAL_FURTHER_H
#define ADVERSARIAL_FURTHER_H

#include <string.h>

#include "support/suite.h"

extern const struct suite order_suite, descriptors_suite, timers_suite, ring_suite, passed_suite, abuse_suite,
    stacks_suite;

#endif
