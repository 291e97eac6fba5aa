/* src/base/base64.h - base64 (RFC 4648, section 4), through OpenSSL.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stddef.h>

#include "base/buf.h"

/* Append the encoding of data. -1 when out is full. */
int base64_encode(const void *data, size_t len, struct buf *out);

/* Append the decoded bytes. -1 when the text is not strict, padded base64 or out is full. */
int base64_decode(const char *text, size_t len, struct buf *out);

#endif
