/* SPDX-License-Identifier: MIT
 *
 * One table of what an endpoint may name: media and the layers above them, with their options, what they carry and the
 * functions that open them. The grammar knows nothing but this table. */
#ifndef WEIR_ENDPOINT_REGISTRY_H
#define WEIR_ENDPOINT_REGISTRY_H

#include <weir/endpoint.h>

/* How the address of a medium is written. */
enum weir_address_kind {
    WEIR_ADDRESS_OF_LAYER, /* none at all: this is no medium */
    WEIR_ADDRESS_NONE,     /* nothing after the colon */
    WEIR_ADDRESS_HOST,     /* //HOST:PORT */
    WEIR_ADDRESS_CID,      /* //CID:PORT, both numbers of 32 bits; "any" for every CID */
    WEIR_ADDRESS_UNIX,     /* a path, or a name after '@' */
    WEIR_ADDRESS_PATH,     /* any bytes but zero */
    WEIR_ADDRESS_NUMBER    /* a descriptor */
};

enum weir_option_kind {
    WEIR_OPTION_FLAG,
    WEIR_OPTION_NUMBER,
    WEIR_OPTION_SIZE,
    WEIR_OPTION_TIME,
    WEIR_OPTION_TEXT,
    WEIR_OPTION_PATH
};

struct weir_option_spec {
    const char *name;
    const char *standard; /* what holds when it is not given; NULL: nothing */
    const char *summary;
    enum weir_option_kind kind;
    bool absent;  /* known, and not in this build */
    bool endless; /* "unbounded" or "forever" is legal too */
    uint64_t least, most;
};

/* One that opens a medium; `options` are those of the caller with what the endpoint says written over them. */
typedef int weir_medium_listen_fn(weir_loop *loop, const weir_endpoint *endpoint, const weir_listen_options *options,
                                  weir_accept_fn *accepted, void *user, weir_listener **ret);
typedef int weir_medium_connect_fn(weir_loop *loop, const weir_endpoint *endpoint, const weir_connect_options *options,
                                   const weir_protocol *protocol, void *self, weir_transport **ret);

/* Puts a layer over `below`, which it owns from then on; on failure `below` is as before. */
typedef int weir_layer_wrap_fn(weir_transport *below, const weir_endpoint *endpoint, const weir_protocol *protocol,
                               void *self, weir_transport **ret);

struct weir_layer_spec {
    const char *name, *syntax, *summary;
    enum weir_address_kind address;
    size_t longest;                                  /* bytes of the address; 0: WEIR_ENDPOINT_PATH_MAX */
    unsigned needs, gives;                           /* weir_carries */
    const struct weir_option_spec *options, *shared; /* each ends with an unnamed one, or is NULL */
    /* Whether the options go together; NULL: always. */
    int (*check)(const weir_endpoint *endpoint, weir_error *error);
    /* NULL: this build has none. A medium without `listen` that is `single` is opened and accepted once. */
    weir_medium_listen_fn *listen;
    weir_medium_connect_fn *connect;
    weir_layer_wrap_fn *wrap;
    bool single;
};

/* Media first; the last one has no name. */
extern const struct weir_layer_spec weir_layer_specs[];

/* The row of that name, or NULL. */
const struct weir_layer_spec *weir_layer_find(const char *name, size_t n);

/* The `index`-th option of a layer, its own first; NULL past the last. */
const struct weir_option_spec *weir_option_at(const struct weir_layer_spec *layer, size_t index);

/* The one of that name, or NULL. */
const struct weir_option_spec *weir_option_find(const struct weir_layer_spec *layer, const char *name, size_t n);

/* The name of a layer, or of an option of `layer`, that is nearest to `word`, or NULL. */
const char *weir_layer_nearest(const char *word, size_t n);
const char *weir_option_nearest(const struct weir_layer_spec *layer, const char *word, size_t n);

static inline bool weir_layer_is_medium(const struct weir_layer_spec *layer) {
    return layer->address != WEIR_ADDRESS_OF_LAYER;
}

#endif
