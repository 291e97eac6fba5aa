/* src/base/hash.h - SHA-256 in hexadecimal: media, plans and payloads are named by it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>

#define HASH_HEX 65	/* 64 digits and the end */

void hash_sha256(const void *data, size_t len, char hex[HASH_HEX]);

/* Compare two secrets without telling by time how much of them agrees. */
bool hash_equal_secret(const char *a, const char *b);

#endif
