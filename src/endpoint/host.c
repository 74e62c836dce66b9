/* SPDX-License-Identifier: MIT
 *
 * Hosts; see host.h. A host whose last label is a number is an IPv4 address or nothing (so 127.1 and 0x7f000001, which
 * some systems take for addresses, never become names), one with a colon is an IPv6 address or nothing, all others are
 * names: labels of letters, digits, hyphens and underscores. Nothing is cut: a cut name is somebody else's name. */
#include "endpoint/host.h"

#include <stdio.h>
#include <string.h>

#include "endpoint/refuse.h"
#include "endpoint/value.h"

#define LABEL_MAX 63

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

static char lower(char c) { return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); }

static bool is_name_byte(char c) { return (lower(c) >= 'a' && lower(c) <= 'z') || is_digit(c) || c == '-' || c == '_'; }

/* "17" or "0x11". */
static bool is_number(const char *label, size_t n) {
    bool hex = n > 1 && label[0] == '0' && lower(label[1]) == 'x';
    for (size_t i = hex ? 2 : 0; i < n; i++)
        if (hex ? !is_hex(label[i]) : !is_digit(label[i])) return false;
    return n > 0;
}

static size_t last_label(const char *host, size_t n) {
    size_t at = n;
    while (at > 0 && host[at - 1] != '.')
        at--;
    return at;
}

static int check_label(const char *label, size_t n, weir_error *error) {
    struct weir_quoted q;
    if (n == 0) return weir_refuse(error, WEIR_EINVAL, "an empty label: two dots, or one at the end of the host");
    if (n > LABEL_MAX)
        return weir_refuse(error, WEIR_ENAMETOOLONG, "'%s': a label has at most 63 bytes", weir_quote(&q, label, n));
    if (label[0] == '-' || label[n - 1] == '-')
        return weir_refuse(error, WEIR_EINVAL, "'%s': no label begins or ends with '-'", weir_quote(&q, label, n));
    return 0;
}

static int check_bytes(const char *host, size_t n, weir_error *error) {
    struct weir_quoted q;
    for (size_t i = 0; i < n; i++) {
        if (is_name_byte(host[i]) || host[i] == '.') continue;
        if (host[i] == '@') return weir_refuse(error, WEIR_EINVAL, "an endpoint has no user name before '@'");
        if (host[i] == '*' && n == 1)
            return weir_refuse(error, WEIR_EINVAL, "for every address write 0.0.0.0 or [::], not '*'");
        return weir_refuse(error, WEIR_EINVAL, "'%s' does not belong in a host", weir_quote(&q, host + i, 1));
    }
    return 0;
}

static int check_name(const char *host, size_t n, weir_error *error) {
    int status = check_bytes(host, n, error);
    for (size_t at = 0, end; status >= 0 && at <= n; at = end + 1) {
        for (end = at; end < n && host[end] != '.';)
            end++;
        status = check_label(host + at, end - at, error);
    }
    return status;
}

static int ipv6(const char *host, char ret[WEIR_ENDPOINT_HOST_MAX + 1], weir_error *error) {
    char text[WEIR_ADDRESS_TEXT_MAX];
    weir_address address;
    struct weir_quoted q;
    if (weir_address_ip(&address, host, 0) < 0) {
        const char *scope = strchr(host, '%');
        bool named = scope && (!is_digit(scope[1]) || scope[1] == '0');
        return weir_refuse(error, WEIR_EINVAL,
                           named ? "'%s': the scope of an IPv6 address is the interface's number, as in %%252"
                                 : "'%s' is no IPv6 address",
                           weir_quote(&q, host, strlen(host)));
    }
    weir_address_format(&address, text, sizeof text); /* [ADDRESS]:0 */
    snprintf(ret, WEIR_ENDPOINT_HOST_MAX + 1, "%.*s", (int)(strlen(text) - strlen("[]:0")), text + 1);
    return 0;
}

int weir_host_canonical(const char *host, size_t n, char ret[WEIR_ENDPOINT_HOST_MAX + 1], weir_error *error) {
    char text[WEIR_ENDPOINT_HOST_MAX + 1];
    struct weir_quoted q;
    weir_address address;
    if (n == 0)
        return weir_refuse(error, WEIR_EINVAL,
                           "the host is missing: 127.0.0.1 is this machine, 0.0.0.0 and [::] are all its addresses");
    if (n > WEIR_ENDPOINT_HOST_MAX)
        return weir_refuse(error, WEIR_ENAMETOOLONG, "a host has at most %d bytes", WEIR_ENDPOINT_HOST_MAX);
    memcpy(text, host, n);
    text[n] = 0;
    if (memchr(host, ':', n)) return ipv6(text, ret, error);
    int status = check_name(host, n, error);
    if (status < 0) return status;
    size_t last = last_label(host, n);
    if (is_number(host + last, n - last) && weir_address_ip(&address, text, 0) < 0)
        return weir_refuse(error, WEIR_EINVAL, "'%s' is no IPv4 address: that is four numbers from 0 to 255",
                           weir_quote(&q, host, n));
    for (size_t i = 0; i <= n; i++)
        ret[i] = lower(text[i]);
    return 0;
}

int weir_host_cid(const char *host, size_t n, char ret[WEIR_ENDPOINT_HOST_MAX + 1], weir_error *error) {
    uint64_t cid;
    struct weir_quoted q;
    bool any = n == 3 && memcmp(host, "any", 3) == 0;
    if (!any && (n == 0 || weir_value_digits(host, n, UINT32_MAX - 1, &cid) != n))
        return weir_refuse(error, WEIR_EINVAL, "'%s' is no CID: that is a number of 32 bits, or any",
                           weir_quote(&q, host, n));
    memcpy(ret, host, n);
    ret[n] = 0;
    return 0;
}
