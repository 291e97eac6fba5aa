/* tests/unit/protocols/test-service.c - service blocks of plans: what is read, what is refused.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/json.h"
#include "base/yaml.h"
#include "protocols/protocol.h"

static struct arena *arena;

static int set_up(void **state)
{
	(void)state;
	arena = arena_new();
	return setenv("TEST_SERVICE_KEY", "s3cret", 1);
}

static int tear_down(void **state)
{
	(void)state;
	arena = arena_free(arena);
	return 0;
}

static int read_service(const char *yaml, struct service *s, struct err *e)
{
	const struct yaml_node *map = yaml_parse(yaml, strlen(yaml), "plan.yaml", arena, e);
	assert_non_null(map);
	int rc = service_from_yaml(s, "asr", map, arena, e);
	return rc < 0 ? rc : service_check(s, arena, e);
}

static void refused(const char *yaml, const char *why)
{
	struct service s;
	struct err e = {0};
	assert_int_equal(read_service(yaml, &s, &e), -1);
	if (!strstr(e.text, why))
		fail_msg("'%s' does not say '%s'", e.text, why);
	assert_int_equal(e.code, ERR_USAGE);
	service_release(&s);
}

static void test_everything(void **state)
{
	(void)state;
	struct service s;
	struct err e = {0};
	assert_int_equal(read_service(
		"protocol: null\nkind: asr\n"
		"urls: [\"http://a:1/x\", \"https://b/y\"]\nbalance: least_open\n"
		"model: m\napi_key_env: TEST_SERVICE_KEY\nheaders: {X-One: 1, X-Two: zwei}\n"
		"tls: {verify: false}\ntimeout: 3s\nidle_timeout: 500ms\n"
		"body: {temperature: 0, words: [a, b], text: \"a\\nb\", gone: null}\n"
		"reference: {url: \"http://gpu:8001/x\", timeout: 9s}\n"
		"deploy: deploy.yaml#asr\nmonitor: \"http://a:9410/metrics\"\npid: 17\n", &s, &e),
		0);
	assert_string_equal(s.name, "asr");
	assert_ptr_equal(s.protocol, protocol_find("null"));
	assert_int_equal(s.urls.n, 2);
	assert_string_equal(s.url, "http://a:1/x");
	assert_int_equal(s.balance, BALANCE_LEAST_OPEN);
	assert_false(s.tls_verify);
	assert_int_equal(s.timeout_ns, 3000000000);
	assert_int_equal(s.idle_timeout_ns, 500000000);
	assert_int_equal(s.connect_timeout_ns, 10000000000);
	assert_int_equal(s.pid, 17);
	assert_string_equal(s.deploy, "deploy.yaml#asr");
	assert_string_equal(s.header_lines,
			    "Authorization: Bearer s3cret\r\nX-One: 1\r\nX-Two: zwei\r\n");
	assert_int_equal(s.n_fields, 4);
	assert_string_equal(s.fields[0].name, "temperature");
	assert_string_equal(s.fields[0].json, "0");
	assert_string_equal(s.fields[1].form, "[\"a\",\"b\"]");
	assert_string_equal(s.fields[2].json, "\"a\\nb\"");
	assert_string_equal(s.fields[2].form, "a\nb");
	assert_null(s.fields[3].form);
	assert_true(service_body_has(&s, "gone"));
	assert_string_equal(service_body_text(&s, "text", ""), "a\nb");
	assert_string_equal(service_body_text(&s, "none", "other"), "other");

	/* the reference is the same service elsewhere */
	assert_non_null(s.reference);
	assert_string_equal(s.reference->url, "http://gpu:8001/x");
	assert_string_equal(s.reference->model, "m");
	assert_int_equal(s.reference->timeout_ns, 9000000000);
	assert_int_equal(s.reference->n_fields, 4);
	assert_null(s.reference->deploy);
	assert_int_equal(s.reference->pid, 0);

	/* secrets are not echoed */
	CLEANUP(json_unref) json_t *echo = opt_echo(service_options, &s);
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	assert_int_equal(json_write(echo, false, &text), 0);
	assert_null(strstr(text.data, "s3cret"));
	assert_null(strstr(text.data, "zwei"));
	assert_non_null(strstr(text.data, "http://gpu:8001/x"));
	service_release(&s);
}

static void test_answers(void **state)
{
	(void)state;
	struct service s;
	struct err e = {0};
	assert_int_equal(read_service("{protocol: null, url: \"http://a/\", "
				      "reference: {answers: gpu-answers/}}", &s, &e), 0);
	assert_null(s.reference);
	assert_string_equal(s.reference_answers, "gpu-answers/");
	service_release(&s);
}

static void test_refused(void **state)
{
	(void)state;
	refused("url: \"http://a/\"\n", "needs 'protocol'");
	refused("{protocol: nul, url: \"http://a/\"}", "did you mean 'null'?");
	refused("{protocol: null}", "needs 'url'");
	refused("{protocol: null, kind: chat, url: \"http://a/\", source: lo}", "such as 10.0.0.5");
	refused("{protocol: null, url: \"http://a/\", urls: [\"http://b/\"]}", "both url and urls");
	refused("{protocol: null, url: \"ftp://a/\"}", "is not a URL");
	refused("{protocol: null, url: \"http://\"}", "no usable host");
	refused("{protocol: null, url: \"http://:80/\"}", "no usable host");
	refused("{protocol: null, url: \"http://a/b c\"}", "must not hold blanks");
	refused("{protocol: null, url: \"http://me:key@a/\"}", "api_key_env");
	refused("{protocol: null, url: \"http://a/\", balance: rand}", "round_robin");
	refused("{protocol: null, url: \"http://a/\", api_key_env: TEST_NOT_SET}",
		"TEST_NOT_SET is not set");
	refused("{protocol: null, url: \"http://a/\", headers: {Host: b}}", "assay's to set");
	refused("{protocol: null, url: \"http://a/\", headers: {A b: c}}", "not the name");
	refused("{protocol: null, url: \"http://a/\", headers: {A: \"b\\r\\nC: d\"}}",
		"control character");
	refused("{protocol: null, url: \"http://a/\", headers: {A: [1]}}", "one value");
	refused("{protocol: null, url: \"http://a/\", api_key_env: TEST_SERVICE_KEY, "
		"headers: {authorization: x}}", "keep one");
	refused("{protocol: null, url: \"https://a/\", tls: {cert: c.pem}}", "key is missing");
	refused("{protocol: null, url: \"https://a/\", tls: {ca: /nowhere/ca.pem}}",
		"cannot read '/nowhere/ca.pem'");
	refused("{protocol: null, url: \"https://a/\", tls: {verfy: false}}",
		"did you mean 'verify'");
	refused("{protocol: null, url: \"http://a/\", timeout: 0s}", "timeout");
	refused("{protocol: null, url: \"http://a/\", body: [1]}", "must be a map");
	refused("{protocol: null, url: \"http://a/\", kind: image}", "asr, tts or chat");
	refused("{protocol: null, url: \"http://a/\", reference: {}}", "answers");
	refused("{protocol: null, url: \"http://a/\", reference: {answers: x, url: y}}",
		"stands alone");
	refused("{protocol: null, url: \"http://a/\", reference: {url: b}}",
		"reference: 'b' is not a URL");
	refused("{protocol: null, url: \"http://a/\",\n modle: m}",
		"plan.yaml:2:2: a service that speaks null has no key 'modle'; did you mean "
		"'model'?");
}

static void chosen(const char *yaml, const char *protocol, const char *url)
{
	struct service s;
	struct err e = {0};
	assert_int_equal(read_service(yaml, &s, &e), 0);
	assert_string_equal(s.protocol->name, protocol);
	assert_string_equal(s.url, url);
	service_release(&s);
}

static void test_choice_of_protocol(void **state)
{
	(void)state;
	chosen("{kind: asr, url: \"http://a/transcribe\"}", "transcribe", "http://a/transcribe");
	chosen("{kind: asr, url: \"http://a/v1/\"}", "openai-transcriptions", "http://a/v1");
	chosen("{kind: tts, url: \"http://a/v1\"}", "openai-speech", "http://a/v1");
	chosen("{kind: tts, url: \"http://a/say\"}", "synthesize", "http://a/say");
	chosen("{kind: chat, url: \"http://a/v1\"}", "openai-chat", "http://a/v1");
	refused("{protocol: openai-chat, url: \"http://a/v1/chat/completions\"}",
		"leave off '/chat/completions'");
	refused("{protocol: openai-chat, kind: asr, url: \"http://a/v1\"}",
		"for kind chat, not asr");
	refused("{protocol: openai_chat, url: \"http://a/v1\"}", "did you mean 'openai-chat'");
	refused("{protocol: transcribe, url: \"http://a/x\", reference: {url: \"http://b/v1\", "
		"kind: chat, protocol: openai-chat}}", "the reference is of kind chat");
}

static void test_own_keys(void **state)
{
	(void)state;
	struct service s;
	struct err e = {0};
	assert_int_equal(read_service("{protocol: openai-speech, url: \"http://a/v1\", "
				      "sample_rate: 16000, stream_format: sse, reference: "
				      "{url: \"http://b/v1\"}}", &s, &e), 0);
	int64_t rate = 0;
	assert_true(json_whole(s.protocol_options, "sample_rate", &rate));
	assert_int_equal(rate, 16000);
	assert_true(json_whole(s.reference->protocol_options, "sample_rate", &rate));
	assert_int_equal(rate, 16000);
	service_release(&s);
	/* a reference with another protocol has its own keys */
	assert_int_equal(read_service("{protocol: openai-speech, url: \"http://a/v1\", "
				      "sample_rate: 16000, reference: {protocol: synthesize, "
				      "url: \"http://b/v1\"}}", &s, &e), 0);
	assert_null(s.reference->protocol_options);
	service_release(&s);
	refused("{protocol: openai-speech, url: \"http://a/v1\", sample_rat: 1}",
		"did you mean 'sample_rate'");
	refused("{protocol: openai-speech, url: \"http://a/v1\", sample_rate: many}",
		"plan.yaml:1:60: sample_rate");
	refused("{protocol: openai-speech, url: \"http://a/v1\", body: {response_format: aac}}",
		"not 'aac'");
	refused("{protocol: transcribe, url: \"http://a/\", sample_rate: 1}",
		"no key 'sample_rate'");
	refused("{protocol: whisper-cpp, url: \"http://a/\", body: {response_format: srt}}",
		"not 'srt'");
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; protocol_at(i); i++) {
		const struct protocol *p = protocol_at(i);
		assert_ptr_equal(protocol_find(p->name), p);
		assert_non_null(p->summary);
		assert_non_null(p->route);
		if (p->missing)
			continue;
		assert_non_null(p->encode);
		assert_non_null(p->head);
		assert_non_null(p->receive);
		assert_non_null(p->finish);
		assert_true(!p->options == (p->settings_size == 0));
	}
	assert_null(protocol_find(""));
	assert_null(protocol_find("nul"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_everything, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_answers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_choice_of_protocol, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_own_keys, set_up, tear_down),
		cmocka_unit_test(test_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
