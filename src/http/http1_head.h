/* src/http/http1_head.h - the head of a response as a whole: status line and header lines.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_HTTP1_HEAD_H
#define HTTP_HTTP1_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "http/head.h"

/* Can text that begins so become an HTTP/1.x response? */
bool http1_head_may_be(const char *text, size_t len);

/* text ends with the blank line. NULL, or static words that say what is wrong. */
const char *http1_head_parse(const char *text, size_t len, struct http_head *ret);

#endif
