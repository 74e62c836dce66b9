/* SPDX-License-Identifier: MIT
 *
 * C as a row of tokens: names, and everything else. Space, comments and the lines of #include are what stands before a
 * token; strings and numbers are one token each. */
#ifndef AMALGAMATE_TOKENS_H
#define AMALGAMATE_TOKENS_H

#include <stdbool.h>
#include <stddef.h>

enum token_kind { TOKEN_NAME, TOKEN_OTHER, TOKEN_END };

struct token {
    enum token_kind kind;
    const char *text;
    size_t size;
    const char *space; /* where what stands before it begins */
};

/* The tokens of `text`, which they point into, with a TOKEN_END behind the last; to be freed. NULL: out of memory. */
struct token *tokens_of(const char *text);

bool token_is(const struct token *token, const char *text);

#endif
