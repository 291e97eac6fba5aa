/* src/serve/gate.c - what can be refused from the header alone, before a byte of the body is kept.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "base/util.h"
#include "serve/server_parts.h"

/* Bytes of a header field beside its name and value: ": " and the line's end. */
#define FIELD_FRAME 4

/* What was seen of the header fields. */
struct seen {
	int64_t fields;
	uint64_t bytes;
	int lengths;		/* Content-Length */
	int encodings;		/* Transfer-Encoding */
	int types;		/* Content-Type */
	int tokens;		/* Authorization */
	int hosts;
	bool bad_length;
	uint64_t length;
	const char *encoding, *type, *token;
};

static void see_length(struct seen *s, const char *value)
{
	size_t n = strlen(value);
	s->lengths++;
	s->bad_length |= n == 0 || n > 18 || strspn(value, "0123456789") != n;
	if (!s->bad_length)
		s->length = strtoull(value, NULL, 10);
}

static enum MHD_Result see(void *cls, enum MHD_ValueKind kind, const char *name,
			   const char *value)
{
	struct seen *s = cls;
	(void)kind;
	value = value ? value : "";
	s->fields++;
	s->bytes += strlen(name) + strlen(value) + FIELD_FRAME;
	if (str_equal_nocase(name, "content-length")) {
		see_length(s, value);
	} else if (str_equal_nocase(name, "transfer-encoding")) {
		s->encodings++;
		s->encoding = value;
	} else if (str_equal_nocase(name, "content-type")) {
		s->types++;
		s->type = value;
	} else if (str_equal_nocase(name, "authorization")) {
		s->tokens++;
		s->token = value;
	} else if (str_equal_nocase(name, "host")) {
		s->hosts++;
	}
	return MHD_YES;
}

/* Two parties that read a message differently can be played off against each other. */
static int check_framing(struct request *r, const struct seen *s)
{
	if (s->lengths > 1)
		return refuse(r, 400, "bad_request", "more than one Content-Length");
	if (s->bad_length)
		return refuse(r, 400, "bad_request", "Content-Length is not a whole number");
	if (s->encodings > 0 && s->lengths > 0)
		return refuse(r, 400, "bad_request", "both Content-Length and Transfer-Encoding");
	if (s->encodings > 1 || (s->encoding && !str_equal_nocase(s->encoding, "chunked")))
		return refuse(r, 400, "bad_request", "Transfer-Encoding can only be chunked");
	if (s->types > 1 || s->tokens > 1 || s->hosts > 1)
		return refuse(r, 400, "bad_request",
			"a header field that may come once came twice");
	return 0;
}

static int check_token(struct request *r, const struct seen *s)
{
	const struct server *srv = r->server;
	char hash[HASH_HEX];
	if (!srv->spec.token)
		return 0;
	if (!s->token)
		return refuse(r, 401, "no_token", "send the token as 'Authorization: Bearer …'");
	const char *given = s->token;
	bool bearer = strncasecmp(given, "bearer ", 7) == 0;
	given += bearer ? 7 : 0;
	given += strspn(given, " ");
	hash_sha256(given, strlen(given), hash);
	/* Equal lengths of what is compared, and no early end. */
	bool same = hash_equal_secret(hash, srv->token_hash);
	if (!bearer || !same)
		return refuse(r, 401, "wrong_token", "the token is not valid");
	return 0;
}

/* The media type without its parameters. */
static bool type_is(const char *value, const char *type)
{
	struct span s = {value, strcspn(value, ";")};
	s = span_trim(s);
	return s.len == strlen(type) && strncasecmp(s.data, type, s.len) == 0;
}

static int check_body(struct request *r, const struct seen *s)
{
	const struct limits *l = r->server->spec.limits;
	bool body = s->encodings > 0 || s->length > 0;
	if (r->route->body == BODY_NONE)
		return body ? refuse(r, 400, "bad_request", "this route takes no body") : 0;
	const char *want = r->route->body == BODY_JSON ? "application/json" : "multipart/form-data";
	if (!s->type || !type_is(s->type, want))
		return refuse(r, 415, "unsupported_content_type", "Content-Type must be %s", want);
	if (s->length > l->upload_bytes)
		return refuse(r, 413, "too_large", "the body is larger than %llu bytes",
			      (unsigned long long)l->upload_bytes);
	if (s->encodings == 0 && s->lengths == 0)
		return refuse(r, 411, "no_length", "the request has no body");
	return 0;
}

static bool offered(const struct route *route, const char *kind)
{
	return !route->kind || strcmp(route->kind, kind) == 0;
}

/* HEAD is answered as GET without a body. */
static bool method_is(const struct route *route, const char *method)
{
	return strcmp(route->method, method) == 0 ||
	       (strcmp(route->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

static const struct route *find_route(const struct request *r, const char *url)
{
	for (const struct route *x = routes; x->path; x++)
		if (strcmp(x->path, url) == 0 && offered(x, r->server->spec.kind))
			return x;
	return NULL;
}

static bool elsewhere(const char *url)
{
	for (const struct route *x = routes; x->path; x++)
		if (strcmp(x->path, url) == 0)
			return true;
	return false;
}

int gate(struct request *r, const char *url, const char *method)
{
	struct server *s = r->server;
	const struct limits *l = s->spec.limits;
	struct seen seen = {0};
	(void)mhd.get_connection_values(r->mhd, MHD_HEADER_KIND, see, &seen);
	r->route = find_route(r, url);
	if (defect_gate(r) < 0)
		return -1;
	if (r->uri_len > l->uri_bytes)
		return refuse(r, 414, "uri_too_long", "the URI is longer than %llu bytes",
			      (unsigned long long)l->uri_bytes);
	if (r->uri_cut)
		return refuse(r, 400, "bad_request", "the URI holds a NUL");
	if (seen.fields > l->headers || seen.bytes > l->header_bytes)
		return refuse(r, 431, "headers_too_large", "more than %lld header fields or %llu "
			      "bytes of them", (long long)l->headers,
			      (unsigned long long)l->header_bytes);
	if (check_framing(r, &seen) < 0)
		return -1;
	if (!(r->route && r->route->open) && check_token(r, &seen) < 0)
		return -1;
	if (!r->route && elsewhere(url))
		return refuse(r, 404, "not_found", "this service is for %s; it has no such route",
			      s->spec.kind);
	if (!r->route)
		return refuse(r, 404, "not_found", "there is no such route");
	if (!method_is(r->route, method))
		return refuse(r, 405, "method_not_allowed", "this route takes %s",
			      r->route->method);
	if (r->route->open)
		return check_body(r, &seen);
	if (conns_count(s->conns) > (size_t)l->connections)
		return refuse(r, 503, "too_many_connections", "more than %lld connection%s",
			      (long long)l->connections, str_plural((uint64_t)l->connections));
	if (atomic_load(&s->stopping))
		return refuse(r, 503, "stopping", "the server is being stopped");
	return check_body(r, &seen);
}
