/* src/http/endpoint.h - where a URL leads: its addresses, looked up once, and its TLS settings.
 *
 * Made before the threads start and only read by them. Looking names up takes time that no
 * request should be charged with, so it happens here and not per connection.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_ENDPOINT_H
#define HTTP_ENDPOINT_H

#include <openssl/types.h>
#include <sys/socket.h>

#include "http/sources.h"
#include "http/url.h"

#define ENDPOINT_ADDRESSES_MAX 8

struct endpoint_address {
	struct sockaddr_storage sa;
	socklen_t len;
	char text[64];	/* "127.0.0.1:8001" */
};

struct endpoint {
	struct url url;
	struct endpoint_address addresses[ENDPOINT_ADDRESSES_MAX];	/* tried in this order */
	int n_addresses;
	SSL_CTX *tls;	/* borrowed; NULL: plain */
	struct sources sources;	/* where connections leave from; none after endpoint_init() */
};

/* Look the host up. tls: from tls_new() when the URL is https, else ignored. */
int endpoint_init(struct endpoint *ep, const struct url *url, SSL_CTX *tls, struct err *e);

struct tls_spec {
	const char *ca, *cert, *key;	/* files; NULL: the system's CAs, no client certificate */
	bool verify;			/* false: any certificate of the server is taken */
};

int tls_new(const struct tls_spec *spec, SSL_CTX **ret_tls, struct err *e);
SSL_CTX *tls_free(SSL_CTX *tls);	/* NULL is fine; returns NULL */

#endif
