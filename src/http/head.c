/* src/http/head.c - see head.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "http/head.h"

#include <strings.h>

#include "base/util.h"

struct span http_header(const struct http_head *head, const char *name)
{
	size_t len = strlen(name);
	for (int i = 0; i < head->n_headers; i++) {
		const struct http_header *h = &head->headers[i];
		if (h->name.len == len && strncasecmp(h->name.data, name, len) == 0)
			return span_trim(h->value);
	}
	return (struct span){NULL, 0};
}

bool http_content_type_is(const struct http_head *head, const char *media_type)
{
	struct span value = http_header(head, "Content-Type");
	if (!value.data)
		return false;
	const char *semicolon = memchr(value.data, ';', value.len);
	if (semicolon)
		value = span_trim((struct span){value.data, (size_t)(semicolon - value.data)});
	return value.len == strlen(media_type) &&
	       strncasecmp(value.data, media_type, value.len) == 0;
}
