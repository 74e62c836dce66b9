/* SPDX-License-Identifier: MIT
 *
 * One JSON object, written member by member. */
#ifndef TOOL_JSON_H
#define TOOL_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Zero it, set `to`. */
struct json {
    FILE *to;
    /* private */
    bool follows; /* a comma is due */
};

/* `name` NULL: the outermost. */
void json_open(struct json *json, const char *name);
void json_close(struct json *json);

void json_string(struct json *json, const char *name, const char *value); /* NULL: null */
void json_count(struct json *json, const char *name, uint64_t value);
void json_seconds(struct json *json, const char *name, uint64_t ns);

#endif
