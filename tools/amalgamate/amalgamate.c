/* SPDX-License-Identifier: MIT
 *
 * amalgamate ROOT OUT FOLDER...: writes the library below ROOT as two files, OUT/weir.h and OUT/weir.c, for programs
 * that would rather compile it than link it: cc weir.c app.c -pthread. FOLDERs are those of src/, lowest floor first;
 * those that need another library are named FOLDER=MACRO and are compiled only where MACRO is defined.
 *
 * The headers come first, each behind what it includes, then the sources with their includes of our own left out. What
 * a source keeps to itself (static functions and variables, tags, enumerators, types) gets its file's name appended,
 * since in one file two of the same name would clash; its macros are undefined at its end. Names that begin with weir_
 * or WEIR_ are everybody's and stay.
 *
 * It reads C as tokens, not as a language, and knows as much as our own sources need: a name behind `.` or `->`, a
 * member being declared in a struct, and the second operand of offsetof are members, and never renamed. */
#include "amalgamate/tokens.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 4096
#define PATH_SIZE 1024

struct names {
    char *all[NAMES_MAX];
    size_t count;
};

static const char *root;
static struct names included; /* headers that have been written */

static void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("amalgamate: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

static bool has(const struct names *names, const char *text, size_t n) {
    for (size_t i = 0; i < names->count; i++)
        if (strlen(names->all[i]) == n && memcmp(names->all[i], text, n) == 0) return true;
    return false;
}

static void add(struct names *names, const char *text, size_t n) {
    if (has(names, text, n)) return;
    if (names->count == NAMES_MAX) die("more than %d names", NAMES_MAX);
    names->all[names->count] = strndup(text, n);
    if (!names->all[names->count++]) die("out of memory");
}

static void forget(struct names *names) {
    while (names->count)
        free(names->all[--names->count]);
}

static char *read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *text = size < 0 ? NULL : calloc(1, (size_t)size + 1);
    if (!text || fread(text, 1, (size_t)size, file) != (size_t)size) die("%s: %s", path, strerror(errno));
    fclose(file);
    return text;
}

/* ---- includes ---------------------------------------------------------------------------------------------------- */

/* If the line at `line` includes a file of ours, its path from `root` goes to `path`. */
static bool includes_ours(const char *line, char *path) {
    char name[256];
    if (sscanf(line, "#include \"%255[^\"]\"", name) == 1)
        snprintf(path, PATH_SIZE, "src/%s", name);
    else if (sscanf(line, "#include <%255[^>]>", name) == 1 && strncmp(name, "weir/", 5) == 0)
        snprintf(path, PATH_SIZE, "include/%s", name);
    else
        return false;
    return true;
}

static const char *line_end(const char *line) {
    const char *end = strchr(line, '\n');
    return end ? end + 1 : line + strlen(line);
}

/* Where the first comment of a file ends: it speaks of a file of its own. */
static const char *behind_head(const char *text) {
    const char *end = strncmp(text, "/*", 2) == 0 ? strstr(text, "*/") : NULL;
    return end ? line_end(end) : text;
}

static void write_title(FILE *out, const char *path) { fprintf(out, "\n/* ==== %s ==== */\n\n", path); }

static void write_header(FILE *out, const char *path, const char *macro_of_folder);

/* The headers of ours that `text` includes, unless they have been written. */
static void write_headers_of(FILE *out, const char *text, const char *macro) {
    char path[PATH_SIZE];
    for (const char *line = text; *line; line = line_end(line))
        if (includes_ours(line, path)) write_header(out, path, macro);
}

/* `text` without its includes of ours. */
static void write_rest(FILE *out, const char *text) {
    char path[PATH_SIZE];
    for (const char *line = text; *line; line = line_end(line))
        if (!includes_ours(line, path)) fwrite(line, 1, (size_t)(line_end(line) - line), out);
}

/* `macro` holds for headers below the folder that the macro is of; a header it includes from
 * elsewhere stands outside. */
static void write_header(FILE *out, const char *path, const char *macro) {
    char full[PATH_SIZE * 2];
    if (has(&included, path, strlen(path))) return;
    add(&included, path, strlen(path));
    snprintf(full, sizeof full, "%s/%s", root, path);
    char *text = read_file(full);
    if (!text) die("%s: %s", full, strerror(errno));
    const char *folder = macro ? strchr(macro, '=') : NULL;
    bool optional = folder && strncmp(path + strlen("src/"), macro, (size_t)(folder - macro)) == 0;
    write_headers_of(out, text, macro);
    write_title(out, path);
    if (optional) fprintf(out, "#ifdef %s\n", folder + 1);
    write_rest(out, strncmp(path, "include/", 8) == 0 ? text : behind_head(text));
    if (optional) fprintf(out, "#endif\n");
    free(text);
}

/* ---- what a source keeps to itself ------------------------------------------------------------------------------- */

static bool is_shared(const struct token *t) {
    return t->size > 5 && (memcmp(t->text, "weir_", 5) == 0 || memcmp(t->text, "WEIR_", 5) == 0);
}

static void keep(struct names *names, const struct token *t) {
    if (t->kind == TOKEN_NAME && !is_shared(t)) add(names, t->text, t->size);
}

static bool is_tag_word(const struct token *t) {
    return token_is(t, "struct") || token_is(t, "union") || token_is(t, "enum");
}

/* From the first brace at `t` to the one that closes it. */
static const struct token *skip_braces(const struct token *t) {
    int depth = 0;
    for (; t->kind != TOKEN_END; t++) {
        if (token_is(t, "{")) depth++;
        if (token_is(t, "}") && --depth == 0) return t;
    }
    return t;
}

/* `struct x`, `struct x {...}` or `struct {...}` at `t`: its last token. */
static const struct token *skip_tag(const struct token *t) {
    if (t[1].kind == TOKEN_NAME) t++;
    return token_is(t + 1, "{") ? skip_braces(t + 1) : t;
}

/* `(*name)` or `(*const name)` at `t`, a pointer to a function; else what stands before the parenthesis
 * has the name. */
static const struct token *name_within(const struct token *t, const struct token *before) {
    if (!token_is(t + 1, "*")) return before;
    for (t++; token_is(t, "*") || token_is(t, "const");)
        t++;
    return t;
}

/* The names that the declaration beginning at `t`, which is static or a typedef, declares. Returns its last token, or
 * the brace that opens its body or its value. */
static const struct token *read_declaration(struct names *names, const struct token *t) {
    const struct token *name = NULL;
    for (; t->kind != TOKEN_END; t++) {
        if (is_tag_word(t)) {
            t = skip_tag(t);
            continue;
        }
        if (token_is(t, "(")) name = name_within(t, name);
        if (token_is(t, "(") || token_is(t, ";") || token_is(t, "=") || token_is(t, "[") || token_is(t, "{")) break;
        if (token_is(t, ",") && name) keep(names, name);
        if (t->kind == TOKEN_NAME) name = t;
    }
    if (name) keep(names, name);
    while (t->kind != TOKEN_END && !token_is(t, ";") && !token_is(t, "{"))
        t++;
    return t;
}

static void read_enumerators(struct names *names, const struct token *t) {
    for (const struct token *end = skip_braces(t); t < end; t++)
        if (token_is(t, "{") || token_is(t, ",")) keep(names, t + 1);
}

/* A struct, union or enum at `t`: its tag, and its enumerators. */
static void read_tag(struct names *names, const struct token *t) {
    const struct token *body = t[1].kind == TOKEN_NAME ? t + 2 : t + 1;
    if (!token_is(body, "{")) return;
    if (body == t + 2) keep(names, t + 1);
    if (token_is(t, "enum")) read_enumerators(names, body);
}

static void read_own_names(struct names *names, const struct token *t) {
    for (; t->kind != TOKEN_END; t++) {
        if (is_tag_word(t)) read_tag(names, t);
        if (token_is(t, "static") || token_is(t, "typedef")) {
            for (const struct token *word = t; word < t + 4; word++)
                if (is_tag_word(word)) read_tag(names, word);
            t = read_declaration(names, t + 1);
        }
        if (token_is(t, "{")) t = skip_braces(t);
    }
}

/* ---- writing a source -------------------------------------------------------------------------------------------- */

/* Members are declared in the braces of a struct or union, where only tags and what stands in brackets is renamed. */
struct place {
    int depth, braces[64]; /* braces: what each is of: 's'truct or other */
    int brackets, offsetof_at, parens;
    bool struct_next, comma;
};

static void follow(struct place *p, const struct token *t) {
    if (token_is(t, "struct") || token_is(t, "union")) p->struct_next = true;
    if (token_is(t, ";") || token_is(t, ")") || token_is(t, "=") || token_is(t, "*")) p->struct_next = false;
    if (token_is(t, "{") && p->depth < 63) {
        p->braces[++p->depth] = p->struct_next ? 's' : 'o';
        p->struct_next = false;
    }
    if (token_is(t, "}") && p->depth > 0) p->depth--;
    if (token_is(t, "[")) p->brackets++;
    if (token_is(t, "]")) p->brackets--;
    if (token_is(t, "(")) p->parens++;
    if (token_is(t, ")") && p->parens-- == p->offsetof_at) p->offsetof_at = 0;
    if (token_is(t, "offsetof")) {
        p->offsetof_at = p->parens + 1;
        p->comma = false;
    }
    if (token_is(t, ",")) p->comma = true;
}

static bool is_member(const struct place *p, const struct token *before) {
    if (token_is(before, ".") || token_is(before, "->")) return true;
    if (p->offsetof_at && p->comma) return true;
    return p->braces[p->depth] == 's' && !is_tag_word(before) && p->brackets == 0;
}

static void write_tokens(FILE *out, const struct token *t, const struct names *own, const char *suffix) {
    static const struct token none = {TOKEN_OTHER, " ", 1, " "};
    struct place place = {0};
    const struct token *before = &none;
    for (; t->kind != TOKEN_END; t++) {
        fwrite(t->space, 1, (size_t)(t->text - t->space), out);
        fwrite(t->text, 1, t->size, out);
        if (t->kind == TOKEN_NAME && has(own, t->text, t->size) && !is_member(&place, before)) fputs(suffix, out);
        follow(&place, t);
        before = t;
    }
    fwrite(t->space, 1, (size_t)(t->text - t->space), out);
}

/* Also before them: the system has macros too. */
static void undefine(FILE *out, const char *text) {
    char name[256];
    for (const char *line = text; *line; line = line_end(line))
        if (sscanf(line, "#define %255[A-Za-z0-9_]", name) == 1) fprintf(out, "#undef %s\n", name);
}

/* src/transport/pipe.c -> _transport_pipe */
static void suffix_of(const char *path, char *suffix) {
    size_t n = 0;
    suffix[n++] = '_';
    for (const char *at = path + strlen("src/"); *at && *at != '.'; at++)
        suffix[n++] = *at == '/' ? '_' : *at;
    suffix[n] = 0;
}

static char *without_our_includes(const char *text) {
    char *rest = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&rest, &size);
    if (!memory) die("out of memory");
    write_rest(memory, behind_head(text));
    fclose(memory);
    return rest;
}

static void write_source(FILE *out, const char *path) {
    char full[PATH_SIZE * 2], suffix[PATH_SIZE];
    static struct names own;
    snprintf(full, sizeof full, "%s/%s", root, path);
    char *text = read_file(full);
    if (!text) die("%s: %s", full, strerror(errno));
    char *rest = without_our_includes(text);
    struct token *tokens = tokens_of(rest);
    if (!tokens) die("out of memory");
    read_own_names(&own, tokens);
    suffix_of(path, suffix);
    write_title(out, path);
    undefine(out, rest);
    write_tokens(out, tokens, &own, suffix);
    undefine(out, rest);
    forget(&own);
    free(tokens);
    free(rest);
    free(text);
}

/* ---- the two files ----------------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* The sources of a folder, in the order of their names. */
static void list_sources(const char *folder, struct names *paths) {
    char full[2 * PATH_SIZE];
    snprintf(full, sizeof full, "%s/src/%s", root, folder);
    DIR *directory = opendir(full);
    if (!directory) return; /* a floor on which nobody lives yet */
    for (struct dirent *entry; (entry = readdir(directory));) {
        const char *dot = strrchr(entry->d_name, '.');
        char path[PATH_SIZE];
        if (!dot || strcmp(dot, ".c") != 0) continue;
        int n = snprintf(path, sizeof path, "src/%s/%s", folder, entry->d_name);
        add(paths, path, (size_t)n);
    }
    closedir(directory);
    qsort(paths->all, paths->count, sizeof *paths->all, by_name);
}

static void write_folder(FILE *out, char *folder, bool headers) {
    static struct names paths;
    char *macro = strchr(folder, '='), name[PATH_SIZE];
    snprintf(name, sizeof name, "%.*s", macro ? (int)(macro - folder) : PATH_SIZE - 1, folder);
    list_sources(name, &paths);
    if (macro && !headers) fprintf(out, "\n#ifdef %s\n", macro + 1);
    for (size_t i = 0; i < paths.count; i++) {
        char full[PATH_SIZE * 2];
        if (!headers) {
            write_source(out, paths.all[i]);
            continue;
        }
        snprintf(full, sizeof full, "%s/%s", root, paths.all[i]);
        char *text = read_file(full);
        if (!text) die("%s: %s", full, strerror(errno));
        write_headers_of(out, text, macro ? folder : NULL);
        free(text);
    }
    if (macro && !headers) fprintf(out, "\n#endif\n");
    forget(&paths);
}

static FILE *create(const char *folder, const char *name) {
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (!file) die("%s: %s", path, strerror(errno));
    return file;
}

static void finish(FILE *file) {
    bool failed = ferror(file) != 0;
    if (fclose(file) != 0 || failed) die("writing failed: %s", strerror(errno));
}

int main(int argc, char **argv) {
    if (argc < 4) {
        fputs("usage: amalgamate ROOT OUT FOLDER[=MACRO]...\n", stderr);
        return 2;
    }
    root = argv[1];
    FILE *header = create(argv[2], "weir.h"), *source = create(argv[2], "weir.c");
    fputs("/* weir in one header: every public one, in order. Generated; change what it was made from. */\n", header);
    write_header(header, "include/weir/weir.h", NULL);
    write_header(header, "include/weir/sim.h", NULL);
    finish(header);
    fputs(
        "/* weir in one source: cc weir.c app.c -pthread, and with -DWEIR_HAVE_IO_URING -luring its io_uring backend.\n"
        " * Generated; change what it was made from. */\n"
        "#ifndef _GNU_SOURCE\n#define _GNU_SOURCE\n#endif\n#include \"weir.h\"\n",
        source);
    for (int i = 3; i < argc; i++)
        write_folder(source, argv[i], true);
    for (int i = 3; i < argc; i++)
        write_folder(source, argv[i], false);
    finish(source);
    forget(&included);
    return 0;
}
