/* SPDX-License-Identifier: MIT
 *
 * The peak of resident memory comes from VmHWM, which Linux lets a process start anew by writing 5 to its clear_refs.
 * Where that is forbidden the peak is that of the whole process so far: never too small. */
#include "usage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

uint64_t usage_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t usage_cpu_ns(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000000 +
           (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1000;
}

void usage_peak_reset(void) {
    FILE *file = fopen("/proc/self/clear_refs", "we");
    if (!file) return;
    fputs("5", file);
    fclose(file);
}

size_t usage_peak(void) {
    char line[128];
    size_t kib = 0;
    FILE *file = fopen("/proc/self/status", "re");
    if (!file) return 0;
    while (!kib && fgets(line, sizeof line, file))
        if (strncmp(line, "VmHWM:", 6) == 0) kib = strtoul(line + 6, NULL, 10);
    fclose(file);
    return kib * 1024;
}

const char *usage_setting(const char *path, char *text, size_t size) {
    FILE *file = fopen(path, "re");
    *text = 0;
    if (!file) return text;
    if (!fgets(text, (int)size, file)) *text = 0;
    text[strcspn(text, "\n")] = 0;
    fclose(file);
    return text;
}
