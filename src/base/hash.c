/* src/base/hash.c - see hash.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/util.h"

void hash_sha256(const void *data, size_t len, char hex[HASH_HEX])
{
	unsigned char digest[32];
	if (EVP_Digest(data, len, digest, NULL, EVP_sha256(), NULL) != 1) {
		/* It needs memory. A wrong hash is worse than an end: tokens are compared so. */
		(void)fputs("assay: out of memory\n", stderr);
		abort();
	}
	for (size_t i = 0; i < sizeof(digest); i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

bool hash_equal_secret(const char *a, const char *b)
{
	char x[HASH_HEX];
	char y[HASH_HEX];
	hash_sha256(a, strlen(a), x);
	hash_sha256(b, strlen(b), y);
	return CRYPTO_memcmp(x, y, sizeof(x)) == 0;
}
