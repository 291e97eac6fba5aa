/* src/base/outcome.h - how one request to a service ended: ok, or one reason (METRICS.md).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_OUTCOME_H
#define BASE_OUTCOME_H

#define OUTCOMES(X) \
	X(OK, "ok", "status 200, complete, and a valid answer") \
	X(CONNECT, "connect", "no connection: refused, unreachable, or too late") \
	X(TLS, "tls", "the TLS handshake or record layer failed") \
	X(TIMEOUT, "timeout", "no complete answer within the request's deadline") \
	X(IDLE_TIMEOUT, "idle_timeout", "the stream stood still for too long") \
	X(RESET, "reset", "the peer reset the connection") \
	X(STALE_CONNECTION, "stale_connection", "a kept connection was closed before any reply") \
	X(TRUNCATED, "truncated", "the body ended before its announced end") \
	X(ABORTED, "aborted", "given up by assay: the run was ended") \
	X(BAD_HTTP, "bad_http", "the reply is not valid HTTP") \
	X(HTTP_3XX, "http_3xx", "a redirect: the base URL is wrong") \
	X(HTTP_4XX, "http_4xx", "refused as the client's fault") \
	X(HTTP_5XX, "http_5xx", "failed as the server's fault") \
	X(BAD_CONTENT_TYPE, "bad_content_type", "200 with a content type of another kind") \
	X(BAD_JSON, "bad_json", "the JSON does not parse or lacks a required field") \
	X(BAD_AUDIO, "bad_audio", "no valid audio, or no sound in it") \
	X(EMPTY_ANSWER, "empty_answer", "200 with nothing in it") \
	X(ERROR_BODY, "error_body", "200 with an error inside") \
	X(ERROR_EVENT, "error_event", "an error event inside the stream") \
	X(UNFINISHED_STREAM, "unfinished_stream", "the stream has no [DONE] or finish_reason")

enum outcome {
#define OUTCOME_ENUM(id, name, help) OUTCOME_##id,
	OUTCOMES(OUTCOME_ENUM)
#undef OUTCOME_ENUM
	OUTCOME_COUNT,
};

/* The name used in result.json, e.g. "http_5xx". */
const char *outcome_name(enum outcome o);

/* One line that says what it means. */
const char *outcome_help(enum outcome o);

/* The outcome with this name, or OUTCOME_COUNT. */
enum outcome outcome_find(const char *name);

#endif
