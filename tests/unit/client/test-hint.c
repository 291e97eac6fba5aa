/* tests/unit/client/test-hint.c - what to write instead of a URL that is not right.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/util.h"
#include "client/hint.h"

static void expect(const char *got, const char *want)
{
	if (*want ? !strstr(got, want) : *got)
		fail_msg("'%s' does not say '%s'", got, want);
}

static void test_redirects(void **state)
{
	static const struct {
		const char *protocol, *url, *path, *location, *want;
	} rows[] = {
		{"openai-chat", "http://a:1/v1", "/chat/completions", "/api/v1/chat/completions",
		 "write url: 'http://a:1/api/v1'"},
		{"openai-chat", "http://a:1/v1", "/chat/completions",
		 "https://b/v1/chat/completions", "write url: 'https://b/v1'"},
		{"openai-chat", "http://a:1/v1", "/chat/completions", "https://b/login",
		 "nothing there speaks openai-chat"},
		{"transcribe", "http://a:1/transcribe", "", "/transcribe/",
		 "write url: 'http://a:1/transcribe/'"},
		{"transcribe", "https://a/transcribe", "", "/x", "'https://a/x'"},
		{"transcribe", "http://a/transcribe", "", "//b/x", "no URL that assay can use"},
		{"transcribe", "http://a/transcribe", "", "a b", "no URL that assay can use"},
		{"transcribe", "http://a/transcribe", "", "", "no URL that assay can use"},
		{"transcribe", "http://a/transcribe", "", NULL, "without a Location"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct service s = {.protocol = protocol_find(rows[i].protocol)};
		struct url url;
		char out[HINT_MAX];
		struct span location = {NULL, 0};
		if (rows[i].location)
			location = span_of(rows[i].location);
		assert_int_equal(url_parse(rows[i].url, &url, NULL), 0);
		hint_redirect(&s, &url, rows[i].path, location, out);
		expect(out, rows[i].want);
	}
}

static void test_not_found(void **state)
{
	static const struct {
		const char *protocol, *url, *path, *words, *want;
	} rows[] = {
		{"openai-chat", "http://a:1", "/chat/completions", "",
		 "write url: 'http://a:1/v1'"},
		{"openai-chat", "https://a/x/", "/chat/completions", "{\"detail\":\"Not Found\"}",
		 "write url: 'https://a/x/v1'"},
		{"openai-chat", "http://a:1/v1", "/chat/completions", "",
		 "is this a service that speaks openai-chat?"},
		{"openai-chat", "http://a:1", "/chat/completions", "The Model `x` does not exist",
		 ""},
		{"cosyvoice", "http://a:1", "/inference_sft", "", "speaks cosyvoice?"},
		{"transcribe", "http://a:1", "", "", "write url: 'http://a:1/transcribe'"},
		{"transcribe", "http://a:1/asr", "", "", "write url: 'http://a:1/transcribe'"},
		{"transcribe", "http://a:1/transcribe", "", "", ""},
		{"http", "http://a:1/transcribe", "", "", ""},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct service s = {.protocol = protocol_find(rows[i].protocol)};
		struct url url;
		char out[HINT_MAX];
		assert_int_equal(url_parse(rows[i].url, &url, NULL), 0);
		hint_not_found(&s, &url, rows[i].path, span_of(rows[i].words), out);
		expect(out, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_redirects),
		cmocka_unit_test(test_not_found),
	};
	return cmocka_run_group_tests_name("hint", tests, NULL, NULL);
}
