/* SPDX-License-Identifier: MIT
 *
 * The transport of a drive, from its opening to the moment when it is freed. Its handle means nothing to a system of
 * one stream. */
#include "drive/drive.h"

#define THE_STREAM ((weir_handle)0)

static const struct weir_driver *const original = &weir_driver_unix;

static struct weir_drive *drive_of(const weir_transport *t) {
    union {
        const struct weir_driver *in;
        struct weir_drive *out;
    } same = {t->driver}; /* our own copy */
    return same.out;
}

static void fini(weir_transport *t) {
    struct weir_drive *d = drive_of(t);
    d->t = NULL;
    d->code = t->code;
    d->finished = t->finished;
    if (original->fini) original->fini(t);
}

int weir_drive_start(struct weir_drive *d, weir_loop *loop, const char *name, unsigned caps,
                     const weir_protocol *protocol, void *self) {
    *d = (struct weir_drive){.driver = *original, .loop = loop};
    d->driver.name = name;
    d->driver.caps = caps;
    d->driver.fini = fini;
    int status = weir_socket_adopt(&loop->scope, &d->driver, THE_STREAM, THE_STREAM, WEIR_OPEN, protocol, self, &d->t);
    if (status == 0) weir_transport_step_later(d->t);
    return status;
}

/* A stop has nobody to stop: it would only keep the loop from sleeping. */
int weir_drive_tick(struct weir_drive *d) {
    int status = weir_loop_tick(d->loop, WEIR_FOREVER);
    atomic_store(&d->loop->stop, false);
    return status;
}
