/* SPDX-License-Identifier: MIT
 *
 * Endpoints: strings that name a transport. One grammar for the C interface, the tool and configuration:
 *
 *   tcp://127.0.0.1:7000   tcp://[::1]:7000   tcp://localhost:7000   unix:/run/x   unix:@abstract   stdio:
 *
 * then `?name=value&name=value` options: `backlog=N`, `reuseport`, `ipv6only`, `max=N` (connections) where it listens.
 * Numbers are strict; %XX stands for a byte. Names other than localhost are not resolved. What is wrong is told with
 * the nearest spelling. */
#ifndef WEIR_ENDPOINT_H
#define WEIR_ENDPOINT_H

#include <weir/socket.h>

WEIR_BEGIN

typedef enum weir_scheme { WEIR_SCHEME_TCP, WEIR_SCHEME_UNIX, WEIR_SCHEME_STDIO } weir_scheme;

/* A parsed endpoint; fill it yourself to build one without pasting strings. */
typedef struct weir_endpoint {
    weir_scheme scheme;
    weir_address address;   /* unused for stdio */
    int backlog;            /* 0: not said */
    size_t max_connections; /* 0: not said */
    bool reuse_port, ipv6_only;
} weir_endpoint;

/* Parses `text`. 0, or WEIR_EINVAL / WEIR_ENOTSUP / WEIR_ENAMETOOLONG with stage, text and hint in `*error` (may be
 * NULL). Any thread. */
WEIR_API int weir_endpoint_parse(weir_endpoint *ret, const char *text, weir_error *error);

/* The canonical text; parsing it gives the same endpoint. Cut to `size` with a final zero. Returns `text`. */
WEIR_API const char *weir_endpoint_format(const weir_endpoint *endpoint, char *text, size_t size);

#define WEIR_ENDPOINT_TEXT_MAX 512

/* Listens on `endpoint`; `accepted` gives each transport a protocol. For stdio: one transport, at once. Returns 0 and
 * the listener lives until the loop's end, or WEIR_E..., which `weir_report` prints. */
WEIR_API int weir_serve(weir_loop *loop, const char *endpoint, weir_accept_fn *accepted, void *user);

/* The same with a handle to it: `*ret` (may be NULL) is the listener, NULL for stdio. `options` (may be NULL) hold where
 * the endpoint says nothing else. */
WEIR_API int weir_serve_endpoint(weir_loop *loop, const weir_endpoint *endpoint, const weir_listen_options *options,
                                 weir_accept_fn *accepted, void *user, weir_listener **ret);

/* Connects to `endpoint` (stdio: opens it). As `weir_socket_connect`. */
WEIR_API int weir_connect(weir_loop *loop, const char *endpoint, const weir_protocol *protocol, void *self,
                          weir_transport **ret);
WEIR_API int weir_connect_endpoint(weir_loop *loop, const weir_endpoint *endpoint, const weir_connect_options *options,
                                   const weir_protocol *protocol, void *self, weir_transport **ret);

WEIR_END

#endif
