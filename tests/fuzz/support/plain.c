/* SPDX-License-Identifier: MIT
 *
 * A target as a test: `plain LIST` gives it every line of LIST, every prefix of each line, every line with each of its
 * bytes changed, left out or doubled, and then splices of two lines with a few changes, from a generator that is the
 * same everywhere. An input that fails is written to stderr. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"

#define INPUT_MAX 8192
#define LINES_MAX 512
#define SPLICES 100000

static struct {
    char *bytes[LINES_MAX];
    size_t size[LINES_MAX], count;
} lines;

static struct {
    uint8_t bytes[INPUT_MAX];
    size_t n;
    unsigned long runs;
} input;

static uint64_t state = 1;

static uint64_t roll(uint64_t below) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (state * 0x2545F4914F6CDD1DULL >> 32) % below;
}

void fuzz_must(bool holds, const char *what, const char *file, int line) {
    if (holds) return;
    fprintf(stderr, "%s:%d: not so: %s\ninput:", file, line, what);
    for (size_t i = 0; i < input.n; i++)
        fprintf(stderr, input.bytes[i] > ' ' && input.bytes[i] <= '~' ? " %c" : " %02x", input.bytes[i]);
    fprintf(stderr, "\n");
    abort();
}

static void run(void) {
    uint8_t *exact = malloc(input.n + 1); /* so that a sanitizer sees the end */
    if (!exact) abort();
    memcpy(exact, input.bytes, input.n);
    fuzz_one(exact, input.n);
    free(exact);
    input.runs++;
}

static void take(const char *bytes, size_t n) {
    memcpy(input.bytes, bytes, n);
    input.n = n;
}

/* ---- changes ----------------------------------------------------------------------------------------------------- */

static void remove_at(size_t at) {
    memmove(input.bytes + at, input.bytes + at + 1, input.n - at - 1);
    input.n--;
}

static void insert_at(size_t at, uint8_t byte) {
    if (input.n == INPUT_MAX) return;
    memmove(input.bytes + at + 1, input.bytes + at, input.n - at);
    input.bytes[at] = byte;
    input.n++;
}

static uint8_t some_byte(void) {
    static const char telling[] = "+:/?&=.%@[]0123456789abcdefKMGstu-_ \n";
    if (roll(4) == 0) return (uint8_t)roll(256);
    return (uint8_t)telling[roll(sizeof telling)]; /* its final zero too */
}

static void every_prefix(const char *line, size_t n) {
    for (size_t end = 0; end <= n; end++) {
        take(line, end);
        run();
    }
}

static void every_byte(const char *line, size_t n) {
    for (size_t i = 0; i < n; i++)
        for (int change = 0; change < 6; change++) {
            take(line, n);
            if (change == 0) remove_at(i);
            if (change == 1) insert_at(i, (uint8_t)line[i]);
            if (change == 2) input.bytes[i] ^= 0x20;
            if (change == 3) input.bytes[i] ^= 0x80;
            if (change >= 4) input.bytes[i] = some_byte();
            run();
        }
}

static void a_splice(void) {
    size_t a = roll(lines.count), b = roll(lines.count);
    size_t head = roll(lines.size[a] + 1), tail = roll(lines.size[b] + 1);
    take(lines.bytes[a], head);
    for (size_t i = tail; i < lines.size[b]; i++)
        insert_at(input.n, (uint8_t)lines.bytes[b][i]);
    for (uint64_t changes = roll(4); changes > 0 && input.n > 0; changes--) {
        if (roll(3) == 0) remove_at(roll(input.n));
        if (roll(3) == 0) insert_at(roll(input.n + 1), some_byte());
        if (input.n && roll(3) == 0) input.bytes[roll(input.n)] = some_byte();
    }
    run();
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

static void read_list(const char *path) {
    FILE *list = fopen(path, "r");
    char line[INPUT_MAX / 2];
    if (!list) {
        perror(path);
        exit(1);
    }
    while (lines.count < LINES_MAX && fgets(line, sizeof line, list)) {
        line[strcspn(line, "\n")] = 0;
        lines.size[lines.count] = strlen(line);
        lines.bytes[lines.count] = strdup(line);
        if (!lines.bytes[lines.count++]) abort();
    }
    fclose(list);
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    read_list(argv[1]);
    for (size_t i = 0; i < lines.count; i++) {
        every_prefix(lines.bytes[i], lines.size[i]);
        every_byte(lines.bytes[i], lines.size[i]);
    }
    for (int i = 0; lines.count > 0 && i < SPLICES; i++)
        a_splice();
    for (size_t i = 0; i < lines.count; i++)
        free(lines.bytes[i]);
    printf("%lu inputs\n", input.runs);
    return 0;
}
