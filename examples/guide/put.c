/* SPDX-License-Identifier: MIT
 *
 * Lines, and after a line "put N" N raw bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weir/weir.h>

/* [put] */
static void on_line(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    char text[32] = "";
    memcpy(text, bytes, n < sizeof text ? n : sizeof text - 1);
    if (strncmp(text, "put ", 4) == 0)
        weir_framing_raw(self, t, (size_t)strtoul(text + 4, NULL, 10));
    else
        printf("line \"%s\"\n", text);
}

static void on_raw(void *self, weir_transport *t, const uint8_t *bytes, size_t n) {
    (void)self, (void)t, (void)bytes;
    printf("%zu raw bytes\n", n);
}

static const weir_message_handler handler = {.message = on_line, .raw = on_raw};
/* [/put] */

int main(void) {
    weir_line line = {.framing = {.handler = &handler}, .ending = WEIR_LINE_CRLF};
    static const char input[] = "hello\r\nput 5\r\n\r\n\r\n.and on\r\n";
    weir_drive *drive;
    if (weir_drive_open(&drive, &weir_line_protocol, &line, NULL) < 0) return 1;
    weir_drive_feed(drive, input, sizeof input - 1);
    return weir_drive_close(drive) < 0;
}
