/* SPDX-License-Identifier: MIT
 *
 * Errors. A function that can fail returns an int: zero or a count when it worked, one of the negative codes below
 * when it did not. A callback that tells of a failure receives a `weir_error`, which adds where it happened and to
 * whom. The numbers are weir's own and the same on every platform; the operating system's number travels beside them.
 *
 * Every function here may be called from any thread and from any callback, and allocates nothing. */
#ifndef WEIR_ERROR_H
#define WEIR_ERROR_H

#include <weir/export.h>

WEIR_BEGIN

/* name, value, text. Values never change once released. */
#define WEIR_ERROR_LIST(X)                                                                                             \
    X(WEIR_EINVAL, -1, "invalid argument")                                                                             \
    X(WEIR_ENOMEM, -2, "out of memory")                                                                                \
    X(WEIR_ENOTSUP, -3, "not supported here")                                                                          \
    X(WEIR_EBUSY, -4, "busy")                                                                                          \
    X(WEIR_ECLOSED, -5, "closed")                                                                                      \
    X(WEIR_EALREADY, -6, "already under way")                                                                          \
    X(WEIR_ECANCELED, -7, "cancelled")                                                                                 \
    X(WEIR_ETIMEDOUT, -8, "timed out")                                                                                 \
    X(WEIR_EREFUSED, -9, "refused")                                                                                    \
    X(WEIR_ERESET, -10, "reset by the peer")                                                                           \
    X(WEIR_ETRUNCATED, -11, "ended in the middle of a message")                                                        \
    X(WEIR_EMSGSIZE, -12, "larger than the limit")                                                                     \
    X(WEIR_ENOBUFS, -13, "write queue full")                                                                           \
    X(WEIR_EBUDGET, -14, "memory budget exhausted")                                                                    \
    X(WEIR_ENOSPC, -15, "no space left on the device")                                                                 \
    X(WEIR_EIO, -16, "input/output error")                                                                             \
    X(WEIR_EADDRINUSE, -17, "address in use")                                                                          \
    X(WEIR_EADDRNOTAVAIL, -18, "address not available")                                                                \
    X(WEIR_EACCES, -19, "permission denied")                                                                           \
    X(WEIR_ENOENT, -20, "no such file or address")                                                                     \
    X(WEIR_EEXIST, -21, "already exists")                                                                              \
    X(WEIR_EMFILE, -22, "too many open files")                                                                         \
    X(WEIR_EUNREACH, -23, "unreachable")                                                                               \
    X(WEIR_ENAMETOOLONG, -24, "name too long")                                                                         \
    X(WEIR_ENOTCONN, -25, "not connected")                                                                             \
    X(WEIR_EAGAIN, -26, "not now")                                                                                     \
    X(WEIR_EEND, -27, "end of stream")                                                                                 \
    X(WEIR_ESTALLED, -28, "nothing left that could happen")                                                            \
    X(WEIR_EFORKED, -29, "this loop belongs to the parent process")                                                    \
    X(WEIR_EABORTED, -30, "connection aborted before it was accepted")                                                 \
    X(WEIR_EUNKNOWN, -31, "unknown error")                                                                             \
    X(WEIR_EPROTO, -32, "not as the protocol demands")

enum weir_error_code {
#define WEIR_ERROR_ENUM(name, value, text) name = (value),
    WEIR_ERROR_LIST(WEIR_ERROR_ENUM)
#undef WEIR_ERROR_ENUM
};

/* Where in the life of an operation a failure happened. */
#define WEIR_STAGE_LIST(X)                                                                                             \
    X(WEIR_STAGE_NONE, "")                                                                                             \
    X(WEIR_STAGE_OPEN, "open")                                                                                         \
    X(WEIR_STAGE_PARSE, "parse")                                                                                       \
    X(WEIR_STAGE_LISTEN, "listen")                                                                                     \
    X(WEIR_STAGE_ACCEPT, "accept")                                                                                     \
    X(WEIR_STAGE_RESOLVE, "resolve")                                                                                   \
    X(WEIR_STAGE_CONNECT, "connect")                                                                                   \
    X(WEIR_STAGE_HANDSHAKE, "handshake")                                                                               \
    X(WEIR_STAGE_READ, "read")                                                                                         \
    X(WEIR_STAGE_WRITE, "write")                                                                                       \
    X(WEIR_STAGE_CLOSE, "close")

typedef enum weir_stage {
#define WEIR_STAGE_ENUM(name, text) name,
    WEIR_STAGE_LIST(WEIR_STAGE_ENUM)
#undef WEIR_STAGE_ENUM
} weir_stage;

/* A failure with its circumstances. Valid only during the callback that receives it; copy it to keep it. */
typedef struct weir_error {
    int code;         /* WEIR_E... */
    weir_stage stage; /* where it happened */
    int os_code;      /* errno or the like, 0 when the failure is weir's own */
    uint64_t unsent;  /* bytes accepted by a write that did not reach the peer as far as the platform can tell */
    char peer[128];   /* whom it concerns, e.g. "127.0.0.1:25", or empty */
    char hint[128];   /* what to do about it, or empty */
} weir_error;

/* "WEIR_EREFUSED" and "refused". Any number is taken; an unknown one is told as such. Static strings. */
WEIR_API const char *weir_error_name(int code);
WEIR_API const char *weir_error_text(int code);

/* "connect". A static string, empty for WEIR_STAGE_NONE. */
WEIR_API const char *weir_stage_name(weir_stage stage);

/* Writes "connect 127.0.0.1:25: refused" (with unsent bytes, the system's own text where it says more, and the hint)
 * into `text`, cut to `size` bytes with a final zero. Returns `text`. `error` may be NULL: "ended". */
WEIR_API const char *weir_error_format(const weir_error *error, char *text, size_t size);

WEIR_END

#endif
