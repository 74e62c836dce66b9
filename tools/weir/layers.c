/* SPDX-License-Identifier: MIT
 *
 * They stand on the first end of a session only: what passes there is all that passes, each way once. The dump is below
 * the throttle, so that it shows when bytes really went. */
#include "layers.h"

#include "hexdump.h"
#include "service.h"

#include <weir/layer.h>

int layers_put(struct session *s, weir_transport **t) {
    const struct options *options = s->service->options;
    const weir_trace_options trace = {.traced = hexdump_event, .user = s};
    const weir_throttle_options throttle = {.receive_rate = options->rate, .send_rate = options->rate};
    int code = 0;
    if (options->given & OPTION_HEXDUMP) code = weir_trace_open(*t, &trace, NULL, NULL, t);
    if (code >= 0 && options->given & OPTION_RATE) code = weir_throttle_open(*t, &throttle, NULL, NULL, t);
    return code;
}
