/* SPDX-License-Identifier: MIT
 *
 * Decoding; see percent.h. A control byte in a text is an accident or an attack on somebody's terminal or log, so it
 * must be spelled; bytes beyond ASCII are what people's file names are made of, and are taken as they are. */
#include "endpoint/percent.h"

#include "endpoint/refuse.h"

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

/* The byte that "%XX" at `text` stands for, or -1. */
static int escaped(const char *text, size_t n) {
    int high = n > 2 ? hex_digit(text[1]) : -1, low = n > 2 ? hex_digit(text[2]) : -1;
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

int weir_percent_decode(const char *text, size_t n, char *out, size_t size, const char **fault, weir_error *error) {
    size_t used = 0;
    for (size_t i = 0; i < n; used++) {
        bool escape = text[i] == '%';
        int byte = escape ? escaped(text + i, n - i) : (unsigned char)text[i];
        *fault = text + i;
        if (byte < 0)
            return weir_refuse(error, WEIR_EINVAL,
                               "'%%' takes two hexadecimal digits; the byte itself is written %%25");
        if (!escape && (byte < ' ' || byte == 0x7f))
            return weir_refuse(error, WEIR_EINVAL, "a control byte is written %%%02X", (unsigned)byte);
        if (used == size) return weir_refuse(error, WEIR_ENAMETOOLONG, "too long: at most %zu bytes", size);
        out[used] = (char)byte;
        i += escape ? 3 : 1;
    }
    return (int)used;
}
