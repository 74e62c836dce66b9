/* SPDX-License-Identifier: MIT
 *
 * The line is made of parts, of fixed widths so that it does not tremble:
 *
 *   label  [######......]   60%   1.2 GiB of 2.0 GiB   812 MB/s   0:02 left
 *
 * What does not fit is left out, in the order of `tries`; the bar takes what room is left. The last column stays empty:
 * some terminals begin a new line there. */
#include "progress.h"

#include "page.h"
#include "say.h"
#include "terminal.h"
#include "units.h"
#include "usage.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LABEL = 24, BAR_LEAST = 8, BAR_MOST = 32, PART = 64 };
static const uint64_t SAMPLE_NS = (uint64_t)200 * 1000000;
static const uint64_t PLAIN_NS = (uint64_t)5 * 1000000000;

enum part { PART_LABEL, PART_BAR, PART_PERCENT, PART_AMOUNT, PART_TOTAL, PART_SPEED, PART_LEFT, PARTS };
enum { ALL = (1 << PARTS) - 1 };

static const unsigned tries[] = {
    ALL,
    ALL & ~(1 << PART_BAR),
    ALL & ~(1 << PART_BAR | 1 << PART_TOTAL),
    ALL & ~(1 << PART_BAR | 1 << PART_TOTAL | 1 << PART_AMOUNT),
    1 << PART_LABEL | 1 << PART_PERCENT | 1 << PART_SPEED,
    1 << PART_PERCENT | 1 << PART_SPEED,
    1 << PART_SPEED,
};

static void make_speed(const struct meter *meter, uint64_t now_ns, char *part) {
    char rate[UNITS_TEXT_MAX];
    uint64_t standing_ns = meter_standing_ns(meter, now_ns);
    if (standing_ns)
        snprintf(part, PART, "stalled %llu s", (unsigned long long)(standing_ns / 1000000000));
    else
        snprintf(part, PART, "%9s", units_rate(meter_rate(meter), rate, sizeof rate));
}

static void make_left(const struct meter *meter, char *part) {
    char clock[UNITS_TEXT_MAX];
    uint64_t seconds = meter_seconds_left(meter);
    if (meter->total == 0) return;
    if (seconds == UINT64_MAX)
        snprintf(part, PART, "%5s left", "?");
    else
        snprintf(part, PART, "%5s left", units_clock(seconds, clock, sizeof clock));
}

/* All parts but the bar; one that there is not stays empty. */
static void make_parts(const struct progress *progress, uint64_t now_ns, char parts[PARTS][PART]) {
    const struct meter *meter = &progress->meter;
    char bytes[UNITS_TEXT_MAX];
    memset(parts, 0, PARTS * PART);
    snprintf(parts[PART_LABEL], PART, "%s", progress->label);
    snprintf(parts[PART_AMOUNT], PART, "%8s", units_bytes(meter->bytes, bytes, sizeof bytes));
    if (meter->total) {
        double part = (double)meter->bytes / (double)meter->total;
        snprintf(parts[PART_PERCENT], PART, "%3.0f%%", part < 1 ? part * 100 : 100);
        snprintf(parts[PART_TOTAL], PART, "of %s", units_bytes(meter->total, bytes, sizeof bytes));
    }
    make_speed(meter, now_ns, parts[PART_SPEED]);
    make_left(meter, parts[PART_LEFT]);
}

static unsigned gap_before(enum part part) { return part == PART_TOTAL ? 1 : 2; }

static unsigned width_of(char parts[PARTS][PART], unsigned wanted) {
    unsigned width = 0;
    for (enum part i = 0; i < PARTS; i++)
        if (wanted & 1U << i && *parts[i]) width += gap_before(i) + page_characters(parts[i], strlen(parts[i]));
    return width;
}

static void make_bar(const struct meter *meter, unsigned room, char *part) {
    if (!meter->total || room < BAR_LEAST + 4) return;
    unsigned cells = room - 4 < BAR_MOST ? room - 4 : BAR_MOST;
    double done = (double)meter->bytes / (double)meter->total;
    unsigned full = done < 1 ? (unsigned)(done * cells) : cells;
    part[0] = '[';
    memset(part + 1, '#', full);
    memset(part + 1 + full, '.', cells - full);
    memcpy(part + 1 + cells, "]", 2);
}

static const char *join_parts(char parts[PARTS][PART], unsigned wanted, char *text, size_t size) {
    size_t used = 0;
    *text = 0;
    for (enum part i = 0; i < PARTS && used < size; i++)
        if (wanted & 1U << i && *parts[i])
            used += (size_t)snprintf(text + used, size - used, "%*s%s", used ? (int)gap_before(i) : 0, "", parts[i]);
    return text;
}

const char *progress_line(const struct progress *progress, unsigned columns, uint64_t now_ns, char *text, size_t size) {
    char parts[PARTS][PART];
    size_t i = 0;
    make_parts(progress, now_ns, parts);
    unsigned room = columns > 1 ? columns - 1 : columns;
    while (i + 1 < sizeof tries / sizeof *tries && width_of(parts, tries[i]) > room)
        i++;
    if (i == 0) make_bar(&progress->meter, room - width_of(parts, tries[0]), parts[PART_BAR]);
    return join_parts(parts, tries[i], text, size);
}

void progress_begin(struct progress *progress, const char *label, uint64_t total, enum progress_plain plain,
                    bool quiet) {
    uint64_t now_ns = usage_now_ns();
    *progress = (struct progress){.label = label, .shown_ns = now_ns, .sampled_ns = now_ns};
    progress->draws = !quiet && terminal_draws(STDERR_FILENO);
    progress->tells = !quiet && plain == PROGRESS_LINES && !progress->draws;
    meter_begin(&progress->meter, total, now_ns);
}

static void draw(const struct progress *progress, uint64_t now_ns) {
    char line[PARTS * PART];
    say_status(progress_line(progress, terminal_columns(STDERR_FILENO), now_ns, line, sizeof line));
}

/* As wide as it likes, without a bar, and without the blanks that keep a drawn line still. */
static void tell(const struct progress *progress, uint64_t now_ns) {
    char parts[PARTS][PART], line[PARTS * PART] = "";
    size_t used = 0;
    make_parts(progress, now_ns, parts);
    for (enum part i = 0; i < PARTS; i++) {
        const char *text = parts[i] + strspn(parts[i], " "), *before = i == PART_TOTAL ? " " : ", ";
        if (*text) used += (size_t)snprintf(line + used, sizeof line - used, "%s%s", used ? before : "", text);
    }
    say_line("weir: %s", line);
}

void progress_update(struct progress *progress, uint64_t done, bool expected) {
    uint64_t now_ns = usage_now_ns();
    if (now_ns - progress->sampled_ns < SAMPLE_NS) return;
    progress->sampled_ns = now_ns;
    meter_sample(&progress->meter, done, expected, now_ns);
    if (progress->draws) draw(progress, now_ns);
    if (!progress->tells || now_ns - progress->shown_ns < PLAIN_NS) return;
    progress->shown_ns = now_ns;
    tell(progress, now_ns);
}

void progress_end(struct progress *progress, const char *result) {
    if (progress->draws) say_status(NULL);
    if (result) say_line("  %-*s %s", LABEL, progress->label, result);
}
