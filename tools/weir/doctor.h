/* SPDX-License-Identifier: MIT
 *
 * The verb `doctor`. */
#ifndef TOOL_DOCTOR_H
#define TOOL_DOCTOR_H

#include "options.h"

int doctor_run(const struct options *options);

#endif
