/* SPDX-License-Identifier: MIT
 *
 * Runs a service: on one loop, or, with --workers, on one for each thread. */
#ifndef TOOL_CREW_H
#define TOOL_CREW_H

#include "service.h"

/* Runs `service` (that of the first worker; the others are copies of it) until nothing is left, says what there is to
 * say, and returns the exit status. */
int crew_run(struct service *service, const struct options *options);

#endif
