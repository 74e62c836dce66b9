/* SPDX-License-Identifier: MIT
 *
 * Provided buffers: the kernel draws one for a multishot receive only when bytes are there, so an idle connection
 * holds none. One group; all of it together is about as large as a second-level cache, because a ring hands its
 * buffers out in turn and so walks through all of its memory.
 *
 * Beside the ring stand one spare buffer and one large scratch buffer for plain receives, each used by one receive at
 * a time. The scratch buffer is taken at its first use; without memory for it the spare one serves. */
#ifndef WEIR_BACKEND_IO_URING_BUFFERS_H
#define WEIR_BACKEND_IO_URING_BUFFERS_H

#include <weir/limits.h>

#include "backend/io_uring/ring.h"
#include "base/memory.h"

#define WEIR_BUFFER_SIZE ((size_t)4096)
#define WEIR_BUFFER_GROUP 0
#define WEIR_SCRATCH_SIZE WEIR_DELIVERY_MAX

struct weir_buffers {
    struct weir_memory *memory;
    struct io_uring_buf_ring *ring;
    uint8_t *bytes; /* `count` buffers and the spare one */
    void *block;    /* behind both */
    size_t block_size;
    uint8_t *scratch;
    uint32_t count;
};

/* Takes memory for `count` buffers, a power of two. False without memory. */
bool weir_buffers_open(struct weir_buffers *b, struct weir_memory *memory, uint32_t count);
void weir_buffers_close(struct weir_buffers *b);

/* Gives all of them to a ring, or takes them back. 0 or -errno. */
int weir_buffers_register(struct weir_buffers *b, struct weir_ring *ring);
void weir_buffers_unregister(struct weir_ring *ring);

/* Room for one plain receive, and its size. */
uint8_t *weir_buffers_scratch(struct weir_buffers *b, size_t *ret_size);

static inline uint8_t *weir_buffer(const struct weir_buffers *b, uint16_t id) {
    return b->bytes + id * WEIR_BUFFER_SIZE;
}

static inline void weir_buffer_give(struct weir_buffers *b, uint16_t id) {
    io_uring_buf_ring_add(b->ring, weir_buffer(b, id), WEIR_BUFFER_SIZE, id, (int)b->count - 1, 0);
    io_uring_buf_ring_advance(b->ring, 1);
}

/* The buffer that a completion carries, if it does. */
static inline bool weir_buffer_in(const struct io_uring_cqe *cqe, uint16_t *ret_id) {
    *ret_id = (uint16_t)(cqe->flags >> IORING_CQE_BUFFER_SHIFT);
    return (cqe->flags & IORING_CQE_F_BUFFER) != 0;
}

#endif
