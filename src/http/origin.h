/* src/http/origin.h - between origin.c and exchange.c: connections that are kept between requests.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_ORIGIN_H
#define HTTP_ORIGIN_H

#include "http/conn.h"
#include "http/exchange.h"

/* One connection of an origin: idle, or on loan to an exchange. */
struct held {
	struct origin *origin;
	struct conn *conn;
	struct held *next;
};

struct net *origin_net(struct origin *o);

/* An idle connection, or NULL. */
struct held *origin_take(struct origin *o);
/* A new one that begins to connect for this user; NULL: no memory. */
struct held *origin_open(struct origin *o, const struct conn_events *events, void *ctx);
void origin_keep(struct held *h);	/* give back for the next request */
void origin_close(struct held *h);	/* give back and close */
void origin_lost(struct held *h);	/* give back; the connection is gone already */

#endif
