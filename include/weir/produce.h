/* SPDX-License-Identifier: MIT
 *
 * Producers beyond one flow: a source that is asked (`weir_pull`), one source into many consumers (`weir_tee`), many
 * sources into one consumer (`weir_merge`). All stand on the one registered producer that a transport has
 * (weir_transport_register), so a consumer that is full pauses them, and memory stays bounded from end to end. A file
 * is a producer too: weir_file_open and weir_pipe, or weir_sendfile.
 *
 * The structs are yours: zero them, fill in the first part, and keep them where they are until `ended` begins, which
 * comes exactly once, on the loop's thread, never inside a call; a start that failed brings none. A source that is
 * given another protocol (weir_transport_set_protocol) leaves its tee or merge without a word: a tee is then over, and
 * so is a merge with its last source, and `ended` does not come.
 *
 * Requirements 126-139 of docs/seeds.md: PEP 3153's producers and consumers, the pull producer it leaves out. */
#ifndef WEIR_PRODUCE_H
#define WEIR_PRODUCE_H

#include <weir/transport.h>

WEIR_BEGIN

/* ---- a source that is asked -------------------------------------------------------------------------------------- */

typedef enum weir_pull_flags {
    WEIR_PULL_LEAVE_OPEN = 1 /* the end of the source is not passed on */
} weir_pull_flags;

typedef struct weir_pull {
    /* Fills `bytes` with up to `size` > 0 bytes, called while the consumer has room, a bounded number of times a tick.
     * Returns how many; 0: that was all; WEIR_EAGAIN: nothing now (weir_pull_more when there is); another WEIR_E...:
     * the source has failed. May call weir_pull_more and weir_pull_stop. */
    int64_t (*next)(struct weir_pull *pull, void *bytes, size_t size);
    /* It is over. `reason` NULL: the source came to its end and the consumer has accepted every byte (whether they also
     * arrive is told by its `disconnected`). Else what the source failed with (the consumer was then aborted, so that a
     * part is never taken for the whole), WEIR_ECANCELED, or what the consumer was lost with. */
    void (*ended)(struct weir_pull *pull, const weir_error *reason);
    void *user;     /* yours */
    unsigned flags; /* weir_pull_flags */
    uint64_t bytes; /* out: accepted by the consumer */
    /* private */
    union {
        void *align;
        uint64_t wide;
        unsigned char bytes[96];
    } inside;
} weir_pull;

/* Begins to pull into `to`, as its producer. At the end of the source `to` is half-closed (closed where the medium has
 * no half-close), unless told to leave it open. Returns 0; WEIR_EBUSY (`to` has a producer, or the pull runs);
 * WEIR_ECLOSED; WEIR_ENOTSUP (`to` cannot send); WEIR_EINVAL (no `next`); WEIR_ENOMEM. */
WEIR_API int weir_pull_start(weir_pull *pull, weir_transport *to);

/* After WEIR_EAGAIN: there is something now. Legal at any time, and does nothing when it is not needed. */
WEIR_API void weir_pull_more(weir_pull *pull);

/* PEP 3153's stop: no more is wanted. `ended` follows with WEIR_ECANCELED; `to` stays open. Zero also for one that does
 * not run. Needs no memory. */
WEIR_API int weir_pull_stop(weir_pull *pull);

/* ---- one source, many consumers ---------------------------------------------------------------------------------- */

typedef enum weir_tee_flags {
    WEIR_TEE_DROP_LOST = 1 /* a lost consumer drops out, the others go on; else it stops all of them */
} weir_tee_flags;

/* One consumer of a tee. */
typedef struct weir_tee_branch {
    /* `to` was lost and has dropped out (WEIR_TEE_DROP_LOST); `reason` as in `disconnected`. May be NULL. */
    void (*lost)(struct weir_tee_branch *branch, const weir_error *reason);
    void *user;         /* yours */
    weir_transport *to; /* in; NULL once it is lost */
    /* private */
    struct weir_tee *tee;
    bool held;
} weir_tee_branch;

typedef struct weir_tee {
    /* `from` is gone, as in weir_flow: `reason` NULL when it ended in order and every byte was taken by every consumer
     * that is left (at least one). */
    void (*ended)(struct weir_tee *tee, const weir_error *reason);
    void *user;     /* yours */
    unsigned flags; /* weir_tee_flags */
    uint64_t bytes; /* out: moved to each consumer that is left */
    /* private */
    weir_transport *from;
    weir_tee_branch *branches;
    size_t count, held;
    weir_error lost;
    bool stopped;
} weir_tee;

/* Pipes `from` into the `to` of each of `count` > 0 branches (yours as long as the tee), no faster than the slowest
 * takes it: becomes the protocol of `from` and the producer of every consumer. The end of `from` half-closes each; the
 * loss of `from` aborts each. When a consumer is lost `from` and the others are aborted, or it drops out
 * (WEIR_TEE_DROP_LOST); with the last one `from` is aborted. Bytes are copied once for each consumer. Returns 0, or as
 * weir_pipe_flow, and then nothing is changed; also WEIR_EINVAL (a consumer twice, or `from` itself). */
WEIR_API int weir_tee_start(weir_tee *tee, weir_transport *from, weir_tee_branch *branches, size_t count);

/* ---- many sources, one consumer ---------------------------------------------------------------------------------- */

typedef enum weir_merge_flags {
    WEIR_MERGE_DROP_LOST = 1 /* a source that is lost drops out, the others go on; else it stops all of them */
} weir_merge_flags;

/* One source of a merge. */
typedef struct weir_merge_source {
    /* `from` is gone: `reason` NULL when it ended in order. May be NULL. */
    void (*ended)(struct weir_merge_source *source, const weir_error *reason);
    void *user;           /* yours */
    weir_transport *from; /* in; NULL once it is gone */
    uint64_t bytes;       /* out: moved from it */
    /* private */
    struct weir_merge *merge;
    size_t credit;
    bool over;
} weir_merge_source;

typedef struct weir_merge {
    /* All sources are gone. `reason` NULL: each that was not dropped ended in order, and `to` has accepted every byte.
     * */
    void (*ended)(struct weir_merge *merge, const weir_error *reason);
    void *user;     /* yours */
    unsigned flags; /* weir_merge_flags */
    uint64_t bytes; /* out: moved in all */
    /* private */
    weir_transport *to;
    weir_merge_source *sources;
    size_t count, left, running, turn;
    weir_error lost;
    bool stopped;
} weir_merge;

/* Pipes the `from` of each of `count` > 0 sources (yours as long as the merge) into `to`: becomes the protocol of every
 * source and the producer of `to`. When `to` is the bottleneck the sources take turns, each with the same number of
 * bytes; one that has nothing gives its turn away. Bytes are mixed wherever deliveries end: to keep messages whole, cut
 * them with a protocol of your own. When every source has ended `to` is half-closed (closed, where the medium has no
 * half-close). When a source is lost `to` and the other sources are aborted, or it drops out (WEIR_MERGE_DROP_LOST);
 * when `to` is lost all sources are aborted. Returns 0, or as weir_pipe_flow, and then nothing is changed. */
WEIR_API int weir_merge_start(weir_merge *merge, weir_transport *to, weir_merge_source *sources, size_t count);

WEIR_END

#endif
