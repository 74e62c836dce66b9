/* SPDX-License-Identifier: MIT
 *
 * The epoll backend's table. */
#ifndef WEIR_BACKEND_EPOLL_EPOLL_H
#define WEIR_BACKEND_EPOLL_EPOLL_H

#include "core/backend.h"

extern const struct weir_backend weir_backend_epoll;

#endif
