/* SPDX-License-Identifier: MIT
 *
 * Putting the layers of the registry over a transport. A trace that an endpoint asks for goes to the loop's log, a line
 * for each event, at WEIR_LOG_INFO: sizes and offsets, never the bytes, which are not the log's business. */
#include <weir/layer.h>

#include <inttypes.h>
#include <stdio.h>

#include "core/loop.h"
#include "endpoint/media.h"
#include "endpoint/refuse.h"
#include "endpoint/stack.h"

/* ---- throttle ---------------------------------------------------------------------------------------------------- */

int weir_layer_throttle_check(const weir_endpoint *endpoint, weir_error *error) {
    static const char *const rates[] = {"rate", "receive", "send"};
    for (int i = 0; i < 3; i++)
        if (weir_endpoint_get(endpoint, "throttle", rates[i])) return 0;
    return weir_refuse(error, WEIR_EINVAL, "throttle needs a rate in bytes per second: throttle.rate=1M");
}

int weir_layer_throttle_wrap(weir_transport *below, const weir_endpoint *endpoint, const weir_protocol *protocol,
                             void *self, weir_transport **ret) {
    uint64_t rate = weir_endpoint_number(endpoint, "throttle", "rate", 0);
    const weir_throttle_options options = {
        .receive_rate = weir_endpoint_number(endpoint, "throttle", "receive", rate),
        .send_rate = weir_endpoint_number(endpoint, "throttle", "send", rate),
        .burst = weir_endpoint_number(endpoint, "throttle", "burst", 0),
    };
    return weir_throttle_open(below, &options, protocol, self, ret);
}

/* ---- trace ------------------------------------------------------------------------------------------------------- */

struct log {
    weir_loop *loop;
    char name[WEIR_ADDRESS_TEXT_MAX]; /* of the peer, or else of the medium */
};

static void say_moved(const struct log *log, const char *what, const weir_trace_event *event) {
    weir_loop_log(log->loop, WEIR_LOG_INFO, "trace %s: %s %zu byte%s at %" PRIu64, log->name, what, event->size,
                  event->size == 1 ? "" : "s", event->offset);
}

static void say_over(const struct log *log, const weir_trace_event *event) {
    char text[320];
    if (event->reason) weir_error_format(event->reason, text, sizeof text);
    weir_loop_log(log->loop, WEIR_LOG_INFO, "trace %s: disconnected%s%s", log->name, event->reason ? ": " : "",
                  event->reason ? text : " in order");
}

static void traced(void *user, const weir_trace_event *event) {
    struct log *log = user;
    switch (event->kind) {
    case WEIR_TRACE_CONNECTED: weir_loop_log(log->loop, WEIR_LOG_INFO, "trace %s: connected", log->name); break;
    case WEIR_TRACE_RECEIVED: say_moved(log, "received", event); break;
    case WEIR_TRACE_SENT: say_moved(log, "sent", event); break;
    case WEIR_TRACE_PEER_ENDED: weir_loop_log(log->loop, WEIR_LOG_INFO, "trace %s: the peer ended", log->name); break;
    case WEIR_TRACE_ENDED: weir_loop_log(log->loop, WEIR_LOG_INFO, "trace %s: ended", log->name); break;
    case WEIR_TRACE_DISCONNECTED: say_over(log, event); break;
    }
}

static void freed(void *user) {
    struct log *log = user;
    weir_memory_free(&log->loop->memory, log, sizeof *log);
}

static void name_log(struct log *log, const weir_transport *below, const weir_endpoint *endpoint) {
    weir_transport_info info;
    weir_transport_info_get(below, &info);
    if (info.peer.family != WEIR_FAMILY_NONE && info.peer.length)
        weir_address_format(&info.peer, log->name, sizeof log->name);
    else
        snprintf(log->name, sizeof log->name, "%s", weir_endpoint_medium(endpoint));
}

int weir_layer_trace_wrap(weir_transport *below, const weir_endpoint *endpoint, const weir_protocol *protocol,
                          void *self, weir_transport **ret) {
    weir_loop *loop = weir_transport_loop(below);
    struct log *log = weir_memory_new(&loop->memory, sizeof *log);
    if (!log) return WEIR_ENOMEM;
    log->loop = loop;
    name_log(log, below, endpoint);
    const weir_trace_options options = {.traced = traced, .user = log, .freed = freed};
    int status = weir_trace_open(below, &options, protocol, self, ret);
    if (status < 0) weir_memory_free(&loop->memory, log, sizeof *log);
    return status;
}
