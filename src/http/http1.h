/* src/http/http1.h - reading HTTP/1.x responses (RFC 9112), incrementally and strictly.
 *
 * Pure: no socket, no clock. What a parser for a tester must not do is guess: a reply that the
 * standard forbids is an error with words, never repaired in silence. Refused are, among others:
 * Content-Length beside Transfer-Encoding, differing lengths, folded header lines, codings other
 * than "chunked", compressed bodies (none was asked for), more than HTTP_HEADERS_MAX headers,
 * heads over 64 KiB.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_HTTP1_H
#define HTTP_HTTP1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "http/head.h"

#define HTTP1_HEAD_MAX ((size_t)64 << 10)

struct http1_events {
	/* The head of the final response (1xx heads are passed over). Non-zero ends the push. */
	int (*head)(void *ctx, const struct http_head *head);
	/* Bytes of the body, framing taken off. last: no further body byte follows in the bytes
	 * that were pushed (framing may). Non-zero ends the push. */
	int (*body)(void *ctx, const char *data, size_t len, bool last);
};

enum http1_state {
	HTTP1_HEAD,
	HTTP1_BODY_LENGTH,
	HTTP1_BODY_CLOSE,	/* until the connection is closed */
	HTTP1_CHUNK_SIZE,
	HTTP1_CHUNK_EXTENSION,
	HTTP1_CHUNK_SIZE_LF,
	HTTP1_CHUNK_DATA,
	HTTP1_CHUNK_CR,
	HTTP1_CHUNK_LF,
	HTTP1_TRAILER,
	HTTP1_DONE,
	HTTP1_FAILED,
};

struct http1 {
	enum http1_state state;
	bool no_body;		/* set by the user: the request was HEAD */
	bool keep_alive;	/* valid once the head came */
	bool begun;		/* at least one byte of a response came */
	struct buf text;	/* the head while it comes; then the trailer */
	size_t line_len;	/* of the line that is coming, without its end */
	size_t extension_len;
	int size_digits;
	uint64_t left;		/* bytes of the body or of this chunk */
	uint64_t body_bytes;
	const char *held;	/* body bytes that wait to know whether they are the last */
	size_t held_len;
	const char *error;	/* static words when HTTP1_FAILED; NULL: memory or the callee */
	struct http_head head;
};

void http1_init(struct http1 *p);
void http1_release(struct http1 *p);
void http1_clear(struct http1 *p);	/* a new response; keeps the memory */

/* Take in bytes. Returns how many belonged to this response (fewer than len only when it is
 * complete: p->state == HTTP1_DONE); -1 when they are no valid HTTP (p->error) ; -2 when a
 * callback ended it. */
ssize_t http1_push(struct http1 *p, const char *data, size_t len, const struct http1_events *ev,
		   void *ctx);

/* The peer closed. true: the response is complete (it may run until the close). */
bool http1_close(struct http1 *p);

#endif
