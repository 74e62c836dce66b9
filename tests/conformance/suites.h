/* SPDX-License-Identifier: MIT
 *
 * The suites of this program: one file, one contract. */
#ifndef CONFORMANCE_SUITES_H
#define CONFORMANCE_SUITES_H

#include <string.h>

#include "support/suite.h"

extern const struct suite exactly_once_suite, never_inside_suite, op_buffer_suite, cancel_bytes_suite, deadlines_suite,
    closing_suite, flow_control_suite, set_protocol_suite, pipe_suite, budget_suite, listener_suite, timer_suite,
    loop_suite, traces_suite, drain_suite, mem_listener_suite, handover_suite, endpoint_suite, protocols_suite,
    files_suite,
    work_suite,
    sendfile_suite,
    producers_suite, layers_suite,
    fd_suite;

#endif
