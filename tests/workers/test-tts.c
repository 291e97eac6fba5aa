/* tests/workers/test-tts.c - the workers that speak: flite and espeak-ng.
 * SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/util.h"

#define SENTENCE "artificial intelligence is transforming industries"

static int64_t number(const json_t *j, const char *key)
{
	int64_t v = -1;
	(void)json_whole(j, key, &v);
	return v;
}

static double seconds(const struct reply *r)
{
	assert_non_null(r->done);
	assert_int_equal(number(r->done, "samples") * 2, r->payload.len);
	assert_int_equal(number(r->first, "sample_rate"), number(r->done, "sample_rate"));
	return (double)number(r->done, "samples") / (double)number(r->done, "sample_rate");
}

static double loudness(const struct reply *r)
{
	const int16_t *s = (const int16_t *)(const void *)r->payload.data;
	double sum = 0;
	for (size_t i = 0; i < r->payload.len / 2; i++)
		sum += (double)s[i] * s[i];
	return sqrt(sum / ((double)r->payload.len / 2));
}

/* Refused with this code's words, as the asker's fault. */
static void refused(struct worker *w, json_t *header, const char *words)
{
	CLEANUP(reply_release) struct reply r;
	ask(w, header, NULL, 0, &r);
	assert_null(r.done);
	assert_true(r.client_fault);
	assert_int_equal(r.frames, 0);
	if (!strstr(r.err.text, words))
		fail_msg("'%s' does not say '%s'", r.err.text, words);
}

static void check_refusals(struct worker *w)
{
	static const char *const silent[] = {"", "   ", "...", "?!", "\u2014", "\u3002", "\n\t"};
	for (size_t i = 0; i < ARRAY_LEN(silent); i++)
		refused(w, json_pack("{s:s, s:s}", "type", "speak", "text", silent[i]),
			"nothing to speak");
	refused(w, json_pack("{s:s}", "type", "speak"), "nothing to speak");
	refused(w, json_pack("{s:s, s:i}", "type", "speak", "text", 7), "not a text");
	refused(w, json_pack("{s:s, s:s, s:s}", "type", "speak", "text", "hi", "speaker",
			     "nobody"), "no such speaker");
	refused(w, json_pack("{s:s, s:s, s:s}", "type", "speak", "text", "hi", "speaker",
			     "../../etc/passwd"), "no such speaker");
	refused(w, json_pack("{s:s, s:s, s:f}", "type", "speak", "text", "hi", "speed", 0.1),
		"from 0.");
	refused(w, json_pack("{s:s, s:s, s:s}", "type", "speak", "text", "hi", "speed", "fast"),
		"not a number");
	refused(w, json_pack("{s:s}", "type", "decode"), "does not know");
	CLEANUP(reply_release) struct reply r;
	speak(w, "hi", NULL, 1, &r);
	assert_true(seconds(&r) > 0.1);
}

static void check_speed(struct worker *w)
{
	CLEANUP(reply_release) struct reply normal;
	CLEANUP(reply_release) struct reply fast;
	CLEANUP(reply_release) struct reply slow;
	speak(w, SENTENCE, NULL, 1, &normal);
	speak(w, SENTENCE, NULL, 2, &fast);
	speak(w, SENTENCE, NULL, 0.5, &slow);
	assert_true(seconds(&normal) > 2 && seconds(&normal) < 5);
	assert_true(seconds(&fast) < 0.7 * seconds(&normal));
	assert_true(seconds(&slow) > 1.5 * seconds(&normal));
	assert_true(loudness(&normal) > 500);
}

/* A long text begins to sound long before it is all spoken, in bounded memory. */
static void check_long(struct worker *w)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	for (int i = 0; i < 200; i++)
		(void)buf_str(&text, "This is a sentence of a long text, which goes on. ");
	CLEANUP(reply_release) struct reply r;
	speak(w, text.data, NULL, 1, &r);
	assert_true(seconds(&r) > 300);
	assert_true(r.frames > 1000);
	assert_true(r.first_ns * 5 < r.total_ns);
	assert_true(SANITIZED || peak_memory(w) < (size_t)200 << 20);
}

static void check_cancel(struct worker *w)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT(BUF_UNLIMITED);
	for (int i = 0; i < 3000; i++)
		(void)buf_str(&text, "Hello there. ");
	int64_t id = worker_next_id(w);
	uint64_t until = clock_now() + 20 * NS_PER_S;
	struct err e;
	json_t *h = json_pack("{s:s, s:s, s:I}", "type", "speak", "text", text.data, "id",
			      (json_int_t)id);
	assert_int_equal(worker_send(w, h, NULL, 0, until, &e), 0);
	h = json_pack("{s:s, s:I}", "type", "cancel", "id", (json_int_t)id);
	assert_int_equal(worker_send(w, h, NULL, 0, until, &e), 0);
	CLEANUP(reply_release) struct reply r;
	collect(w, id, &r);
	assert_null(r.done);
	assert_string_equal(r.err.text, "cancelled");
	assert_false(r.client_fault);
	CLEANUP(reply_release) struct reply next;
	speak(w, "hi", NULL, 1, &next);
	assert_true(seconds(&next) < 2);
}

static void test_flite(void **state)
{
	(void)state;
	struct worker *w = run_worker("flite");
	assert_string_equal(json_text(worker_ready(w), "task", ""), "tts");
	assert_string_equal(json_text(worker_ready(w), "speakers.0", ""), "slt");
	check_refusals(w);
	check_speed(w);
	check_cancel(w);
	check_long(w);
	refused(w, json_pack("{s:s, s:s}", "type", "speak", "text", "\u4f60\u597d"), "script");
	worker_free(w);
}

static void test_flite_speakers(void **state)
{
	(void)state;
	struct worker *w = run_worker("flite");
	static const char *const names[] = {"slt", "rms", "awb", "kal"};
	struct reply r[ARRAY_LEN(names)];
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		speak(w, SENTENCE, names[i], 1, &r[i]);
		assert_string_equal(json_text(r[i].done, "speaker", ""), names[i]);
		assert_true(seconds(&r[i]) > 2 && seconds(&r[i]) < 5);
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(r[i].payload.len, r[k].payload.len);
	}
	/* The same words again are the same samples; the default is the first. */
	CLEANUP(reply_release) struct reply again;
	speak(w, SENTENCE, "default", 1, &again);
	assert_int_equal(again.payload.len, r[0].payload.len);
	assert_memory_equal(again.payload.data, r[0].payload.data, again.payload.len);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		reply_release(&r[i]);
	/* Letters that flite cannot read are spelled without their marks. */
	CLEANUP(reply_release) struct reply plain;
	CLEANUP(reply_release) struct reply marked;
	speak(w, "the cafe", NULL, 1, &plain);
	speak(w, "the caf\u00e9", NULL, 1, &marked);
	assert_int_equal(plain.payload.len, marked.payload.len);
	worker_free(w);
}

static void test_espeak(void **state)
{
	(void)state;
	struct worker *w = run_worker("espeak");
	assert_string_equal(json_text(worker_ready(w), "speakers.0", ""), "en-us");
	check_refusals(w);
	check_speed(w);
	check_cancel(w);
	check_long(w);
	worker_free(w);
}

static void say(struct worker *w, const char *text, const char *language, const char *speaker,
		const char *expected, struct reply *ret)
{
	json_t *h = json_pack("{s:s, s:s}", "type", "speak", "text", text);
	json_put_text(h, "language", language);
	json_put_text(h, "speaker", speaker);
	ask(w, h, NULL, 0, ret);
	if (!ret->done)
		fail_msg("%s %s: %s", language ? language : "", speaker ? speaker : "",
			 ret->err.text);
	assert_string_equal(json_text(ret->done, "speaker", ""), expected);
	if (seconds(ret) < 0.1 || loudness(ret) < 100)
		fail_msg("%s: %.2f s, loudness %.0f", expected, seconds(ret), loudness(ret));
}

static void test_espeak_voices(void **state)
{
	(void)state;
	struct worker *w = run_worker("espeak");
	static const struct {
		const char *text, *language, *speaker, *expected;
	} rows[] = {
		{SENTENCE, NULL, NULL, "en-us"},	{SENTENCE, "en", NULL, "en"},
		{SENTENCE, NULL, "en-us+f2", "en-us+f2"}, {SENTENCE, NULL, "m3", "en-us+m3"},
		{"\u4f60\u597d\uff0c\u4e16\u754c", "zh", NULL, "cmn"},
		{"\u4f60\u597d\uff0c\u4e16\u754c", "zh-CN", "f2", "cmn+f2"},
		{"\u5317\u4eac", "zh-HK", NULL, "yue"},
		{"Guten Tag", "de_AT", NULL, "de"},	{"bonjour", "fr", NULL, "fr"},
		{"Guten Tag", NULL, "DE", "de"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(reply_release) struct reply r;
		say(w, rows[i].text, rows[i].language, rows[i].speaker, rows[i].expected, &r);
	}
	refused(w, json_pack("{s:s, s:s, s:s}", "type", "speak", "text", "hi", "language", "qq"),
		"no voice for this language");
	refused(w, json_pack("{s:s, s:s, s:s}", "type", "speak", "text", "hi", "speaker",
			     "en+../x"), "no such speaker");
	/* Every name that ready announces speaks. */
	size_t i;
	const json_t *name;
	assert_true(json_array_size(json_object_get(worker_ready(w), "speakers")) > 50);
	json_array_foreach(json_object_get(worker_ready(w), "speakers"), i, name) {
		CLEANUP(reply_release) struct reply r;
		say(w, "12 a", NULL, json_string_value(name), json_string_value(name), &r);
	}
	worker_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flite),
		cmocka_unit_test(test_flite_speakers),
		cmocka_unit_test(test_espeak),
		cmocka_unit_test(test_espeak_voices),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
