/* SPDX-License-Identifier: MIT
 *
 * Only regular files tell, and only what they hold now: one that grows meanwhile gives more, and the line that says how
 * long it will take has then been wrong. */
#include "extent.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* From where a regular file is read now. */
static uint64_t rest_of(int fd) {
    struct stat status;
    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) return 0;
    off_t at = lseek(fd, 0, SEEK_CUR);
    return at >= 0 && at < status.st_size ? (uint64_t)(status.st_size - at) : 0;
}

static uint64_t size_of(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
}

/* A file that is written gives nothing unless it says so. */
static bool is_read(const weir_endpoint *endpoint) {
    static const char *const writing[] = {"write", "append", "create", "truncate"};
    if (weir_endpoint_get(endpoint, NULL, "read")) return true;
    for (size_t i = 0; i < sizeof writing / sizeof *writing; i++)
        if (weir_endpoint_get(endpoint, NULL, writing[i])) return false;
    return true;
}

uint64_t extent_of(const weir_endpoint *endpoint) {
    if (weir_endpoint_is(endpoint, "stdio")) return rest_of(STDIN_FILENO);
    if (weir_endpoint_is(endpoint, "fd")) return rest_of((int)strtol(endpoint->path, NULL, 10));
    return weir_endpoint_is(endpoint, "file") && is_read(endpoint) ? size_of(endpoint->path) : 0;
}
