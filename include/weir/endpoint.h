/* SPDX-License-Identifier: MIT
 *
 * Endpoints: strings that name a stack of layers and an address. One grammar for the C interface, the tool and
 * configuration:
 *
 *   endpoint = layer *("+" layer) "://" address ["?" option *("&" option)]       the leftmost layer is the top
 *   option   = [layer "."] name ["=" value]                                      without a layer: the medium's
 *
 *   tcp://127.0.0.1:7000    tcp://[::1]:7000?idle=30s&max=100    throttle+tcp://127.0.0.1:80?throttle.rate=1M
 *   unix:/run/app           unix:@abstract    file:/tmp/x?append&create    fd:3?take    mem:name    systemd:http
 *   stdio:                  null:
 *
 * The last layer is the medium; after media without a host, "//" may be left out. Everything is strict: names are lower
 * case, numbers are decimal without leading zeros, sizes take K, M, G or T (powers of 1024), times need ns, us, ms, s,
 * min or h, %XX stands for a byte of an address or value (RFC 3986), IPv6 stands in brackets with %25 before a scope
 * (RFC 6874). The host must be said: 0.0.0.0 and [::] listen on every address. Nothing is guessed or cut; what is wrong
 * is told with the place, and with the spelling that was probably meant.
 *
 * A `weir_endpoint` is a value without pointers, and the builder: nobody needs to paste strings together.
 *
 *   weir_endpoint e;
 *   weir_endpoint_begin(&e, "throttle+tcp", &error);
 *   weir_endpoint_set_host(&e, host, 7000, &error);                   // any text; what is no host is refused
 *   weir_endpoint_set_number(&e, "throttle", "rate", 1000000, &error);
 *
 * Which layers and options there are: `weir_endpoint_layer_get`, `weir_endpoint_option_get`. Those that this build
 * lacks are parsed and formatted like the others; opening one is WEIR_ENOTSUP. An option for a layer that stands in the
 * stack more than once is for each of them. Options that are for listening are not looked at when connecting, and the
 * other way round, so that both ends can share a text.
 *
 * Functions without a loop are for any thread and any callback; they allocate nothing. Where one takes `error` (may be
 * NULL) it says why: WEIR_STAGE_PARSE, and a hint that is never empty. A failed call changes nothing else. */
#ifndef WEIR_ENDPOINT_H
#define WEIR_ENDPOINT_H

#include <weir/socket.h>

WEIR_BEGIN

#define WEIR_ENDPOINT_TEXT_MAX 4096 /* with the final zero; no endpoint is longer */
#define WEIR_ENDPOINT_NAME_MAX 15   /* bytes of a layer's or an option's name */
#define WEIR_ENDPOINT_HOST_MAX 253  /* bytes of a host */
#define WEIR_ENDPOINT_PATH_MAX 1023 /* bytes of a path, name or command */
#define WEIR_ENDPOINT_VALUE_MAX 191 /* bytes of an option's value */
#define WEIR_ENDPOINT_OPTIONS_MAX 32

typedef struct weir_endpoint_option {
    char layer[WEIR_ENDPOINT_NAME_MAX + 1]; /* whose: one of `layers` */
    char name[WEIR_ENDPOINT_NAME_MAX + 1];
    char value[WEIR_ENDPOINT_VALUE_MAX + 1]; /* in its shortest spelling: "1M", "30s"; empty for a flag */
} weir_endpoint_option;

/* About 9 KiB. The fields are there to be read, and may be written where a function below does not do it better; an
 * endpoint that does not follow the grammar is refused when it is opened. */
typedef struct weir_endpoint {
    char layers[WEIR_STACK_MAX][WEIR_ENDPOINT_NAME_MAX + 1]; /* the top first, the medium last; empty after it */
    char host[WEIR_ENDPOINT_HOST_MAX + 1]; /* of media with hosts, without brackets: "fe80::1%2"; else empty */
    uint32_t port;                         /* of media with ports; 0 lets a listener choose */
    char path[WEIR_ENDPOINT_PATH_MAX + 1]; /* of the other media: path, name, number or command, and a final zero */
    uint32_t path_size;                    /* its bytes: an abstract UNIX name ('@' first) may hold zeros */
    uint32_t option_count;
    weir_endpoint_option options[WEIR_ENDPOINT_OPTIONS_MAX];
} weir_endpoint;

/* Parses `text`. 0, or WEIR_EINVAL, WEIR_ENAMETOOLONG; `error->hint` begins with the place: "byte 17: ...". */
WEIR_API int weir_endpoint_parse(weir_endpoint *ret, const char *text, weir_error *error);

/* The canonical text; parsing it gives an equal endpoint. Cut to `size` with a final zero; WEIR_ENDPOINT_TEXT_MAX bytes
 * are enough for every endpoint that parse or the functions below made. Returns `text`. */
WEIR_API const char *weir_endpoint_format(const weir_endpoint *endpoint, char *text, size_t size);

/* Whether both name the same stack, address and options, in whatever order the options were given. */
WEIR_API bool weir_endpoint_equal(const weir_endpoint *a, const weir_endpoint *b);

/* The last layer: "tcp". Empty for an endpoint without any. */
WEIR_API const char *weir_endpoint_medium(const weir_endpoint *endpoint);

/* Whether the last layer is `medium`: "stdio". */
WEIR_API bool weir_endpoint_is(const weir_endpoint *endpoint, const char *medium);

/* ---- building ---- */

/* Starts an endpoint with these layers, "throttle+tcp", and neither address nor options. WEIR_EINVAL for what cannot
 * stand on each other. */
WEIR_API int weir_endpoint_begin(weir_endpoint *ret, const char *layers, weir_error *error);

/* Sets the address of a medium with hosts: a name, "127.0.0.1", "::1", "fe80::1%2". WEIR_EINVAL (also for the other
 * media), WEIR_ENAMETOOLONG. */
WEIR_API int weir_endpoint_set_host(weir_endpoint *endpoint, const char *host, uint32_t port, weir_error *error);

/* Sets the `size` bytes of the address of a medium without hosts. WEIR_EINVAL, WEIR_ENAMETOOLONG. */
WEIR_API int weir_endpoint_set_path(weir_endpoint *endpoint, const void *path, size_t size, weir_error *error);

/* From and to the address of a socket. Set: an IP address for a medium with hosts, a path or abstract name for `unix:`
 * and `unixgram:`, else WEIR_EINVAL. Get: WEIR_ENOTSUP for a host that would have to be resolved (localhost is
 * 127.0.0.1) and for media without socket addresses. */
WEIR_API int weir_endpoint_set_address(weir_endpoint *endpoint, const weir_address *address, weir_error *error);
WEIR_API int weir_endpoint_address(const weir_endpoint *endpoint, weir_address *ret);

/* Sets an option, also again. `layer` NULL: the medium. `value` is as in the text, but not percent-encoded; NULL or
 * empty for a flag. The number is a count, bytes or nanoseconds, as the option has it; WEIR_UNBOUNDED and WEIR_FOREVER
 * where "unbounded" and "forever" are legal; for a flag 1 sets and 0 takes away. WEIR_EINVAL, WEIR_ENAMETOOLONG,
 * WEIR_ENOBUFS (more than WEIR_ENDPOINT_OPTIONS_MAX). */
WEIR_API int weir_endpoint_set(weir_endpoint *endpoint, const char *layer, const char *name, const char *value,
                               weir_error *error);
WEIR_API int weir_endpoint_set_number(weir_endpoint *endpoint, const char *layer, const char *name, uint64_t number,
                                      weir_error *error);

/* Takes an option away, if it is there. */
WEIR_API void weir_endpoint_unset(weir_endpoint *endpoint, const char *layer, const char *name);

/* The text of an option, empty for a flag; NULL when it is not given. Valid until the endpoint changes. */
WEIR_API const char *weir_endpoint_get(const weir_endpoint *endpoint, const char *layer, const char *name);

/* The number of an option: a count, bytes or nanoseconds; 1 for a flag. `otherwise` when it is not given or is none. */
WEIR_API uint64_t weir_endpoint_number(const weir_endpoint *endpoint, const char *layer, const char *name,
                                       uint64_t otherwise);

/* What was understood, for people: a line for each layer from the top, with its options, and the defaults in force
 * where none is given. Every line ends with a newline. Cut to `size` with a final zero. Returns `text`. */
WEIR_API const char *weir_endpoint_explain(const weir_endpoint *endpoint, char *text, size_t size);

/* ---- which layers and options there are ---- */

/* What flows: a layer needs one of WEIR_CARRIES_BYTES and WEIR_CARRIES_MESSAGES below it. */
typedef enum weir_carries {
    WEIR_CARRIES_BYTES = 1,     /* a stream without borders */
    WEIR_CARRIES_MESSAGES = 2,  /* whole messages */
    WEIR_CARRIES_HALF_CLOSE = 4 /* the end of one direction, while the other goes on */
} weir_carries;

typedef struct weir_endpoint_layer {
    const char *name;    /* "tcp"; static, as the next ones */
    const char *syntax;  /* "tcp://HOST:PORT" */
    const char *summary; /* "TCP over IPv4 and IPv6" */
    bool medium;         /* stands last and has an address; else it stands above another layer */
    bool listens;        /* this build can listen on it, or accept through it */
    bool connects;       /* this build can connect or open it, or connect through it */
    unsigned needs;      /* weir_carries of the layer below; 0 for a medium */
    unsigned gives;      /* weir_carries to the layer above, or to you */
} weir_endpoint_layer;

/* The `index`-th layer: media first. WEIR_ENOENT past the last. */
WEIR_API int weir_endpoint_layer_get(size_t index, weir_endpoint_layer *ret);

typedef struct weir_endpoint_option_info {
    const char *name;     /* "idle"; static, as the next ones */
    const char *value;    /* "" for a flag, "N", "SIZE", "TIME", "TEXT", "PATH" */
    const char *summary;  /* "no byte moved for so long: timed out" */
    const char *standard; /* what holds when it is not given: "1min", or empty: nothing */
    bool built;           /* this build can do it */
    bool shared;          /* one of those that all media have */
    uint64_t least, most; /* of a number, in counts, bytes or nanoseconds */
} weir_endpoint_option_info;

/* The `index`-th option of `layer`. WEIR_ENOENT past the last, or for an unknown layer. */
WEIR_API int weir_endpoint_option_get(const char *layer, size_t index, weir_endpoint_option_info *ret);

/* ---- opening ---- */

/* Listens on `endpoint`; `accepted` gives each transport, the top of its stack, a protocol. What is there only once
 * (stdio:, fd:, file:, null:) is accepted once, from the loop, when it is open. Returns 0 and the listener lives until
 * the loop's end, or WEIR_E..., which `weir_report` prints: those of parse and of the medium; WEIR_ENOTSUP for a layer,
 * medium or option that this build lacks, and for host names other than localhost. Any callback of the loop. */
WEIR_API int weir_serve(weir_loop *loop, const char *endpoint, weir_accept_fn *accepted, void *user);

/* The same with a handle to it: `*ret` (may be NULL) is the listener, NULL for what is there only once. `options` (may
 * be NULL) hold where the endpoint says nothing else. What is there only once and could not be opened after all (a file
 * that is missing) is told to `options->closed`, with a NULL listener, and is the loop's last error. */
WEIR_API int weir_serve_endpoint(weir_loop *loop, const weir_endpoint *endpoint, const weir_listen_options *options,
                                 weir_accept_fn *accepted, void *user, weir_listener **ret);

/* Connects to `endpoint`, or opens it; `*ret` (may be NULL) is the top of the stack. As `weir_socket_connect`, with the
 * errors of `weir_serve`. */
WEIR_API int weir_connect(weir_loop *loop, const char *endpoint, const weir_protocol *protocol, void *self,
                          weir_transport **ret);
WEIR_API int weir_connect_endpoint(weir_loop *loop, const weir_endpoint *endpoint, const weir_connect_options *options,
                                   const weir_protocol *protocol, void *self, weir_transport **ret);

WEIR_END

#endif
