/* SPDX-License-Identifier: MIT
 *
 * Hosts: names and numeric addresses, told apart without guessing. */
#ifndef WEIR_ENDPOINT_HOST_H
#define WEIR_ENDPOINT_HOST_H

#include <weir/endpoint.h>

/* Checks the `n` bytes at `host` and writes the canonical form: names in lower case, IPv6 as RFC 5952 has it. 0, or
 * WEIR_EINVAL, WEIR_ENAMETOOLONG. */
int weir_host_canonical(const char *host, size_t n, char ret[WEIR_ENDPOINT_HOST_MAX + 1], weir_error *error);

/* The same for a number of a virtual machine, or "any". */
int weir_host_cid(const char *host, size_t n, char ret[WEIR_ENDPOINT_HOST_MAX + 1], weir_error *error);

#endif
