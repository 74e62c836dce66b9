/* SPDX-License-Identifier: MIT
 *
 * A real file with contents that do not repeat, and its SHA-256. */
#ifndef TOOL_SAMPLE_H
#define TOOL_SAMPLE_H

#include "hash.h"

#include <stdint.h>

struct sample {
    int fd;
    uint64_t bytes;
    unsigned char digest[HASH_SIZE];
};

/* Makes one of `bytes` bytes below $TMPDIR (/tmp). It has no name any more, so that nothing is left behind however the
 * program ends. False, with a message, when it cannot. */
bool sample_open(struct sample *ret, uint64_t bytes, bool quiet);

void sample_close(struct sample *sample);

#endif
