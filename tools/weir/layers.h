/* SPDX-License-Identifier: MIT
 *
 * The layers that --rate and --hexdump ask for. */
#ifndef TOOL_LAYERS_H
#define TOOL_LAYERS_H

#include "session.h"

/* Puts them on `*t`, which becomes the uppermost. 0, or WEIR_E...; what was put by then stays. */
int layers_put(struct session *session, weir_transport **t);

#endif
