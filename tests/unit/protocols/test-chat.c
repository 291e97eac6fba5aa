/* tests/unit/protocols/test-chat.c - openai-chat: golden requests, golden and wrong replies.
 * SPDX-License-Identifier: Apache-2.0 */
#include "exchange.h"

#include "base/base64.h"
#include "base/json.h"

#define SERVICE "{protocol: openai-chat, url: \"http://a/v1\", model: m}"
#define SSE "text/event-stream; charset=utf-8"
#define JSON "application/json"

static struct exchange x;

static int set_up(void **state)
{
	(void)state;
	exchange_begin(&x, SERVICE);
	x.sample.question = "What is \"this\"?";
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	exchange_end(&x);
	return 0;
}

static void restart(const char *yaml)
{
	exchange_end(&x);
	exchange_begin(&x, yaml);
	x.sample.question = "q";
}

/* ---- requests ---- */

static void test_request_plain(void **state)
{
	(void)state;
	assert_string_equal(exchange_request(&x, NULL),
		"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":"
		"\"What is \\\"this\\\"?\"}]}");
	assert_string_equal(x.request.path, "/chat/completions");
	assert_string_equal(x.request.head.data, "Content-Type: application/json\r\n");
}

static void test_request_full(void **state)
{
	(void)state;
	static const char *const stops[] = {"\n", "END"};
	restart("{protocol: openai-chat, url: \"http://a/v1\", token_limit: max_completion_tokens, "
		"body: {top_k: 3, temperature: 0.5}}");
	x.sample.system = "Be brief.";
	x.ask = (struct ask){.stream = true, .max_tokens = 7, .temperature = 1, .seed = 5,
			     .ignore_eos = true, .logprobs = 2, .prompt.nonce = "n1",
			     .stop = {(const char **)stops, 2}};
	assert_string_equal(exchange_request(&x, NULL),
		"{\"messages\":[{\"role\":\"system\",\"content\":\"n1 Be brief.\"},"
		"{\"role\":\"user\",\"content\":\"q\"}],\"max_completion_tokens\":7,\"seed\":5,"
		"\"ignore_eos\":true,\"logprobs\":true,\"top_logprobs\":2,\"stop\":[\"\\n\","
		"\"END\"],"
		"\"stream\":true,\"stream_options\":{\"include_usage\":true},"
		"\"top_k\":3,\"temperature\":0.5}");
	restart("{protocol: openai-chat, url: \"http://a/v1\", include_usage: false}");
	x.ask.stream = true;
	x.ask.prompt.nonce = "n2";
	assert_string_equal(exchange_request(&x, NULL),
		"{\"messages\":[{\"role\":\"user\",\"content\":\"n2 q\"}],\"stream\":true}");
}

static void test_request_media(void **state)
{
	(void)state;
	struct media image = {.name = "a.jpg", .mime = "image/jpeg", .data = "\xff\xd8\xff",
		.len = 3};
	struct media made = {.name = "b.png", .mime = "image/png", .data = "PNG", .len = 3,
			     .base64 = "UE5H", .base64_len = 4};
	struct media wave = {.name = "a.wav", .mime = "audio/wav", .data = "RIFF", .len = 4};
	const struct media *images[] = {&image, &made};
	x.sample.images = images;
	x.sample.n_images = 2;
	x.sample.audio = &wave;
	x.ask.prompt.nonce = "n";
	assert_string_equal(exchange_request(&x, NULL),
		"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":["
		"{\"type\":\"text\",\"text\":\"n\"},"
		"{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/jpeg;base64,/9j/\"}},"
		"{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,UE5H\"}},"
		"{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"UklGRg==\","
		"\"format\":\"wav\"}},"
		"{\"type\":\"text\",\"text\":\"What is \\\"this\\\"?\"}]}]}");
	bool borrowed = false;
	for (size_t i = 0; i < x.request.n_pieces; i++)
		borrowed |= x.request.pieces[i].data == made.base64;
	assert_true(borrowed);
}

static void test_request_messages(void **state)
{
	(void)state;
	struct media image = {.mime = "image/jpeg", .data = "\xff\xd8\xff", .len = 3};
	struct media wave = {.mime = "audio/wav", .data = "RIFF", .len = 4};
	const struct media *images[] = {&image};
	static const char text[] =
		"[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":"
		"\"media:0\"}},{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"media:audio\","
		"\"format\":\"wav\"}},{\"type\":\"text\",\"text\":\"\\\":\\\"media:0\\\" "
		"stays\"}]}]";
	CLEANUP(json_unref) json_t *messages = json_read(text, strlen(text), 16, NULL);
	assert_non_null(messages);
	x.sample.messages = messages;
	x.sample.images = images;
	x.sample.n_images = 1;
	x.sample.audio = &wave;
	for (int made = 0; made < 2; made++) {
		x.sample.messages_text = made ? text : NULL;
		assert_string_equal(exchange_request(&x, NULL),
			"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":"
			"\"image_url\",\"image_url\":{\"url\":\"data:image/jpeg;base64,/9j/\"}},"
			"{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"UklGRg==\","
			"\"format\":"
			"\"wav\"}},{\"type\":\"text\",\"text\":\"\\\":\\\"media:0\\\" "
			"stays\"}]}]}");
	}
	x.ask.prompt.nonce = "n";
	assert_non_null(strstr(exchange_request(&x, NULL),
			       "\"content\":[{\"type\":\"text\",\"text\":\"n\"},"
				"{\"type\":\"image_url\""));
	static const char plain[] = "[{\"role\":\"system\",\"content\":\"be kind\"}]";
	x.sample.messages_text = plain;
	assert_non_null(strstr(exchange_request(&x, NULL), "\"content\":\"n be kind\""));
	x.sample.messages_text = "[]";
	assert_null(exchange_request(&x, NULL));
}

static void test_request_refused(void **state)
{
	(void)state;
	x.sample.question = NULL;
	assert_null(exchange_request(&x, NULL));
	assert_non_null(strstr(x.e.text, "needs a question"));
	struct media image = {.mime = "image/jpeg", .data = "x", .len = 1, .base64 = "eA==",
			      .base64_len = 4};
	const struct media *images[REQUEST_PIECES_MAX];
	for (size_t i = 0; i < REQUEST_PIECES_MAX; i++)
		images[i] = &image;
	x.sample.images = images;
	x.sample.n_images = REQUEST_PIECES_MAX;
	assert_null(exchange_request(&x, NULL));
	assert_non_null(strstr(x.e.text, "too large"));
}

/* ---- streams ---- */

#define ROLE "data: {\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"," \
	     "\"content\":\"\"},\"finish_reason\":null}]}\n\n"
#define TEXT(t) "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" t "\"}}]}\n\n"
#define THINK(t) "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"" t "\"},\"index\":0}]}" \
		 "\n\n"
#define STOP "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
#define USAGE "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4," \
	      "\"total_tokens\":13,\"prompt_tokens_details\":{\"cached_tokens\":8}," \
	      "\"completion_tokens_details\":{\"reasoning_tokens\":1}}}\n\n"
#define DONE "data: [DONE]\n\n"

static void expect_stream(const char *body, enum outcome want)
{
	x.ask.stream = true;
	exchange_expect_text(&x, SSE, body, want);
}

static void test_stream(void **state)
{
	(void)state;
	static const char body[] =
		ROLE ": keep-alive\n\n" THINK("hm") TEXT("\\u4e2d\\ud83d\\ude00\\n") TEXT("b")
		"data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"other\"}}]}\n\n"
		STOP USAGE DONE;
	expect_stream(body, OUTCOME_OK);
	struct answer *a = &x.answer;
	assert_string_equal(a->text.data, "\xe4\xb8\xad\xf0\x9f\x98\x80\nb");
	assert_string_equal(a->reasoning.data, "hm");
	assert_int_equal(a->text_events, 3);
	assert_int_equal(a->reasoning_events, 1);
	assert_int_equal(a->n_events, 4);
	assert_int_equal(a->events[0].kind, EVENT_OTHER);
	assert_int_equal(a->events[2].amount, 3);	/* characters, not bytes */
	assert_int_equal(a->prompt_tokens, 9);
	assert_int_equal(a->output_tokens, 4);
	assert_int_equal(a->cached_tokens, 8);
	assert_int_equal(a->reasoning_tokens, 1);
	assert_string_equal(a->finish_reason, "stop");
	/* one read: all moments are that of its last byte, and shared */
	assert_int_equal(a->first_event, 1000000);
	assert_int_equal(a->first_token, 1000000);
	assert_int_equal(a->first_token_bound, 500);
	assert_int_equal(a->events[0].stamp, STAMP_SHARED);
}

static void test_stream_moments(void **state)
{
	(void)state;
	static const char body[] = ROLE TEXT("a") TEXT("b") STOP DONE;
	x.ask.stream = true;
	/* the first read ends with the role event: an exact moment of its own */
	assert_int_equal(exchange_reply(&x, 200, SSE, body, strlen(body), strlen(ROLE),
					strlen(TEXT("a"))), OUTCOME_OK);
	assert_int_equal(x.answer.first_event, 1000000);
	assert_int_equal(x.answer.first_token, 2000000);
	assert_int_equal(x.answer.first_token_bound, 0);
	assert_int_equal(x.answer.last_token, 3000000);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(x.answer.events[i].stamp, STAMP_KERNEL);
	/* an event that ends in the middle of the second read belongs to that read, shared */
	assert_int_equal(exchange_reply(&x, 200, SSE, body, strlen(body),
					strlen(ROLE TEXT("a")) - 1, 5), OUTCOME_OK);
	assert_int_equal(x.answer.first_event, 1000000);
	assert_int_equal(x.answer.first_token, 2000000);
	assert_int_equal(x.answer.events[1].stamp, STAMP_SHARED);
}

static void test_stream_outcomes(void **state)
{
	(void)state;
	expect_stream(TEXT("a") DONE, OUTCOME_OK);
	expect_stream(TEXT("a") STOP, OUTCOME_OK);	/* closed without [DONE] */
	assert_int_equal(x.answer.output_tokens, -1);	/* no usage: not told, not 0 */
	expect_stream(TEXT("a"), OUTCOME_UNFINISHED_STREAM);
	expect_stream(TEXT("a") "data: [DONE]", OUTCOME_UNFINISHED_STREAM);
	expect_stream("", OUTCOME_UNFINISHED_STREAM);
	expect_stream(ROLE STOP DONE, OUTCOME_EMPTY_ANSWER);
	expect_stream(DONE, OUTCOME_EMPTY_ANSWER);
	expect_stream(TEXT("a") "data: {\"error\":{\"message\":\"out of memory\"}}\n\n" DONE,
		      OUTCOME_ERROR_EVENT);
	assert_string_equal(x.answer.error.data, "out of memory");
	expect_stream("data: {\"object\":\"error\",\"message\":\"too long\"}\n\n",
		OUTCOME_ERROR_EVENT);
	expect_stream("event: error\ndata: overloaded\n\n", OUTCOME_ERROR_EVENT);
	assert_string_equal(x.answer.error.data, "overloaded");
	expect_stream(TEXT("a") "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"error\"}]}"
		"\n\n",
		      OUTCOME_ERROR_EVENT);
	expect_stream("data: {\"error\":null,\"choices\":[{\"delta\":{\"content\":\"a\"},"
		      "\"finish_reason\":\"length\"}]}\n\n", OUTCOME_OK);
	assert_string_equal(x.answer.finish_reason, "length");
	expect_stream("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}\n\n", OUTCOME_BAD_JSON);
	expect_stream("data: nonsense\n\n", OUTCOME_BAD_JSON);
	expect_stream("data: [1]\n\n", OUTCOME_BAD_JSON);
	expect_stream("data: {\"choices\":7}\n\n", OUTCOME_BAD_JSON);
	expect_stream("data: {\"choices\":[{\"delta\":{\"content\":7}}]}\n\n", OUTCOME_BAD_JSON);
	expect_stream("data: {\"choices\":[{\"delta\":{\"content\":\"\\ud800\"}}]}\n\n",
		      OUTCOME_BAD_JSON);
	expect_stream("data: {\"choices\":[{\"delta\":{\"content\":\"\xc3\"}}]}\n\n",
		      OUTCOME_BAD_JSON);
	expect_stream("data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0}]}}]}\n\n"
		      "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\n",
		      OUTCOME_OK);
}

/* What the reader in place does not take goes to the library, with the same result. */
static void test_stream_unusual(void **state)
{
	(void)state;
	expect_stream("data: {\"cho\\u0069ces\":[{\"delta\":{\"c\\u006fntent\":\"a\\u00e9\"}}],"
		      "\"usage\":{\"completion_tokens\":3.0,\"x\":1e30}}\n\n" DONE, OUTCOME_OK);
	assert_string_equal(x.answer.text.data, "a\xc3\xa9");
	assert_int_equal(x.answer.events[0].amount, 2);
	assert_int_equal(x.answer.output_tokens, 3);
}

static void test_stream_logprobs(void **state)
{
	(void)state;
	static const char body[] =
		"data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"logprobs\":{\"content\":"
		"[{\"token\":\"a\",\"logprob\":-0.5}]}}]}\n\n"
		"data: {\"choices\":[{\"delta\":{\"content\":\"b\"},\"logprobs\":{\"content\":"
		"[{\"token\":\"b\",\"logprob\":-1.5}]}}]}\n\n" DONE;
	x.ask.logprobs = 1;
	expect_stream(body, OUTCOME_OK);
	assert_int_equal(json_array_size(x.answer.logprobs), 2);
	assert_string_equal(json_text(x.answer.logprobs, "1.token", ""), "b");
	x.ask.logprobs = 0;
	expect_stream(body, OUTCOME_OK);
	assert_null(x.answer.logprobs);
}

/* ---- whole replies, types ---- */

static void test_whole(void **state)
{
	(void)state;
	exchange_expect_text(&x, JSON,
		"{\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"hi\","
		"\"reasoning_content\":\"so\"},\"finish_reason\":\"length\",\"logprobs\":null}],"
		"\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}", OUTCOME_OK);
	assert_string_equal(x.answer.text.data, "hi");
	assert_string_equal(x.answer.reasoning.data, "so");
	assert_string_equal(x.answer.finish_reason, "length");
	assert_int_equal(x.answer.output_tokens, 2);
	assert_int_equal(x.answer.cached_tokens, -1);
	assert_int_equal(x.answer.first_token, 0);	/* not streamed: no such moment */
	assert_int_equal(x.answer.n_events, 0);

	exchange_expect_text(&x, JSON, "{\"error\":{\"message\":\"no\"}}", OUTCOME_ERROR_BODY);
	assert_string_equal(x.answer.error.data, "no");
	exchange_expect_text(&x, JSON, "{\"error\":\"no\"}", OUTCOME_ERROR_BODY);
	exchange_expect_text(&x, JSON, "{\"choices\":[]}", OUTCOME_BAD_JSON);
	exchange_expect_text(&x, JSON, "{}", OUTCOME_BAD_JSON);
	exchange_expect_text(&x, JSON, "{\"choices\":[{\"message\":{\"content\":\"a\"}}]",
		OUTCOME_BAD_JSON);
	exchange_expect_text(&x, JSON, "", OUTCOME_EMPTY_ANSWER);
	exchange_expect_text(&x, JSON, "{\"choices\":[{\"message\":{\"content\":null}}]}",
			     OUTCOME_EMPTY_ANSWER);
	exchange_expect_text(&x, "text/html", "<html>", OUTCOME_BAD_CONTENT_TYPE);
	exchange_expect_text(&x, NULL, "{}", OUTCOME_BAD_CONTENT_TYPE);
	exchange_expect_text(&x, SSE, DONE, OUTCOME_BAD_CONTENT_TYPE);
	x.ask.stream = true;
	exchange_expect_text(&x, JSON, "{\"error\":{\"message\":\"no\"}}", OUTCOME_ERROR_BODY);
	exchange_expect_text(&x, JSON, "{\"choices\":[{\"message\":{\"content\":\"a\"}}]}",
			     OUTCOME_BAD_CONTENT_TYPE);
}

/* After warm-up a stream costs no memory: the buffers stay where they are. */
static void test_no_growth(void **state)
{
	(void)state;
	static const char body[] = ROLE TEXT("abc") TEXT("def") STOP USAGE DONE;
	x.ask.stream = true;
	for (int i = 0; i < 3; i++)
		assert_int_equal(exchange_reply(&x, 200, SSE, body, strlen(body), 0, 7),
			OUTCOME_OK);
	const void *kept[] = {x.answer.text.data, x.answer.events, x.answer.sse.line.data,
			      x.answer.sse.data.data};
	(void)exchange_request(&x, NULL);
	const char *text = x.request.text.data;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(exchange_reply(&x, 200, SSE, body, strlen(body), 0, 7),
			OUTCOME_OK);
		request_clear(&x.request);
		assert_int_equal(x.service.protocol->encode(&x.service, &x.sample, &x.ask,
							    &x.request, &x.e), 0);
	}
	assert_ptr_equal(kept[0], x.answer.text.data);
	assert_ptr_equal(kept[1], x.answer.events);
	assert_ptr_equal(kept[2], x.answer.sse.line.data);
	assert_ptr_equal(kept[3], x.answer.sse.data.data);
	assert_ptr_equal(text, x.request.text.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_request_plain, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_request_full, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_request_media, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_request_messages, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_request_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stream, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stream_moments, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stream_outcomes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stream_unusual, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stream_logprobs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_growth, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
