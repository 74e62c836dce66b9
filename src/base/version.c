/* SPDX-License-Identifier: MIT
 *
 * The version of the library as it runs, which need not be that of the headers a program was compiled with. */
#include <weir/export.h>

const char *weir_version(void) { return WEIR_VERSION; }
