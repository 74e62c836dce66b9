/* SPDX-License-Identifier: MIT
 *
 * Which flags for opening a file make sense together; every backend and the transports refuse the others alike. */
#ifndef WEIR_BASE_FILE_FLAGS_H
#define WEIR_BASE_FILE_FLAGS_H

#include <weir/handle.h>

static inline bool weir_file_flags_valid(unsigned flags) {
    const unsigned writing = WEIR_FILE_APPEND | WEIR_FILE_CREATE | WEIR_FILE_TRUNCATE | WEIR_FILE_EXCLUSIVE;
    if (flags & ~(writing | WEIR_FILE_READ | WEIR_FILE_WRITE)) return false;
    if (!(flags & (WEIR_FILE_READ | WEIR_FILE_WRITE))) return false;
    if ((flags & writing) && !(flags & WEIR_FILE_WRITE)) return false;
    return !(flags & WEIR_FILE_EXCLUSIVE) || (flags & WEIR_FILE_CREATE);
}

#endif
