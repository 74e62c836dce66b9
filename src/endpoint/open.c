/* SPDX-License-Identifier: MIT
 *
 * Endpoints become listeners and transports here. */
#include <weir/endpoint.h>
#include <weir/fd.h>

#include "core/loop.h"

static weir_listen_options merged(const weir_endpoint *e, const weir_listen_options *options) {
    weir_listen_options o = options ? *options : (weir_listen_options){0};
    if (e->backlog) o.backlog = e->backlog;
    if (e->max_connections) o.max_connections = e->max_connections;
    if (e->reuse_port) o.reuse_port = true;
    if (e->ipv6_only) o.ipv6_only = true;
    return o;
}

static int serve_stdio(weir_loop *loop, const weir_listen_options *options, weir_accept_fn *accepted, void *user) {
    weir_transport *t;
    int status = weir_stdio_open(loop, options->limits, NULL, NULL, &t);
    if (status < 0) return status;
    accepted(t, user);
    return 0;
}

int weir_serve_endpoint(weir_loop *loop, const weir_endpoint *endpoint, const weir_listen_options *options,
                        weir_accept_fn *accepted, void *user, weir_listener **ret) {
    if (!loop || !endpoint || !accepted) return WEIR_EINVAL;
    weir_listen_options o = merged(endpoint, options);
    if (ret) *ret = NULL;
    if (endpoint->scheme == WEIR_SCHEME_STDIO) return serve_stdio(loop, &o, accepted, user);
    return weir_socket_listen(loop, &endpoint->address, &o, accepted, user, ret);
}

/* Parses, and keeps what is wrong for weir_report. */
static int parse(weir_loop *loop, const char *text, weir_endpoint *ret) {
    return loop ? weir_endpoint_parse(ret, text, &loop->last_error) : WEIR_EINVAL;
}

int weir_serve(weir_loop *loop, const char *endpoint, weir_accept_fn *accepted, void *user) {
    weir_endpoint e;
    int status = parse(loop, endpoint, &e);
    return status < 0 ? status : weir_serve_endpoint(loop, &e, NULL, accepted, user, NULL);
}

int weir_connect_endpoint(weir_loop *loop, const weir_endpoint *endpoint, const weir_connect_options *options,
                          const weir_protocol *protocol, void *self, weir_transport **ret) {
    if (!loop || !endpoint || !ret) return WEIR_EINVAL;
    if (endpoint->scheme == WEIR_SCHEME_STDIO)
        return weir_stdio_open(loop, options ? options->limits : NULL, protocol, self, ret);
    return weir_socket_connect(loop, &endpoint->address, options, protocol, self, ret);
}

int weir_connect(weir_loop *loop, const char *endpoint, const weir_protocol *protocol, void *self,
                 weir_transport **ret) {
    weir_endpoint e;
    int status = parse(loop, endpoint, &e);
    return status < 0 ? status : weir_connect_endpoint(loop, &e, NULL, protocol, self, ret);
}
