/* SPDX-License-Identifier: MIT
 *
 * A buffered reader of a plain descriptor, without a loop: read, read a line, read exactly. On a descriptor that does
 * not block each of them may say WEIR_EAGAIN, and then nothing is lost: what has come stays in the buffer, and the same
 * call goes on when more is there (poll tells). The memory is the caller's, and is the limit of a line.
 *
 *     char memory[4096];
 *     weir_reader r = {.fd = 0, .buffer = memory, .size = sizeof memory};
 *     while ((status = weir_reader_line(&r, &line, &n)) == 0) ...
 *
 * The descriptor stays yours, and its flags as they are. Interrupted calls are made again. After an end or a failure
 * the next call asks the system anew, so a file that grows and a terminal can be read on. One thread at a time.
 *
 * Requirements 129, 130 of docs/seeds.md: a sane buffered API over non-blocking I/O. */
#ifndef WEIR_READER_H
#define WEIR_READER_H

#include <weir/error.h>

WEIR_BEGIN

/* Yours; zero it and fill the first three. */
typedef struct weir_reader {
    int fd;
    void *buffer;
    size_t size;   /* of the buffer, at least 1 */
    size_t filled; /* bytes that an unfinished weir_reader_exactly has put into its caller's memory; 0: begin anew */
    int os_code;   /* the system's number of the last failure, or 0 */
    /* private */
    size_t begin, end, looked;
    uint64_t looked_for;
} weir_reader;

/* Reads between 1 and `n` bytes: what is buffered, else what one system call brings. Returns how many; WEIR_EEND at the
 * end; WEIR_EAGAIN; WEIR_EINVAL (also `n` zero); or what the read failed with. */
WEIR_API int64_t weir_reader_read(weir_reader *reader, void *bytes, size_t n);

/* Reads up to a delimiter, which is used up but not part of `*ret`. The bytes lie in the buffer and are valid until the
 * next call. Returns 0; WEIR_EEND at the end; WEIR_ETRUNCATED at an end without a delimiter before it, with the rest in
 * `*ret` and still to be read; WEIR_EMSGSIZE when the buffer is full without a delimiter (all of it can still be read);
 * WEIR_EAGAIN; WEIR_EINVAL; or what the read failed with. On failure `*ret` is untouched but for WEIR_ETRUNCATED. */
WEIR_API int weir_reader_chunk(weir_reader *reader, const void *delimiter, size_t delimiter_size, const char **ret,
                               size_t *ret_size);

/* The same with LF for a delimiter; a CR right before it is not part of the line either. */
WEIR_API int weir_reader_line(weir_reader *reader, const char **ret, size_t *ret_size);

/* Fills `bytes` with exactly `n`, more than the buffer holds if need be. Returns 0. After WEIR_EAGAIN call again with
 * the same arguments: `reader->filled` of them are there. At the end: WEIR_EEND if there were none, else
 * WEIR_ETRUNCATED. WEIR_EINVAL (`n` is less than that); or what the read failed with. */
WEIR_API int weir_reader_exactly(weir_reader *reader, void *bytes, size_t n);

WEIR_END

#endif
