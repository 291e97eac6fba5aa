/* src/protocols/pointer.c - see pointer.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "protocols/pointer.h"

#include <string.h>

#define KEY_MAX 256

const char *pointer_wrong(struct span p)
{
	if (p.len == 0)
		return NULL;
	if (p.data[0] != '/')
		return "a JSON pointer begins with '/', as in /result/text";
	size_t key = 0;
	for (size_t i = 0; i < p.len; i++) {
		key = p.data[i] == '/' ? 0 : key + 1;
		if (key >= KEY_MAX)
			return "a key of this JSON pointer is too long";
		if (p.data[i] == '~' &&
		    (i + 1 == p.len || (p.data[i + 1] != '0' && p.data[i + 1] != '1')))
			return "in a JSON pointer '~' is written ~0, and '/' inside a key ~1";
	}
	return NULL;
}

/* One key, its escapes taken off. */
static size_t unescape(struct span token, char out[KEY_MAX + 1])
{
	size_t n = 0;
	for (size_t i = 0; i < token.len && n < KEY_MAX; i++) {
		char c = token.data[i];
		if (c == '~' && i + 1 < token.len)
			c = token.data[++i] == '0' ? '~' : '/';
		out[n++] = c;
	}
	out[n] = '\0';
	return n;
}

/* "0", "17"; no sign, no leading zero. */
static const json_t *item(const json_t *list, const char *key, size_t len)
{
	size_t at = 0;
	if (len == 0 || len > 9 || (len > 1 && key[0] == '0'))
		return NULL;
	for (size_t i = 0; i < len; i++) {
		if (key[i] < '0' || key[i] > '9')
			return NULL;
		at = at * 10 + (size_t)(key[i] - '0');
	}
	return json_array_get(list, at);
}

const json_t *pointer_get(const json_t *root, struct span p)
{
	const json_t *at = root;
	const char *from = p.data, *end = p.data + p.len;
	while (at && from < end) {
		char key[KEY_MAX + 1];
		from++;	/* '/' */
		const char *to = memchr(from, '/', (size_t)(end - from));
		struct span token = {from, (size_t)((to ? to : end) - from)};
		size_t n = unescape(token, key);
		at = json_is_array(at) ? item(at, key, n) : json_object_get(at, key);
		from += token.len;
	}
	return at;
}
