/* SPDX-License-Identifier: MIT
 *
 * Tokens are found by their first character; of several operators only `->` is one token, since only
 * there it matters. */
#include "amalgamate/tokens.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *behind(const char *at, const char *mark) {
    const char *end = strstr(at, mark);
    return end ? end + strlen(mark) : at + strlen(at);
}

static const char *skip_space(const char *at) {
    for (;;) {
        if (isspace((unsigned char)*at))
            at++;
        else if (strncmp(at, "/*", 2) == 0)
            at = behind(at + 2, "*/");
        else if (strncmp(at, "#include", 8) == 0)
            at = behind(at, "\n");
        else
            return at;
    }
}

static const char *skip_quoted(const char *at) {
    char quote = *at++;
    for (; *at && *at != quote; at++)
        if (*at == '\\' && at[1]) at++;
    return *at ? at + 1 : at;
}

static bool is_word(char c) { return isalnum((unsigned char)c) || c == '_'; }

static const char *skip_token(const char *at) {
    if (*at == '"' || *at == '\'') return skip_quoted(at);
    if (strncmp(at, "->", 2) == 0) return at + 2;
    if (!is_word(*at)) return at + 1;
    while (is_word(*at))
        at++;
    return at;
}

static struct token next_token(const char *at) {
    struct token t = {TOKEN_OTHER, skip_space(at), 0, at};
    if (!*t.text) t.kind = TOKEN_END;
    if (is_word(*t.text) && !isdigit((unsigned char)*t.text)) t.kind = TOKEN_NAME;
    if (*t.text) t.size = (size_t)(skip_token(t.text) - t.text);
    return t;
}

struct token *tokens_of(const char *text) {
    struct token *tokens = malloc((strlen(text) + 1) * sizeof *tokens);
    if (!tokens) return NULL;
    size_t n = 0;
    do {
        tokens[n] = next_token(text);
        text = tokens[n].text + tokens[n].size;
    } while (tokens[n++].kind != TOKEN_END);
    return tokens;
}

bool token_is(const struct token *token, const char *text) {
    return token->kind != TOKEN_END && token->size == strlen(text) && memcmp(token->text, text, token->size) == 0;
}
