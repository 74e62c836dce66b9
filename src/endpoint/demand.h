/* SPDX-License-Identifier: MIT
 *
 * Options of an endpoint as the arguments of the functions that open media. */
#ifndef WEIR_ENDPOINT_DEMAND_H
#define WEIR_ENDPOINT_DEMAND_H

#include <weir/endpoint.h>

/* What to open it with. The options point to `limits`, or to what the caller gave, so it must stay where it is. */
struct weir_demand {
    weir_limits limits;
    weir_listen_options listen;
    weir_connect_options connect;
};

/* `options` (may be NULL) hold where the endpoint says nothing. */
void weir_demand_listening(struct weir_demand *d, const weir_endpoint *e, const weir_listen_options *options);
void weir_demand_connecting(struct weir_demand *d, const weir_endpoint *e, const weir_connect_options *options);

#endif
