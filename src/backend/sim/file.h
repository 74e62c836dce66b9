/* SPDX-License-Identifier: MIT
 *
 * Files of a host: bytes under a path, and nothing of the real file system. Paths are names as they are written; there
 * are no directories, and what a file says it holds is held from then on: nothing waits in a cache.
 *
 * A handle of a file is a socket of the port (port.h) that has a file instead of a connection. Each has a position of
 * its own, as an open file description has. A host's files are bounded in bytes and in number. */
#ifndef WEIR_SIM_FILE_H
#define WEIR_SIM_FILE_H

#include "backend/sim/port.h"

#define WEIR_SIM_FILES_MOST 4096
#define WEIR_SIM_PATH_MOST 4095

struct weir_sim_file {
    struct weir_sim_file *next; /* of the host */
    uint8_t *bytes;
    size_t size, capacity;
    unsigned faults;    /* enum weir_sim_fault bits */
    size_t path_length; /* without the final zero */
    char path[];
};

/* OPEN, SIZE, SYNC and FINISH. The first makes a handle; the last gives `socket` up, which may be no file at all. */
int weir_sim_file_open(struct weir_sim_port *port, struct weir_call *call);
int weir_sim_file_size(struct weir_sim_socket *socket, struct weir_call *call);
int weir_sim_file_sync(struct weir_sim_socket *socket);
int weir_sim_file_finish(struct weir_sim_socket *socket, bool reset);

/* The bytes moved, or what it failed with. */
int64_t weir_sim_file_read(struct weir_sim_socket *socket, const struct weir_piece *piece);
int64_t weir_sim_file_write(struct weir_sim_socket *socket, const struct weir_piece *piece);

void weir_sim_files_free(weir_sim_host *host);

#endif
