/* SPDX-License-Identifier: MIT
 *
 * Where a scene keeps files: in a folder for temporary files of the real system, or in the memory of the simulated
 * host. What it put there it removes. */
#ifndef SUPPORT_STORE_H
#define SUPPORT_STORE_H

#include "support/scene.h"

#define STORE_PATH 64

/* A path that nothing has yet. */
void store_path(char path[STORE_PATH]);

/* Makes a file of `n` bytes: of these, or of the pattern. */
void store_put_bytes(struct scene *s, const char *path, const void *bytes, size_t n);
void store_put(struct scene *s, const char *path, size_t n);

/* Checks that the file is the first `n` bytes of the pattern. */
void store_expect(struct scene *s, const char *path, size_t n);

/* Copies up to `n` bytes. Returns the size of the file, or -1 when there is none. */
int64_t store_get(struct scene *s, const char *path, void *bytes, size_t n);

/* Leaves less than 64 KiB on the simulated disk. On a real system there is /dev/full. */
void store_fill(struct scene *s);

void store_remove(struct scene *s, const char *path);

#endif
