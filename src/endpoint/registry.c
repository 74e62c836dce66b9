/* SPDX-License-Identifier: MIT
 *
 * The registry; see registry.h. A row without functions is a name that the grammar knows and this build cannot open: a
 * configuration that names it is understood everywhere, and the message says what is missing instead of "unknown". */
#include "endpoint/registry.h"

#include <string.h>

#include <weir/mem.h>

#include "endpoint/media.h"
#include "endpoint/nearest.h"

#define BYTES WEIR_CARRIES_BYTES
#define MESSAGES WEIR_CARRIES_MESSAGES
#define DUPLEX (WEIR_CARRIES_BYTES | WEIR_CARRIES_HALF_CLOSE)

#define SIZE_MOST (SIZE_MAX - 1)
#define TIME_MOST (UINT64_MAX - 1)

/* name, kind, bounds, whether "unbounded" is one, what holds when it is not given, what it is for */
#define OPTION(n, k, from, to, without_end, otherwise, what)                                                           \
    { .name = n, .kind = k, .least = from, .most = to, .endless = without_end, .standard = otherwise, .summary = what }
#define FLAG(n, what) OPTION(n, WEIR_OPTION_FLAG, 0, 1, false, NULL, what)
#define NUMBER(n, from, to, otherwise, what) OPTION(n, WEIR_OPTION_NUMBER, from, to, false, otherwise, what)
#define SIZE(n, otherwise, what) OPTION(n, WEIR_OPTION_SIZE, 1, SIZE_MOST, false, otherwise, what)
#define SIZE_OR_UNBOUNDED(n, otherwise, what) OPTION(n, WEIR_OPTION_SIZE, 1, SIZE_MOST, true, otherwise, what)
#define TIME(n, otherwise, what) OPTION(n, WEIR_OPTION_TIME, 1, TIME_MOST, false, otherwise, what)
#define TIME_OR_FOREVER(n, from, otherwise, what) OPTION(n, WEIR_OPTION_TIME, from, TIME_MOST, true, otherwise, what)
#define TEXT(n, otherwise, what) OPTION(n, WEIR_OPTION_TEXT, 0, 0, false, otherwise, what)
#define PATH(n, otherwise, what) OPTION(n, WEIR_OPTION_PATH, 0, 0, false, otherwise, what)
#define END                                                                                                            \
    { .name = NULL }

/* ---- options ----------------------------------------------------------------------------------------------------- */

/* weir/limits.h, in words; media.c writes them into a weir_limits. */
static const struct weir_option_spec limits[] = {
    TIME_OR_FOREVER("idle", 1, "forever", "fails when no byte moves either way for so long"),
    TIME_OR_FOREVER("stall", 1, "1min", "fails when the peer takes nothing of what is queued for so long"),
    TIME_OR_FOREVER("linger", 1, "10s", "how long a close waits for the peer to end"),
    SIZE_OR_UNBOUNDED("receive", "64K", "bytes held unread at most"),
    SIZE_OR_UNBOUNDED("write_cap", "1M", "bytes queued at most"),
    SIZE("pause_mark", "64K", "bytes queued at which the writer is told to pause"),
    SIZE("resume_mark", "16K", "bytes queued at which it may go on"),
    SIZE("floor", "1K", "bytes of the budget reserved while open"),
    SIZE("rate_min", NULL, "fails when fewer bytes come in a second"),
    SIZE("send_rate_min", NULL, "fails when the peer takes fewer bytes in a second"),
    TIME("rate_window", "10s", "the time over which both are judged"),
    END,
};

#define OPTION_TIMEOUT TIME("timeout", "the system's", "how long connecting may take")
#define OPTION_BACKLOG NUMBER("backlog", 1, 65535, "the system's", "listening: connections that wait to be accepted")
#define OPTION_MAX NUMBER("max", 1, 1000000000, NULL, "listening: connections alive at most; others wait")
#define OPTION_BUDGET SIZE("budget", "the loop's", "listening: bytes that all its connections may hold")
#define OPTION_REUSEPORT FLAG("reuseport", "listening: several listeners share the address and its connections")
#define OPTION_IPV6ONLY FLAG("ipv6only", "listening: an IPv6 address takes no IPv4 connections")

static const struct weir_option_spec tcp_options[] = {
    OPTION_TIMEOUT,
    TIME_OR_FOREVER("keepalive", 1000000000, "2min", "silence after which the peer's system is asked if it is there"),
    OPTION_BACKLOG,
    OPTION_MAX,
    OPTION_BUDGET,
    OPTION_REUSEPORT,
    OPTION_IPV6ONLY,
    {.name = "mptcp", .kind = WEIR_OPTION_FLAG, .most = 1, .absent = true, .summary = "Multipath TCP"},
    END,
};

static const struct weir_option_spec stream_options[] = {OPTION_TIMEOUT, OPTION_BACKLOG, OPTION_MAX, OPTION_BUDGET,
                                                         END};

static const struct weir_option_spec mem_options[] = {
    TIME("timeout", NULL, "how long connecting may take"),
    NUMBER("backlog", 1, 65535, "4096", "listening: connections that wait to be accepted"),
    OPTION_MAX,
    OPTION_BUDGET,
    END,
};

static const struct weir_option_spec systemd_options[] = {OPTION_MAX, OPTION_BUDGET, END};

static const struct weir_option_spec fd_options[] = {
    FLAG("take", "weir's from now on, and closed by it"),
    FLAG("borrow", "stays the caller's: neither closed nor changed"),
    FLAG("dup", "stays the caller's: weir works on a duplicate"),
    END,
};

static const struct weir_option_spec file_options[] = {
    FLAG("read", "read it, also when it is written"),
    FLAG("write", "write it, from its start"),
    FLAG("append", "write at its end"),
    FLAG("create", "write it, and make it when it is not there"),
    FLAG("truncate", "empty it first; with write or create"),
    FLAG("exclusive", "fail when it is there already; with create"),
    END,
};

static const struct weir_option_spec datagram_options[] = {OPTION_REUSEPORT, OPTION_IPV6ONLY, END};

static const struct weir_option_spec serial_options[] = {
    NUMBER("baud", 50, 4000000, "115200", "bits per second"),
    END,
};

static const struct weir_option_spec tls_options[] = {
    PATH("ca", "the system's trust store", "whom to trust"),
    PATH("cert", NULL, "the certificate chain that is shown"),
    PATH("key", NULL, "its private key"),
    TEXT("host", "the host", "the name that the peer must have"),
    TEXT("alpn", NULL, "protocols that are offered, separated by commas"),
    END,
};

static const struct weir_option_spec web_options[] = {
    PATH("path", "/", "the path of the request"),
    TEXT("host", "the host", "the name of the host"),
    END,
};

static const struct weir_option_spec proxy_options[] = {
    NUMBER("version", 1, 2, "2", "of the PROXY header that is sent"),
    END,
};

static const struct weir_option_spec throttle_options[] = {
    SIZE("rate", NULL, "bytes per second, each way"),
    SIZE("receive", "the rate", "bytes per second that come in"),
    SIZE("send", "the rate", "bytes per second that go out"),
    SIZE("burst", "a tenth of a second's", "bytes that may pass at once after a silence"),
    END,
};

static const struct weir_option_spec record_options[] = {PATH("file", NULL, "where it is recorded"), END};

static const struct weir_option_spec fault_options[] = {
    NUMBER("seed", 0, UINT64_MAX, "0", "of the faults"),
    END,
};

/* ---- layers ------------------------------------------------------------------------------------------------------ */

const struct weir_layer_spec weir_layer_specs[] = {
    {
        .name = "tcp",
        .syntax = "tcp://HOST:PORT",
        .summary = "TCP over IPv4 and IPv6",
        .address = WEIR_ADDRESS_HOST,
        .gives = DUPLEX,
        .options = tcp_options,
        .shared = limits,
        .listen = weir_medium_socket_listen,
        .connect = weir_medium_socket_connect,
    },
    {
        .name = "unix",
        .syntax = "unix:PATH or unix:@NAME",
        .summary = "UNIX stream socket, by path or abstract name",
        .address = WEIR_ADDRESS_UNIX,
        .longest = WEIR_UNIX_PATH_MAX + 1,
        .gives = DUPLEX,
        .options = stream_options,
        .shared = limits,
        .listen = weir_medium_socket_listen,
        .connect = weir_medium_socket_connect,
    },
    {
        .name = "stdio",
        .syntax = "stdio:",
        .summary = "standard input and output",
        .address = WEIR_ADDRESS_NONE,
        .gives = DUPLEX,
        .shared = limits,
        .connect = weir_medium_stdio_open,
        .single = true,
    },
    {
        .name = "fd",
        .syntax = "fd:N?take, ?borrow or ?dup",
        .summary = "an inherited descriptor",
        .address = WEIR_ADDRESS_NUMBER,
        .gives = DUPLEX,
        .options = fd_options,
        .shared = limits,
        .check = weir_medium_fd_check,
        .connect = weir_medium_fd_open,
        .single = true,
    },
    {
        .name = "file",
        .syntax = "file:PATH",
        .summary = "a regular file, to read unless it says otherwise",
        .address = WEIR_ADDRESS_PATH,
        .gives = BYTES,
        .options = file_options,
        .shared = limits,
        .check = weir_medium_file_check,
        .connect = weir_medium_file_open,
        .single = true,
    },
    {
        .name = "mem",
        .syntax = "mem:NAME",
        .summary = "memory, within one loop",
        .address = WEIR_ADDRESS_PATH,
        .longest = WEIR_MEM_NAME_MAX,
        .gives = DUPLEX,
        .options = mem_options,
        .shared = limits,
        .listen = weir_medium_mem_listen,
        .connect = weir_medium_mem_connect,
    },
    {
        .name = "null",
        .syntax = "null:",
        .summary = "ends when read, swallows what is written",
        .address = WEIR_ADDRESS_NONE,
        .gives = DUPLEX,
        .shared = limits,
        .connect = weir_medium_null_open,
        .single = true,
    },
    {
        .name = "systemd",
        .syntax = "systemd:NAME",
        .summary = "a listening socket passed by the service manager",
        .address = WEIR_ADDRESS_PATH,
        .longest = 255,
        .gives = DUPLEX,
        .options = systemd_options,
        .shared = limits,
        .listen = weir_medium_systemd_listen,
    },
    {
        .name = "pipe",
        .syntax = "pipe:NAME",
        .summary = "a named pipe",
        .address = WEIR_ADDRESS_PATH,
        .gives = BYTES,
        .shared = limits,
    },
    {
        .name = "udp",
        .syntax = "udp://HOST:PORT",
        .summary = "UDP datagrams",
        .address = WEIR_ADDRESS_HOST,
        .gives = MESSAGES,
        .options = datagram_options,
        .shared = limits,
    },
    {
        .name = "unixgram",
        .syntax = "unixgram:PATH or unixgram:@NAME",
        .summary = "UNIX datagram socket",
        .address = WEIR_ADDRESS_UNIX,
        .longest = WEIR_UNIX_PATH_MAX + 1,
        .gives = MESSAGES,
        .shared = limits,
    },
    {
        .name = "vsock",
        .syntax = "vsock://CID:PORT",
        .summary = "between a virtual machine and its host",
        .address = WEIR_ADDRESS_CID,
        .gives = DUPLEX,
        .options = stream_options,
        .shared = limits,
    },
    {
        .name = "sctp",
        .syntax = "sctp://HOST:PORT",
        .summary = "SCTP, one stream",
        .address = WEIR_ADDRESS_HOST,
        .gives = BYTES | MESSAGES,
        .options = stream_options,
        .shared = limits,
    },
    {
        .name = "serial",
        .syntax = "serial:PATH",
        .summary = "a serial line",
        .address = WEIR_ADDRESS_PATH,
        .gives = BYTES,
        .options = serial_options,
        .shared = limits,
    },
    {
        .name = "pty",
        .syntax = "pty:",
        .summary = "a new pseudo-terminal",
        .address = WEIR_ADDRESS_NONE,
        .gives = BYTES,
        .shared = limits,
    },
    {
        .name = "exec",
        .syntax = "exec:COMMAND",
        .summary = "standard input and output of a command",
        .address = WEIR_ADDRESS_PATH,
        .gives = DUPLEX,
        .shared = limits,
    },
    {
        .name = "throttle",
        .syntax = "throttle+MEDIUM?throttle.rate=SIZE",
        .summary = "so many bytes a second",
        .needs = BYTES,
        .gives = DUPLEX,
        .options = throttle_options,
        .check = weir_layer_throttle_check,
        .wrap = weir_layer_throttle_wrap,
    },
    {
        .name = "trace",
        .syntax = "trace+MEDIUM",
        .summary = "tells the loop's log what passes",
        .needs = BYTES,
        .gives = DUPLEX,
        .wrap = weir_layer_trace_wrap,
    },
    {
        .name = "tls",
        .syntax = "tls+tcp://HOST:PORT",
        .summary = "TLS",
        .needs = BYTES,
        .gives = DUPLEX,
        .options = tls_options,
    },
    {
        .name = "ws",
        .syntax = "ws+tcp://HOST:PORT or ws+tls+tcp://HOST:PORT",
        .summary = "WebSocket",
        .needs = BYTES,
        .gives = BYTES | MESSAGES,
        .options = web_options,
    },
    {
        .name = "http",
        .syntax = "http+tcp://HOST:PORT or http+tls+tcp://HOST:PORT",
        .summary = "the body of an HTTP message",
        .needs = BYTES,
        .gives = BYTES,
        .options = web_options,
    },
    {
        .name = "jsonrpc",
        .syntax = "jsonrpc+MEDIUM",
        .summary = "JSON-RPC",
        .needs = BYTES | MESSAGES,
        .gives = MESSAGES,
    },
    {
        .name = "proxy",
        .syntax = "proxy+tcp://HOST:PORT",
        .summary = "the PROXY protocol: whom a proxy speaks for",
        .needs = BYTES,
        .gives = DUPLEX,
        .options = proxy_options,
    },
    {
        .name = "record",
        .syntax = "record+MEDIUM?record.file=PATH",
        .summary = "records what passes",
        .needs = BYTES,
        .gives = DUPLEX,
        .options = record_options,
    },
    {
        .name = "fault",
        .syntax = "fault+MEDIUM",
        .summary = "fails, delays and splits on purpose",
        .needs = BYTES,
        .gives = DUPLEX,
        .options = fault_options,
    },
    {.name = NULL},
};

/* ---- looking up -------------------------------------------------------------------------------------------------- */

#define WORDS_MAX 64

static bool is_word(const char *word, const char *text, size_t n) {
    return strlen(word) == n && memcmp(word, text, n) == 0;
}

const struct weir_layer_spec *weir_layer_find(const char *name, size_t n) {
    for (const struct weir_layer_spec *layer = weir_layer_specs; layer->name; layer++)
        if (is_word(layer->name, name, n)) return layer;
    return NULL;
}

const struct weir_option_spec *weir_option_at(const struct weir_layer_spec *layer, size_t index) {
    const struct weir_option_spec *const lists[] = {layer->options, layer->shared};
    for (int i = 0; i < 2; i++)
        for (const struct weir_option_spec *option = lists[i]; option && option->name; option++)
            if (index-- == 0) return option;
    return NULL;
}

const struct weir_option_spec *weir_option_find(const struct weir_layer_spec *layer, const char *name, size_t n) {
    const struct weir_option_spec *option;
    for (size_t i = 0; (option = weir_option_at(layer, i)); i++)
        if (is_word(option->name, name, n)) return option;
    return NULL;
}

const char *weir_layer_nearest(const char *word, size_t n) {
    const char *words[WORDS_MAX] = {NULL};
    for (size_t i = 0; weir_layer_specs[i].name && i < WORDS_MAX - 1; i++)
        words[i] = weir_layer_specs[i].name;
    return weir_nearest(word, n, words);
}

const char *weir_option_nearest(const struct weir_layer_spec *layer, const char *word, size_t n) {
    const char *words[WORDS_MAX] = {NULL};
    const struct weir_option_spec *option;
    for (size_t i = 0; i < WORDS_MAX - 1 && (option = weir_option_at(layer, i)); i++)
        words[i] = option->name;
    return weir_nearest(word, n, words);
}

int weir_endpoint_layer_get(size_t index, weir_endpoint_layer *ret) {
    const struct weir_layer_spec *layer = weir_layer_specs;
    if (!ret) return WEIR_EINVAL;
    for (; layer->name && index > 0; index--)
        layer++;
    if (!layer->name) return WEIR_ENOENT;
    *ret = (weir_endpoint_layer){
        .name = layer->name,
        .syntax = layer->syntax,
        .summary = layer->summary,
        .medium = weir_layer_is_medium(layer),
        .listens = layer->listen || layer->single || layer->wrap,
        .connects = layer->connect || layer->wrap,
        .needs = layer->needs,
        .gives = layer->gives,
    };
    if (layer->single && !layer->connect) ret->listens = false;
    return 0;
}

int weir_endpoint_option_get(const char *name, size_t index, weir_endpoint_option_info *ret) {
    static const char *const values[] = {"", "N", "SIZE", "TIME", "TEXT", "PATH"};
    if (!name || !ret) return WEIR_EINVAL;
    const struct weir_layer_spec *layer = weir_layer_find(name, strlen(name));
    const struct weir_option_spec *option = layer ? weir_option_at(layer, index) : NULL;
    if (!option) return WEIR_ENOENT;
    *ret = (weir_endpoint_option_info){
        .name = option->name,
        .value = values[option->kind],
        .summary = option->summary,
        .standard = option->standard ? option->standard : "",
        .built = !option->absent && (layer->listen || layer->connect || layer->wrap),
        .shared = option >= limits && option < limits + sizeof limits / sizeof *limits,
        .least = option->least,
        .most = option->most,
    };
    return 0;
}
