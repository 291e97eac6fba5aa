/* tests/fuzz/fuzz-url.c - a URL that was taken, written out again, is the same URL.
 * SPDX-License-Identifier: Apache-2.0 */
#include "http/url.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct err e = {0};
	struct url u = {0};
	struct url again = {0};
	char *text = malloc(len + 1);
	FUZZ_CHECK(text);
	memcpy(text, data, len);
	text[len] = '\0';
	if (url_parse(text, &u, &e) < 0) {
		fuzz_check_error(e.text, sizeof(e.text));
		FUZZ_CHECK(u.host[0] == '\0' && u.port == 0);	/* untouched */
		free(text);
		return 0;
	}
	FUZZ_CHECK(u.host[0] && u.port > 0 && u.path[0] == '/');
	char out[URL_PATH_MAX + 512];
	const char *scheme = u.websocket ? (u.tls ? "wss" : "ws") : u.tls ? "https" : "http";
	(void)snprintf(out, sizeof(out), "%s://%s%s", scheme, u.authority, u.path);
	FUZZ_CHECK(url_parse(out, &again, &e) == 0);
	FUZZ_CHECK(again.tls == u.tls && again.port == u.port && again.ipv6 == u.ipv6);
	FUZZ_CHECK(again.websocket == u.websocket);
	FUZZ_CHECK(strcmp(again.host, u.host) == 0 && strcmp(again.path, u.path) == 0);
	FUZZ_CHECK(strcmp(again.authority, u.authority) == 0);
	char joined[URL_PATH_MAX];
	if (url_join(&u, "/v1/models", joined, sizeof(joined), &e) == 0)
		FUZZ_CHECK(joined[0] == '/' && strstr(joined, "/v1/models") &&
			   strlen(joined) <= strlen(u.path) + strlen("/v1/models"));
	free(text);
	return 0;
}
