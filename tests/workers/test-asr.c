/* tests/workers/test-asr.c - the worker that listens, given what the worker that speaks says.
 * SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/rng.h"
#include "base/util.h"

#define SENTENCE "artificial intelligence is transforming industries"
#define RATE 16000

static uint64_t soon(void)
{
	return clock_now() + 60 * NS_PER_S;
}

static void send_part(struct worker *w, json_t *header, int64_t id, const void *data, size_t len)
{
	struct err e;
	json_put_int(header, "id", id);
	if (worker_send(w, header, data, len, soon(), &e) < 0)
		fail_msg("%s", e.text);
}

/* Sent in pieces of an awkward size. */
static void listen_to(struct worker *w, json_t *begin, const void *pcm, size_t len,
		      struct reply *ret)
{
	int64_t id = worker_next_id(w);
	send_part(w, begin, id, NULL, 0);
	for (size_t at = 0; at < len;) {
		size_t n = MIN((size_t)4444, len - at);
		send_part(w, json_pack("{s:s}", "type", "audio"), id, (const char *)pcm + at, n);
		at += n;
	}
	send_part(w, json_pack("{s:s}", "type", "end"), id, NULL, 0);
	collect(w, id, ret);
}

static json_t *begin_frame(void)
{
	return json_pack("{s:s, s:s}", "type", "begin", "format", "s16le");
}

static const char *text_of(const struct reply *r)
{
	if (!r->done)
		fail_msg("%s", r->err.text);
	return json_text(r->done, "text", "(none)");
}

static double real(const json_t *j, const char *path)
{
	double v = NAN;
	(void)json_number(j, path, &v);
	return v;
}

static void add_silence(struct buf *pcm, double seconds)
{
	size_t n = (size_t)(seconds * RATE) * 2;
	void *to = buf_reserve(pcm, n);
	assert_non_null(to);
	memset(to, 0, n);
	buf_grew(pcm, n);
}

static void add_speech(struct worker *tts, const char *text, struct buf *pcm)
{
	CLEANUP(reply_release) struct reply r;
	speak(tts, text, NULL, 1, &r);
	assert_non_null(r.done);
	assert_int_equal(buf_add(pcm, r.payload.data, r.payload.len), 0);
}

static void test_round_trip(void **state)
{
	(void)state;
	struct worker *tts = run_worker("flite");
	struct worker *asr = run_worker("pocketsphinx");
	CLEANUP(buf_release) struct buf pcm = BUF_INIT(BUF_UNLIMITED);
	add_speech(tts, SENTENCE, &pcm);
	CLEANUP(reply_release) struct reply r;
	listen_to(asr, begin_frame(), pcm.data, pcm.len, &r);
	assert_string_equal(text_of(&r), SENTENCE);
	assert_string_equal(json_text(r.done, "language", ""), "en");
	assert_true(fabs(real(r.done, "duration") - (double)pcm.len / 2 / RATE) < 1e-9);
	assert_int_equal(r.frames, 1);
	assert_string_equal(json_text(r.first, "type", ""), "segment");

	/* The same as floats, with another language asked for; then a wrong format. */
	size_t n = pcm.len / 2;
	CLEANUP(free_ptr) float *f = malloc(n * sizeof(*f));
	for (size_t i = 0; i < n; i++)
		f[i] = ((int16_t *)(void *)pcm.data)[i] / 32768.0f;
	f[0] = NAN;
	f[1] = INFINITY;
	CLEANUP(reply_release) struct reply g;
	listen_to(asr, json_pack("{s:s, s:s, s:s}", "type", "begin", "format", "f32le", "language",
				 "zh"), f, n * sizeof(*f), &g);
	assert_string_equal(text_of(&g), SENTENCE);
	assert_string_equal(json_text(g.done, "language", ""), "en");
	CLEANUP(reply_release) struct reply bad;
	listen_to(asr, json_pack("{s:s, s:s}", "type", "begin", "format", "mp3"), f, 8, &bad);
	assert_null(bad.done);
	assert_true(bad.client_fault);
	CLEANUP(reply_release) struct reply odd;
	listen_to(asr, begin_frame(), f, 7, &odd);
	assert_null(odd.done);
	assert_non_null(strstr(odd.err.text, "whole samples"));
	worker_free(tts);
	worker_free(asr);
}

/* Two sentences with silence around them: their places are known to a tenth of a second. */
static void test_times(void **state)
{
	(void)state;
	struct worker *tts = run_worker("flite");
	struct worker *asr = run_worker("pocketsphinx");
	CLEANUP(buf_release) struct buf pcm = BUF_INIT(BUF_UNLIMITED);
	double from[2];
	double to[2];
	for (int i = 0; i < 2; i++) {
		add_silence(&pcm, 4);
		from[i] = (double)pcm.len / 2 / RATE;
		add_speech(tts, SENTENCE, &pcm);
		to[i] = (double)pcm.len / 2 / RATE;
	}
	add_silence(&pcm, 4);
	CLEANUP(reply_release) struct reply r;
	listen_to(asr, json_pack("{s:s, s:b}", "type", "begin", "word_times", 1), pcm.data,
		  pcm.len, &r);
	assert_string_equal(text_of(&r), SENTENCE " " SENTENCE);
	assert_int_equal(json_array_size(r.list), 2);
	for (size_t i = 0; i < 2; i++) {
		const json_t *s = json_array_get(r.list, i);
		assert_string_equal(json_text(s, "text", ""), SENTENCE);
		/* flite's own silence is up to 0.25 s on either side. */
		double start = real(s, "start") - from[i];
		double end = to[i] - real(s, "end");
		if (start < 0 || start > 0.3 || end < 0 || end > 0.3)
			fail_msg("segment %zu: %.2f after its start, %.2f before its end", i,
				 start, end);
		assert_int_equal(json_array_size(json_object_get(s, "words")), 5);
		assert_true(fabs(real(s, "words.0.start") - real(s, "start")) < 1e-9);
		assert_true(fabs(real(s, "words.4.end") - real(s, "end")) < 1e-9);
		for (int k = 0; k < 4; k++) {
			char a[32];
			char b[32];
			(void)snprintf(a, sizeof(a), "words.%d.end", k);
			(void)snprintf(b, sizeof(b), "words.%d.start", k + 1);
			assert_true(real(s, a) <= real(s, b) + 1e-9);
		}
	}
	worker_free(tts);
	worker_free(asr);
}

enum noise { SILENCE, WHITE, BROWN, BURSTS };

static void make_noise(enum noise kind, double amplitude, double seconds, struct buf *out)
{
	struct rng rng;
	rng_init(&rng, 11);
	double brown = 0;
	for (size_t i = 0; i < (size_t)(seconds * RATE); i++) {
		double v = kind == SILENCE ? 0 : rng_normal(&rng, 0, amplitude);
		brown = 0.99 * brown + 0.1 * v;
		if (kind == BROWN)
			v = brown;
		if (kind == BURSTS && i / (RATE / 2) % 2)
			v = 0;
		int16_t s = (int16_t)fmax(-32768, fmin(32767, v));
		(void)buf_add(out, &s, sizeof(s));
	}
}

/* Nothing is invented where nobody speaks, whatever came before. */
static void test_no_speech(void **state)
{
	(void)state;
	static const struct {
		enum noise kind;
		double amplitude, seconds;
	} rows[] = {
		{SILENCE, 0, 0}, {SILENCE, 0, 0.001}, {SILENCE, 0, 10}, {WHITE, 10, 10},
		{WHITE, 300, 10}, {WHITE, 5000, 40}, {WHITE, 20000, 5}, {BROWN, 3000, 10},
		{BURSTS, 5000, 10},
	};
	struct worker *tts = run_worker("flite");
	struct worker *asr = run_worker("pocketsphinx");
	CLEANUP(buf_release) struct buf pcm = BUF_INIT(BUF_UNLIMITED);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		buf_clear(&pcm);
		add_speech(tts, SENTENCE, &pcm);
		CLEANUP(reply_release) struct reply speech;
		listen_to(asr, begin_frame(), pcm.data, pcm.len, &speech);
		assert_string_equal(text_of(&speech), SENTENCE);
		buf_clear(&pcm);
		make_noise(rows[i].kind, rows[i].amplitude, rows[i].seconds, &pcm);
		CLEANUP(reply_release) struct reply r;
		listen_to(asr, begin_frame(), pcm.data, pcm.len, &r);
		if (text_of(&r)[0] || r.frames > 0)
			fail_msg("row %zu: '%s'", i, text_of(&r));
		assert_true(fabs(real(r.done, "duration") - rows[i].seconds) < 1e-3);
	}
	worker_free(tts);
	worker_free(asr);
}

static void test_partials(void **state)
{
	(void)state;
	struct worker *tts = run_worker("flite");
	struct worker *asr = run_worker("pocketsphinx");
	CLEANUP(buf_release) struct buf pcm = BUF_INIT(BUF_UNLIMITED);
	add_speech(tts, SENTENCE, &pcm);
	CLEANUP(reply_release) struct reply r;
	listen_to(asr, json_pack("{s:s, s:b}", "type", "begin", "partials", 1), pcm.data, pcm.len,
		  &r);
	assert_string_equal(text_of(&r), SENTENCE);
	size_t partials = json_array_size(r.list) - 1;
	assert_true(partials >= 3 && partials <= 8);
	assert_string_equal(json_text(r.list, "0.type", ""), "partial");
	assert_true(strlen(json_text(r.list, "0.text", "")) > 0);
	assert_true(strlen(json_text(r.list, "0.text", "")) < strlen(SENTENCE));
	worker_free(tts);
	worker_free(asr);
}

/* Minutes of speech without a pause longer than those between words, and memory that does not
 * grow with them. */
static void test_long(void **state)
{
	(void)state;
	struct worker *tts = run_worker("flite");
	struct worker *asr = run_worker("pocketsphinx");
	CLEANUP(buf_release) struct buf one = BUF_INIT(BUF_UNLIMITED);
	add_speech(tts, SENTENCE, &one);
	/* Without flite's silence at both ends: from the first to the last loud sample. */
	const int16_t *s = (const int16_t *)(const void *)one.data;
	size_t a = 0;
	size_t b = one.len / 2;
	while (abs(s[a]) < 1000)
		a++;
	while (abs(s[b - 1]) < 1000)
		b--;
	CLEANUP(buf_release) struct buf pcm = BUF_INIT(BUF_UNLIMITED);
	for (int i = 0; i < 24; i++)
		(void)buf_add(&pcm, s + a, (b - a) * 2);
	CLEANUP(reply_release) struct reply first;
	listen_to(asr, begin_frame(), pcm.data, pcm.len, &first);
	size_t n = 0;
	for (const char *at = text_of(&first); (at = strstr(at, "intelligence")); at++)
		n++;
	if (n < 20)	/* of 24; a cut may fall into a word */
		fail_msg("%zu of 24 were read: %s", n, text_of(&first));
	double last = 0;
	for (size_t i = 0; i < json_array_size(first.list); i++) {
		const json_t *seg = json_array_get(first.list, i);
		assert_true(real(seg, "start") >= last - 1e-9);
		assert_true(real(seg, "end") > real(seg, "start"));
		last = real(seg, "end");
	}
	double duration = real(first.done, "duration");
	assert_true(last <= duration && last > duration - 1);
	/* Half an hour, of which most is silence, costs no more memory than that minute. */
	size_t peak = peak_memory(asr);
	add_silence(&pcm, 1800);
	(void)buf_add(&pcm, s + a, (b - a) * 2);
	CLEANUP(reply_release) struct reply second;
	listen_to(asr, begin_frame(), pcm.data + 23 * (b - a) * 2,
		  pcm.len - 23 * (b - a) * 2, &second);
	assert_string_equal(text_of(&second), SENTENCE " " SENTENCE);
	assert_true(real(json_array_get(second.list, 1), "start") > 1800);
	assert_true(SANITIZED || peak_memory(asr) < peak + ((size_t)16 << 20));
	worker_free(tts);
	worker_free(asr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_times),
		cmocka_unit_test(test_no_speech), cmocka_unit_test(test_partials),
		cmocka_unit_test(test_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
