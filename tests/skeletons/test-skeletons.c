/* tests/skeletons/test-skeletons.c - the skeletons of docs/extending.md do what they say.
 * SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include "base/json.h"
#include "monitor/sampler.h"
#include "protocols/protocol.h"
#include "report/writer.h"
#include "suite/fault.h"

extern const struct protocol protocol_skeleton;
extern const struct sampler sampler_skeleton;
extern const struct writer writer_skeleton;
extern const struct functional_case skeleton_cases[];
extern const struct fault_case skeleton_faults[];

static void the_protocol(void **state)
{
	(void)state;
	const struct protocol *p = &protocol_skeleton;
	struct media media = {.data = "RIFF", .len = 4, .mime = "audio/wav", .name = "a.wav"};
	struct sample sample = {.id = "a", .audio = &media};
	struct service service = {.protocol = p};
	struct ask ask = {0};
	struct request request;
	struct answer answer;
	struct err e;
	request_init(&request);
	answer_init(&answer);
	assert_int_equal(p->encode(&service, &sample, &ask, &request, &e), 0);
	assert_int_equal(request_length(&request), 4);
	assert_ptr_equal(request_piece_data(&request, 0), media.data);
	static const struct {
		const char *type, *body;
		enum outcome outcome;
	} replies[] = {
		{"application/json", "{\"words\": \"hello\"}", OUTCOME_OK},
		{"application/json", "{\"words\": 3}", OUTCOME_BAD_JSON},
		{"application/json", "{\"words", OUTCOME_BAD_JSON},
		{"application/json", "", OUTCOME_EMPTY_ANSWER},
		{"text/html", "", OUTCOME_BAD_CONTENT_TYPE},
	};
	for (size_t i = 0; i < ARRAY_LEN(replies); i++) {
		struct http_head head = {.status = 200, .n_headers = 1, .headers = {
			{span_of("Content-Type"), span_of(replies[i].type)}}};
		struct arrival at = {0};
		char own[64] = {0};
		assert_true(p->state_size <= sizeof(own));
		answer_clear(&answer);
		enum outcome o = p->head(own, &service, &ask, &head, &answer);
		for (const char *c = replies[i].body; *c && o == OUTCOME_OK; c++)
			o = p->receive(own, c, 1, &at, &answer);
		if (o == OUTCOME_OK)
			o = p->finish(own, &sample, &answer);
		assert_int_equal(o, replies[i].outcome);
		if (o == OUTCOME_OK)
			assert_string_equal(answer.text.data, "hello");
	}
	answer_release(&answer);
	request_release(&request);
}

static void keep(void *ctx, const struct reading *r)
{
	*(struct reading *)ctx = *r;
}

static void the_sampler(void **state)
{
	(void)state;
	struct monitor_spec spec = {0};
	struct reading got = {0};
	struct sink sink = {.add = keep, .ctx = &got, .source = "uptime", .at_ns = 1};
	void *own = NULL;
	struct err e;
	assert_int_equal(sampler_skeleton.open(&spec, &own, &e), 0);
	assert_int_equal(sampler_skeleton.read(own, &sink, &e), 0);
	sampler_skeleton.close(own);
	assert_string_equal(got.name, "uptime");
	assert_true(got.value > 0);
}

static void the_writer(void **state)
{
	(void)state;
	CLEANUP(result_freep) struct result *r = result_new();
	CLEANUP(buf_release) struct buf out = BUF_INIT(4096);
	const struct writer_options o = {.lang = "en"};
	struct err e;
	result_add_run(r, "one", "performance")->trust.trustworthy = true;
	result_add_run(r, "two", "performance")->error = "refused";
	assert_int_equal(writer_skeleton.write(r, &o, &out, &e), 0);
	assert_string_equal(out.data, "one: undecided\ntwo: error\n");
}

static void the_cases(void **state)
{
	(void)state;
	assert_string_equal(skeleton_cases[0].kind, "chat");
	assert_non_null(skeleton_cases[0].run);
	assert_null(skeleton_cases[1].id);
	for (size_t i = 0; i < 2; i++) {
		assert_non_null(skeleton_faults[i].send);
		assert_int_equal(skeleton_faults[i].arg, i);
	}
	assert_null(skeleton_faults[2].id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_protocol),
		cmocka_unit_test(the_sampler),
		cmocka_unit_test(the_writer),
		cmocka_unit_test(the_cases),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
