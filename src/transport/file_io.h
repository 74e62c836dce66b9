/* SPDX-License-Identifier: MIT
 *
 * Files under a transport: one read and one write in flight, each by READ_AT and WRITE_AT of the port, which never
 * block the loop. What holds one of these is a driver; it decides what to do when both have ended. */
#ifndef WEIR_TRANSPORT_FILE_IO_H
#define WEIR_TRANSPORT_FILE_IO_H

#include "transport/base.h"

struct weir_file_side {
    struct weir_port_op op;
    struct weir_piece piece;
    struct weir_segment *block; /* read into, or gathered for writing, while the op is active; else NULL */
    weir_transport *t;
    void (*ended)(weir_transport *t); /* the op of a dropped transport has ended */
};

/* Both sides over `handle`, from `offset`: 0, or WEIR_FILE_END for the file's own position or its end. */
void weir_file_reader_init(struct weir_file_side *reader, weir_transport *t, void (*ended)(weir_transport *t));
void weir_file_writer_init(struct weir_file_side *writer, weir_transport *t, void (*ended)(weir_transport *t));
void weir_file_side_open(struct weir_file_side *side, weir_handle handle, uint64_t offset);

/* As the slots of a driver. */
int weir_file_receive(struct weir_file_side *reader, bool on);
int64_t weir_file_send(struct weir_file_side *writer, const struct weir_segment *chain, bool now);
void weir_file_stop(struct weir_file_side *side);

/* Gives the block back, whatever the op does: in a forked child. */
void weir_file_side_fini(struct weir_file_side *side);

/* A file that was lent goes back by what nobody used of it. */
void weir_file_unused(struct weir_file_side *reader, size_t n);

/* A transport over an adopted file, open, whose handle is given away when this succeeds. */
int weir_file_adopt(struct weir_scope *scope, weir_handle handle, weir_ownership owner, size_t adopted,
                    const weir_protocol *protocol, void *self, weir_transport **ret);

#endif
