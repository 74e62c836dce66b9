/* SPDX-License-Identifier: MIT
 *
 * The drive over memory: the caller is the peer and the clock. Each call gives the system below what it may move, and
 * ticks the loop until nothing is due. A loop that always has something due, since a callback posts itself again each
 * time, never comes to that. */
#include <string.h>

#include "backend/blocking/still.h"
#include "drive/drive.h"

static struct weir_still *still(const weir_drive *d) { return weir_still_of(d->loop->state); }

static void run(weir_drive *d) {
    do
        weir_drive_tick(d);
    while (!still(d)->quiet);
}

static int may_call(const weir_drive *d) {
    if (!d) return WEIR_EINVAL;
    return d->loop->in_tick ? WEIR_EBUSY : 0;
}

static int make_drive(weir_drive **ret, weir_loop *loop, const weir_protocol *protocol, void *self) {
    weir_drive *d = weir_memory_new(&loop->memory, sizeof *d);
    if (!d) return WEIR_ENOMEM;
    int status =
        weir_drive_start(d, loop, "memory", WEIR_CAN_RECEIVE | WEIR_CAN_SEND | WEIR_CAN_HALF_CLOSE, protocol, self);
    if (status < 0) {
        weir_memory_free(&loop->memory, d, sizeof *d);
        return status;
    }
    *ret = d;
    return 0;
}

int weir_drive_open(weir_drive **ret, const weir_protocol *protocol, void *self, const weir_loop_options *options) {
    static const weir_loop_options none = {0};
    char reason[1];
    weir_loop *loop;
    if (!ret || !protocol) return WEIR_EINVAL;
    int status = weir_loop_make(&loop, options ? options : &none, &weir_backend_still, reason, sizeof reason);
    if (status < 0) return status;
    status = make_drive(ret, loop, protocol, self);
    if (status < 0)
        weir_loop_destroy(loop, false);
    else
        run(*ret);
    return status;
}

weir_transport *weir_drive_transport(const weir_drive *drive) { return drive ? drive->t : NULL; }

int weir_drive_run(weir_drive *drive) {
    int status = may_call(drive);
    if (status == 0) run(drive);
    return status;
}

static bool may_feed(const weir_drive *d) {
    return d->t && d->t->state == WEIR_OPEN && !d->t->fatal && !still(d)->ended && !still(d)->reset;
}

int64_t weir_drive_feed(weir_drive *drive, const void *bytes, size_t n) {
    int status = may_call(drive);
    if (status < 0 || (!bytes && n) || n > INT64_MAX) return status < 0 ? status : WEIR_EINVAL;
    if (!may_feed(drive)) return WEIR_ECLOSED;
    still(drive)->fed = bytes;
    still(drive)->fed_size = n;
    run(drive);
    n -= still(drive)->fed_size;
    still(drive)->fed = NULL;
    still(drive)->fed_size = 0;
    return (int64_t)n;
}

/* The peer does something for the first time. */
static int do_once(weir_drive *d, bool *done) {
    if (!d->t) return WEIR_ECLOSED;
    if (*done) return WEIR_EALREADY;
    *done = true;
    run(d);
    return 0;
}

int weir_drive_end(weir_drive *drive) {
    int status = may_call(drive);
    return status < 0 ? status : do_once(drive, &still(drive)->ended);
}

int weir_drive_reset(weir_drive *drive) {
    int status = may_call(drive);
    return status < 0 ? status : do_once(drive, &still(drive)->reset);
}

int64_t weir_drive_take(weir_drive *drive, void *buffer, size_t size) {
    int status = may_call(drive);
    if (status < 0 || (!buffer && size)) return status < 0 ? status : WEIR_EINVAL;
    still(drive)->room = buffer;
    still(drive)->room_size = size;
    run(drive);
    size -= still(drive)->room_size;
    still(drive)->room = NULL;
    still(drive)->room_size = 0;
    return (int64_t)size;
}

bool weir_drive_finished(const weir_drive *drive) {
    if (!drive) return false;
    return drive->t ? drive->t->finished : drive->finished;
}

/* From deadline to deadline, so that each timer finds its own time. */
int weir_drive_advance(weir_drive *drive, uint64_t delay_ns) {
    int status = may_call(drive);
    if (status < 0) return status;
    uint64_t until_ns = weir_after_ns(still(drive)->now_ns, delay_ns);
    for (run(drive); still(drive)->next_ns <= until_ns && still(drive)->next_ns != WEIR_FOREVER; run(drive))
        still(drive)->now_ns = still(drive)->next_ns;
    still(drive)->now_ns = until_ns;
    run(drive);
    return 0;
}

int weir_drive_close(weir_drive *drive) {
    int status = may_call(drive);
    if (status < 0) return status;
    weir_loop *loop = drive->loop;
    if (drive->t) weir_transport_abort(drive->t);
    run(drive);
    if (weir_loop_alive(loop)) return WEIR_EBUSY;
    weir_memory_free(&loop->memory, drive, sizeof *drive);
    weir_loop_destroy(loop, false);
    return 0;
}
