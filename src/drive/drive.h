/* SPDX-License-Identifier: MIT
 *
 * What both drives are: a private loop on a system of one stream, and one transport in it, by the driver of sockets.
 * The driver is copied so that the drive learns when its transport is freed, and with what; whoever had the protocol
 * at that time. */
#ifndef WEIR_DRIVE_DRIVE_H
#define WEIR_DRIVE_DRIVE_H

#include <weir/drive.h>

#include "transport/socket.h"

struct weir_drive {
    struct weir_driver driver; /* first */
    weir_loop *loop;
    weir_transport *t; /* NULL when it is gone, and then: */
    int code;          /* what it was lost with */
    bool finished;     /* its end-of-stream was sent */
};

/* Opens the transport in `loop`, with those of enum weir_driver_caps that it has. As weir_socket_adopt. */
int weir_drive_start(struct weir_drive *d, weir_loop *loop, const char *name, unsigned caps,
                     const weir_protocol *protocol, void *self);

/* One tick. */
int weir_drive_tick(struct weir_drive *d);

#endif
