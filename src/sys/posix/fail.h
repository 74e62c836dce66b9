/* SPDX-License-Identifier: MIT
 *
 * How a function of this folder fails: the system's number to the caller, its meaning as the result. */
#ifndef WEIR_SYS_POSIX_FAIL_H
#define WEIR_SYS_POSIX_FAIL_H

#include <errno.h>

#include "sys/sys.h"

static inline int weir_sys_fail_with(int error, int *os_code) {
    *os_code = error;
    return weir_sys_error(error);
}

static inline int weir_sys_fail(int *os_code) { return weir_sys_fail_with(errno, os_code); }

#endif
