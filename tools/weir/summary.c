/* SPDX-License-Identifier: MIT
 *
 * One line, with the exact numbers of bytes: whoever compares two runs wants to see the last digit. */
#include "summary.h"

#include "say.h"
#include "units.h"

#include <inttypes.h>
#include <stdio.h>

const char *summary_ways(const struct kind *kind, const uint64_t bytes[2], char *text, size_t size) {
    char counts[2][UNITS_TEXT_MAX];
    for (int i = 0; i < 2; i++)
        units_count(bytes[i], "byte", counts[i], sizeof counts[i]);
    if (kind->ways[1])
        snprintf(text, size, "%s %s, %s %s", counts[0], kind->ways[0], counts[1], kind->ways[1]);
    else
        snprintf(text, size, "%s %s", counts[0], kind->ways[0]);
    return text;
}

void summary_say(const struct tally *tally, const struct kind *kind) {
    char connections[UNITS_TEXT_MAX], ways[SUMMARY_WAYS_MAX], rate[UNITS_TEXT_MAX], cut[96] = "";
    double seconds = (double)(tally->ended_ns - tally->begun_ns) / 1e9;
    double moved = (double)(tally->bytes[0] + tally->bytes[1]);
    if (tally->closed || tally->aborted)
        snprintf(cut, sizeof cut, ", %" PRIu64 " closed while idle, %" PRIu64 " cut off", tally->closed,
                 tally->aborted);
    say_line("weir: %s, %s, %.3f s, %s, %" PRIu64 " failed%s",
             units_count(tally->opened, "connection", connections, sizeof connections),
             summary_ways(kind, tally->bytes, ways, sizeof ways), seconds,
             units_rate(seconds > 0 ? moved / seconds : 0, rate, sizeof rate), tally->failures, cut);
}
