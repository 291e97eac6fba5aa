/* tests/unit/text/test-score.c - corpora scored by hand and by program.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "base/util.h"
#include "text/score.h"

static struct transcripts *parse(const char *text)
{
	struct transcripts *t = NULL;
	struct err e = {0};
	if (transcripts_parse("made", text, strlen(text), TRANSCRIPT_KALDI, false, &t, &e) < 0)
		fail_msg("%s", e.text);
	return t;
}

static void test_corpus(void **state)
{
	(void)state;
	struct transcripts *ref = parse("u1 a b c d\nu2 e f\nu3\nu4 g h\n");
	struct transcripts *hyp = parse("u1 a x c d y\nu3 z\nu4 g h\n");
	struct score_options how = {.unit = TOKEN_WORD, .normalizer = NORMALIZE_NONE};
	struct score *s = NULL;
	assert_int_equal(transcripts_match(ref, hyp, NULL), 0);
	assert_int_equal(score_corpus(ref, hyp, &how, &s, NULL), 0);
	assert_int_equal(s->n, 4);
	assert_int_equal(s->total.hits, 5);
	assert_int_equal(s->total.substitutions, 1);
	assert_int_equal(s->total.deletions, 2);	/* u2 has no hypothesis */
	assert_int_equal(s->total.insertions, 2);	/* one of them against nothing */
	assert_true(fabs(align_rate(&s->total) - 5.0 / 8) < 1e-12);
	assert_int_equal(s->missing, 1);
	assert_int_equal(s->empty_references, 1);
	assert_null(s->items[1].hypothesis);
	assert_true(s->errors[1] == 2 && s->units[1] == 2);
	assert_true(isnan(align_rate(&s->items[2].counts)));
	assert_int_equal(s->n_confusions[CONFUSION_SUBSTITUTION], 1);
	assert_true(span_is(s->confusions[CONFUSION_SUBSTITUTION][0].reference, "b"));
	assert_true(span_is(s->confusions[CONFUSION_SUBSTITUTION][0].hypothesis, "x"));
	assert_int_equal(s->n_speakers, 0);
	score_free(s);
	transcripts_free(ref);
	transcripts_free(hyp);
	assert_null(score_free(NULL));
}

static void test_units_and_normalisers(void **state)
{
	(void)state;
	static const struct {
		enum token_unit unit;
		enum normalize_kind normalizer;
		const char *reference, *hypothesis;
		unsigned int errors, units;
	} rows[] = {
		{TOKEN_WORD, NORMALIZE_NONE, "Hello World", "hello world", 2, 2},
		{TOKEN_WORD, NORMALIZE_BASIC, "Hello, World", "hello world!", 0, 2},
		{TOKEN_WORD, NORMALIZE_ENGLISH, "It's twenty-five", "it is 25", 0, 4},
		{TOKEN_WORD, NORMALIZE_NONE, "我爱北京", "我爱南京", 1, 1},
		{TOKEN_CHARACTER, NORMALIZE_NONE, "我爱北京", "我爱南京", 1, 4},
		{TOKEN_CHARACTER, NORMALIZE_NONE, "我 爱 北京", "我爱北京", 0, 4},
		{TOKEN_CHARACTER, NORMALIZE_CHINESE, "一百二十三，個", "123个", 0, 4},
		{TOKEN_CHARACTER, NORMALIZE_NONE, "e\u0301a", "ea", 1, 2},
		{TOKEN_CHARACTER, NORMALIZE_NONE, "👩‍👩‍👧x", "x", 1, 2},
		{TOKEN_MIXED, NORMALIZE_NONE, "我用 iPhone 打call", "我用iPhone打 call", 0, 5},
		{TOKEN_MIXED, NORMALIZE_NONE, "café 好。", "café好", 0, 2},
		{TOKEN_MIXED, NORMALIZE_NONE, "GPU快", "CPU快", 1, 2},
		{TOKEN_WORD, NORMALIZE_AUTO, "", "", 0, 0},
		{TOKEN_WORD, NORMALIZE_AUTO, "", "some words", 2, 0},
		{TOKEN_WORD, NORMALIZE_AUTO, "some words", "", 2, 2},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct score_options how = {.unit = rows[i].unit,
					    .normalizer = rows[i].normalizer};
		struct scorer *s = NULL;
		struct pair_score p;
		assert_int_equal(scorer_new(&s, &how, NULL), 0);
		for (int again = 0; again < 3; again++) {
			assert_int_equal(scorer_pair(s, span_of(rows[i].reference),
						     span_of(rows[i].hypothesis), &p, NULL), 0);
			if (align_errors(&p.counts) != rows[i].errors ||
			    align_reference(&p.counts) != rows[i].units)
				fail_msg("'%s' and '%s': %d of %d", rows[i].reference,
					 rows[i].hypothesis, (int)align_errors(&p.counts),
					 (int)align_reference(&p.counts));
		}
		scorer_free(s);
	}
	assert_null(scorer_free(NULL));
}

static void test_confusions_and_speakers(void **state)
{
	(void)state;
	static const char ref_text[] =
		"the cat sat (ann-1)\nthe cat ran (bob-1)\na dog sat (ann-2)\n";
	static const char hyp_text[] =
		"the hat sat (ann-1)\nthe hat ran (bob-1)\na dog sit down (ann-2)\n";
	struct transcripts *ref = NULL, *hyp = NULL;
	struct score *s = NULL;
	struct score_options how = {.unit = TOKEN_WORD, .normalizer = NORMALIZE_BASIC};
	assert_int_equal(transcripts_parse("r.trn", ref_text, strlen(ref_text), TRANSCRIPT_AUTO,
					   false, &ref, NULL), 0);
	assert_int_equal(transcripts_parse("h.trn", hyp_text, strlen(hyp_text), TRANSCRIPT_AUTO,
					   true, &hyp, NULL), 0);
	assert_int_equal(score_corpus(ref, hyp, &how, &s, NULL), 0);
	const struct confusion *c = s->confusions[CONFUSION_SUBSTITUTION];
	assert_int_equal(s->n_confusions[CONFUSION_SUBSTITUTION], 2);
	assert_true(span_is(c[0].reference, "cat") && span_is(c[0].hypothesis, "hat"));
	assert_int_equal(c[0].count, 2);
	assert_int_equal(s->n_speakers, 2);
	assert_string_equal(s->speakers[0].name, "ann");
	assert_int_equal(s->speakers[0].utterances, 2);
	assert_int_equal(align_errors(&s->speakers[0].counts), 3);
	assert_int_equal(align_reference(&s->speakers[0].counts), 6);
	assert_int_equal(align_errors(&s->speakers[1].counts), 1);
	score_free(s);
	transcripts_free(ref);
	transcripts_free(hyp);
}

static void test_segments(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		size_t n;
		uint32_t errors_a[4], errors_b[4];
	} rows[] = {
		{"====", "====", 0, {0}, {0}},
		{"S===S", "=====", 2, {1, 1}, {0, 0}},
		{"S=S", "===", 1, {2}, {0}},			/* one right word joins */
		{"S==S", "=S==", 1, {2}, {1}},			/* B errs in between */
		{"I====I", "====", 2, {1, 1}, {0, 0}},
		{"==D==", "==SI==", 1, {1}, {2}},
		{"III", "", 1, {3}, {0}},
		{"", "", 0, {0}, {0}},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint32_t a[8], b[8];
		size_t n = 0;
		score_segments(rows[i].a, strlen(rows[i].a), rows[i].b, strlen(rows[i].b), a, b,
			       &n);
		assert_int_equal(n, rows[i].n);
		for (size_t k = 0; k < n; k++) {
			assert_int_equal(a[k], rows[i].errors_a[k]);
			assert_int_equal(b[k], rows[i].errors_b[k]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_corpus),
		cmocka_unit_test(test_units_and_normalisers),
		cmocka_unit_test(test_confusions_and_speakers),
		cmocka_unit_test(test_segments),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
