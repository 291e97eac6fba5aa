/* tests/unit/http/test-url.c - URLs: right ones taken apart, wrong ones refused.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/util.h"
#include "http/url.h"

static void test_right(void **state)
{
	(void)state;
	static const struct {
		const char *text, *host, *authority, *path;
		int port;
		bool tls, ipv6;
	} rows[] = {
		{"http://a", "a", "a", "/", 80, false, false},
		{"HTTPS://a.b:8443/x?y=1", "a.b", "a.b:8443", "/x?y=1", 8443, true, false},
		{"https://a:443/", "a", "a", "/", 443, true, false},
		{"http://127.0.0.1:8001/asr", "127.0.0.1", "127.0.0.1:8001", "/asr", 8001, false,
		 false},
		{"http://[::1]:80/v1", "::1", "[::1]", "/v1", 80, false, true},
		{"http://[fe80::1]:1/", "fe80::1", "[fe80::1]:1", "/", 1, false, true},
		{"http://[::1]", "::1", "[::1]", "/", 80, false, true},
		{"http://a?q=1", "a", "a", "/?q=1", 80, false, false},
		{"http://a/%E4%B8%AD", "a", "a", "/%E4%B8%AD", 80, false, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct url u;
		struct err e = {0};
		if (url_parse(rows[i].text, &u, &e) != 0)
			fail_msg("%s: %s", rows[i].text, e.text);
		assert_string_equal(u.host, rows[i].host);
		assert_string_equal(u.authority, rows[i].authority);
		assert_string_equal(u.path, rows[i].path);
		assert_int_equal(u.port, rows[i].port);
		assert_int_equal(u.tls, rows[i].tls);
		assert_int_equal(u.ipv6, rows[i].ipv6);
	}
}

static void test_wrong(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"", "a", "http:/a", "http://", "http:///x", "ftp://a/", "//a/b", "http://:80/",
		"http://a:0/", "http://a:65536/", "http://a:/", "http://a:8o/", "http://a:+1/",
		"http://a:000080/", "http://user:secret@a/", "http://a/x#y", "http://a/x y",
		"http://a/\r\nX: 1", "http://[::1/", "http://[::1]x/", "http://[::g]/",
		"http://[127.0.0.1]/", "http://a^b/", "http://a\x7f/", "http://[]/",
		"http://[::1]80/",
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct url u = {.port = 7};
		struct err e = {0};
		if (url_parse(rows[i], &u, &e) == 0)
			fail_msg("'%s' was taken", rows[i]);
		assert_int_equal(e.code, ERR_USAGE);
		assert_true(strlen(e.text) > 10);
		assert_null(strstr(e.text, "secret"));
		assert_int_equal(u.port, 7);
	}
	char lengthy[URL_PATH_MAX + 64];
	memset(lengthy, 'a', sizeof(lengthy) - 1);
	lengthy[sizeof(lengthy) - 1] = '\0';
	memcpy(lengthy, "http://", 7);
	struct url u;
	assert_int_equal(url_parse(lengthy, &u, NULL), -1);	/* the host is too long */
	memcpy(lengthy, "http://a/", 9);
	assert_int_equal(url_parse(lengthy, &u, NULL), -1);	/* the path is too long */
}

static void test_join(void **state)
{
	(void)state;
	static const struct {
		const char *base, *route, *joined;
	} rows[] = {
		{"http://a/v1", "/chat/completions", "/v1/chat/completions"},
		{"http://a/v1/", "/chat/completions", "/v1/chat/completions"},
		{"http://a/v1//", "models", "/v1/models"},
		{"http://a", "/health", "/health"},
		{"http://a/x", "", "/x"},
		{"http://a/x/", "", "/x/"},
		{"http://a/v1?key=1", "/m", "/v1/m?key=1"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct url u;
		char out[64];
		assert_int_equal(url_parse(rows[i].base, &u, NULL), 0);
		assert_int_equal(url_join(&u, rows[i].route, out, sizeof(out), NULL), 0);
		assert_string_equal(out, rows[i].joined);
		assert_int_equal(url_join(&u, rows[i].route, out, strlen(rows[i].joined), NULL),
				 -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_join),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
