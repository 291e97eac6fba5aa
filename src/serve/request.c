/* src/serve/request.c - the hooks of libmicrohttpd: a request's way from its first line to its end.
 * SPDX-License-Identifier: Apache-2.0 */
#include "serve/request.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "base/util.h"
#include "serve/server_parts.h"

#define FIELD_MAX ((size_t)65536)
#define SMALL_BODY 65536
#define LINGER (5 * NS_PER_S)
#define LINGER_QUIET_MS 1000
#define LANGUAGE_MAX 35

int refuse(struct request *r, unsigned status, const char *code, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	r->refusal.status = status;
	r->refusal.code = code;
	(void)vsnprintf(r->refusal.message, sizeof(r->refusal.message), fmt, ap);
	va_end(ap);
	return -1;
}

int reserve(struct request *r, size_t len)
{
	struct server *s = r->server;
	size_t held = atomic_fetch_add(&s->held, len) + len;
	r->reserved += len;
	if (held <= s->spec.limits->memory_bytes)
		return 0;
	return refuse(r, 503, "memory", "the server holds as many uploads as it may; try again "
		      "later");
}

void unreserve(struct request *r, size_t len)
{
	len = MIN(len, r->reserved);
	r->reserved -= len;
	(void)atomic_fetch_sub(&r->server->held, len);
}

void *request_uri(void *server, const char *uri, struct MHD_Connection *c)
{
	struct server *s = server;
	struct request *r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	const union MHD_ConnectionInfo *info =
		mhd.get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	r->server = s;
	r->mhd = c;
	r->conn = info ? info->socket_context : NULL;
	r->uri_len = strlen(uri);
	r->uri_cut = strstr(uri, "%00") != NULL;
	r->started_ns = clock_now();
	(void)snprintf(r->id, sizeof(r->id), "req-%llx-%llx",
		       (unsigned long long)(s->started_wall / NS_PER_MS & 0xffffff),
		       (unsigned long long)atomic_fetch_add(&s->last_id, 1));
	buf_init(&r->body, s->spec.limits->upload_bytes);
	buf_init(&r->out, BUF_UNLIMITED);
	for (size_t i = 0; i < UPLOAD_FIELDS; i++)
		buf_init(&r->fields[i], FIELD_MAX);
	(void)atomic_fetch_add(&s->running, 1);
	conn_wake(s->conns, r->conn);
	return r;
}

static enum MHD_Result answer_refusal(struct request *r)
{
	return reply_refusal(r) == 0 ? MHD_YES : MHD_NO;
}

/* Bytes of body to come; UINT64_MAX: not known. */
static uint64_t body_to_come(const struct request *r)
{
	const char *len = mhd.lookup_connection_value(r->mhd, MHD_HEADER_KIND, "Content-Length");
	if (mhd.lookup_connection_value(r->mhd, MHD_HEADER_KIND, "Transfer-Encoding"))
		return UINT64_MAX;
	return len ? strtoull(len, NULL, 10) : 0;
}

/* libmicrohttpd closes a connection on which an answer was given before the whole request was
 * there. That is right when its framing cannot be trusted or much is still to come; else the rest
 * is read, and the connection stays. */
static bool answer_later(const struct request *r)
{
	unsigned status = r->refusal.status;
	bool trusted = status == 401 || status == 404 || status == 405 || status == 411 ||
		       status == 415 || status == 503;
	return trusted && body_to_come(r) <= SMALL_BODY;
}

/* The header is complete. */
static enum MHD_Result begin(struct request *r, const char *url, const char *method)
{
	struct server *s = r->server;
	r->begun = true;
	conn_phase(s->conns, r->conn, CONN_BODY);
	int rc = gate(r, url, method);
	if (rc == 0 && r->route->body == BODY_MULTIPART)
		rc = upload_begin(r);
	if (rc == 0 || answer_later(r))
		return MHD_YES;
	r->linger = body_to_come(r) > 0;
	return answer_refusal(r);
}

/* Read and forget what the client still sends, so that closing does not destroy the answer that is
 * on its way to it (a socket closed with unread data is reset). */
static void linger(struct request *r)
{
	char waste[65536];
	if (!r->conn)
		return;
	conn_phase(r->server->conns, r->conn, CONN_BUSY);
	int fd = r->conn->fd;
	uint64_t until = clock_now() + LINGER;
	(void)shutdown(fd, SHUT_WR);
	while (clock_now() < until && !atomic_load(&r->server->stopping)) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		if (poll(&p, 1, LINGER_QUIET_MS) <= 0)
			return;
		ssize_t n = recv(fd, waste, sizeof(waste), MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			return;
	}
}

/* A body without a length has grown too large, and libmicrohttpd takes no answer before its end.
 * Without TLS the answer is written past it. */
static enum MHD_Result too_large(struct request *r)
{
	CLEANUP(buf_release) struct buf body = BUF_INIT(4096);
	CLEANUP(buf_release) struct buf all = BUF_INIT(8192);
	(void)refuse(r, 413, "too_large", "the body is larger than %llu bytes",
		     (unsigned long long)r->server->spec.limits->upload_bytes);
	r->status = 413;
	if (r->server->tls || !r->conn)
		return MHD_NO;
	refusal_json(&r->refusal, &body);
	(void)buf_fmt(&all, "HTTP/1.1 413 Content Too Large\r\nContent-Type: application/json\r\n"
		      "Content-Length: %zu\r\nConnection: close\r\n\r\n%s", body.len, body.data);
	ssize_t n = send(r->conn->fd, all.data, all.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n == (ssize_t)all.len)
		linger(r);
	return MHD_NO;
}

static enum MHD_Result take_body(struct request *r, const char *data, size_t *len)
{
	conn_moved(r->server->conns, r->conn);
	defect_body(r, data, *len);
	r->body_bytes += *len;
	if (r->body_bytes > r->server->spec.limits->upload_bytes)
		return too_large(r);
	if (r->refusal.status == 0) {
		if (r->route->body == BODY_MULTIPART)
			upload_add(r, data, *len);
		else if (reserve(r, *len) == 0 && buf_add(&r->body, data, *len) < 0)
			(void)refuse(r, 503, "memory", "the server is out of memory");
	}
	if (r->refusal.status != 0) {	/* the rest is only read, not kept */
		buf_release(&r->body);
		unreserve(r, r->reserved);
	}
	*len = 0;
	return MHD_YES;
}

enum MHD_Result request_access(void *server, struct MHD_Connection *c, const char *url,
			       const char *method, const char *version, const char *data,
			       size_t *len, void **ctx)
{
	struct request *r = *ctx;
	(void)server;
	(void)c;
	(void)version;
	if (!r)
		return MHD_NO;	/* no memory */
	if (!r->begun)
		return begin(r, url, method);
	if (*len > 0)
		return take_body(r, data, len);
	conn_phase(r->server->conns, r->conn, CONN_BUSY);
	r->until_ns = clock_now() + r->server->spec.limits->deadline_ns;
	int rc = r->refusal.status ? -1 : 0;
	bool work = r->route && r->route->body != BODY_NONE;
	if (work)
		defect_work(r);
	if (rc == 0 && r->route->body == BODY_MULTIPART)
		rc = upload_end(r);
	if (rc == 0)
		rc = r->route->handle(r);
	if (work)
		defect_worked(r);
	if (rc == 0)
		return MHD_YES;
	return r->refusal.status ? answer_refusal(r) : MHD_NO;
}

void request_completed(void *server, struct MHD_Connection *c, void **ctx,
		       enum MHD_RequestTerminationCode code)
{
	struct server *s = server;
	struct request *r = *ctx;
	(void)c;
	if (!r)
		return;
	*ctx = NULL;
	if (r->linger && code == MHD_REQUEST_TERMINATED_COMPLETED_OK)
		linger(r);
	if (code != MHD_REQUEST_TERMINATED_COMPLETED_OK)
		defect_left(r);
	call_close(r->call);
	if (r->end_state)
		r->end_state(r->state);
	if (r->post)
		(void)mhd.destroy_post_processor(r->post);
	bool whole = code == MHD_REQUEST_TERMINATED_COMPLETED_OK || r->status >= 400;
	size_t route = 0;
	while (routes[route].path && &routes[route] != r->route)
		route++;
	metrics_request(s->metrics, route, whole ? r->status : 0, clock_now() - r->started_ns);
	conn_phase(s->conns, r->conn, CONN_KEPT);
	buf_release(&r->body);
	buf_release(&r->out);
	for (size_t i = 0; i < UPLOAD_FIELDS; i++)
		buf_release(&r->fields[i]);
	unreserve(r, r->reserved);
	(void)atomic_fetch_sub(&s->running, 1);
	free(r);
}

json_t *read_json_body(struct request *r)
{
	struct err e;
	if (r->body.len == 0) {
		(void)refuse(r, 400, "invalid_json", "the body is empty; a JSON object is needed");
		return NULL;
	}
	json_t *j = json_read(r->body.data, r->body.len,
			      (size_t)r->server->spec.limits->json_depth, &e);
	buf_release(&r->body);
	if (!j) {
		(void)refuse(r, 400, "invalid_json", "%.200s", e.text);
		return NULL;
	}
	if (!json_is_object(j)) {
		json_decref(j);
		(void)refuse(r, 400, "invalid_json", "the body must be a JSON object");
		return NULL;
	}
	return j;
}

const char *upload_text(const struct request *r, enum upload_field f)
{
	if (!r->has_field[f])
		return NULL;
	return r->fields[f].data ? r->fields[f].data : "";
}

bool valid_language(const char *text)
{
	size_t n = strlen(text);
	for (size_t i = 0; i < n; i++) {
		char c = text[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '-' || c == '_'))
			return false;
	}
	return n > 0 && n <= LANGUAGE_MAX;
}

int open_call(struct request *r, struct pool *pool)
{
	enum call_result rc = call_open(pool, r->until_ns, defect_client_fd(r), &r->call);
	return rc == CALL_FRAME ? 0 : refuse_call(r, rc, NULL);
}

int send_frame(struct request *r, json_t *header, const void *payload, size_t len)
{
	enum call_result rc = call_send(r->call, header, payload, len);
	return rc == CALL_FRAME ? 0 : refuse_call(r, rc, NULL);
}

int next_answer(struct request *r)
{
	struct answer *a = &r->answer;
	if (!r->peeked)
		a->rc = call_next(r->call, &a->header, &a->payload, &a->len);
	r->peeked = false;
	return a->rc == CALL_FRAME || a->rc == CALL_DONE ? 0 : refuse_call(r, a->rc, a->header);
}

int peek_answer(struct request *r)
{
	int rc = next_answer(r);
	r->peeked = true;
	return rc;
}
