/* SPDX-License-Identifier: MIT
 *
 * Words for what comes from outside as a descriptor or a path: whose it is, and what is wanted of it. */
#ifndef WEIR_HANDLE_H
#define WEIR_HANDLE_H

#include <weir/export.h>

WEIR_BEGIN

/* Whose a descriptor given to weir is. It must be said: there is no default. */
typedef enum weir_ownership {
    WEIR_TAKE = 1, /* weir's from now on, also when the call fails, but for WEIR_EINVAL; its flags may change */
    WEIR_BORROW,   /* yours: never closed by weir, its flags never changed, given back with nothing of it in flight */
    WEIR_DUP       /* yours, and weir works on a duplicate; flags are common to both, and so never changed */
} weir_ownership;

/* How a file is opened. WEIR_FILE_READ or WEIR_FILE_WRITE or both; the others go with WEIR_FILE_WRITE. */
typedef enum weir_file_flags {
    WEIR_FILE_READ = 1,
    WEIR_FILE_WRITE = 2,
    WEIR_FILE_APPEND = 4,    /* every write goes to the end as it then is */
    WEIR_FILE_CREATE = 8,    /* made when it is not there, for its owner and group to write and all to read */
    WEIR_FILE_TRUNCATE = 16, /* emptied when opened */
    WEIR_FILE_EXCLUSIVE = 32 /* WEIR_EEXIST when it is there already; with WEIR_FILE_CREATE */
} weir_file_flags;

WEIR_END

#endif
