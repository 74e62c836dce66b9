/* SPDX-License-Identifier: MIT
 *
 * What every public header needs: the mark of an exported symbol, C linkage for C++, and the version. */
#ifndef WEIR_EXPORT_H
#define WEIR_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEIR_VERSION_MAJOR 0
#define WEIR_VERSION_MINOR 1
#define WEIR_VERSION_PATCH 0
#define WEIR_VERSION "0.1.0"

#if defined(__GNUC__) || defined(__clang__)
#define WEIR_API __attribute__((visibility("default")))
#define WEIR_PRINTF(text_at, first) __attribute__((format(printf, text_at, first)))
#else
#define WEIR_API
#define WEIR_PRINTF(text_at, first)
#endif

#ifdef __cplusplus
#define WEIR_BEGIN extern "C" {
#define WEIR_END }
#else
#define WEIR_BEGIN
#define WEIR_END
#endif

WEIR_BEGIN

/* The version of the library that is running, as "major.minor.patch". Any thread. */
WEIR_API const char *weir_version(void);

WEIR_END

#endif
