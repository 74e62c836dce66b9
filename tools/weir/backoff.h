/* SPDX-License-Identifier: MIT
 *
 * How long to wait before the next try. */
#ifndef TOOL_BACKOFF_H
#define TOOL_BACKOFF_H

#include <stdint.h>

#define BACKOFF_BASE_NS ((uint64_t)200 * 1000000)
#define BACKOFF_MOST_NS ((uint64_t)10 * 1000000000)

/* The longest wait after `failed` failures (1 and more): twice as long each time, up to BACKOFF_MOST_NS. */
uint64_t backoff_ceiling_ns(unsigned failed);

/* Any time from nothing to that, each as likely as another. */
uint64_t backoff_ns(unsigned failed);

#endif
