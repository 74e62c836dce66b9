/* SPDX-License-Identifier: MIT
 *
 * One block: the ring that the kernel reads, on a page border, then the buffers. */
#include "backend/io_uring/buffers.h"

#include <unistd.h>

static size_t page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }

/* Rounded up to whole pages. */
static size_t ring_size(const struct weir_buffers *b) {
    return (b->count * sizeof(struct io_uring_buf) + page_size() - 1) / page_size() * page_size();
}

bool weir_buffers_open(struct weir_buffers *b, struct weir_memory *memory, uint32_t count) {
    *b = (struct weir_buffers){.memory = memory, .count = count};
    b->block_size = page_size() - 1 + ring_size(b) + (count + 1) * WEIR_BUFFER_SIZE;
    b->block = weir_memory_resize(memory, NULL, 0, b->block_size);
    if (!b->block) return false;
    uintptr_t start = ((uintptr_t)b->block + page_size() - 1) / page_size() * page_size();
    b->ring = (struct io_uring_buf_ring *)start;
    b->bytes = (uint8_t *)start + ring_size(b);
    return true;
}

void weir_buffers_close(struct weir_buffers *b) {
    weir_memory_free(b->memory, b->scratch, WEIR_SCRATCH_SIZE);
    weir_memory_free(b->memory, b->block, b->block_size);
}

int weir_buffers_register(struct weir_buffers *b, struct weir_ring *ring) {
    struct io_uring_buf_reg reg = {
        .ring_addr = (uint64_t)(uintptr_t)b->ring, .ring_entries = b->count, .bgid = WEIR_BUFFER_GROUP};
    int status = io_uring_register_buf_ring(&ring->io, &reg, 0);
    if (status < 0) return status;
    io_uring_buf_ring_init(b->ring);
    for (uint32_t id = 0; id < b->count; id++)
        weir_buffer_give(b, (uint16_t)id);
    return 0;
}

void weir_buffers_unregister(struct weir_ring *ring) { io_uring_unregister_buf_ring(&ring->io, WEIR_BUFFER_GROUP); }

uint8_t *weir_buffers_scratch(struct weir_buffers *b, size_t *ret_size) {
    if (!b->scratch) b->scratch = weir_memory_resize(b->memory, NULL, 0, WEIR_SCRATCH_SIZE);
    *ret_size = b->scratch ? WEIR_SCRATCH_SIZE : WEIR_BUFFER_SIZE;
    return b->scratch ? b->scratch : weir_buffer(b, (uint16_t)b->count);
}
