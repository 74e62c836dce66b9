/* SPDX-License-Identifier: MIT
 *
 * The front door: everything public but the simulator (weir/sim.h). */
#ifndef WEIR_WEIR_H
#define WEIR_WEIR_H

#include <weir/address.h>
#include <weir/alloc.h>
#include <weir/chunk.h>
#include <weir/drain.h>
#include <weir/drive.h>
#include <weir/endpoint.h>
#include <weir/error.h>
#include <weir/export.h>
#include <weir/fd.h>
#include <weir/file.h>
#include <weir/framing.h>
#include <weir/handle.h>
#include <weir/handover.h>
#include <weir/layer.h>
#include <weir/length.h>
#include <weir/limits.h>
#include <weir/line.h>
#include <weir/loop.h>
#include <weir/mem.h>
#include <weir/netstring.h>
#include <weir/op.h>
#include <weir/pipe.h>
#include <weir/produce.h>
#include <weir/protocol.h>
#include <weir/reader.h>
#include <weir/socket.h>
#include <weir/timer.h>
#include <weir/transport.h>
#include <weir/work.h>
#include <weir/workers.h>

#endif
