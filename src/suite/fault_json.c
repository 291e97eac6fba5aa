/* src/suite/fault_json.c - fault cases: JSON bodies and numbers in them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "suite/fault.h"

/* Only where the service takes JSON: others refuse all of this by its content type. */
static bool post_text(struct fault *f, const void *body, size_t len)
{
	json_t *good = fault_json(f);
	json_decref(good);
	return good && fault_post(f, "application/json", body, len);
}

static bool literal(struct fault *f)
{
	static const char *const bodies[] = {
		"[\"XMARKERX\"]", "null", "123", "\"XMARKERX\"", "{\"text\": XMARKERX", "", "{",
		"{\"text\":\"\xc4\xe3\xba\xc3XMARKERX\",\"input\":\"\xc4\xe3\"}",
		"{\"text\":\"\\ud800 XMARKERX\",\"input\":\"\\ud800\"}",
	};
	const char *body = bodies[f->c->arg];
	return post_text(f, body, strlen(body));
}

static bool with_nul(struct fault *f)
{
	static const char body[] = "{\"text\":\"a\0b\",\"input\":\"a\0b\"}";
	return post_text(f, body, sizeof(body) - 1);
}

/* Brackets deeper than any parser should follow. */
static bool deep(struct fault *f)
{
	size_t depth = (size_t)f->c->arg;
	char *body = arena_alloc(f->scratch, 2 * depth);
	memset(body, '[', depth);
	memset(body + depth, ']', depth);
	return post_text(f, body, 2 * depth);
}

/* The same inside a field that the service knows nothing of. */
static bool deep_field(struct fault *f)
{
	CLEANUP(buf_release) struct buf body = BUF_INIT(1 << 20);
	CLEANUP(buf_release) struct buf rest = BUF_INIT(1 << 20);
	CLEANUP(json_unref) json_t *good = fault_json(f);
	if (!good || json_write(good, false, &rest) < 0)
		return false;
	(void)buf_str(&body, "{\"tools\":");
	for (int64_t i = 0; i < f->c->arg; i++)
		(void)buf_str(&body, "{\"a\":");
	(void)buf_str(&body, "1");
	for (int64_t i = 0; i < f->c->arg; i++)
		(void)buf_str(&body, "}");
	(void)buf_fmt(&body, ",%s", rest.data + 1);
	return fault_post(f, "application/json", body.data, body.len);
}

/* The same as the schema that an answer must follow: it is compiled before anything is generated. */
static bool deep_schema(struct fault *f)
{
	CLEANUP(buf_release) struct buf body = BUF_INIT(1 << 20);
	CLEANUP(buf_release) struct buf rest = BUF_INIT(1 << 20);
	CLEANUP(json_unref) json_t *good = fault_json(f);
	if (!good || json_write(good, false, &rest) < 0)
		return false;
	(void)buf_str(&body, "{\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{"
			     "\"name\":\"a\",\"schema\":");
	for (int64_t i = 0; i < f->c->arg; i++)
		(void)buf_str(&body, "{\"type\":\"array\",\"items\":");
	(void)buf_str(&body, "{\"type\":\"string\"}");
	for (int64_t i = 0; i < f->c->arg; i++)
		(void)buf_str(&body, "}");
	(void)buf_fmt(&body, "}},%s", rest.data + 1);
	return fault_post(f, "application/json", body.data, body.len);
}

/* A good chat request with one key changed. value NULL: null. */
static bool with_key(struct fault *f, const char *key, json_t *value)
{
	json_t *j = fault_json(f);
	if (!j) {
		json_decref(value);
		return false;
	}
	(void)json_object_del(j, "max_completion_tokens");
	(void)json_object_set_new(j, key, value ? value : json_null());
	if (strcmp(key, "max_tokens") != 0)
		json_put_int(j, "max_tokens", 4);
	(void)json_object_del(j, "stream");
	(void)json_object_del(j, "stream_options");
	return fault_post_json(f, j);
}

static bool max_tokens(struct fault *f)
{
	if (f->c->arg == INT64_MIN)
		return with_key(f, "max_tokens", NULL);
	return with_key(f, "max_tokens", json_integer(f->c->arg));
}

enum { N_LARGE, LOGPROBS, TEMPERATURE, TOP_P, SEED, STOP_MANY, STOP_EMPTY, WRONG_TYPES, ROLE };

static bool parameter(struct fault *f)
{
	json_t *many;
	switch (f->c->arg) {
	case N_LARGE:
		return with_key(f, "n", json_integer(1000000));
	case LOGPROBS:
		return with_key(f, "top_logprobs", json_integer(-1));
	case TEMPERATURE:
		return with_key(f, "temperature", json_real(-1e9));
	case TOP_P:
		return with_key(f, "top_p", json_real(1e300));
	case SEED:
		return with_key(f, "seed", json_integer(INT64_MIN));
	case STOP_EMPTY:
		return with_key(f, "stop", json_pack("[s]", ""));
	case WRONG_TYPES:
		return with_key(f, "messages", json_pack("{s:s}", "XMARKERX", "b"));
	case ROLE:
		return with_key(f, "messages", json_pack("[{s:s, s:s}]", "role", "XMARKERX",
							 "content", "hello"));
	default:
		many = json_array();
		for (int i = 0; i < 100000; i++)
			(void)json_array_append_new(many, json_sprintf("stop%d", i));
		return with_key(f, "stop", many);
	}
}

/* What the user may say is longer than any context. */
static bool long_prompt(struct fault *f)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	while (text.len < (size_t)f->c->arg)
		(void)buf_str(&text, "one two three four five six seven ");
	return with_key(f, "messages",
			json_pack("[{s:s, s:s}]", "role", "user", "content", text.data));
}

static bool no_messages(struct fault *f)
{
	return with_key(f, "messages", json_array());
}

/* Parameters of one request must not live on in the next: the canary afterwards shows it. */
static bool sticky(struct fault *f)
{
	struct ask how;
	ask_defaults(&how);
	how.max_tokens = 1;
	how.temperature = 2;
	how.seed = 7;
	how.speed = strcmp(f->service->kind, "tts") == 0 ? 2 : 0;
	if (strcmp(f->service->kind, "asr") == 0)
		how.language = "de";
	return fault_ask(f, f->good, &how);
}

#define UTF8 "ggml-org/llama.cpp #9210"

const struct fault_case fault_json_cases[] = {
	{"H02a", "tts chat", "a body that is an array", "refuse, and echo nothing",
	 "vllm-project/vllm #42961", ALLOW_REFUSE, literal, 0},
	{"H02b", "tts chat", "the body null", "refuse", "vllm-project/vllm #42961", ALLOW_REFUSE,
	 literal, 1},
	{"H02c", "tts chat", "the body 123", "refuse", "vllm-project/vllm #42961", ALLOW_REFUSE,
	 literal, 2},
	{"H02d", "tts chat", "a body that is a string", "refuse, and echo nothing",
	 "vllm-project/vllm #42961", ALLOW_REFUSE, literal, 3},
	{"H02e", "tts chat", "a body that is no JSON", "refuse, and echo nothing of it",
	 "vllm-project/vllm #42961", ALLOW_REFUSE, literal, 4},
	{"H02f", "tts chat", "an empty body", "refuse", "vllm-project/vllm #42961", ALLOW_REFUSE,
	 literal, 5},
	{"H02g", "tts chat", "half a body", "refuse", "vllm-project/vllm #42961", ALLOW_REFUSE,
	 literal, 6},
	{"H03a", "tts chat", "JSON nested 10,000 deep", "refuse", "antirez/ds4 #43", ALLOW_REFUSE,
	 deep, 10000},
	{"H03b", "tts chat", "a field nested 10,000 deep", "refuse, or leave it alone",
	 "ggml-org/llama.cpp #26600", ALLOW_ANY, deep_field, 10000, 10},
	{"H03c", "tts chat", "JSON nested 1,000,000 deep", "refuse", "ggml-org/llama.cpp #25283",
	 ALLOW_REFUSE, deep, 1000000, 5},
	{"H03d", "chat", "a schema for the answer that is nested 1,000 deep",
	 "refuse, or leave it alone", "ggml-org/llama.cpp #25283", ALLOW_ANY, deep_schema, 1000,
	 20},
	{"H04a", "tts chat", "a body in GBK", "refuse, and survive the error", UTF8, ALLOW_REFUSE,
	 literal, 7},
	{"H04b", "tts chat", "half a surrogate pair", "refuse", UTF8, ALLOW_REFUSE, literal, 8},
	{"H04c", "tts chat", "a NUL byte in the body", "refuse", UTF8, ALLOW_REFUSE, with_nul},
	{"H06a", "chat", "max_tokens 0", "refuse, or no token", "vllm-project/vllm #6521",
	 ALLOW_ANY, max_tokens, 0, 10},
	{"H06b", "chat", "max_tokens null", "the default", "vllm-project/vllm #10432", ALLOW_ANY,
	 max_tokens, INT64_MIN, 60},
	{"H06c", "chat", "max_tokens -1", "refuse, or the default", "vllm-project/vllm #6707",
	 ALLOW_ANY, max_tokens, -1, 60},
	{"H06d", "chat", "max_tokens 1,000,000,000", "refuse, or as much as there is",
	 "vllm-project/vllm #1543", ALLOW_ANY, max_tokens, 1000000000, 60},
	{"H07a", "chat", "n 1,000,000", "refuse", "vllm-project/vllm #37952", ALLOW_REFUSE,
	 parameter, N_LARGE, 10},
	{"H07b", "chat", "top_logprobs -1", "refuse, or leave it alone", "CVE-2026-21869",
	 ALLOW_ANY, parameter, LOGPROBS, 20},
	{"H07c", "chat", "100,000 stop strings", "refuse, or bounded work",
	 "vllm-project/vllm #54721", ALLOW_ANY, parameter, STOP_MANY, 20},
	{"H07d", "chat", "an empty stop string", "refuse, or leave it alone",
	 "vllm-project/vllm #54721", ALLOW_ANY, parameter, STOP_EMPTY, 20},
	{"H07e", "chat", "temperature -1e9", "refuse, or clamp", "vllm-project/vllm #51447",
	 ALLOW_ANY, parameter, TEMPERATURE, 20},
	{"H07f", "chat", "top_p 1e300", "refuse, or clamp", "vllm-project/vllm #51447", ALLOW_ANY,
	 parameter, TOP_P, 20},
	{"H07g", "chat", "the smallest seed that there is", "refuse, or take it",
	 "CVE-2026-21869", ALLOW_ANY, parameter, SEED, 20},
	{"H07h", "chat", "messages that are no list", "refuse, and echo nothing",
	 "vllm-project/vllm #42961", ALLOW_REFUSE, parameter, WRONG_TYPES},
	{"H07i", "chat", "a role that does not exist", "refuse, or take it; echo nothing",
	 "vllm-project/vllm #42961", ALLOW_ANY, parameter, ROLE, 20},
	{"H07j", "chat", "no messages", "refuse", "vllm-project/vllm #42961", ALLOW_REFUSE,
	 no_messages},
	{"H09", "chat", "a prompt of 2 MB, longer than any context", "refuse before it streams",
	 "vllm-project/vllm #13067", ALLOW_ANY, long_prompt, 2000000, 60},
	{"S12", "all", "unusual parameters, then none",
	 "the second answer is that of a fresh server",
	 "ggml-org/whisper.cpp #3784", ALLOW_ANY, sticky, 0, 30},
	{0},
};
