/* src/http/conn.h - one TCP or TLS connection on an event loop, and the network side of a thread.
 *
 * Reading is in two steps. When a batch of sockets is ready, each is read until it is empty into
 * one shared buffer and each read is stamped; only then are the bytes decrypted and handed on.
 * So a slow parser delays no stamp.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_CONN_H
#define HTTP_CONN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/err.h"
#include "base/outcome.h"
#include "http/arrival.h"
#include "http/endpoint.h"
#include "http/loop.h"

struct net;
struct conn;

/* All that the connections of one thread share. */
int net_new(struct net **ret_net, struct err *e);
struct net *net_free(struct net *n);	/* closes what is open; NULL is fine; returns NULL */
struct loop *net_loop(struct net *n);

/* Reads with bytes on sockets that have kernel timestamps, with and without a usable stamp. */
void net_reads(const struct net *n, uint64_t *ret_stamped, uint64_t *ret_user);

/* In every call the connection may be closed with conn_close(); after closed() it is gone. */
struct conn_events {
	void (*open)(void *ctx);	/* connected, and TLS is agreed on */
	void (*data)(void *ctx, const char *data, size_t len, const struct arrival *at);
	void (*writable)(void *ctx);	/* after conn_send() took less than all */
	/* all bytes up to the last conn_send() with `final` are acknowledged; not told of what
	 * is so small that it leaves at once (conn_upload_end()) */
	void (*acked)(void *ctx, uint64_t ns);
	/* It broke or the peer ended it: OUTCOME_OK (orderly end), CONNECT, TLS or RESET, with
	 * words for people. */
	void (*closed)(void *ctx, enum outcome why, const char *words, uint64_t ns);
};

/* Begin to connect. Never fails at once: what goes wrong comes through closed(), from the loop.
 * NULL only when memory is exhausted. */
struct conn *conn_open(struct net *n, const struct endpoint *ep, const struct conn_events *events,
		       void *ctx);
void conn_set_user(struct conn *c, const struct conn_events *events, void *ctx);

/* Memory that data() touches, fetched into the cache while the kernel copies what came. Hundreds of
 * slow streams do not fit into the cache: each event would wait for one line of it after the other.
 * At most CONN_WARM_MAX pieces of at most CONN_WARM_SIZE bytes; n 0: none. */
#define CONN_WARM_MAX 4
#define CONN_WARM_SIZE ((size_t)512)
struct conn_warm {
	const void *at;
	size_t len;
};
void conn_set_warm(struct conn *c, const struct conn_warm *pieces, int n);

void conn_close(struct conn *c);	/* NULL is fine; calls nothing */

/* Send as much as the kernel takes of these pieces; bytes taken, 0 when none (writable() comes),
 * -1 when the connection cannot be written to any more (a reply may still be read). final: the
 * request ends with the last piece. */
ssize_t conn_send(struct conn *c, const struct iovec *iov, int n, bool final);

/* A reply has begun and acked() was not called: when was the request's last byte there? At the
 * latest then; one round trip after it left where that is known. */
uint64_t conn_upload_end(struct conn *c, uint64_t reply_ns);

bool conn_connected(const struct conn *c);	/* TCP is there; TLS perhaps not yet */

struct conn_moments {
	uint64_t connect_start, connected, tls_done;	/* ns; 0: did not happen */
};
const struct conn_moments *conn_moments(const struct conn *c);
const char *conn_peer(const struct conn *c);	/* "127.0.0.1:8001" */

#endif
