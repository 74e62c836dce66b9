/* SPDX-License-Identifier: MIT
 *
 * The nearest spelling of a word that is not known. */
#ifndef TOOL_SPELL_H
#define TOOL_SPELL_H

#include <stddef.h>

/* The one of the `count` words nearest to `text`: the shortest that it begins, or else one that few letters make of
 * it. `words` are `stride` bytes apart, so that a table of structs that begin with a name will do. NULL:
 * none is near. */
const char *spell_nearest(const char *text, const void *words, size_t count, size_t stride);

#endif
