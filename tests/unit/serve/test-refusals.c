/* tests/unit/serve/test-refusals.c - what a service must refuse, and how.
 * SPDX-License-Identifier: Apache-2.0 */

#include "serve_test.h"

#define SECRET "s3cr3t-in-the-input"

static const char *const chat_args[] = {"chat", "--worker", "sim", "--sim-ttft", "1ms",
					"--sim-token-time", "1ms", "--sim-tokens", "3", NULL};
static const char *const tts_args[] = {"tts", "--worker", "sim", "--sim-ttft", "1ms",
				       "--sim-token-time", "0", NULL};

struct body_case {
	const char *body;
	int status;
	const char *code;
};

static void check_bodies(const struct service *s, const char *path, const struct body_case *cases,
			 size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct reply r = post_json(s, path, cases[i].body);
		if (r.status != cases[i].status)
			fail_msg("%s: status %d, not %d: %s", cases[i].body, r.status,
				 cases[i].status, r.body ? r.body : "");
		check_error(&r, cases[i].code, SECRET);
		reply_release(&r);
	}
}

#define MSG(content) "{\"messages\":[{\"role\":\"user\",\"content\":" content "}]}"
#define WITH(key) "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]," key "}"

static void test_chat_bodies(void **state)
{
	static const struct body_case cases[] = {
		{"", 411, "no_length"},
		{"[]", 400, "invalid_json"},
		{"null", 400, "invalid_json"},
		{"123", 400, "invalid_json"},
		{"{", 400, "invalid_json"},
		{"{\"" SECRET "\":}", 400, "invalid_json"},
		{"{\"a\":1,\"a\":2}", 400, "invalid_json"},
		{"{\"a\":\"\xff\xfe" SECRET "\"}", 400, "invalid_json"},
		{"{}", 400, "invalid_value"},
		{"{\"messages\":[]}", 400, "invalid_value"},
		{"{\"messages\":\"" SECRET "\"}", 400, "invalid_value"},
		{"{\"messages\":[1]}", 400, "invalid_value"},
		{"{\"messages\":[{\"role\":\"" SECRET "\",\"content\":\"\"}]}", 400,
			"invalid_value"},
		{MSG("null"), 400, "invalid_value"},
		{MSG("[]"), 400, "invalid_value"},
		{MSG("[{\"type\":\"" SECRET "\"}]"), 400, "invalid_value"},
		{MSG("[{\"type\":\"text\"}]"), 400, "invalid_value"},
		{MSG("\"a\\u0000b\""), 400, "invalid_value"},
		{MSG("[{\"type\":\"image_url\",\"image_url\":{\"url\":\"http://127.0.0.1:1/" SECRET
		     "\"}}]"), 400, "url_not_allowed"},
		{MSG("[{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://" SECRET "/\"}}]"),
		 400, "url_not_allowed"},
		{MSG("[{\"type\":\"image_url\",\"image_url\":{\"url\":"
		     "\"file:///etc/" SECRET "\"}}]"),
		 400, "url_not_allowed"},
		{MSG("[{\"type\":\"image_url\",\"image_url\":{\"url\":\"/etc/passwd\"}}]"), 400,
		 "url_not_allowed"},
		{MSG("[{\"type\":\"image_url\",\"image_url\":{\"url\":"
		     "\"data:text/html;base64,AA==\""
		     "}}]"), 400, "invalid_image"},
		{MSG("[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png,AAAA\"}}]"),
		 400, "invalid_image"},
		{MSG("[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:,\"}}]"), 400,
		 "invalid_image"},
		{MSG("[{\"type\":\"image_url\"}]"), 400, "invalid_value"},
		{MSG("[{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"data:audio/wav;base64,"
		     "AAAA\",\"format\":\"wav\"}}]"), 400, "invalid_audio"},
		{MSG("[{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"AAAA\",\"format\":"
		     "\"" SECRET "\"}}]"), 400, "invalid_value"},
		{WITH("\"n\":2"), 400, "invalid_value"},
		{WITH("\"n\":1000000"), 400, "invalid_value"},
		{WITH("\"n\":1e300"), 400, "invalid_value"},
		{WITH("\"max_tokens\":0"), 400, "invalid_value"},
		{WITH("\"max_tokens\":-1"), 400, "invalid_value"},
		{WITH("\"max_tokens\":1.5"), 400, "invalid_value"},
		{WITH("\"max_completion_tokens\":99999999999999999999"), 400, "invalid_json"},
		{WITH("\"temperature\":2.1"), 400, "invalid_value"},
		{WITH("\"temperature\":\"hot\""), 400, "invalid_value"},
		{WITH("\"temperature\":NaN"), 400, "invalid_json"},
		{WITH("\"stream\":1"), 400, "invalid_value"},
		{WITH("\"stream_options\":{\"include_usage\":true}"), 400, "invalid_value"},
		{WITH("\"stop\":[1]"), 400, "invalid_value"},
		{WITH("\"stop\":\"\""), 400, "invalid_value"},
		{WITH("\"tools\":[{}]"), 400, "unsupported_parameter"},
		{WITH("\"logprobs\":true"), 400, "unsupported_parameter"},
		{WITH("\"response_format\":{\"type\":\"json_object\"}"), 400,
		 "unsupported_parameter"},
	};
	struct service *s = *state;
	check_bodies(s, CHAT, cases + 1, ARRAY_LEN(cases) - 1);
	/* An empty body is a body of no bytes. */
	struct reply r = post_json(s, CHAT, "");
	assert_int_equal(r.status, 400);
	check_error(&r, "invalid_json", NULL);
	reply_release(&r);
}

static void test_chat_accepts(void **state)
{
	static const char *const good[] = {
		CHAT_SAY, WITH("\"n\":1"), WITH("\"n\":null"), WITH("\"max_tokens\":null"),
		WITH("\"max_tokens\":10000"), WITH("\"temperature\":0"), WITH("\"temperature\":2"),
		WITH("\"stop\":[]"), WITH("\"stop\":\"x\""), WITH("\"tools\":[]"),
		WITH("\"response_format\":{\"type\":\"text\"}"), WITH("\"unknown\":{\"a\":[1]}"),
		MSG("[{\"type\":\"text\",\"text\":\"<|image_pad|><|image|>\"}]"),
		MSG("\"\xe4\xbd\xa0\xe5\xa5\xbd\""),
	};
	struct service *s = *state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct reply r = post_json(s, CHAT, good[i]);
		if (r.status != 200)
			fail_msg("%s: status %d: %s", good[i], r.status, r.body ? r.body : "");
		reply_release(&r);
	}
}

static void test_tts_bodies(void **state)
{
	static const struct body_case cases[] = {
		{"[]", 400, "invalid_json"},
		{"{}", 400, "invalid_value"},
		{"{\"text\":\"\"}", 400, "empty_text"},
		{"{\"text\":\" \\n\\t \"}", 400, "empty_text"},
		{"{\"text\":7}", 400, "invalid_value"},
		{"{\"text\":\"a\\u0000b\"}", 400, "invalid_value"},
		{"{\"text\":\"hi\",\"speed\":0}", 400, "invalid_value"},
		{"{\"text\":\"hi\",\"speed\":-1}", 400, "invalid_value"},
		{"{\"text\":\"hi\",\"speed\":1e-6}", 400, "invalid_value"},
		{"{\"text\":\"hi\",\"speed\":1e9}", 400, "invalid_value"},
		{"{\"text\":\"hi\",\"speed\":\"1\"}", 400, "invalid_value"},
		{"{\"text\":\"hi\",\"speed\":NaN}", 400, "invalid_json"},
		{"{\"text\":\"hi\",\"speaker\":\"" SECRET "\"}", 400, "unknown_voice"},
		{"{\"text\":\"hi\",\"stream\":\"yes\"}", 400, "invalid_value"},
		{"{\"text\":\"hi\",\"language\":\"../" SECRET "\"}", 400, "invalid_value"},
	};
	static const struct body_case openai[] = {
		{"{\"text\":\"hi\"}", 400, "invalid_value"},
		{"{\"input\":\"hi\",\"voice\":\"" SECRET "\"}", 400, "unknown_voice"},
		{"{\"input\":\"hi\",\"response_format\":\"aac\"}", 400, "invalid_value"},
		{"{\"input\":\"hi\",\"response_format\":3}", 400, "invalid_value"},
		{"{\"input\":\"hi\",\"stream_format\":\"" SECRET "\"}", 400, "invalid_value"},
		{"{\"input\":\"hi\",\"speed\":4.01}", 400, "invalid_value"},
	};
	struct service *s = *state;
	check_bodies(s, "/synthesize", cases, ARRAY_LEN(cases));
	check_bodies(s, "/v1/audio/speech", openai, ARRAY_LEN(openai));
}

struct raw_case {
	const char *name;
	const char *text;
	int status;	/* of ours with its code; of libmicrohttpd with code NULL */
	const char *code;
};

#define POST "POST " CHAT " HTTP/1.1\r\nHost: x\r\n"
#define JSON_TYPE "Content-Type: application/json\r\n"

static void test_raw(void **state)
{
	static const struct raw_case cases[] = {
		{"no such route", "GET /" SECRET " HTTP/1.1\r\nHost: x\r\n\r\n", 404, "not_found"},
		{"route of another service", "POST /transcribe HTTP/1.1\r\nHost: x\r\n"
		 "Content-Length: 0\r\n\r\n", 404, "not_found"},
		{"wrong method", "GET " CHAT " HTTP/1.1\r\nHost: x\r\n\r\n", 405,
		 "method_not_allowed"},
		{"unknown method", SECRET " /health HTTP/1.1\r\nHost: x\r\n\r\n", 405,
		 "method_not_allowed"},
		{"no type", POST "Content-Length: 2\r\n\r\n{}", 415, "unsupported_content_type"},
		{"wrong type", POST "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", 415,
		 "unsupported_content_type"},
		{"no length", POST JSON_TYPE "\r\n", 411, "no_length"},
		{"two lengths", POST JSON_TYPE "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
		 400, "bad_request"},
		{"two lengths that differ", POST JSON_TYPE "Content-Length: 2\r\n"
		 "Content-Length: 20\r\n\r\n{}", 400, "bad_request"},
		{"length and chunked", POST JSON_TYPE "Content-Length: 2\r\n"
		 "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 400, "bad_request"},
		{"other encoding", POST JSON_TYPE "Transfer-Encoding: gzip\r\n\r\n", 400, NULL},
		{"encoding twice", POST JSON_TYPE "Transfer-Encoding: chunked\r\n"
		 "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "bad_request"},
		{"negative length", POST JSON_TYPE "Content-Length: -1\r\n\r\n{}", 400, NULL},
		{"signed length", POST JSON_TYPE "Content-Length: +2\r\n\r\n{}", 400, NULL},
		{"hexadecimal length", POST JSON_TYPE "Content-Length: 0x2\r\n\r\n{}", 400, NULL},
		{"empty length", POST JSON_TYPE "Content-Length: \r\n\r\n{}", 400, NULL},
		{"length beyond 64 bits", POST JSON_TYPE "Content-Length: 99999999999999999999999"
		 "\r\n\r\n{}", 413, NULL},
		{"body on GET", "GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
		 400, "bad_request"},
		{"NUL in the path", "GET /health%00x HTTP/1.1\r\nHost: x\r\n\r\n", 400,
		 "bad_request"},
		{"two types", POST JSON_TYPE JSON_TYPE "Content-Length: 2\r\n\r\n{}", 400,
		 "bad_request"},
		{"not HTTP", "\x16\x03\x01\x02garbage\r\n\r\n", 0, NULL},
		{"HTTP/9", "GET /health HTTP/9.9\r\nHost: x\r\n\r\n", 505, NULL},
	};
	struct service *s = *state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct raw_case *c = &cases[i];
		struct reply r = ask_text(s, c->text);
		if (c->status && r.status != c->status)
			fail_msg("%s: status %d, not %d: %s", c->name, r.status, c->status,
				 r.all.data ? r.all.data : "");
		if (c->code)
			check_error(&r, c->code, SECRET);
		reply_release(&r);
	}
}

static void test_types_accepted(void **state)
{
	static const char *const types[] = {
		"application/json", "Application/JSON", "application/json; charset=utf-8",
		"application/json;charset=utf-8",
	};
	struct service *s = *state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct buf b = BUF_INIT(BUF_UNLIMITED);
		put_post(&b, CHAT, types[i], CHAT_SAY, strlen(CHAT_SAY));
		struct reply r = ask(s, b.data, b.len);
		assert_int_equal(r.status, 200);
		reply_release(&r);
		buf_release(&b);
	}
}

/* Nested deeply in a place that nothing reads: refused all the same, and quickly. */
static void test_depth(void **state)
{
	static const size_t depths[] = {61, 62, 63, 10000, 1000000};
	struct service *s = *state;
	for (size_t i = 0; i < ARRAY_LEN(depths); i++) {
		struct buf b = BUF_INIT(BUF_UNLIMITED);
		(void)buf_str(&b, "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"x\":");
		for (size_t k = 0; k < depths[i]; k++)
			(void)buf_char(&b, '[');
		for (size_t k = 0; k < depths[i]; k++)
			(void)buf_char(&b, ']');
		(void)buf_char(&b, '}');
		struct reply r = post_json(s, CHAT, b.data);
		/* The object around it is one level. */
		assert_int_equal(r.status, depths[i] + 1 <= 64 ? 200 : 400);
		reply_release(&r);
		buf_release(&b);
	}
}

static void test_tokens(void **state)
{
	(void)state;
	static const char *const args[] = {"chat", "--worker", "sim", "--sim-ttft", "1ms",
					   "--sim-tokens", "1", "--token-env", "SERVE_TEST_TOKEN",
					   NULL};
	assert_int_equal(setenv("SERVE_TEST_TOKEN", "right-token", 1), 0);
	struct service s = service_start(args);
	static const struct {
		const char *path, *header;
		int status;
	} cases[] = {
		{"/health", "", 200},
		{"/v1/models", "", 401},
		{"/metrics", "", 401},
		{"/nowhere", "", 401},
		{CHAT, "", 401},
		{"/transcribe", "", 401},
		{"/v1/models", "Authorization: Bearer wrong-token\r\n", 401},
		{"/v1/models", "Authorization: Bearer right-token2\r\n", 401},
		{"/v1/models", "Authorization: Bearer right-toke\r\n", 401},
		{"/v1/models", "Authorization: Bearer \r\n", 401},
		{"/v1/models", "Authorization: right-token\r\n", 401},
		{"/v1/models", "Authorization: Basic right-token\r\n", 401},
		{"/v1/models", "Authorization: Bearer right-token\r\nAuthorization: Bearer x\r\n",
		 400},
		{"/v1/models", "Authorization: Bearer right-token\r\n", 200},
		{"/v1/models", "authorization: bearer right-token\r\n", 200},
		{"/nowhere", "Authorization: Bearer right-token\r\n", 404},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[300];
		(void)snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n",
			       cases[i].path, cases[i].header);
		struct reply r = ask_text(&s, text);
		if (r.status != cases[i].status)
			fail_msg("%s with '%s': %d", cases[i].path, cases[i].header, r.status);
		assert_null(strstr(r.all.data, "right-token"));
		reply_release(&r);
	}
	service_stop(&s);
}

/* The answer must come through although the client still sends. */
static void test_answer_during_upload(void **state)
{
	struct service *s = *state;
	size_t len = (size_t)8 << 20;
	struct buf b = BUF_INIT(BUF_UNLIMITED);
	(void)buf_fmt(&b, "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n", len);
	char *rest = calloc(1, len);
	assert_non_null(rest);
	assert_int_equal(buf_add(&b, rest, len), 0);
	struct reply r = ask(s, b.data, b.len);
	assert_int_equal(r.status, 404);
	check_error(&r, "not_found", NULL);
	reply_release(&r);
	buf_release(&b);
	free(rest);
}

static int start_chat(void **state)
{
	static struct service s;
	s = service_start(chat_args);
	*state = &s;
	return 0;
}

static int start_tts(void **state)
{
	static struct service s;
	s = service_start(tts_args);
	*state = &s;
	return 0;
}

static int stop(void **state)
{
	service_stop(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest chat[] = {
		cmocka_unit_test(test_chat_bodies),
		cmocka_unit_test(test_chat_accepts),
		cmocka_unit_test(test_raw),
		cmocka_unit_test(test_types_accepted),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_answer_during_upload),
		cmocka_unit_test_setup_teardown(test_tts_bodies, start_tts, stop),
	};
	return cmocka_run_group_tests_name("refusals", chat, start_chat, stop);
}
