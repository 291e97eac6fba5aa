/* src/client/hint.c - see hint.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "client/hint.h"

#include <strings.h>

#include "base/util.h"

/* The URL that a Location stands for (RFC 9110, 10.2.2); false: none that can be used. */
static bool resolve(const struct url *url, struct span location, char *out, size_t size)
{
	int n;
	for (size_t i = 0; i < location.len; i++)
		if ((unsigned char)location.data[i] <= ' ' || location.data[i] == 0x7f)
			return false;
	if (location.len > 1 && location.data[0] == '/' && location.data[1] != '/')
		n = snprintf(out, size, "http%s://%s%.*s", url->tls ? "s" : "", url->authority,
			     (int)location.len, location.data);
	else
		n = snprintf(out, size, "%.*s", (int)location.len, location.data);
	struct url parsed;
	return n > 0 && (size_t)n < size && url_parse(out, &parsed, NULL) == 0;
}

void hint_redirect(const struct service *s, const struct url *url, const char *path,
		   struct span location, char out[HINT_MAX])
{
	char to[URL_PATH_MAX];
	if (!location.data) {
		(void)snprintf(out, HINT_MAX, "redirected without a Location: the URL of the "
			       "service is wrong, and the reply does not say what is right");
		return;
	}
	if (!resolve(url, location, to, sizeof(to))) {
		(void)snprintf(out, HINT_MAX, "redirected to '%.*s', which is no URL that assay "
			       "can use", (int)MIN(location.len, (size_t)100), location.data);
		return;
	}
	size_t len = strlen(to), route = strlen(path);
	if (route > 0 && len > route && strcmp(to + len - route, path) == 0)
		len -= route;
	if (route > 0 && len == strlen(to))
		(void)snprintf(out, HINT_MAX, "redirected to '%.200s', which does not end in %s: "
			       "nothing there speaks %s", to, path, s->protocol->name);
	else
		(void)snprintf(out, HINT_MAX, "redirected to '%.200s': redirects are not "
			       "followed; write url: '%.*s'", to, (int)MIN(len, (size_t)200), to);
}

/* Do the words speak of a model? Then the route was right. */
static bool about_model(struct span words)
{
	for (size_t i = 0; i + 5 <= words.len; i++)
		if (strncasecmp(words.data + i, "model", 5) == 0)
			return true;
	return false;
}

void hint_not_found(const struct service *s, const struct url *url, const char *path,
		    struct span words, char out[HINT_MAX])
{
	const struct protocol *p = s->protocol;
	const char *route = strchr(p->route, '/');
	size_t len = strcspn(url->path, "?");
	out[0] = '\0';
	while (len > 0 && url->path[len - 1] == '/')
		len--;
	if (about_model(words) || !route)
		return;
	bool v1 = len >= 3 && strncmp(url->path + len - 3, "/v1", 3) == 0;
	if (!p->full_route && str_starts(route, "/v1") && !v1)
		(void)snprintf(out, HINT_MAX, "there is no %.*s%s: for %s the url is the base that "
			       "ends in /v1; write url: 'http%s://%s%.*s/v1'", (int)MIN(len,
			       (size_t)100), url->path, path, p->name, url->tls ? "s" : "",
			       url->authority, (int)MIN(len, (size_t)100), url->path);
	else if (!p->full_route)
		(void)snprintf(out, HINT_MAX, "there is no %.*s%s: is this a service that speaks "
			       "%s?", (int)MIN(len, (size_t)100), url->path, path, p->name);
	else if (strncmp(url->path, route, len) != 0 || route[len] != '\0')
		(void)snprintf(out, HINT_MAX, "for %s the url is the whole route, mostly %s; write "
			       "url: 'http%s://%s%s'", p->name, route, url->tls ? "s" : "",
			       url->authority, route);
}
