/* SPDX-License-Identifier: MIT
 *
 * The front door: everything public but the simulator (weir/sim.h). */
#ifndef WEIR_WEIR_H
#define WEIR_WEIR_H

#include <weir/address.h>
#include <weir/alloc.h>
#include <weir/endpoint.h>
#include <weir/error.h>
#include <weir/export.h>
#include <weir/fd.h>
#include <weir/handle.h>
#include <weir/limits.h>
#include <weir/loop.h>
#include <weir/mem.h>
#include <weir/op.h>
#include <weir/pipe.h>
#include <weir/protocol.h>
#include <weir/socket.h>
#include <weir/timer.h>
#include <weir/transport.h>

#endif
