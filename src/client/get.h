/* src/client/get.h - inside of client.c and get.c.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLIENT_GET_H
#define CLIENT_GET_H

#include "client/client.h"
#include "http/exchange.h"

struct get_spec {
	const char *path;
	const char *headers;	/* lines with CRLF, or NULL */
	uint64_t timeout_ns;	/* 0: none */
};

int get_run(struct net *n, struct origin *o, const struct get_spec *spec, struct buf *body,
	    struct get_reply *ret, struct err *e);

#endif
