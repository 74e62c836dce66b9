/* SPDX-License-Identifier: MIT
 *
 * What opens the media and layers of the registry. */
#ifndef WEIR_ENDPOINT_MEDIA_H
#define WEIR_ENDPOINT_MEDIA_H

#include "endpoint/registry.h"

weir_medium_listen_fn weir_medium_socket_listen, weir_medium_mem_listen, weir_medium_systemd_listen;
weir_medium_connect_fn weir_medium_socket_connect, weir_medium_mem_connect, weir_medium_stdio_open, weir_medium_fd_open,
    weir_medium_file_open, weir_medium_null_open;
weir_layer_wrap_fn weir_layer_throttle_wrap, weir_layer_trace_wrap;

/* Whether the options go together. */
int weir_medium_fd_check(const weir_endpoint *endpoint, weir_error *error);
int weir_medium_file_check(const weir_endpoint *endpoint, weir_error *error);
int weir_layer_throttle_check(const weir_endpoint *endpoint, weir_error *error);

#endif
