/* SPDX-License-Identifier: MIT
 *
 * The layer that tells what passes, and lets it pass. Received bytes are told as below has drawn them, before the
 * program sees them; sent ones when below has taken them, so that what is told was not dropped above. */
#include "layer/layer.h"

struct trace {
    struct weir_layer layer;
    weir_trace_options options;
    uint64_t received, sent;
};

static struct trace *trace_of(struct weir_layer *l) { return (struct trace *)(void *)l; }

static void tell(struct weir_layer *l, weir_trace_event event) {
    struct trace *trace = trace_of(l);
    event.at_ns = loop_of(&l->base)->now_ns;
    trace->options.traced(trace->options.user, &event);
}

static void begin(struct weir_layer *l) {
    tell(l, (weir_trace_event){.kind = WEIR_TRACE_CONNECTED});
    weir_layer_up(l);
}

static int64_t in(struct weir_layer *l, const uint8_t *bytes, size_t n) {
    struct trace *trace = trace_of(l);
    tell(l, (weir_trace_event){.kind = WEIR_TRACE_RECEIVED, .offset = trace->received, .bytes = bytes, .size = n});
    trace->received += n;
    weir_layer_deliver(l, bytes, n);
    return (int64_t)n;
}

static int64_t out(struct weir_layer *l, const uint8_t *bytes, size_t n) {
    struct trace *trace = trace_of(l);
    int64_t taken = weir_layer_pass(l, bytes, n);
    if (taken <= 0) return taken;
    size_t size = (size_t)taken;
    tell(l, (weir_trace_event){.kind = WEIR_TRACE_SENT, .offset = trace->sent, .bytes = bytes, .size = size});
    trace->sent += size;
    return taken;
}

static int finish(struct weir_layer *l) {
    tell(l, (weir_trace_event){.kind = WEIR_TRACE_ENDED, .offset = trace_of(l)->sent});
    return weir_layer_end_below(l);
}

static int ended(struct weir_layer *l) {
    tell(l, (weir_trace_event){.kind = WEIR_TRACE_PEER_ENDED, .offset = trace_of(l)->received});
    return 0;
}

static void gone(struct weir_layer *l, const weir_error *reason) {
    tell(l, (weir_trace_event){.kind = WEIR_TRACE_DISCONNECTED, .offset = trace_of(l)->received, .reason = reason});
}

static void fini(struct weir_layer *l) {
    const weir_trace_options *options = &trace_of(l)->options;
    if (options->freed) options->freed(options->user);
}

static const struct weir_layer_kind kind = {
    .driver = WEIR_LAYER_DRIVER("trace", struct trace, 0),
    .ways = WEIR_LAYER_PLAIN,
    .begin = begin,
    .in = in,
    .out = out,
    .finish = finish,
    .ended = ended,
    .gone = gone,
    .fini = fini,
};

int weir_trace_open(weir_transport *below, const weir_trace_options *options, const weir_protocol *protocol, void *self,
                    weir_transport **above) {
    struct weir_layer *l;
    if (!options || !options->traced || !above) return WEIR_EINVAL;
    int status = weir_layer_open(&kind, below, NULL, protocol, self, &l);
    if (status < 0) return status;
    trace_of(l)->options = *options;
    *above = &l->base;
    return 0;
}
