/* SPDX-License-Identifier: MIT
 *
 * Names are ours and need no escapes; values may be anything, and what is no UTF-8 becomes U+FFFD, so that a reader
 * never chokes on a strange path. Counts beyond 2^53 are written exactly; a reader that keeps doubles rounds them. */
#include "json.h"

#include <inttypes.h>

static void begin_member(struct json *json, const char *name) {
    if (json->follows) fputc(',', json->to);
    if (name) fprintf(json->to, "\"%s\":", name);
    json->follows = true;
}

void json_open(struct json *json, const char *name) {
    begin_member(json, name);
    fputc('{', json->to);
    json->follows = false;
}

void json_close(struct json *json) {
    fputc('}', json->to);
    json->follows = true;
}

/* Bytes of the UTF-8 sequence at `text`; 0: it is none. Overlong forms and surrogates are none. */
static unsigned sequence(const unsigned char *text) {
    unsigned char c = text[0];
    unsigned n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : (c & 0xf0) == 0xe0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
    for (unsigned i = 1; i < n; i++)
        if ((text[i] & 0xc0) != 0x80) return 0;
    if ((c == 0xe0 && text[1] < 0xa0) || (c == 0xed && text[1] >= 0xa0)) return 0;
    if ((c == 0xf0 && text[1] < 0x90) || (c == 0xf4 && text[1] >= 0x90)) return 0;
    return n;
}

static unsigned put_character(FILE *to, const unsigned char *text) {
    unsigned n = sequence(text);
    if (n == 0)
        fputs("\\ufffd", to);
    else if (*text == '"' || *text == '\\')
        fprintf(to, "\\%c", *text);
    else if (*text < 0x20 || *text == 0x7f)
        fprintf(to, "\\u%04x", *text);
    else
        fwrite(text, 1, n, to);
    return n ? n : 1;
}

void json_string(struct json *json, const char *name, const char *value) {
    begin_member(json, name);
    if (!value) {
        fputs("null", json->to);
        return;
    }
    fputc('"', json->to);
    for (const unsigned char *at = (const unsigned char *)value; *at;)
        at += put_character(json->to, at);
    fputc('"', json->to);
}

void json_count(struct json *json, const char *name, uint64_t value) {
    begin_member(json, name);
    fprintf(json->to, "%" PRIu64, value);
}

void json_seconds(struct json *json, const char *name, uint64_t ns) {
    begin_member(json, name);
    fprintf(json->to, "%" PRIu64 ".%06" PRIu64, ns / 1000000000, ns / 1000 % 1000000);
}
