/* src/http/websocket.h - a WebSocket (RFC 6455) as a client, on an event loop; framing by libwslay.
 *
 * One connection each; none is kept. Messages are handed on whole, with the moment of their last
 * byte. Pings are answered. Compression is not offered.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_WEBSOCKET_H
#define HTTP_WEBSOCKET_H

#include "base/buf.h"
#include "http/conn.h"
#include "http/head.h"

#define WEBSOCKET_MESSAGE_MAX ((size_t)4 << 20)	/* of a message from the peer */
#define WEBSOCKET_KEY_SIZE 32
#define WEBSOCKET_ACCEPT_SIZE 32

struct websocket_events {
	void (*open)(void *ctx);	/* the peer has agreed */
	/* at->last: the message ends with the last byte of its read. */
	void (*message)(void *ctx, const char *data, size_t len, const struct arrival *at);
	/* all bytes up to the last message with `final` are acknowledged */
	void (*acked)(void *ctx, uint64_t ns);
	/* Once, unless websocket_stop() came first. OUTCOME_OK: closed by the peer in order;
	 * HTTP_3XX … HTTP_5XX: it answered with such a status; else w->words say why. */
	void (*end)(void *ctx, enum outcome why, uint64_t ns);
};

struct websocket_spec {
	struct net *net;
	const struct endpoint *endpoint;
	const char *path;
	const char *headers;		/* further lines with CRLF, or NULL */
	const char *subprotocol;	/* NULL: none is asked for */
};

struct websocket {
	struct conn_moments moments;
	uint64_t sent_first;		/* first byte of the upgrade request, ns */
	int status;			/* 0: no answer came */
	char peer[64];
	char words[192];

	/* private */
	const struct websocket_events *events;
	void *ctx;
	struct conn *conn;
	struct wslay_event_context *frames;
	struct buf head, out;
	size_t out_at;
	bool open, in_frames, stopped, closing, final_queued;
	char key[WEBSOCKET_KEY_SIZE];
	const char *in;			/* bytes that wait to be taken in */
	size_t in_len;
	uint64_t in_bytes, frame_bytes;	/* taken in; of whole frames begun, heads included */
	const struct arrival *at;
};

void websocket_init(struct websocket *w);
void websocket_release(struct websocket *w);	/* stopped before, or never started */

/* Begin to connect; what happens comes through events. -1 when memory is exhausted or the head too
 * large. spec is used during the call only, but for the net and the endpoint. */
int websocket_start(struct websocket *w, const struct websocket_spec *spec,
		    const struct websocket_events *events, void *ctx, struct err *e);

/* Queue and send a message. final: the last one of ours. -1: so much waits to be sent that the peer
 * cannot be reading (words say so). */
int websocket_send(struct websocket *w, const void *data, size_t len, bool text, bool final);

/* Say goodbye if there is somebody to say it to, and close: no event comes any more. */
void websocket_stop(struct websocket *w);

/* Sec-WebSocket-Accept for a key. */
void websocket_accept(const char *key, size_t len, char out[WEBSOCKET_ACCEPT_SIZE]);

#endif
