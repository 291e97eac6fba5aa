/* tests/fuzz/fuzz-reply.c - the reply of a service means the same however it was cut.
 *
 * First byte: which protocol; second: which content type, streamed or not; the rest: the body.
 * SPDX-License-Identifier: Apache-2.0 */
#include "protocols/protocol.h"
#include "tests/fuzz/fuzz.h"

static const char *const names[] = {"openai-chat", "openai-transcriptions", "openai-speech",
				    "whisper-cpp", "transcribe", "synthesize"};
static const char *const types[] = {"application/json", "text/event-stream", "audio/wav",
				    "text/plain", "audio/pcm", "application/octet-stream"};

struct asking {
	struct arena *arena;
	struct service service;
	struct sample sample;
	struct ask ask;
};

static void ask_make(struct asking *x, const char *name, bool stream)
{
	struct err e;
	*x = (struct asking){.arena = arena_new(), .sample.id = "one"};
	service_defaults(&x->service);
	x->service.name = "s";
	x->service.protocol_name = name;
	x->service.url = "http://127.0.0.1:1/v1";
	x->service.model = "m";
	FUZZ_CHECK(service_check(&x->service, x->arena, &e) == 0);
	ask_defaults(&x->ask);
	x->ask.keep = true;
	x->ask.stream = stream;
}

static enum outcome feed(struct asking *x, const char *type, const uint8_t *data, size_t len,
			 size_t round, struct answer *a)
{
	const struct protocol *p = x->service.protocol;
	struct http_head head = {.status = 200, .content_length = -1, .chunked = true,
				 .n_headers = 1};
	head.headers[0] = (struct http_header){span_of("Content-Type"), span_of(type)};
	void *state = calloc(1, p->state_size + 1);
	enum outcome o = p->head(state, &x->service, &x->ask, &head, a);
	uint64_t now = 0;
	for (size_t at = 0, n; o == OUTCOME_OK && at < len; at += n) {
		n = fuzz_piece(data, len, at, round);
		struct arrival arrival = {now += 1000000, 500, STAMP_KERNEL, true};
		o = p->receive(state, (const char *)data + at, n, &arrival, a);
	}
	if (o == OUTCOME_OK)
		o = p->finish(state, &x->sample, a);
	if (p->release)
		p->release(state);
	free(state);
	return o;
}

static void same(const struct buf *a, const struct buf *b)
{
	FUZZ_CHECK(a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct asking x;
	struct answer whole, cut;
	if (len < 2)
		return 0;
	ask_make(&x, names[data[0] % ARRAY_LEN(names)], data[1] & 8);
	const char *type = types[(data[1] & 7) % ARRAY_LEN(types)];
	answer_init(&whole);
	answer_init(&cut);
	enum outcome want = feed(&x, type, data + 2, len - 2, 0, &whole);
	FUZZ_CHECK(str_utf8_valid(whole.text.data ? whole.text.data : "", whole.text.len) ==
		   whole.text.len);
	for (size_t round = 1; round < 3; round++) {
		answer_clear(&cut);
		enum outcome o = feed(&x, type, data + 2, len - 2, round, &cut);
		FUZZ_CHECK(o == want);
		if (o != OUTCOME_OK)
			continue;
		same(&whole.text, &cut.text);
		same(&whole.reasoning, &cut.reasoning);
		same(&whole.sound, &cut.sound);
		FUZZ_CHECK(whole.text_events == cut.text_events);
		FUZZ_CHECK(whole.output_tokens == cut.output_tokens);
		FUZZ_CHECK(whole.sound_bytes == cut.sound_bytes);
		FUZZ_CHECK(whole.n_segments == cut.n_segments);
		FUZZ_CHECK(whole.finish_reason == cut.finish_reason);
	}
	answer_release(&whole);
	answer_release(&cut);
	service_release(&x.service);
	(void)arena_free(x.arena);
	return 0;
}
