/* src/http/head.h - the head of a response, as the parser hands it on.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define HTTP_HEADERS_MAX 100

struct http_header {
	struct span name, value;	/* into the parser's buffer: valid during the call only */
};

struct http_head {
	int status;
	int version_minor;		/* HTTP/1.x */
	struct http_header headers[HTTP_HEADERS_MAX];
	int n_headers;
	int64_t content_length;		/* -1: not given */
	bool chunked;
	bool keep_alive;
};

/* Value of the first header with this name (any case), trimmed; data is NULL when absent. */
struct span http_header(const struct http_head *head, const char *name);

/* Media type of Content-Type is this one (parameters ignored, any case)? */
bool http_content_type_is(const struct http_head *head, const char *media_type);

#endif
