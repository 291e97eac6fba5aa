/* src/http/conn_in.h - inside of conn.c, inbox.c and conn_tls.c.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_CONN_IN_H
#define HTTP_CONN_IN_H

#include <openssl/types.h>

#include <sys/epoll.h>

#include "http/conn.h"
#include "http/stamp.h"

/* Told of once: each reader empties its socket, or asks to be told again (loop_again()). Level-
 * triggered, the kernel would look at every socket once more before each wait. */
#define CONN_READS (EPOLLIN | EPOLLRDHUP | EPOLLET)

#define INBOX_SIZE ((size_t)512 << 10)
#define INBOX_RECORDS 4096
#define READ_SIZE ((size_t)64 << 10)
#define PLAIN_SIZE ((size_t)17 << 10)	/* more than one TLS record */

enum conn_state { CONN_CONNECTING, CONN_HANDSHAKE, CONN_OPEN, CONN_CLOSED };

struct conn {
	struct loop_watch watch;	/* first: found from it */
	struct net *net;
	enum conn_state state;
	const struct conn_events *events;
	void *ctx;
	const struct endpoint *endpoint;
	int address;			/* of the endpoint: the one that is tried or was reached */
	struct conn_moments moments;
	bool stamps, acks;		/* the kernel gives them for this socket */
	bool hurried;			/* counted by loop_hurry() */
	bool broken;			/* cannot be written to */
	bool ended;			/* the peer's end was read */
	uint64_t empty;			/* when the socket was last found empty */
	uint64_t sent;			/* bytes handed to the kernel */
	bool want_ack;
	uint64_t left;			/* when the last of them left this host, ns; 0: not known */
	uint64_t trip, trip_at;		/* the shortest round trip, ns (0: not known); found then */
	int records;			/* of this connection in the inbox */
	SSL *ssl;
	struct conn_warm warm[CONN_WARM_MAX];
	int n_warm;
	const char *raw;		/* TLS: bytes that wait for SSL_read() */
	size_t raw_len;
	bool raw_end;			/* TLS: after them the stream ends */
	bool final;			/* TLS: what is written now ends the request */
	struct loop_timer refused;	/* tells of a failure that came at once */
	struct conn *next;		/* of the list that it is in */
	struct conn **before;
	char words[160];
};

/* What was read and not yet handed on. */
struct inbox_record {
	struct conn *conn;	/* NULL: it was closed since */
	size_t offset, len;	/* len 0: the end, or an error */
	int error;		/* errno; 0 with len 0: the peer's orderly end */
	struct arrival at;
	uint64_t sure_ns;	/* the bound of `at` if the thread did not sleep as it seemed */
};

struct net {
	struct loop *loop;
	struct stamp_clock clock;
	bool clock_stepped;		/* since the batch before: its stamps are from both sides */
	uint64_t checked;		/* loop_now() when the clock was last checked */
	uint64_t read_at;		/* the clock after the last read, or loop_now() */
	int stamp_holder;		/* keeps the kernel's timestamping switched on */
	char *inbox;
	size_t inbox_len;
	struct inbox_record *records;
	int n_records;
	char *plain[3];			/* TLS: a piece, the one before it; a record to send */
	uint64_t first_stamp;		/* of what was read and not yet handed on */
	uint64_t reads_stamped, reads_user;
	struct conn *open, *dead, *spare;
	uint32_t next_source;
	void *bio_method;		/* BIO_METHOD * */
};

/* inbox.c: read all that is there; hand on what was read. */
void inbox_read(struct conn *c, uint32_t epoll_events);
void inbox_deliver(void *net);
void inbox_forget(struct conn *c);

/* conn.c */
void conn_opened(struct conn *c);
void conn_fail(struct conn *c, enum outcome why, const char *words, uint64_t ns);

/* conn_tls.c. feed: take in what was read; 0, or -1 after conn_fail(). */
int conn_tls_begin(struct conn *c);
int conn_tls_feed(struct conn *c, const char *data, size_t len, bool end,
		  const struct arrival *at);
ssize_t conn_tls_send(struct conn *c, const struct iovec *iov, int n, bool final);
void conn_tls_end(struct conn *c);
void *conn_tls_method_new(void);
void conn_tls_method_free(void *method);
/* Bytes to the socket for TLS; as send(). */
ssize_t conn_raw_send(struct conn *c, const struct iovec *iov, int n, bool final);

#endif
