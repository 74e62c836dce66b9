/* SPDX-License-Identifier: MIT
 *
 * Contract 4: cancel loses no bytes. Ops are started and cancelled by dice; what they say they moved, put together,
 * must be the stream and nothing else. */
#include "conformance/suites.h"

#define STREAM 200000
#define PIECES 300
#define PIECE_MAX 20000

/* ---- reads ------------------------------------------------------------------------------------------------------- */

static struct errand reader;
static uint8_t read_bytes[5000];
static uint64_t read_total;

static void cancel_reader(struct scene *s) {
    (void)s;
    check_int(errand_cancel(&reader), 0);
}

/* Any size, any least; then nothing, a cancel at once, one in the next tick, or one after a while. */
static void read_by_dice(struct actor *a) {
    struct dice *dice = &a->scene->dice;
    size_t size = 1 + (size_t)dice_roll(dice, sizeof read_bytes), least = 1 + (size_t)dice_roll(dice, size);
    check_int(actor_read(a, &reader, read_bytes, least, size), 0);
    switch (dice_roll(dice, 8)) {
    case 0: cancel_reader(a->scene); break;
    case 1: scene_later(a->scene, 0, cancel_reader); break;
    case 2: scene_later(a->scene, dice_roll(dice, MS), cancel_reader); break;
    default: break;
    }
}

static void note_and_read_on(struct errand *e, int64_t result) {
    check(pattern_matches(e->bytes, read_total, e->op.moved));
    read_total += e->op.moved;
    if (result == WEIR_EEND)
        close_now(e->actor);
    else
        read_by_dice(e->actor);
}

static void pump_the_stream(struct actor *a) {
    a->pump.burst = 3000;
    actor_pump(a, STREAM, close_now);
}

static void reads_cancelled_by_dice_lose_nothing(struct scene *s) {
    memset(&reader, 0, sizeof reader);
    reader.on_done = note_and_read_on;
    reader.hushed = true;
    read_total = 0;
    s->client.hushed = true;
    s->client.on_connected = pump_the_stream;
    s->server.deaf = true;
    s->server.on_connected = read_by_dice;
    scene_play(s);
    check_int(read_total, STREAM);
}

/* ---- writes ------------------------------------------------------------------------------------------------------ */

/* A piece on the wire: its number, its size, and so many bytes of the number. */
static struct piece {
    struct errand errand;
    uint8_t bytes[PIECE_MAX];
    bool written;
} pieces[PIECES];
static unsigned started, finished, arrived;

static size_t make_piece(unsigned number, struct dice *dice) {
    size_t size = 4 + (size_t)dice_roll(dice, dice_roll(dice, 4) ? 200 : PIECE_MAX - 4);
    uint8_t *at = pieces[number].bytes;
    memset(at, (int)(number & 0xFF), size);
    at[0] = (uint8_t)(number >> 8), at[1] = (uint8_t)number;
    at[2] = (uint8_t)(size >> 8), at[3] = (uint8_t)size;
    return size;
}

static void cancel_some_piece(struct scene *s) {
    struct piece *piece = &pieces[dice_roll(&s->dice, started)];
    check_int(weir_op_cancel(&piece->errand.op), 0);
}

static void write_some(struct actor *a);

static void piece_done(struct errand *e, int64_t result) {
    struct piece *piece = (struct piece *)e;
    piece->written = result > 0;
    check(result > 0 || (result == WEIR_ECANCELED && e->op.moved == 0));
    memset(piece->bytes, 0xEE, sizeof piece->bytes);
    finished++;
    if (finished == started) write_some(e->actor);
}

/* Several pieces at once, with cancels among them. */
static void write_some(struct actor *a) {
    struct dice *dice = &a->scene->dice;
    if (started == PIECES) {
        close_now(a);
        return;
    }
    for (unsigned n = 1 + (unsigned)dice_roll(dice, 20); n && started < PIECES; n--) {
        struct errand *e = &pieces[started].errand;
        size_t size = make_piece(started, dice);
        *e = (struct errand){.on_done = piece_done, .hushed = true};
        check(actor_lend(a, e, pieces[started++].bytes, size) >= 0);
        if (!dice_roll(dice, 3)) cancel_some_piece(a->scene);
        if (!dice_roll(dice, 3)) scene_later(a->scene, dice_roll(dice, MS), cancel_some_piece);
    }
}

/* Takes whole pieces only. */
static size_t take_piece(struct actor *a, const uint8_t *bytes, size_t n) {
    (void)a;
    if (n < 4) return 0;
    unsigned number = (unsigned)(bytes[0] << 8 | bytes[1]);
    size_t size = (size_t)(bytes[2] << 8 | bytes[3]);
    if (!check(number >= arrived && number < PIECES && size >= 4)) return n;
    if (n < size) return 0;
    for (size_t i = 4; i < size; i++)
        if (!check_int(bytes[i], number & 0xFF)) return n;
    for (; arrived < number; arrived++)
        pieces[arrived].errand.user = NULL;
    pieces[arrived++].errand.user = &pieces[number];
    return size;
}

static void writes_cancelled_by_dice_leave_no_hole(struct scene *s) {
    started = finished = arrived = 0;
    memset(pieces, 0, sizeof pieces);
    s->client.hushed = true;
    s->client.on_connected = write_some;
    s->server.silenced = true;
    s->server.on_received = take_piece;
    scene_play(s);
    check_int(finished, PIECES);
    for (unsigned i = 0; i < PIECES; i++)
        check_int(pieces[i].errand.user != NULL, pieces[i].written);
}

static const struct scenario cancel_bytes[] = {
    SCENARIO(reads_cancelled_by_dice_lose_nothing, .media = EVERY,
             .expected = "client connected\n"
                         "client disconnected in order\n"
                         "server connected\n"
                         "server disconnected in order\n"),
    SCENARIO(writes_cancelled_by_dice_leave_no_hole, .media = EVERY,
             .expected = "client connected\n"
                         "client disconnected in order\n"),
};
const struct suite cancel_bytes_suite = SUITE(cancel_bytes);
