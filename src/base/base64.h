/* src/base/base64.h - base64 (RFC 4648, section 4), through OpenSSL.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stddef.h>

#include "base/buf.h"

/* Append the encoding of data. -1 when out is full. */
int base64_encode(const void *data, size_t len, struct buf *out);

/* To a place that has room for base64_length(len) + 1 bytes; the last one becomes 0. Returns the
 * length. The data may begin where that room ends, or behind it. */
size_t base64_length(size_t len);
size_t base64_write(const void *data, size_t len, char *to);

/* Append the decoded bytes. -1 when the text is not strict, padded base64 or out is full. */
int base64_decode(const char *text, size_t len, struct buf *out);

#endif
