/* SPDX-License-Identifier: MIT
 *
 * errno -> WEIR_E.... A lost peer is one code, however the system says it: a write may meet EPIPE or ECONNRESET for the
 * same event, depending on who was faster. What a program could only look at as "try something else" shares a code too;
 * the system's own number travels beside it for those who want to know. */
#include <errno.h>

#include "sys/sys.h"

int weir_sys_error(int os_code) {
    switch (os_code) {
    case 0: return 0;
    case EAGAIN:
    case EINTR: return WEIR_EAGAIN;
    case EPIPE:
    case ECONNRESET:
    case ENETRESET:
    case ESHUTDOWN: return WEIR_ERESET;
    case ECONNREFUSED: return WEIR_EREFUSED;
    case ECONNABORTED:
    case EPROTO: return WEIR_EABORTED;
    case ETIMEDOUT: return WEIR_ETIMEDOUT;
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET: return WEIR_EUNREACH;
    case EADDRINUSE: return WEIR_EADDRINUSE;
    case EADDRNOTAVAIL: return WEIR_EADDRNOTAVAIL;
    case ENOTCONN: return WEIR_ENOTCONN;
    case EINPROGRESS:
    case EALREADY:
    case EISCONN: return WEIR_EALREADY;
    case EMFILE:
    case ENFILE: return WEIR_EMFILE;
    case ENOMEM:
    case ENOBUFS: return WEIR_ENOMEM;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return WEIR_ENOSPC;
    case EACCES:
    case EPERM:
    case EROFS: return WEIR_EACCES;
    case ENOENT:
    case ENOTDIR:
    case ENODEV:
    case ENXIO: return WEIR_ENOENT;
    case EEXIST: return WEIR_EEXIST;
    case ENAMETOOLONG: return WEIR_ENAMETOOLONG;
    case ENOSYS:
    case EOPNOTSUPP:
    case EAFNOSUPPORT:
    case EPFNOSUPPORT:
    case EPROTONOSUPPORT:
    case ESOCKTNOSUPPORT:
    case EPROTOTYPE:
    case ENOPROTOOPT:
    case ENOTSOCK:
    case ESPIPE: return WEIR_ENOTSUP;
    case ETXTBSY:
    case EBUSY: return WEIR_EBUSY;
    case ECANCELED: return WEIR_ECANCELED;
    case EIO: return WEIR_EIO;
    case EINVAL:
    case EBADF:
    case EISDIR:
    case ELOOP: return WEIR_EINVAL;
    default: return WEIR_EUNKNOWN;
    }
}

/* Errors of the connection that was to be accepted, not of the listener: it is gone, and the next one may be fine. */
int weir_sys_accept_error(int os_code) {
    switch (os_code) {
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENONET:
    case ENOPROTOOPT:
    case ETIMEDOUT:
    case ECONNRESET: return WEIR_EABORTED;
    default: return weir_sys_error(os_code);
    }
}
