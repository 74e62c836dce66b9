/* SPDX-License-Identifier: MIT
 *
 * At any time one borrowed write is under way, or the feed has come to its end. When the transport is lost the write
 * ends with the error, and the transport's `disconnected` says the rest. */
#include "feed.h"

static void feed_next(struct feed *feed) {
    size_t n = 0;
    const void *piece = feed->next(feed, &n);
    if (piece && n == 0) {
        weir_transport_close(feed->to);
        return;
    }
    int code = piece ? weir_transport_write_borrowed(feed->to, &feed->op, piece, n) : WEIR_EIO;
    if (code >= 0 || code == WEIR_ECLOSED) return;
    feed->code = code;
    weir_transport_abort(feed->to);
}

static void piece_taken(weir_op *op, int64_t result) {
    struct feed *feed = op->user;
    feed->fed += op->moved;
    if (result >= 0) feed_next(feed);
}

void feed_start(struct feed *feed, weir_transport *to) {
    feed->to = to;
    feed->op.done = piece_taken;
    feed->op.user = feed;
    feed_next(feed);
}
