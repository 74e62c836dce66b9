/* SPDX-License-Identifier: MIT
 *
 * Edit distance over short words: one row of the table at a time, and nothing longer than WORD_MAX is looked at. */
#include "endpoint/nearest.h"

#include <string.h>

#define WORD_MAX 32

static size_t min3(size_t a, size_t b, size_t c) {
    size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

static size_t distance(const char *a, size_t n, const char *b, size_t m) {
    size_t row[WORD_MAX + 1];
    for (size_t j = 0; j <= m; j++)
        row[j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = min3(row[j] + 1, row[j - 1] + 1, change);
        }
    }
    return row[m];
}

const char *weir_nearest(const char *text, size_t n, const char *const *words) {
    const char *best = NULL;
    size_t least = 3;
    if (!n || n > WORD_MAX) return NULL;
    for (; *words; words++) {
        size_t m = strlen(*words), d = m <= WORD_MAX ? distance(text, n, *words, m) : least;
        if (d < least && d < m) {
            least = d;
            best = *words;
        }
    }
    return best;
}
