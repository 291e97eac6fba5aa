/* tests/fake/server.h - a TCP or TLS server inside the test process that does what a script says.
 *
 * Each accepted connection is served by a thread of its own that runs the script. The script
 * knows when it sent what, so a test can hold measurements against the truth.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FAKE_SERVER_H
#define FAKE_SERVER_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct fake;

struct fake_conn {
	struct fake *server;
	int fd;
	SSL *ssl;		/* NULL: plain */
	int number;		/* of the connection, from 0 */
	int requests;		/* read so far on it */
	uint64_t read_at;	/* when the kernel had the last byte read (CLOCK_MONOTONIC) */
};

struct fake_spec {
	void (*serve)(struct fake_conn *c, void *ctx);	/* the connection is closed after it */
	void *ctx;
	SSL_CTX *tls;		/* NULL: plain */
};

/* Listen on 127.0.0.1 (a port that the kernel picks) and serve until fake_stop(). Aborts when it
 * cannot. */
struct fake *fake_start(const struct fake_spec *spec);
void fake_stop(struct fake *f);		/* ends what is running; joins all threads */
int fake_port(const struct fake *f);
int fake_connections(const struct fake *f);	/* accepted so far */
/* "http://127.0.0.1:PORT" or https + path, into a static buffer of the caller. */
const char *fake_url(const struct fake *f, const char *path, char *out, size_t size);

/* Read one request, head and body; false when the peer has gone. text: head and body. */
bool fake_read(struct fake_conn *c, struct buf *text);

/* Send all; false when the peer has gone. */
bool fake_send(struct fake_conn *c, const void *data, size_t len);
bool fake_say(struct fake_conn *c, const char *text);
bool fake_chunk(struct fake_conn *c, const char *text);	/* as one chunk, in one send */

void fake_reset(struct fake_conn *c);		/* the close that follows sends a RST */
void fake_hang(struct fake_conn *c);		/* until the peer closes or fake_stop() */
bool fake_wait_until(uint64_t ns);		/* CLOCK_MONOTONIC */

/* A self-signed certificate for "localhost" and 127.0.0.1, made now. The caller: SSL_CTX_free();
 * pem_path receives the certificate so that a client can trust it. */
SSL_CTX *fake_tls(const char *pem_path);

/* The same for a client: its certificate and key as files. */
void fake_identity(const char *cert_path, const char *key_path);

#endif
