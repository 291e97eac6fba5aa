/* src/client/site.h - where a service is: its replicas, looked up once, and the connections of one
 * thread to them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLIENT_SITE_H
#define CLIENT_SITE_H

#include "base/err.h"
#include "http/endpoint.h"
#include "http/exchange.h"
#include "protocols/service.h"

/* Shared by threads, which only read it. */
struct site {
	const struct service *service;
	struct endpoint *endpoints;	/* one per URL of the service */
	size_t n;
	SSL_CTX *tls;
};

/* Look up all replicas. The service (checked) must outlive it. */
int site_init(struct site *s, const struct service *service, struct err *e);
void site_release(struct site *s);

/* One thread's connections to a site. */
struct site_link {
	const struct site *site;
	struct net *net;
	struct origin **origins;	/* as site->endpoints */
	size_t next;
};

int site_link_init(struct site_link *l, const struct site *s, struct net *n, struct err *e);
void site_link_release(struct site_link *l);	/* before its net */

/* The replica for the next request, by the service's balance. */
struct origin *site_link_choose(struct site_link *l);

/* The request was written before it is due: by now, has another replica less to do (least_open)? */
struct origin *site_link_reconsider(const struct site_link *l, struct origin *chosen);

/* Allow this process so many open files, as far as it may; -1 with what to do. */
int site_allow_files(uint64_t need, struct err *e);

#endif
