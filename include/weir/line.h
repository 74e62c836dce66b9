/* SPDX-License-Identifier: MIT
 *
 * Lines. What ends one is said, and nothing else does, since two parsers that disagree about it can be played off
 * against each other. A byte NUL is refused unless `allow_nul`. See weir/framing.h for the rest.
 *
 *   WEIR_LINE_CRLF    CR LF; a CR or LF that stands alone is WEIR_EPROTO. SMTP, IRC, HTTP, FTP
 *   WEIR_LINE_LF      LF; a CR is a byte like any other. Files of UNIX
 *   WEIR_LINE_EITHER  CR LF or LF; a CR elsewhere is WEIR_EPROTO. For people with telnet and netcat
 *
 * Requirement 119 of docs/seeds.md: a line protocol; RFC 5321 2.3.8 on CR and LF that stand alone. */
#ifndef WEIR_LINE_H
#define WEIR_LINE_H

#include <weir/framing.h>

WEIR_BEGIN

typedef enum weir_line_ending { WEIR_LINE_CRLF, WEIR_LINE_LF, WEIR_LINE_EITHER } weir_line_ending;

typedef struct weir_line {
    weir_framing framing; /* `max` does not count what ends the line */
    weir_line_ending ending;
    bool allow_nul;
} weir_line;

/* To be given to a transport with a weir_line as `self`. */
WEIR_API extern const weir_protocol weir_line_protocol;

/* Writes one line: `n` bytes and CR LF (WEIR_LINE_CRLF) or LF. Returns as weir_transport_write_sequence; WEIR_EINVAL
 * also when there is a CR, an LF, or a NUL that is not allowed, among the bytes. Any callback. */
WEIR_API int weir_line_write(const weir_line *line, weir_transport *t, const void *bytes, size_t n);

WEIR_END

#endif
