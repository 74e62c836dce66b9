/* SPDX-License-Identifier: MIT
 *
 * Opening the media: an endpoint's address and options become the arguments of the functions that do it. Options that
 * all media share are in the limits they are given. */
#include "endpoint/media.h"

#include <weir/fd.h>
#include <weir/file.h>
#include <weir/mem.h>

#include "endpoint/refuse.h"

static bool has(const weir_endpoint *endpoint, const char *flag) { return weir_endpoint_get(endpoint, NULL, flag); }

/* ---- sockets and memory ------------------------------------------------------------------------------------------ */

int weir_medium_socket_listen(weir_loop *loop, const weir_endpoint *endpoint, const weir_listen_options *options,
                              weir_accept_fn *accepted, void *user, weir_listener **ret) {
    weir_address address;
    int status = weir_endpoint_address(endpoint, &address);
    return status < 0 ? status : weir_socket_listen(loop, &address, options, accepted, user, ret);
}

int weir_medium_socket_connect(weir_loop *loop, const weir_endpoint *endpoint, const weir_connect_options *options,
                               const weir_protocol *protocol, void *self, weir_transport **ret) {
    weir_address address;
    int status = weir_endpoint_address(endpoint, &address);
    return status < 0 ? status : weir_socket_connect(loop, &address, options, protocol, self, ret);
}

int weir_medium_mem_listen(weir_loop *loop, const weir_endpoint *endpoint, const weir_listen_options *options,
                           weir_accept_fn *accepted, void *user, weir_listener **ret) {
    return weir_mem_listen(loop, endpoint->path, options, accepted, user, ret);
}

int weir_medium_mem_connect(weir_loop *loop, const weir_endpoint *endpoint, const weir_connect_options *options,
                            const weir_protocol *protocol, void *self, weir_transport **ret) {
    return weir_mem_connect(loop, endpoint->path, options, protocol, self, ret);
}

int weir_medium_systemd_listen(weir_loop *loop, const weir_endpoint *endpoint, const weir_listen_options *options,
                               weir_accept_fn *accepted, void *user, weir_listener **ret) {
    return weir_systemd_listen(loop, endpoint->path, options, accepted, user, ret);
}

/* ---- what is there once ------------------------------------------------------------------------------------------ */

int weir_medium_stdio_open(weir_loop *loop, const weir_endpoint *endpoint, const weir_connect_options *options,
                           const weir_protocol *protocol, void *self, weir_transport **ret) {
    (void)endpoint;
    return weir_stdio_open(loop, options->limits, protocol, self, ret);
}

int weir_medium_null_open(weir_loop *loop, const weir_endpoint *endpoint, const weir_connect_options *options,
                          const weir_protocol *protocol, void *self, weir_transport **ret) {
    (void)endpoint;
    return weir_null_open(loop, options->limits, protocol, self, ret);
}

int weir_medium_fd_check(const weir_endpoint *endpoint, weir_error *error) {
    int owners = has(endpoint, "take") + has(endpoint, "borrow") + has(endpoint, "dup");
    if (owners == 1) return 0;
    return weir_refuse(error, WEIR_EINVAL,
                       owners ? "take, borrow and dup exclude each other"
                              : "whose is the descriptor? add ?take, ?borrow or ?dup");
}

int weir_medium_fd_open(weir_loop *loop, const weir_endpoint *endpoint, const weir_connect_options *options,
                        const weir_protocol *protocol, void *self, weir_transport **ret) {
    weir_ownership owner = has(endpoint, "take") ? WEIR_TAKE : has(endpoint, "borrow") ? WEIR_BORROW : WEIR_DUP;
    int fd = 0;
    for (const char *digit = endpoint->path; *digit; digit++)
        fd = fd * 10 + (*digit - '0');
    return weir_fd_open(loop, fd, owner, options->limits, protocol, self, ret);
}

/* Any of the words that ask for writing. */
static bool writes(const weir_endpoint *endpoint) {
    return has(endpoint, "write") || has(endpoint, "append") || has(endpoint, "create");
}

int weir_medium_file_check(const weir_endpoint *endpoint, weir_error *error) {
    if (has(endpoint, "truncate") && !writes(endpoint))
        return weir_refuse(error, WEIR_EINVAL, "truncate goes with write or create");
    if (has(endpoint, "truncate") && has(endpoint, "append"))
        return weir_refuse(error, WEIR_EINVAL, "truncate and append exclude each other");
    if (has(endpoint, "exclusive") && !has(endpoint, "create"))
        return weir_refuse(error, WEIR_EINVAL, "exclusive goes with create");
    return 0;
}

int weir_medium_file_open(weir_loop *loop, const weir_endpoint *endpoint, const weir_connect_options *options,
                          const weir_protocol *protocol, void *self, weir_transport **ret) {
    unsigned flags = writes(endpoint) ? WEIR_FILE_WRITE : WEIR_FILE_READ;
    if (has(endpoint, "read")) flags |= WEIR_FILE_READ;
    if (has(endpoint, "append")) flags |= WEIR_FILE_APPEND;
    if (has(endpoint, "create")) flags |= WEIR_FILE_CREATE;
    if (has(endpoint, "truncate")) flags |= WEIR_FILE_TRUNCATE;
    if (has(endpoint, "exclusive")) flags |= WEIR_FILE_EXCLUSIVE;
    return weir_file_open(loop, endpoint->path, flags, options->limits, protocol, self, ret);
}
