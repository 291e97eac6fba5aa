/* src/serve/server.h - the HTTP service around a pool of workers.
 *
 * libmicrohttpd with a thread per connection: a request is one straight piece of code that may
 * wait (for a worker, for its frames, for the client), and one that works hard (a large JSON,
 * encoding MP3) holds up nobody else. While it waits it watches its client's socket too, so that a
 * client that leaves frees its worker at once. docs/serve.md has the routes and the limits.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVE_SERVER_H
#define SERVE_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "serve/limits.h"
#include "serve/pool.h"

struct server_spec {
	const char *kind;	/* asr, tts, chat */
	const char *host;	/* address to listen on; a name is resolved once */
	int64_t port;		/* 0: the kernel chooses */
	const char *token;	/* bearer token that every route but /health wants; NULL: none */
	const char *tls_cert;	/* PEM texts; both or none */
	const char *tls_key;
	bool insecure_plaintext;	/* allow a token to travel in the clear */
	const char *model;	/* the model's name; NULL: the worker's */
	const struct limits *limits;
	struct pool *pool;
	struct pool *decoders;	/* NULL: no uploads (tts; chat without media) */
	bool stamp;		/* sim: every event tells when it was sent (assay_sent_ns) */
	bool hashes;		/* sim: tell the worker the SHA-256 of media as they came */
	const struct strings *defects;	/* sim: what it does wrong; NULL: nothing */
};

struct server;

/* Listen and serve. Everything in the spec must outlive the server. */
int server_start(const struct server_spec *spec, struct server **ret_server, struct err *e);

/* "http://127.0.0.1:8000" */
const char *server_url(const struct server *s);

/* Take no new connections, let running requests end until the moment; those that are left then end
 * with an error (streams with an error event). Returns how many had to be ended so. */
size_t server_drain(struct server *s, uint64_t until_ns);

/* Close everything. The pools are the caller's. NULL is fine. */
struct server *server_free(struct server *s);

#endif
