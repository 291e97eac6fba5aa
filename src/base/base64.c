/* src/base/base64.c - see base64.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

#include <openssl/evp.h>
#include <stdbool.h>

#include "base/util.h"

/* One EVP call takes an int: pieces stay well below, and are whole groups. */
#define PIECE_IN ((size_t)3 << 20)
#define PIECE_OUT ((size_t)4 << 20)

size_t base64_length(size_t len)
{
	return (len + 2) / 3 * 4;
}

size_t base64_write(const void *data, size_t len, char *to)
{
	const unsigned char *p = data;
	char *at = to;
	*to = '\0';
	while (len > 0) {
		size_t n = MIN(len, PIECE_IN);
		at += EVP_EncodeBlock((unsigned char *)at, p, (int)n);
		p += n;
		len -= n;
	}
	return (size_t)(at - to);
}

int base64_encode(const void *data, size_t len, struct buf *out)
{
	char *to = len > 0 ? buf_reserve(out, base64_length(len)) : NULL;
	if (len > 0 && !to)
		return -1;
	if (len > 0)
		buf_grew(out, base64_write(data, len, to));
	return 0;
}

/* The bits of the last character that belong to no byte must be 0 (RFC 4648, section 3.5): two
 * texts for the same bytes would hide what was sent. */
static bool tail_is_zero(char c, size_t pad)
{
	return strchr(pad == 2 ? "AQgw" : "AEIMQUYcgkosw048", c);
}

/* EVP_DecodeBlock forgives white space at the ends and bad padding: look first. */
static int strict(const char *text, size_t len)
{
	if (len % 4 != 0)
		return -1;
	size_t pad = 0;
	while (pad < 2 && pad < len && text[len - 1 - pad] == '=')
		pad++;
	for (size_t i = 0; i < len - pad; i++) {
		char c = text[i];
		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		      c == '+' || c == '/'))
			return -1;
	}
	return pad > 0 && !tail_is_zero(text[len - pad - 1], pad) ? -1 : (int)pad;
}

int base64_decode(const char *text, size_t len, struct buf *out)
{
	int pad = strict(text, len);
	if (pad < 0)
		return -1;
	while (len > 0) {
		size_t n = MIN(len, PIECE_OUT);
		unsigned char *to = buf_reserve(out, n / 4 * 3);
		if (!to)
			return -1;
		int got = EVP_DecodeBlock(to, (const unsigned char *)text, (int)n);
		if (got < 0)
			return -1;
		buf_grew(out, (size_t)got - (n == len ? (size_t)pad : 0));
		text += n;
		len -= n;
	}
	return 0;
}
