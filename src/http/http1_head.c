/* src/http/http1_head.c - see http1_head.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "http/http1_head.h"

#include <strings.h>

#include "base/util.h"

bool http1_head_may_be(const char *text, size_t len)
{
	return memcmp(text, "HTTP/1.", MIN(len, (size_t)7)) == 0 &&
	       (len < 8 || text[7] == '0' || text[7] == '1');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A byte of a header's name (RFC 9110, 5.6.2). */
static bool is_token(char c)
{
	return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

/* The next line without its end. The text is known to end with one. */
static struct span next_line(const char **at, const char *end)
{
	const char *lf = memchr(*at, '\n', (size_t)(end - *at));
	struct span line = {*at, (size_t)(lf - *at)};
	if (line.len > 0 && line.data[line.len - 1] == '\r')
		line.len--;
	*at = lf + 1;
	return line;
}

static const char *parse_status(struct span line, struct http_head *h)
{
	const char *t = line.data;
	if (line.len < 12 || !http1_head_may_be(t, line.len) || t[8] != ' ' || !is_digit(t[9]) ||
	    !is_digit(t[10]) || !is_digit(t[11]) || (line.len > 12 && t[12] != ' '))
		return "the status line is not 'HTTP/1.1 200 …'";
	h->version_minor = t[7] - '0';
	h->status = (t[9] - '0') * 100 + (t[10] - '0') * 10 + (t[11] - '0');
	return h->status < 100 || h->status > 599 ? "the status is not from 100 to 599" : NULL;
}

static const char *parse_header(struct span line, struct http_head *h)
{
	size_t n = 0;
	if (line.data[0] == ' ' || line.data[0] == '\t')
		return "a header line is folded (obsolete since RFC 7230)";
	while (n < line.len && is_token(line.data[n]))
		n++;
	if (n == 0 || n == line.len || line.data[n] != ':')
		return "a header line is not 'Name: value'";
	for (size_t i = n + 1; i < line.len; i++)
		if (((unsigned char)line.data[i] < ' ' && line.data[i] != '\t') ||
		    line.data[i] == 0x7f)
			return "a header's value holds a control byte";
	if (h->n_headers == HTTP_HEADERS_MAX)
		return "more than 100 headers";
	h->headers[h->n_headers++] = (struct http_header){
		.name = {line.data, n},
		.value = span_trim((struct span){line.data + n + 1, line.len - n - 1}),
	};
	return NULL;
}

static bool name_is(const struct http_header *h, const char *name)
{
	return h->name.len == strlen(name) && strncasecmp(h->name.data, name, h->name.len) == 0;
}

static bool value_is(struct span value, const char *text)
{
	return value.len == strlen(text) && strncasecmp(value.data, text, value.len) == 0;
}

static const char *take_length(struct span value, struct http_head *h)
{
	int64_t length = 0;
	if (value.len == 0 || value.len > 18)
		return "Content-Length is not a number";
	for (size_t i = 0; i < value.len; i++) {
		if (!is_digit(value.data[i]))
			return "Content-Length is not a number";
		length = length * 10 + (value.data[i] - '0');
	}
	if (h->content_length >= 0 && h->content_length != length)
		return "two Content-Length headers differ";
	h->content_length = length;
	return NULL;
}

/* Connection is a list of words: close, keep-alive, … */
static void take_connection(struct span value, struct http_head *h)
{
	while (value.len > 0) {
		const char *comma = memchr(value.data, ',', value.len);
		size_t n = comma ? (size_t)(comma - value.data) : value.len;
		struct span word = span_trim((struct span){value.data, n});
		if (value_is(word, "close"))
			h->keep_alive = false;
		else if (value_is(word, "keep-alive") && h->version_minor == 0)
			h->keep_alive = true;
		n += comma ? 1 : 0;
		value.data += n;
		value.len -= n;
	}
}

/* What the headers mean for the body and the connection. */
static const char *interpret(struct http_head *h)
{
	const char *wrong = NULL;
	for (int i = 0; i < h->n_headers && !wrong; i++) {
		const struct http_header *x = &h->headers[i];
		if (name_is(x, "Content-Length")) {
			wrong = take_length(x->value, h);
		} else if (name_is(x, "Transfer-Encoding")) {
			if (!value_is(x->value, "chunked") || h->chunked)
				wrong = "a Transfer-Encoding other than one 'chunked'";
			h->chunked = true;
		} else if (name_is(x, "Content-Encoding")) {
			if (!value_is(x->value, "identity"))
				wrong = "the body is compressed, which was not asked for";
		} else if (name_is(x, "Connection")) {
			take_connection(x->value, h);
		}
	}
	if (!wrong && h->chunked && h->content_length >= 0)
		wrong = "Content-Length beside Transfer-Encoding";
	if (!wrong && h->chunked && h->version_minor == 0)
		wrong = "Transfer-Encoding in an HTTP/1.0 reply";
	return wrong;
}

const char *http1_head_parse(const char *text, size_t len, struct http_head *ret)
{
	const char *at = text, *end = text + len;
	ret->n_headers = 0;
	ret->content_length = -1;
	ret->chunked = false;
	const char *wrong = parse_status(next_line(&at, end), ret);
	ret->keep_alive = ret->version_minor == 1;
	while (!wrong && at < end) {
		struct span line = next_line(&at, end);
		if (line.len == 0)
			break;
		wrong = parse_header(line, ret);
	}
	return wrong ? wrong : interpret(ret);
}
