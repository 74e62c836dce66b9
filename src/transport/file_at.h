/* SPDX-License-Identifier: MIT
 *
 * What weir_file and weir_file_op are inside, for those that stand on them. */
#ifndef WEIR_TRANSPORT_FILE_AT_H
#define WEIR_TRANSPORT_FILE_AT_H

#include <weir/file.h>

#include "core/loop.h"

/* The loop of an open file; NULL when it is not open. */
weir_loop *weir_file_loop(const weir_file *file);

#endif
