/* src/serve/reply.c - answers: errors of one shape, documents, streams.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/json.h"
#include "base/util.h"
#include "serve/server_parts.h"

#define BLOCK_SIZE ((size_t)32768)
#define CLIENT_CLOSED 499	/* counted, never sent */
#define WORKER_WORDS_MAX 160

static const char *error_type(unsigned status)
{
	switch (status) {
	case 401:
		return "authentication_error";
	case 404:
	case 405:
		return "not_found_error";
	case 503:
		return "overloaded_error";
	case 504:
		return "timeout_error";
	default:
		return status >= 500 ? "server_error" : "invalid_request_error";
	}
}

static json_t *refusal_object(const struct refusal *f)
{
	return json_pack("{s:{s:s, s:s, s:s}}", "error", "message", f->message, "type",
			 error_type(f->status), "code", f->code);
}

void refusal_json(const struct refusal *f, struct buf *out)
{
	json_t *j = refusal_object(f);
	if (j)
		(void)json_write(j, false, out);
	json_decref(j);
}

/* Codes of a worker's client error that have a status of their own. */
static unsigned worker_status(const char *code)
{
	static const struct {
		const char *code;
		unsigned status;
	} known[] = {
		{"too_long", 413}, {"too_large", 413}, {"unsupported_format", 415},
		{"unsupported", 415},
	};
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcmp(known[i].code, code) == 0)
			return known[i].status;
	return 400;
}

/* A worker says whose fault it was; its words are passed on only when it was the client's, and only
 * as plain text. */
static int refuse_error(struct request *r, const json_t *header)
{
	char words[WORKER_WORDS_MAX];
	if (!json_is_true(json_object_get(header, "client")))
		return refuse(r, 500, "worker_error", "the worker could not do it");
	const char *from = json_text(header, "message", "the worker refused the input");
	size_t n = 0;
	for (; from[n] && n + 1 < sizeof(words); n++)
		words[n] = from[n] >= ' ' && from[n] < 127 ? from[n] : '?';
	words[n] = '\0';
	unsigned status = worker_status(json_text(header, "code", ""));
	return refuse(r, status, status == 413 ? "too_large" : status == 415 ?
		      "unsupported_format" : "invalid_input", "%s", words);
}

int refuse_call(struct request *r, enum call_result why, const json_t *header)
{
	switch (why) {
	case CALL_ERROR:
		return refuse_error(r, header);
	case CALL_FULL:
		return refuse(r, 503, "queue_full",
			"too many requests are waiting; try again later");
	case CALL_NONE:
		return refuse(r, 503, "no_worker", "no worker is ready");
	case CALL_LATE:
		return refuse(r, 504, "deadline", "the request was not done within %.4g s",
			      ns_to_s(r->server->spec.limits->deadline_ns));
	case CALL_GONE:
		return refuse(r, CLIENT_CLOSED, "client_gone", "the client has left");
	case CALL_SLOW:
		return refuse(r, 503, "slow_client", "the client takes its results too slowly");
	case CALL_STOPPED:
		return refuse(r, 503, "stopping", "the server is being stopped");
	case CALL_DIED:
	case CALL_FRAME:
	case CALL_DONE:
		break;
	}
	return refuse(r, 503, "worker_died", "the worker ended while it worked on this request");
}

static void add_header(struct MHD_Response *m, const char *name, const char *value)
{
	(void)mhd.add_response_header(m, name, value);
}

static int queue(struct request *r, unsigned status, const char *type, struct MHD_Response *m)
{
	if (!m)
		return -1;
	add_header(m, "Content-Type", type);
	add_header(m, "Server", "assay/" ASSAY_VERSION);
	add_header(m, "X-Request-Id", r->id);
	if (status == 503)
		add_header(m, "Retry-After", "1");
	if (status == 401)
		add_header(m, "WWW-Authenticate", "Bearer");
	if (status == 405 && r->route)
		add_header(m, "Allow", r->route->method);
	bool crowded = r->refusal.code && strcmp(r->refusal.code, "too_many_connections") == 0;
	if (r->linger || crowded || atomic_load(&r->server->stopping))
		add_header(m, "Connection", "close");
	r->status = status;
	conn_phase(r->server->conns, r->conn, CONN_WRITE);
	enum MHD_Result rc = mhd.queue_response(r->mhd, status, m);
	mhd.destroy_response(m);
	return rc == MHD_YES ? 0 : -1;
}

int reply_buf(struct request *r, unsigned status, const char *type, struct buf *b)
{
	size_t len = b->len;
	char *data = buf_take(b);
	if (!data)
		return refuse(r, 503, "memory", "the server is out of memory");
	struct MHD_Response *m =
		mhd.create_response_from_buffer(len, data, MHD_RESPMEM_MUST_FREE);
	if (!m)
		free(data);
	return queue(r, status, type, m);
}

int reply_refusal(struct request *r)
{
	struct buf b = BUF_INIT(4096);
	if (r->refusal.status == CLIENT_CLOSED)
		return -1;
	defect_refused(r);
	refusal_json(&r->refusal, &b);
	return reply_buf(r, r->refusal.status, "application/json", &b);
}

int reply_json(struct request *r, unsigned status, json_t *steal)
{
	struct buf b = BUF_INIT(BUF_UNLIMITED);
	int rc = steal ? json_write(steal, false, &b) : -1;
	json_decref(steal);
	if (rc < 0) {
		buf_release(&b);
		return refuse(r, 500, "memory", "the answer could not be written");
	}
	return reply_buf(r, status, "application/json", &b);
}

/* ---- streams ---- */

static ssize_t read_stream(void *cls, uint64_t pos, char *to, size_t max)
{
	struct request *r = cls;
	(void)pos;
	conn_phase(r->server->conns, r->conn, CONN_BUSY);
	while (r->out_at == r->out.len) {
		buf_clear(&r->out);
		r->out_at = 0;
		if (r->pumped > 0)
			r->pumped = r->pump(r);
		if (r->out.failed || (r->pumped < 0 && r->out.len == 0))
			return MHD_CONTENT_READER_END_WITH_ERROR;
		if (r->pumped == 0 && r->out.len == 0)
			return MHD_CONTENT_READER_END_OF_STREAM;
	}
	size_t n = MIN(max, r->out.len - r->out_at);
	memcpy(to, r->out.data + r->out_at, n);
	r->out_at += n;
	conn_phase(r->server->conns, r->conn, CONN_WRITE);
	return (ssize_t)n;
}

int reply_stream(struct request *r, const char *type, int (*pump)(struct request *r))
{
	r->pump = pump;
	r->pumped = 1;
	struct MHD_Response *m = mhd.create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_SIZE,
								   read_stream, r, NULL);
	if (m) {
		add_header(m, "Cache-Control", "no-cache");
		add_header(m, "X-Accel-Buffering", "no");
	}
	return queue(r, 200, type, m);
}

void put_event(struct request *r, const char *name, json_t *steal)
{
	if (!steal) {
		r->out.failed = true;
		return;
	}
	if (name)
		(void)buf_fmt(&r->out, "event: %s\n", name);
	(void)buf_str(&r->out, "data: ");
	size_t from = r->out.len;
	if (json_write(steal, false, &r->out) < 0)
		r->out.failed = true;
	json_decref(steal);
	if (r->server->spec.stamp && !r->out.failed) {
		/* Into the object, as late as can be. */
		r->out.len--;
		(void)buf_fmt(&r->out, ",\"assay_sent_ns\":%llu}",
			      (unsigned long long)clock_now());
	}
	defect_event(r, from);
	(void)buf_str(&r->out, "\n\n");
}

void put_error_event(struct request *r)
{
	put_event(r, NULL, refusal_object(&r->refusal));
}
