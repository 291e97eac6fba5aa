/* src/serve/conn.h - connections, and the watchdog that closes those that take too long.
 *
 * libmicrohttpd's own timeout starts anew with every byte, so a trickled header would hold a
 * connection for ever. Here each phase of a connection has its own clock; the watchdog shuts the
 * socket down and libmicrohttpd sees its end.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVE_CONN_H
#define SERVE_CONN_H

#include <stddef.h>
#include <stdint.h>

#include "http/mhd.h"
#include "serve/limits.h"

enum conn_phase {
	CONN_HEADER,	/* new, or the request line has come: header_ns */
	CONN_KEPT,	/* between two requests: idle_ns */
	CONN_BODY,	/* idle_ns since the last bytes, upload_ns in all */
	CONN_BUSY,	/* we work: no clock */
	CONN_WRITE,	/* the client should take what was written: write_ns */
};

struct conn {
	struct conn *next, *prev;
	int fd;
	enum conn_phase phase;
	uint64_t since;		/* of the phase */
	uint64_t moved;		/* BODY: last bytes */
	uint64_t acked;		/* WRITE: bytes the client had taken when last looked at */
};

struct conns;

int conns_new(const struct limits *limits, struct conns **ret, struct err *e);
struct conns *conns_free(struct conns *c);
size_t conns_count(struct conns *c);
uint64_t conns_closed(struct conns *c);		/* by the watchdog, so far */
void conn_phase(struct conns *c, struct conn *conn, enum conn_phase phase);
/* A request line has come: the idle time of a connection that was kept is over. */
void conn_wake(struct conns *c, struct conn *conn);
void conn_moved(struct conns *c, struct conn *conn);

/* MHD_OPTION_NOTIFY_CONNECTION; cls is the struct conns */
void conns_notify(void *cls, struct MHD_Connection *m, void **context,
		  enum MHD_ConnectionNotificationCode code);

#endif
