/* SPDX-License-Identifier: MIT
 *
 * Names and texts come from the lists in weir/error.h. A failure reads from the outside in: where, with whom, what,
 * what it cost, what to do:
 *
 *   connect 127.0.0.1:25: refused; 123 bytes unsent (is the server running?)
 *
 * The system's own text is added only to those codes that stand for many of its numbers. */
#include <weir/error.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

const char *weir_error_name(int code) {
    switch (code) {
#define X(name, value, text)                                                                                           \
    case name: return #name;
        WEIR_ERROR_LIST(X)
#undef X
    default: return code < 0 ? "unknown" : "no error";
    }
}

const char *weir_error_text(int code) {
    switch (code) {
#define X(name, value, text)                                                                                           \
    case name: return text;
        WEIR_ERROR_LIST(X)
#undef X
    default: return code < 0 ? "unknown error code" : "no error";
    }
}

const char *weir_stage_name(weir_stage stage) {
    switch (stage) {
#define X(name, text)                                                                                                  \
    case name: return text;
        WEIR_STAGE_LIST(X)
#undef X
    default: return "";
    }
}

/* strerror_r comes in two kinds: one returns the text, the other a number and fills the buffer. */
static const char *text_of(const char *text, const char *buffer) { return (void)buffer, text; }
static const char *text_in(int failed, const char *buffer) { return failed ? "" : buffer; }

/* What the system says where weir's text leaves open which of several failures it was; else empty. */
static const char *system_text(const weir_error *error, char *buffer, size_t size) {
    switch (error->code) {
    case WEIR_EINVAL:
    case WEIR_ENOTSUP:
    case WEIR_EIO:
    case WEIR_EUNREACH:
    case WEIR_EUNKNOWN: break;
    default: return "";
    }
    if (error->os_code == 0) return "";
    const char *text = _Generic(strerror_r(0, buffer, 0), int
                                : text_in, default
                                : text_of)(strerror_r(error->os_code, buffer, size), buffer);
    return strcasecmp(text, weir_error_text(error->code)) == 0 ? "" : text;
}

const char *weir_error_format(const weir_error *error, char *text, size_t size) {
    if (!error) {
        snprintf(text, size, "ended");
        return text;
    }
    const char *stage = weir_stage_name(error->stage);
    bool at = *stage, with = error->peer[0], hinted = error->hint[0];
    char buffer[128], unsent[48] = "";
    const char *system = system_text(error, buffer, sizeof buffer);
    if (error->unsent > 0)
        snprintf(unsent, sizeof unsent, "; %" PRIu64 " byte%s unsent", error->unsent, error->unsent == 1 ? "" : "s");
    snprintf(text, size, "%s%s%.*s%s%s%s%s%s%s%.*s%s", stage, at && with ? " " : "", (int)sizeof error->peer - 1,
             error->peer, at || with ? ": " : "", weir_error_text(error->code), *system ? ": " : "", system, unsent,
             hinted ? " (" : "", (int)sizeof error->hint - 1, error->hint, hinted ? ")" : "");
    return text;
}
