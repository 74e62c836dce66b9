/* SPDX-License-Identifier: MIT
 *
 * Values; see value.h. A kind of number is a row of units, the largest first; a spelling is a number and the largest
 * unit that divides it. Nothing is rounded, so reading what was written gives the same number. */
#include "endpoint/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "endpoint/refuse.h"

struct unit {
    const char *name;
    uint64_t worth;
};

static const struct unit counts[] = {{"", 1}, {NULL, 0}};
static const struct unit sizes[] = {{"T", (uint64_t)1 << 40}, {"G", 1 << 30}, {"M", 1 << 20},
                                    {"K", 1 << 10},           {"", 1},        {NULL, 0}};
static const struct unit times[] = {{"h", (uint64_t)3600 * 1000000000},
                                    {"min", (uint64_t)60 * 1000000000},
                                    {"s", 1000000000},
                                    {"ms", 1000000},
                                    {"us", 1000},
                                    {"ns", 1},
                                    {NULL, 0}};

static const struct unit *units_of(const struct weir_option_spec *option) {
    return option->kind == WEIR_OPTION_SIZE ? sizes : option->kind == WEIR_OPTION_TIME ? times : counts;
}

static const char *endless_word(const struct weir_option_spec *option) {
    return option->kind == WEIR_OPTION_TIME ? "forever" : "unbounded";
}

static uint64_t endless_number(const struct weir_option_spec *option) {
    return option->kind == WEIR_OPTION_SIZE ? WEIR_UNBOUNDED : WEIR_FOREVER;
}

static bool is_word(const char *text, size_t n, const char *word) {
    return strlen(word) == n && memcmp(text, word, n) == 0;
}

size_t weir_value_digits(const char *text, size_t n, uint64_t most, uint64_t *ret) {
    uint64_t value = 0;
    size_t i = 0;
    for (; i < n && text[i] >= '0' && text[i] <= '9'; i++) {
        uint64_t digit = (uint64_t)(text[i] - '0');
        if (value > most / 10 || value * 10 > most - digit) return 0;
        value = value * 10 + digit;
    }
    if (i > 1 && text[0] == '0') return 0;
    *ret = value;
    return i;
}

bool weir_value_is_legal(const struct weir_option_spec *option, uint64_t number) {
    if (option->endless && number == endless_number(option)) return true;
    return number >= option->least && number <= option->most;
}

int weir_value_refuse(const struct weir_option_spec *option, const char *text, size_t n, weir_error *error) {
    static const char *const shapes[] = {[WEIR_OPTION_FLAG] = "0 or 1",
                                         [WEIR_OPTION_NUMBER] = "a number",
                                         [WEIR_OPTION_SIZE] = "a size like 64K",
                                         [WEIR_OPTION_TIME] = "a time like 30s or 5min"};
    char least[WEIR_VALUE_TEXT_MAX], most[WEIR_VALUE_TEXT_MAX];
    bool bounded = option->most < SIZE_MAX - 1; /* else by the type alone */
    struct weir_quoted q;
    weir_value_write(option, option->least, least);
    weir_value_write(option, option->most, most);
    return weir_refuse(error, WEIR_EINVAL, "%s=%s: it takes %s, %s %s%s%s%s%s", option->name, weir_quote(&q, text, n),
                       shapes[option->kind], bounded ? "from" : "at least", least, bounded ? " to " : "",
                       bounded ? most : "", option->endless ? ", or " : "",
                       option->endless ? endless_word(option) : "");
}

int weir_value_read(const struct weir_option_spec *option, const char *text, size_t n, uint64_t *ret,
                    weir_error *error) {
    uint64_t number = 0;
    if (option->endless && is_word(text, n, endless_word(option))) {
        *ret = endless_number(option);
        return 0;
    }
    size_t digits = weir_value_digits(text, n, option->most, &number);
    const struct unit *unit = units_of(option);
    while (unit->name && !is_word(text + digits, n - digits, unit->name))
        unit++;
    if (!digits || !unit->name || number > option->most / unit->worth || number * unit->worth < option->least)
        return weir_value_refuse(option, text, n, error);
    *ret = number * unit->worth;
    return 0;
}

const char *weir_value_write(const struct weir_option_spec *option, uint64_t number, char text[WEIR_VALUE_TEXT_MAX]) {
    const struct unit *unit = units_of(option);
    if (option->endless && number == endless_number(option)) {
        snprintf(text, WEIR_VALUE_TEXT_MAX, "%s", endless_word(option));
        return text;
    }
    while (unit[1].name && (number == 0 || number % unit->worth))
        unit++;
    snprintf(text, WEIR_VALUE_TEXT_MAX, "%" PRIu64 "%s", number / unit->worth, unit->name);
    return text;
}
