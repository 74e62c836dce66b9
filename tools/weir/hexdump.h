/* SPDX-License-Identifier: MIT
 *
 * What passes, for reading: --hexdump. */
#ifndef TOOL_HEXDUMP_H
#define TOOL_HEXDUMP_H

#include <weir/layer.h>

/* `user` is the session. */
weir_trace_fn hexdump_event;

#endif
