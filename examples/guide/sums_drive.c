/* SPDX-License-Identifier: MIT */
#include "sums.h"

int main(void) {
    static const char input[] = "1\n2\n39\nthis is longer than twenty bytes\n";
    struct sums mine = sums;
    char answer[256];
    int64_t n;
    weir_drive *drive;
    if (weir_drive_open(&drive, &weir_line_protocol, &mine, NULL) < 0) return 1;
    for (size_t i = 0; i + 1 < sizeof input; i++)
        weir_drive_feed(drive, &input[i], 1); /* a byte at a time */
    while ((n = weir_drive_take(drive, answer, sizeof answer)) > 0)
        fwrite(answer, 1, (size_t)n, stdout);
    return weir_drive_close(drive) < 0;
}
