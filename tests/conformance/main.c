/* SPDX-License-Identifier: MIT
 *
 * The conformance suite: what the public headers promise, on every backend and medium. Only the front door is used. */
#include "conformance/suites.h"

static const struct suite *const suites[] = {
    &exactly_once_suite, &never_inside_suite, &op_buffer_suite,    &cancel_bytes_suite, &deadlines_suite,
    &closing_suite,      &flow_control_suite, &set_protocol_suite, &pipe_suite,         &budget_suite,
    &listener_suite,     &timer_suite,        &loop_suite,         &traces_suite,       &drain_suite,
    &mem_listener_suite, &handover_suite,     &endpoint_suite,     &protocols_suite,
    &files_suite,
    &work_suite,
    &sendfile_suite,
    &producers_suite,    &layers_suite,
    &fd_suite,
};

int main(int argc, char **argv) { return suites_perform(suites, sizeof suites / sizeof *suites, argc, argv); }
