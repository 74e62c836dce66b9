/* SPDX-License-Identifier: MIT
 *
 * Errors with a hint; see refuse.h. */
#include "endpoint/refuse.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "endpoint/text.h"

int weir_refuse(weir_error *error, int code, const char *format, ...) {
    va_list arguments;
    if (!error) return code;
    *error = (weir_error){.code = code, .stage = WEIR_STAGE_PARSE};
    va_start(arguments, format);
    vsnprintf(error->hint, sizeof error->hint, format, arguments);
    va_end(arguments);
    return code;
}

void weir_refuse_at(weir_error *error, size_t byte) {
    char hint[sizeof error->hint];
    if (!error) return;
    memcpy(hint, error->hint, sizeof hint);
    struct weir_text t = weir_text_begin(error->hint, sizeof error->hint);
    weir_text_add(&t, "byte %zu: %s", byte, hint);
}

void weir_refuse_text(weir_error *error, const char *text) {
    if (!error) return;
    struct weir_text t = weir_text_begin(error->peer, sizeof error->peer);
    weir_text_show(&t, text, strlen(text));
}

const char *weir_quote(struct weir_quoted *q, const char *bytes, size_t n) {
    const size_t most = sizeof q->text - sizeof "...";
    struct weir_text t = weir_text_begin(q->text, most + 1);
    weir_text_show(&t, bytes, n);
    if (t.length > most) strcat(q->text, "...");
    return q->text;
}
