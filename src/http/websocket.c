/* src/http/websocket.c - see websocket.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "http/websocket.h"

#include <openssl/evp.h>
#include <strings.h>
#include <unistd.h>
#include <wslay/wslay.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/util.h"
#include "http/http1_head.h"

#define HEAD_MAX ((size_t)64 << 10)
#define OUT_MAX ((size_t)8 << 20)
#define ACCEPT_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

void websocket_init(struct websocket *w)
{
	*w = (struct websocket){0};
	buf_init(&w->head, HEAD_MAX);
	buf_init(&w->out, OUT_MAX);
}

void websocket_release(struct websocket *w)
{
	websocket_stop(w);
	buf_release(&w->head);
	buf_release(&w->out);
}

void websocket_accept(const char *key, size_t len, char out[WEBSOCKET_ACCEPT_SIZE])
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	CLEANUP(buf_release) struct buf text = BUF_INIT(512);
	CLEANUP(buf_release) struct buf coded = BUF_INIT(64);
	out[0] = '\0';
	if (buf_add(&text, key, len) < 0 || buf_str(&text, ACCEPT_GUID) < 0 ||
	    EVP_Digest(text.data, text.len, hash, &n, EVP_sha1(), NULL) != 1 ||
	    base64_encode(hash, n, &coded) < 0)
		return;
	(void)snprintf(out, WEBSOCKET_ACCEPT_SIZE, "%s", coded.data);
}

static void drop(struct websocket *w)
{
	w->stopped = true;
	if (w->conn) {
		conn_close(w->conn);
		w->conn = NULL;
	}
	if (w->frames) {
		wslay_event_context_free(w->frames);
		w->frames = NULL;
	}
}

static void say(struct websocket *w, const char *words)
{
	(void)snprintf(w->words, sizeof(w->words), "%s", words);
}

/* The one way to end() . */
static void fail(struct websocket *w, enum outcome why, const char *words, uint64_t ns)
{
	if (w->stopped)
		return;
	if (words)
		say(w, words);
	drop(w);
	w->events->end(w->ctx, why, ns);
}

static void flush(struct websocket *w)
{
	while (w->conn && w->out_at < w->out.len) {
		struct iovec v = {w->out.data + w->out_at, w->out.len - w->out_at};
		uint64_t before = clock_now();
		ssize_t n = conn_send(w->conn, &v, 1, w->final_queued);
		if (n <= 0)
			return;	/* full, or broken: then the loop says what the peer did */
		if (w->sent_first == 0)
			w->sent_first = before;
		w->out_at += (size_t)n;
	}
	buf_clear(&w->out);
	w->out_at = 0;
}

static ssize_t give_bytes(wslay_event_context_ptr ctx, uint8_t *to, size_t len, int flags,
			  void *user)
{
	struct websocket *w = user;
	size_t n = w->closing ? 0 : MIN(len, w->in_len);
	(void)flags;
	if (n == 0) {
		wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	memcpy(to, w->in, n);
	w->in += n;
	w->in_len -= n;
	return (ssize_t)n;
}

static ssize_t take_bytes(wslay_event_context_ptr ctx, const uint8_t *data, size_t len, int flags,
			  void *user)
{
	struct websocket *w = user;
	(void)flags;
	if (buf_add(&w->out, data, len) == 0)
		return (ssize_t)len;
	wslay_event_set_error(ctx, WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

static int make_mask(wslay_event_context_ptr ctx, uint8_t *to, size_t len, void *user)
{
	(void)user;
	if (getentropy(to, len) == 0)
		return 0;
	wslay_event_set_error(ctx, WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

/* A server does not mask, so a frame's head has 2, 4 or 10 bytes. */
static void frame_begins(wslay_event_context_ptr ctx,
			 const struct wslay_event_on_frame_recv_start_arg *f, void *user)
{
	struct websocket *w = user;
	(void)ctx;
	w->frame_bytes += f->payload_length + (f->payload_length > 65535 ? 10 :
					       f->payload_length > 125 ? 4 : 2);
}

static void message_comes(wslay_event_context_ptr ctx, const struct wslay_event_on_msg_recv_arg *m,
			  void *user)
{
	struct websocket *w = user;
	struct arrival at = *w->at;
	(void)ctx;
	if (w->closing || wslay_is_ctrl_frame(m->opcode))
		return;
	at.last = at.last && w->frame_bytes == w->in_bytes;
	w->events->message(w->ctx, (const char *)m->msg, m->msg_length, &at);
}

static void on_open(void *ctx)
{
	struct websocket *w = ctx;
	w->moments = *conn_moments(w->conn);
	(void)snprintf(w->peer, sizeof(w->peer), "%s", conn_peer(w->conn));
	flush(w);
}

static enum outcome status_outcome(int status)
{
	return status < 300 ? OUTCOME_BAD_HTTP : status < 400 ? OUTCOME_HTTP_3XX :
	       status < 500 ? OUTCOME_HTTP_4XX : OUTCOME_HTTP_5XX;
}

/* The head of the answer is there: is it a WebSocket now? NULL, or why not. */
static const char *check_head(struct websocket *w, const struct http_head *h)
{
	char want[WEBSOCKET_ACCEPT_SIZE];
	struct span upgrade = http_header(h, "upgrade");
	struct span accept = http_header(h, "sec-websocket-accept");
	websocket_accept(w->key, strlen(w->key), want);
	if (!upgrade.data || upgrade.len != 9 || strncasecmp(upgrade.data, "websocket", 9) != 0)
		return "status 101 without 'Upgrade: websocket'";
	if (!accept.data || !span_is(accept, want))
		return "the Sec-WebSocket-Accept of the answer is not that of the question";
	if (http_header(h, "sec-websocket-extensions").data)
		return "the server uses an extension that was not asked for";
	return NULL;
}

static void read_head(struct websocket *w, const char *data, size_t len, const struct arrival *at,
		      size_t *ret_used)
{
	CLEANUP(free_ptr) struct http_head *head = malloc(sizeof(*head));
	size_t before = w->head.len;
	*ret_used = len;
	if (!head || buf_add(&w->head, data, len) < 0) {
		fail(w, OUTCOME_BAD_HTTP, "the head of the answer is larger than 64 KiB", at->ns);
		return;
	}
	const char *stop = memmem(w->head.data, w->head.len, "\r\n\r\n", 4);
	if (!stop)
		return;
	size_t whole = (size_t)(stop - w->head.data) + 4;
	*ret_used = whole - before;
	const char *why = http1_head_parse(w->head.data, whole, head);
	if (why) {
		fail(w, OUTCOME_BAD_HTTP, why, at->ns);
		return;
	}
	w->status = head->status;
	if (head->status != 101) {
		(void)snprintf(w->words, sizeof(w->words), "status %d instead of 101: there is no "
			       "WebSocket at this URL", head->status);
		fail(w, status_outcome(head->status), NULL, at->ns);
		return;
	}
	why = check_head(w, head);
	if (why) {
		fail(w, OUTCOME_BAD_HTTP, why, at->ns);
		return;
	}
	w->open = true;
	w->events->open(w->ctx);
}

/* After frames were dealt with: what is to be sent, and whether it is over. */
static void settle(struct websocket *w, int rc, uint64_t ns)
{
	if (w->closing) {
		drop(w);
		return;
	}
	if (rc != 0) {
		fail(w, OUTCOME_BAD_HTTP, "the bytes that came are no WebSocket frames", ns);
		return;
	}
	if (wslay_event_want_write(w->frames))
		(void)wslay_event_send(w->frames);
	flush(w);
	if (wslay_event_get_close_received(w->frames)) {
		unsigned code = wslay_event_get_status_code_received(w->frames);
		bool fine = code == WSLAY_CODE_NORMAL_CLOSURE || code == WSLAY_CODE_GOING_AWAY ||
			    code == WSLAY_CODE_NO_STATUS_RCVD || code == 0;
		(void)snprintf(w->words, sizeof(w->words), "the server closed with code %u", code);
		fail(w, fine ? OUTCOME_OK : OUTCOME_ERROR_EVENT, NULL, ns);
	} else if (!wslay_event_want_read(w->frames)) {
		fail(w, OUTCOME_BAD_HTTP, "a message that is no valid WebSocket message, or larger "
		     "than 4 MiB", ns);
	}
}

static void on_data(void *ctx, const char *data, size_t len, const struct arrival *at)
{
	struct websocket *w = ctx;
	if (!w->open) {
		size_t used;
		w->in_frames = true;
		read_head(w, data, len, at, &used);
		w->in_frames = false;
		if (w->closing)
			drop(w);
		if (w->stopped || !w->open || used == len)
			return;
		data += used;
		len -= used;
	}
	w->in = data;
	w->in_len = len;
	w->in_bytes += len;
	w->at = at;
	w->in_frames = true;
	int rc = wslay_event_recv(w->frames);
	w->in_frames = false;
	settle(w, rc, at->ns);
}

static void on_writable(void *ctx)
{
	flush(ctx);
}

static void on_acked(void *ctx, uint64_t ns)
{
	struct websocket *w = ctx;
	if (w->final_queued && w->out.len == 0)
		w->events->acked(w->ctx, ns);
}

static void on_closed(void *ctx, enum outcome why, const char *words, uint64_t ns)
{
	struct websocket *w = ctx;
	w->moments = *conn_moments(w->conn);
	w->conn = NULL;	/* it is gone already */
	if (why == OUTCOME_OK && !w->open)
		fail(w, OUTCOME_TRUNCATED, "the connection was closed without a reply", ns);
	else
		fail(w, why, why == OUTCOME_OK ? "the connection was closed without a closing "
		     "frame" : words, ns);
}

static const struct conn_events conn_events = {
	.open = on_open,
	.data = on_data,
	.writable = on_writable,
	.acked = on_acked,
	.closed = on_closed,
};

static int write_head(struct websocket *w, const struct websocket_spec *s, struct err *e)
{
	unsigned char random[16];
	CLEANUP(buf_release) struct buf key = BUF_INIT(64);
	if (getentropy(random, sizeof(random)) != 0 ||
	    base64_encode(random, sizeof(random), &key) < 0)
		return err_sys(e, "cannot make the key of a WebSocket");
	(void)snprintf(w->key, sizeof(w->key), "%s", key.data);
	(void)buf_fmt(&w->out, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: assay/" ASSAY_VERSION
		      "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: %s\r\n"
		      "Sec-WebSocket-Version: 13\r\n", s->path, s->endpoint->url.authority, w->key);
	if (s->subprotocol)
		(void)buf_fmt(&w->out, "Sec-WebSocket-Protocol: %s\r\n", s->subprotocol);
	(void)buf_str(&w->out, s->headers ? s->headers : "");
	(void)buf_str(&w->out, "\r\n");
	return w->out.failed ? err_set(e, ERR_SYSTEM, "no memory for the head of a WebSocket") : 0;
}

int websocket_start(struct websocket *w, const struct websocket_spec *spec,
		    const struct websocket_events *events, void *ctx, struct err *e)
{
	static const struct wslay_event_callbacks callbacks = {
		.recv_callback = give_bytes,
		.send_callback = take_bytes,
		.genmask_callback = make_mask,
		.on_frame_recv_start_callback = frame_begins,
		.on_msg_recv_callback = message_comes,
	};
	struct buf head = w->head, out = w->out;	/* their memory is kept */
	*w = (struct websocket){.head = head, .out = out, .events = events, .ctx = ctx};
	buf_clear(&w->head);
	buf_clear(&w->out);
	if (write_head(w, spec, e) != 0)
		return -1;
	if (wslay_event_context_client_init(&w->frames, &callbacks, w) != 0)
		return err_set(e, ERR_SYSTEM, "no memory for a WebSocket");
	wslay_event_config_set_max_recv_msg_length(w->frames, WEBSOCKET_MESSAGE_MAX);
	w->conn = conn_open(spec->net, spec->endpoint, &conn_events, w);
	if (!w->conn) {
		drop(w);
		return err_set(e, ERR_SYSTEM, "no memory for a connection");
	}
	return 0;
}

int websocket_send(struct websocket *w, const void *data, size_t len, bool text, bool final)
{
	const struct wslay_event_msg m = {
		.opcode = text ? WSLAY_TEXT_FRAME : WSLAY_BINARY_FRAME,
		.msg = data,
		.msg_length = len,
	};
	if (w->stopped || !w->open)
		return 0;	/* end() has come or will come */
	w->final_queued = w->final_queued || final;
	if (wslay_event_queue_msg(w->frames, &m) != 0 || wslay_event_send(w->frames) != 0) {
		say(w, "the server does not read what is sent to it");
		return -1;
	}
	flush(w);
	return 0;
}

void websocket_stop(struct websocket *w)
{
	if (w->stopped || !w->frames)
		return;
	if (w->open &&
	    wslay_event_queue_close(w->frames, WSLAY_CODE_NORMAL_CLOSURE, NULL, 0) == 0 &&
	    wslay_event_send(w->frames) == 0)
		flush(w);
	w->closing = true;
	if (!w->in_frames)
		drop(w);	/* else when the frames have been dealt with */
}
