/* src/http/exchange.h - one HTTP/1.1 request and its response on an event loop.
 *
 * Takes a kept connection or opens one, sends the pieces without copying them, and records the
 * moments of METRICS.md. Requests are never pipelined; redirects are not followed (http_3xx).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include "http/conn.h"
#include "http/head.h"
#include "http/http1.h"

#define EXCHANGE_PIECES_MAX 136
#define EXCHANGE_WARM_MAX (CONN_WARM_MAX - 1)

struct origin;

/* Connections of one thread to one endpoint. Both must outlive it, and it its exchanges. */
struct origin *origin_new(struct net *n, const struct endpoint *ep);	/* NULL: no memory */
struct origin *origin_free(struct origin *o);	/* NULL is fine; returns NULL */
const struct endpoint *origin_endpoint(const struct origin *o);
unsigned origin_in_use(const struct origin *o);	/* connections with a request on them */
void origin_drop_idle(struct origin *o);	/* the next request opens a connection */

struct exchange_events {
	/* OUTCOME_OK to go on; any other outcome ends the exchange with it, reading no more. */
	enum outcome (*head)(void *ctx, const struct http_head *head);
	enum outcome (*body)(void *ctx, const char *data, size_t len, const struct arrival *at);
	/* Once, whatever happened. OUTCOME_OK: complete with status 2xx; HTTP_3XX … HTTP_5XX:
	 * complete with such a status; else x->words say more. */
	void (*end)(void *ctx, enum outcome outcome);
};

struct exchange {
	/* what every read touches stands together: few lines of cache (exchange.c) */

	/* set before exchange_start() */
	struct origin *origin;
	const struct exchange_events *events;
	void *ctx;
	uint64_t idle_ns;		/* between two reads once the reply has begun; 0: none */

	/* private */
	uint64_t last_read;
	const struct arrival *at;
	enum outcome stop;		/* what a callback wanted */

	/* moments, ns of CLOCK_MONOTONIC; 0: did not happen */
	enum stamp_kind end_stamp;	/* how end is known */
	int status;			/* 0: none came */
	uint64_t reply_begun, first_byte, end;
	struct http1 parser;		/* private; its head comes last */

	/* moments that only the beginning touches */
	uint64_t started;
	uint64_t connect_start, connected, tls_done;	/* only when a connection was opened */
	/* upload_done: the last byte was acknowledged, an acknowledgement's delay taken off */
	uint64_t sent_first, upload_done;
	bool reused;			/* on a kept connection */
	int stale_retries;
	char peer[64];
	char words[192];		/* why it failed, or "" */

	/* set before exchange_start() */
	uint64_t timeout_ns;		/* from exchange_start() to the end; 0: none */
	uint64_t connect_ns;		/* for TCP and TLS; 0: only the timeout */
	bool retry_stale;		/* ask once more when a kept connection had gone stale */
	struct conn_warm warm[EXCHANGE_WARM_MAX];	/* what body() touches (conn.h) */

	/* private */
	struct iovec pieces[EXCHANGE_PIECES_MAX], todo[EXCHANGE_PIECES_MAX];
	int n_pieces, at_piece;
	bool sent_all, running, upload_by_reply;
	uint64_t deadline;
	struct held *held;		/* the connection that it is on */
	struct loop_timer timer;
};

void exchange_init(struct exchange *x);
void exchange_release(struct exchange *x);	/* must not be running */
void exchange_clear(struct exchange *x);	/* for the next request; keeps the memory */

/* A piece of the request, head included; borrowed until the end. -1: too many pieces. */
int exchange_add(struct exchange *x, const void *data, size_t len);

void exchange_start(struct exchange *x);

/* End it now with this outcome (end() is called). Nothing when it is not running. */
void exchange_abort(struct exchange *x, enum outcome why, const char *words);

#endif
