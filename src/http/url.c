/* src/http/url.c - see url.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "http/url.h"

#include <arpa/inet.h>
#include <strings.h>

#include "base/str.h"
#include "base/util.h"

static int parse_port(const char *text, size_t len, uint16_t *ret)
{
	unsigned port = 0;
	if (len == 0 || len > 5)
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		port = port * 10 + (unsigned)(text[i] - '0');
	}
	if (port == 0 || port > 65535)
		return -1;
	*ret = (uint16_t)port;
	return 0;
}

/* host, [v6] and port of "host:port"; len bytes. */
static int parse_authority(const char *text, size_t len, const char *whole, struct url *u,
			   struct err *e)
{
	const char *host = text, *port = NULL;
	size_t host_len = len, port_len = 0;

	if (memchr(text, '@', len))
		return err_set(e, ERR_USAGE, "a URL must not hold a user or password: use "
			       "api_key_env or headers");
	if (len > 0 && text[0] == '[') {
		const char *close = memchr(text, ']', len);
		if (!close)
			return err_set(e, ERR_USAGE, "'%s': the IPv6 address lacks its ']'", whole);
		host = text + 1;
		host_len = (size_t)(close - host);
		size_t rest = len - (size_t)(close + 1 - text);
		if (rest > 0) {
			port = close[1] == ':' ? close + 2 : close + 1;
			port_len = close[1] == ':' ? rest - 1 : 0;
		}
		u->ipv6 = true;
	} else {
		const char *colon = memchr(text, ':', len);
		if (colon) {
			host_len = (size_t)(colon - text);
			port = colon + 1;
			port_len = len - host_len - 1;
		}
	}
	if (host_len == 0 || host_len >= sizeof(u->host))
		return err_set(e, ERR_USAGE, "'%s' has no usable host name", whole);
	memcpy(u->host, host, host_len);
	u->host[host_len] = '\0';
	struct in6_addr a6;
	if (u->ipv6 && inet_pton(AF_INET6, u->host, &a6) != 1)
		return err_set(e, ERR_USAGE, "'%s': '%s' is no IPv6 address", whole, u->host);
	if (!u->ipv6)
		for (size_t i = 0; i < host_len; i++)
			if (strchr("<>\"\\^`{|}[]%", host[i]))
				return err_set(e, ERR_USAGE, "'%s' has '%c' in its host name",
					       whole, host[i]);
	if (port && parse_port(port, port_len, &u->port) != 0)
		return err_set(e, ERR_USAGE, "'%s': the port must be a number from 1 to 65535",
			       whole);
	return 0;
}

int url_parse(const char *text, struct url *ret, struct err *e)
{
	struct url u = {0};
	const char *rest;

	if (strncasecmp(text, "http://", 7) == 0) {
		rest = text + 7;
		u.port = 80;
	} else if (strncasecmp(text, "https://", 8) == 0) {
		rest = text + 8;
		u.port = 443;
		u.tls = true;
	} else if (strncasecmp(text, "ws://", 5) == 0) {
		rest = text + 5;
		u.port = 80;
		u.websocket = true;
	} else if (strncasecmp(text, "wss://", 6) == 0) {
		rest = text + 6;
		u.port = 443;
		u.tls = u.websocket = true;
	} else {
		return err_set(e, ERR_USAGE, "'%s' is not a URL: write http://host:port/path or "
			       "https://…", text);
	}
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f || *c == '#')
			return err_set(e, ERR_USAGE, "a URL must not hold blanks, control "
				       "characters or '#' (byte %zu)", (size_t)(c - text) + 1);
	uint16_t usual = u.port;
	size_t len = strcspn(rest, "/?");
	if (parse_authority(rest, len, text, &u, e) != 0)
		return -1;
	const char *path = rest + len;
	int n = snprintf(u.path, sizeof(u.path), "%s%s", *path == '/' ? "" : "/", path);
	if (n < 0 || (size_t)n >= sizeof(u.path))
		return err_set(e, ERR_USAGE, "the path of a URL is limited to %d bytes",
			       URL_PATH_MAX - 1);
	char port[8] = "";
	if (u.port != usual)
		(void)snprintf(port, sizeof(port), ":%u", u.port);
	(void)snprintf(u.authority, sizeof(u.authority), "%s%s%s%s", u.ipv6 ? "[" : "", u.host,
		       u.ipv6 ? "]" : "", port);
	*ret = u;
	return 0;
}

int url_join(const struct url *base, const char *route, char *out, size_t size, struct err *e)
{
	size_t len = strcspn(base->path, "?");
	const char *query = base->path + len;
	if (route[0] != '\0')
		while (len > 0 && base->path[len - 1] == '/')
			len--;
	int n = snprintf(out, size, "%.*s%s%s%s", (int)len, base->path,
			 route[0] && route[0] != '/' ? "/" : "", route, query);
	if (n < 0 || (size_t)n >= size)
		return err_set(e, ERR_USAGE, "the route '%.80s' makes the URL too long", route);
	return 0;
}
