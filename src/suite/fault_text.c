/* src/suite/fault_text.c - fault cases: text to speak, and JSON.
 * SPDX-License-Identifier: Apache-2.0 */
#include "suite/fault.h"

static bool speak(struct fault *f, const char *text)
{
	struct sample s = {.id = f->c->id, .text = text};
	return fault_ask(f, &s, NULL);
}

static bool empty(struct fault *f)
{
	return speak(f, "");
}

static bool punctuation(struct fault *f)
{
	return speak(f, " ... !? ,,, ");
}

/* Within brackets deeper than any parser should follow. */
static bool deep_json(struct fault *f)
{
	enum { DEPTH = 10000 };
	char *body = arena_alloc(f->scratch, 2 * DEPTH);
	memset(body, '[', DEPTH);
	memset(body + DEPTH, ']', DEPTH);
	return fault_post(f, "application/json", body, 2 * DEPTH);
}

static bool not_an_object(struct fault *f)
{
	return fault_post(f, "application/json", "[\"XMARKERX\"]", 12);
}

static bool not_json(struct fault *f)
{
	return fault_post(f, "application/json", "{\"text\": XMARKERX", 17);
}

static bool not_utf8(struct fault *f)
{
	static const char body[] = "{\"text\":\"\xc4\xe3\xba\xc3\",\"input\":\"\xc4\xe3\"}";
	return fault_post(f, "application/json", body, sizeof(body) - 1);
}

const struct fault_case fault_text_cases[] = {
	{"T02", "tts", "empty text", "refuse, or a valid file without sound",
	 "Azure-Samples/cognitive-services-speech-sdk #2111", ALLOW_4XX | ALLOW_2XX | ALLOW_EMPTY,
	 0, empty},
	{"T01", "tts", "only punctuation and blanks", "refuse, or a valid silent file",
	 "QwenAudio/CosyVoice #710", ALLOW_4XX | ALLOW_2XX | ALLOW_EMPTY, 0, punctuation},
	{"H03", "all", "JSON nested 10,000 deep", "refuse", "antirez/ds4 #43", ALLOW_4XX, 0,
	 deep_json},
	{"H02", "all", "a body that is no object", "refuse", "vllm-project/vllm #42961", ALLOW_4XX,
	 0, not_an_object},
	{"H02b", "all", "a body that is no JSON", "refuse, and echo nothing of it",
	 "vllm-project/vllm #42961", ALLOW_4XX, 0, not_json},
	{"H04", "all", "a body that is not UTF-8", "refuse", "ggml-org/llama.cpp #9210", ALLOW_4XX,
	 0, not_utf8},
	{0},
};
