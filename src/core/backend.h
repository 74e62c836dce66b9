/* SPDX-License-Identifier: MIT
 *
 * The port: an operating system as a loop sees it. Above it nothing makes a system call or reads a clock; below it
 * nothing knows of transports. Three kinds of system answer it: completion (io_uring), readiness (epoll, through
 * backend/ready/), and a simulated one.
 *
 * A backend is a const table of functions over a state that begins with `struct weir_backend_state`. Slots are called
 * on the loop's thread, except `wake`. No slot calls back into the loop, except `turn` through `env->tick`.
 *
 * Life of a port op. The owner fills kind, handle, arguments and `done`, and submits. From then until the completion
 * that says `last`, the op is the backend's: it must not move, and what it points to (segments, bytes) must live. A
 * completion never comes from inside submit or cancel, only from `next`. Cancel is a request: the op still ends by a
 * completion, with WEIR_ECANCELED or with what it had come to already; no byte that was moved goes unreported. A
 * submit that fails leaves everything as before. A cancel and a close need no memory. */
#ifndef WEIR_CORE_BACKEND_H
#define WEIR_CORE_BACKEND_H

#include <weir/address.h>
#include <weir/handle.h>
#include <weir/loop.h>

#include "base/memory.h"
#include "base/segment.h"

struct weir_completion;
struct weir_port_op;

/* A descriptor, a SOCKET, a HANDLE or a simulated number, with whatever else the backend wants to know at once. */
typedef int64_t weir_handle;
#define WEIR_NO_HANDLE ((weir_handle)-1)

enum weir_port_kind {
    WEIR_PORT_CONNECT,  /* `address`; result 0. Once */
    WEIR_PORT_ACCEPT,   /* result is a new handle, which the receiver of the completion owns. Repeats */
    WEIR_PORT_RECEIVE,  /* result n > 0 with `bytes`, lent until release; 0: end of stream, last. Repeats */
    WEIR_PORT_SEND,     /* `segments`; result is the bytes taken, at least 1 and possibly fewer than all. Once */
    WEIR_PORT_READ_AT,  /* `piece` of a regular file; result is the bytes read, 0 at its end. Once */
    WEIR_PORT_WRITE_AT, /* `piece`; result is the bytes written, at least 1 and possibly fewer than all. Once */
    WEIR_PORT_CALL,     /* `call`, which may block, done off the loop's thread; result 0 or WEIR_E... Once */
    WEIR_PORT_WORK      /* `work`, a function off the loop's thread; result is what it returned. Once */
};

/* Bytes of a regular file and where they stand. */
struct weir_piece {
    uint8_t *bytes; /* read into, or written from */
    size_t size;    /* > 0 */
    uint64_t
        offset; /* WEIR_FILE_END: append (write), or where the file's own position stands (a borrowed descriptor) */
};
#define WEIR_FILE_END UINT64_MAX

/* Runs on another thread, may block, and touches nothing of the loop. Returns the op's result; `*os_code` says more. In
 * a simulated world it runs on the one thread there is, when its time has come. A cancel before it began prevents it;
 * after that it runs to its end. */
struct weir_job {
    int64_t (*run)(struct weir_job *job, int *os_code);
};

typedef void weir_port_fn(struct weir_port_op *op, const struct weir_completion *completion);

/* Asked before bytes are drawn: the socket that all of them may go to without being seen, or WEIR_NO_HANDLE. It only
 * looks. A backend need not ask. */
typedef weir_handle weir_onward_fn(const struct weir_port_op *op);

struct weir_port_op {
    weir_port_fn *done;
    weir_handle handle;
    union {
        const struct weir_segment *segments; /* send: a chain, in order; it may grow at its end meanwhile */
        const weir_address *address;         /* connect */
        weir_onward_fn *onward;              /* receive; NULL: nowhere */
        struct weir_piece *piece;            /* read_at, write_at */
        struct weir_call *call;              /* call */
        struct weir_job *work;               /* work */
    } with;
    uint8_t kind;     /* enum weir_port_kind */
    bool stalled : 1; /* send: the system has just refused bytes, so wait for room before the first try */
    bool quiet : 1;   /* send: nobody waits to hear of its success, which may come with whatever comes next */
    bool once : 1;    /* accept: ends with the first connection */
    bool large : 1;   /* receive: the last one was, as the backend found */
    bool active : 1;  /* set by the core: submitted, and not yet ended */
    /* For the backend, while active. */
    uint8_t state;
    uint32_t slot;
    struct weir_port_op *next;
};

/* From so much on a receive is large: not seeing the bytes then saves more than it costs. */
#define WEIR_LARGE_RECEIVE ((size_t)64 * 1024)

struct weir_completion {
    struct weir_port_op *op;
    int64_t result;       /* a count, a handle, or WEIR_E... */
    int os_code;          /* the system's number of the error, or 0 */
    bool last;            /* the op has ended */
    const uint8_t *bytes; /* receive: what came */
    size_t moved;         /* receive: what went onward, before `bytes`; with it a result of 0 is no end */
    uint64_t lent;        /* for release */
};

enum weir_call_kind {
    WEIR_CALL_SOCKET,    /* family -> handle; a stream socket, TCP_NODELAY on where there is such a thing */
    WEIR_CALL_BIND,      /* handle, address; a dead socket file is replaced, a live one is WEIR_EADDRINUSE */
    WEIR_CALL_LISTEN,    /* handle, value: backlog, 0 for the largest */
    WEIR_CALL_OPTION,    /* handle, option, value */
    WEIR_CALL_LOCAL,     /* handle -> address */
    WEIR_CALL_PEER,      /* handle -> address */
    WEIR_CALL_SHUTDOWN,  /* handle: no more will be sent, end-of-stream follows what was; WEIR_ENOTSUP on a pipe */
    WEIR_CALL_CLOSE,     /* handle, value: 1 to reset the connection; all its ops have ended. Borrowed ones stay open */
    WEIR_CALL_TRY_SEND,  /* handle, segments -> count taken, WEIR_EAGAIN when none can be now */
    WEIR_CALL_UNSENT,    /* handle -> count of bytes sent that the peer's system has not acknowledged, 0 if unknown */
    WEIR_CALL_ERROR,     /* handle: takes the error that its connection has met and no op has reported; 0: none */
    WEIR_CALL_PIPE,      /* -> handle (reads), other (writes) */
    WEIR_CALL_UNLINK,    /* address: removes the socket file of a listener that is going */
    WEIR_CALL_RANDOM,    /* bytes, count: fills with the system's randomness */
    WEIR_CALL_ADOPT,     /* value: a descriptor, owner -> handle, count: enum weir_adopted bits, family */
    WEIR_CALL_PASS,      /* handle: a UNIX stream, other: the handle to pass, bytes, count: what to say with it (> 0) */
    WEIR_CALL_TAKE,      /* handle: a UNIX stream; bytes, count: room -> bytes, count (0: the end), value: a descriptor
                         as for ADOPT, or -1. WEIR_EAGAIN: nothing is there */
    WEIR_CALL_SAME_USER, /* handle: a UNIX stream. WEIR_EACCES: its peer is another user's process */
    WEIR_CALL_ACCEPT,    /* handle -> other: a connection that waits in the backlog; WEIR_EAGAIN: none does */
    WEIR_CALL_REWIND,    /* handle, size: an adopted file's own position goes back by so many bytes */
    /* On files. They may block: for WEIR_PORT_CALL, and on a thread that may wait. */
    WEIR_CALL_OPEN,  /* path, value: weir_file_flags -> handle */
    WEIR_CALL_SIZE,  /* handle -> size; WEIR_ENOTSUP for what is no regular file */
    WEIR_CALL_SYNC,  /* handle: what was written has reached the device */
    WEIR_CALL_FINISH /* handle: closes as CLOSE does, and tells what the system says then (ENOSPC, EIO) */
};

enum weir_call_option {
    WEIR_OPTION_REUSEPORT,
    WEIR_OPTION_IPV6_ONLY,
    WEIR_OPTION_PRIVATE,  /* value 1, before BIND: the socket file will be its owner's alone */
    WEIR_OPTION_KEEPALIVE /* value: seconds of silence before the peer's system is asked; 0: never */
};

/* What an adopted descriptor turned out to be. */
enum weir_adopted {
    WEIR_ADOPTED_READS = 1,
    WEIR_ADOPTED_WRITES = 2,
    WEIR_ADOPTED_SOCKET = 4,  /* a connected stream socket */
    WEIR_ADOPTED_LISTENS = 8, /* a listening stream socket */
    WEIR_ADOPTED_FILE = 16 /* a regular file, or a device that cannot be waited for: READ_AT and WRITE_AT are for it */
};

/* An immediate act, one that cannot block: filled in, called, and read. Outputs are untouched on failure. */
struct weir_call {
    enum weir_call_kind kind;
    weir_handle handle, other;
    uint8_t family; /* weir_family */
    enum weir_call_option option;
    weir_ownership owner;
    int value;
    const weir_address *address; /* in */
    weir_address *named;         /* out, for LOCAL and PEER */
    const struct weir_segment *segments;
    const char *path; /* in, for OPEN */
    uint8_t *bytes;
    size_t count;
    uint64_t size; /* out, for SIZE; in, for REWIND */
    int os_code;   /* out: the system's number of the error */
};

enum weir_backend_caps {
    WEIR_CAP_TRY_FIRST = 1 /* a send is best tried in the call before it is submitted (readiness systems) */
};

/* What the core gives a backend to work with; outlives it. */
struct weir_backend_env {
    struct weir_memory *memory;
    weir_sim_host *host; /* from the options; only sim uses it */
    weir_loop *loop;
    /* Runs one tick of `loop`; how `turn` drives a world. Its wait gets the loop's next deadline, and
     * must not sleep. */
    int (*tick)(weir_loop *loop);
    /* Whether `loop` would still run: not stopped, and something alive in it. */
    bool (*wants)(const weir_loop *loop);
    char *reason; /* where open says why it failed, at most `reason_size` bytes with the zero */
    size_t reason_size;
};

struct weir_backend;

struct weir_backend_state {
    const struct weir_backend *table;
    struct weir_backend_env env;
    unsigned caps; /* enum weir_backend_caps */
    uint64_t system_calls;
    size_t handles;           /* open ones it made or accepted */
    unsigned char *fork_mark; /* reads 0 in a forked child; NULL where there is no such thing */
};

struct weir_backend {
    const char *name;
    const char *summary;

    /* Makes a state. WEIR_ENOTSUP when this system lacks it (reason said), WEIR_ENOMEM, WEIR_EMFILE. */
    int (*open)(struct weir_backend_state **ret, const struct weir_backend_env *env);

    /* Frees it; no op is active and no handle open. `forked`: this is a child process, so only give back memory and
     * descriptors, and tell the kernel nothing that the parent would feel. */
    void (*close)(struct weir_backend_state *state, bool forked);

    /* The monotonic clock. Never goes back. */
    uint64_t (*now_ns)(struct weir_backend_state *state);

    /* Does one immediate act. 0, or WEIR_E... */
    int (*call)(struct weir_backend_state *state, struct weir_call *call);

    /* Starts an op. 0, or WEIR_E... and nothing is started. As cancel, wait and next, never in a forked child. */
    int (*submit)(struct weir_backend_state *state, struct weir_port_op *op);

    /* Asks an active op to end; also twice. Needs no memory. */
    void (*cancel)(struct weir_backend_state *state, struct weir_port_op *op);

    /* Submits what is pending and sleeps until something completed, `wake`, or `deadline_ns` (0: do not sleep;
     * WEIR_FOREVER). Does not sleep while completions are undelivered. An interrupted or early return is legal.
     * Errors are those after which the backend cannot go on. */
    int (*wait)(struct weir_backend_state *state, uint64_t deadline_ns);

    /* Takes one completion; false when there are none until the next wait. Between two waits an op delivers a bounded
     * number of times (one receive, some accepts), so that all are served in turn. */
    bool (*next)(struct weir_backend_state *state, struct weir_completion *ret);

    /* The bytes of a receive completion are no longer needed; called before the next `next`. */
    void (*release)(struct weir_backend_state *state, const struct weir_completion *completion);

    /* Ends the sleep under way, or else the next one. Any thread; async-signal-safe. */
    void (*wake)(struct weir_backend_state *state);

    /* What a foreign loop can wait on to know that this one has something to do; WEIR_NO_HANDLE: this system has no
     * such thing, and a foreign loop must ask from time to time, or run it on a thread of its own. */
    weir_handle (*handle)(struct weir_backend_state *state);

    /* Simulated systems only, else NULL: lets the world make one step, which may tick any of its loops, or moves its
     * clock no further than `until_ns`. 0, or WEIR_ESTALLED when no event is left in it. */
    int (*turn)(struct weir_backend_state *state, uint64_t until_ns);
};

#endif
