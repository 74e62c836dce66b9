/* SPDX-License-Identifier: MIT
 *
 * Any text: it is refused with a hint that says where, in printable ASCII, or what it means survives being written and
 * read again. */
#include <stdlib.h>
#include <string.h>

#include <weir/endpoint.h>

#include "fuzz/fuzz.h"

static void is_printable(const char *text) {
    for (; *text; text++)
        must(*text >= ' ' && *text <= '~');
}

static void is_told(const weir_error *error, int status, size_t size) {
    char line[512];
    must(status == WEIR_EINVAL || status == WEIR_ENAMETOOLONG || status == WEIR_ENOBUFS);
    must(error->code == status && error->stage == WEIR_STAGE_PARSE);
    must(strncmp(error->hint, "byte ", 5) == 0);
    size_t byte = strtoul(error->hint + 5, NULL, 10);
    must(byte >= 1 && byte <= size + 1);
    must(strlen(error->hint) > strlen("byte 1: ") && strlen(error->hint) < sizeof error->hint - 1);
    is_printable(error->hint);
    is_printable(error->peer);
    weir_error_format(error, line, sizeof line);
}

/* A buffer that is too small by one holds the same bytes but the last, or the last %XX. */
static void is_cut_well(const weir_endpoint *endpoint, const char *text) {
    char less[WEIR_ENDPOINT_TEXT_MAX];
    size_t n = strlen(text);
    weir_endpoint_format(endpoint, less, n);
    must(strlen(less) < n && strncmp(less, text, strlen(less)) == 0);
}

static void survives(const weir_endpoint *endpoint) {
    static weir_endpoint again;
    char text[WEIR_ENDPOINT_TEXT_MAX], twice[WEIR_ENDPOINT_TEXT_MAX];
    weir_endpoint_format(endpoint, text, sizeof text);
    is_printable(text);
    must(weir_endpoint_parse(&again, text, NULL) == 0);
    must(weir_endpoint_equal(endpoint, &again) && weir_endpoint_equal(&again, endpoint));
    must(strcmp(weir_endpoint_format(&again, twice, sizeof twice), text) == 0);
    is_cut_well(endpoint, text);
    is_printable(weir_endpoint_medium(endpoint));
    must(*weir_endpoint_explain(endpoint, twice, sizeof twice));
}

void fuzz_one(const uint8_t *bytes, size_t n) {
    static weir_endpoint endpoint;
    weir_error error;
    char *text = malloc(n + 1);
    must(text);
    memcpy(text, bytes, n);
    text[n] = 0;
    int status = weir_endpoint_parse(&endpoint, text, &error);
    if (status < 0)
        is_told(&error, status, strlen(text));
    else
        survives(&endpoint);
    free(text);
}
