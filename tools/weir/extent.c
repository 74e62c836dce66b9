/* SPDX-License-Identifier: MIT
 *
 * Only regular files tell, and only what they hold now: one that grows meanwhile gives more, and the line that says how
 * long it will take has then been wrong. */
#include "extent.h"

#include <sys/stat.h>
#include <unistd.h>

/* From where a regular file is read now. */
static uint64_t rest_of(int fd) {
    struct stat status;
    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) return 0;
    off_t at = lseek(fd, 0, SEEK_CUR);
    return at >= 0 && at < status.st_size ? (uint64_t)(status.st_size - at) : 0;
}

uint64_t extent_of(const weir_endpoint *endpoint) {
    return endpoint->scheme == WEIR_SCHEME_STDIO ? rest_of(STDIN_FILENO) : 0;
}
