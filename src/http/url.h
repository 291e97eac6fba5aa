/* src/http/url.h - an http, https, ws or wss URL, taken apart and checked.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_URL_H
#define HTTP_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define URL_HOST_MAX 256
#define URL_PATH_MAX 4096

struct url {
	bool tls;			/* https, wss */
	bool websocket;			/* ws, wss */
	char host[URL_HOST_MAX];	/* name or address; an IPv6 address without brackets */
	bool ipv6;			/* host is an IPv6 address */
	uint16_t port;
	char authority[URL_HOST_MAX + 16];	/* for Host: the port only when not the usual one */
	char path[URL_PATH_MAX];	/* begins with '/', query included; "/": none given */
};

/* Only absolute http://, https://, ws:// and wss:// URLs; no user and password, no
 * fragment, no blanks or control bytes; ret is untouched on failure. */
int url_parse(const char *text, struct url *ret, struct err *e);

/* The path of base with a route added ("/v1" + "/chat/completions"); exactly one '/' between
 * them. base's query stays at the end. -1 when it does not fit. */
int url_join(const struct url *base, const char *route, char *out, size_t size, struct err *e);

#endif
