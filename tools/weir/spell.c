/* SPDX-License-Identifier: MIT
 *
 * Distance is that of Levenshtein: letters put in, left out or changed. Up to a third of the word, at least two, may be
 * wrong, or the hint would be a guess. Words are short, and longer ones have no neighbours. */
#include "spell.h"

#include <string.h>

enum { WORD_MAX = 32 };

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* One row of the table at a time; `diagonal` is what stood above to the left. */
static size_t distance(const char *a, const char *b) {
    size_t row[WORD_MAX + 1], n = strlen(b);
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t above = row[j];
            row[j] = least(least(above, row[j - 1]) + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[n];
}

/* How far off, or SIZE_MAX. */
static size_t score(const char *text, const char *word) {
    size_t n = strlen(text), m = strlen(word);
    if (n == 0 || n > WORD_MAX || m > WORD_MAX) return (size_t)-1;
    if (n >= 2 && n < m && strncmp(text, word, n) == 0) return 1;
    size_t d = distance(text, word), allowed = m / 3 > 2 ? m / 3 : 2;
    return d <= allowed && d < m ? d : (size_t)-1;
}

const char *spell_nearest(const char *text, const void *words, size_t count, size_t stride) {
    const char *best = NULL;
    size_t best_score = (size_t)-1;
    for (size_t i = 0; i < count; i++) {
        const char *word;
        memcpy(&word, (const char *)words + i * stride, sizeof word);
        size_t s = score(text, word);
        if (s < best_score) {
            best = word;
            best_score = s;
        }
    }
    return best;
}
