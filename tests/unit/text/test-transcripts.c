/* tests/unit/text/test-transcripts.c - every kind of file, and what is wrong with it.
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/util.h"
#include "text/transcripts.h"

static const struct {
	const char *name, *data;
	enum transcript_format format;
	size_t n;
	const char *id, *text, *speaker;	/* of the last utterance */
} good[] = {
	{"x.jsonl", "{\"id\":\"a\",\"text\":\"x\"}\n\n{\"key\":\"b\",\"text\":\"\\u4f60 y\"}\n",
	 TRANSCRIPT_JSONL, 2, "b", "你 y", NULL},
	{"x", "{\"audio_filepath\":\"a.wav\",\"text\":\"x\",\"speaker\":\"s\"}", TRANSCRIPT_JSONL,
	 1, "a.wav", "x", "s"},
	{"x", "utt1 hello world\nutt2\n", TRANSCRIPT_KALDI, 2, "utt2", "", NULL},
	{"1089-134686.trans.txt", "1089-134686-0000 HE HOPED\n", TRANSCRIPT_KALDI, 1,
	 "1089-134686-0000", "HE HOPED", "1089"},
	{"x", "BAC009S0002W0122 而 对 楼市\r\nBAC009S0002W0123 也 成为\r\n", TRANSCRIPT_KALDI, 2,
	 "BAC009S0002W0123", "也 成为", "S0002"},
	{"x", "1089-134686-0000x a\n1089-134686 b\n-1-0000 c\n", TRANSCRIPT_KALDI, 3, "-1-0000",
	 "c", NULL},
	{"x", "hello world (ann-1)\n(bob_2)\n", TRANSCRIPT_TRN, 2, "bob_2", "", "bob"},
	{"x", "client_id\tpath\tsentence\nann\ta.mp3\t\"quoted\" text\n", TRANSCRIPT_TSV, 1,
	 "a.mp3", "\"quoted\" text", "ann"},
	{"x.csv", "id,text\r\n1,\"a, \"\"b\"\"\nc\"\r\n2,d", TRANSCRIPT_CSV, 2, "2", "d", NULL},
	{"x.csv", "id,text\n1,\"a, \"\"b\"\"\nc\"\n", TRANSCRIPT_CSV, 1, "1", "a, \"b\"\nc", NULL},
	{"x.stm", ";; c\nf A ann 0 1 <o,f0> one two\nf A ann 1 2 three\n"
		  "f A ann 2 3 IGNORE_TIME_SEGMENT_IN_SCORING\n", TRANSCRIPT_STM, 2, "f A ann 1",
	 "three", "ann"},
	{"x.ctm", "f A 0.5 0.5 two\nf A 0.0 0.5 one 0.9\n", TRANSCRIPT_CTM, 1, "f A", "one two",
	 NULL},
	{"x.ctm", "f A 0.0 0.5 one 0.9\nf A 0.5 0.5 two\nf B 0 1 x\n", TRANSCRIPT_CTM, 2, "f B",
	 "x", NULL},
	{"x", "hello there\n\ngood bye\n", TRANSCRIPT_LINES, 3, "3", "good bye", NULL},
	{"x", "\xef\xbb\xbf你好\n", TRANSCRIPT_LINES, 1, "1", "你好", NULL},
	{"x", "u1 a\nu2 b\n", TRANSCRIPT_KALDI, 2, "u2", "b", NULL},
	{"x", "ann_a a\nann_b b\n", TRANSCRIPT_KALDI, 2, "ann_b", "b", NULL},
	{"x", "u1 a\nhello b\n", TRANSCRIPT_LINES, 2, "2", "hello b", NULL},
	{"x", "1 2 3\n4 5 6\n", TRANSCRIPT_LINES, 2, "2", "4 5 6", NULL},
};

static void test_formats(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct transcripts *t = NULL;
		struct err e = {0};
		if (transcripts_parse(good[i].name, good[i].data, strlen(good[i].data),
				      TRANSCRIPT_AUTO, false, &t, &e) < 0)
			fail_msg("row %zu: %s", i, e.text);
		assert_int_equal(t->format, good[i].format);
		assert_int_equal(t->n, good[i].n);
		const struct utterance *u = &t->items[t->n - 1];
		assert_string_equal(u->id, good[i].id);
		assert_string_equal(u->text, good[i].text);
		assert_int_equal(u->text_len, strlen(good[i].text));
		assert_int_equal(u->speaker == NULL, good[i].speaker == NULL);
		if (u->speaker)
			assert_string_equal(u->speaker, good[i].speaker);
		assert_ptr_equal(transcripts_find(t, good[i].id), u);
		assert_null(transcripts_find(t, "nobody"));
		transcripts_free(t);
	}
	assert_null(transcripts_free(NULL));
}

static void test_what_is_wrong(void **state)
{
	(void)state;
	static const struct {
		const char *name, *data, *says;
		enum transcript_format format;
	} bad[] = {
		{"x", "", "holds no transcript", TRANSCRIPT_AUTO},
		{"x", "\n\n", "holds no transcript", TRANSCRIPT_KALDI},
		{"x", "utt1 a\nutt2 \xc3(\n", "x:2: byte 6", TRANSCRIPT_AUTO},
		{"x", "u1 a\nu2 b\nu1 c\n", "x:3: the id 'u1' is already in line 1",
		 TRANSCRIPT_AUTO},
		{"x.jsonl", "{\"id\":\"a\"}", "x.jsonl:1: no \"text\"", TRANSCRIPT_AUTO},
		{"x.jsonl", "{\"text\":\"a\"}", "no \"id\"", TRANSCRIPT_AUTO},
		{"x.jsonl", "{\"id\":\"a\",\"text\":\"x\"}\n{", "x.jsonl:2: ", TRANSCRIPT_AUTO},
		{"x.jsonl", "[1]", "one JSON object", TRANSCRIPT_AUTO},
		{"x", "words (a-1)\nwords\n", "x:2: a line of trn", TRANSCRIPT_TRN},
		{"x.tsv", "a\tb\n1\t2\n", "no column for text", TRANSCRIPT_AUTO},
		{"x.tsv", "text\tb\n1\t2\n", "no column for ids", TRANSCRIPT_AUTO},
		{"x.tsv", "text\tid\n1\t2\t3\n", "x.tsv:2: 3 fields", TRANSCRIPT_AUTO},
		{"x.csv", "text,id\n\"a,b\n", "never ends", TRANSCRIPT_AUTO},
		{"x.csv", "text,id\na,\n", "x.csv:2: no id", TRANSCRIPT_AUTO},
		{"x.stm", "f A ann\n", "'' is no time in seconds; a line of stm", TRANSCRIPT_AUTO},
		{"x.stm", "f A ann 2 1 a\n", "ends before it begins", TRANSCRIPT_AUTO},
		{"x.stm", "f A ann 0 1 a\nf A ann 0.0 1 b\n", "already in line 1", TRANSCRIPT_AUTO},
		{"x.ctm", "f A x 1 a\n", "x.ctm:1: 'x' is no time", TRANSCRIPT_AUTO},
		{"x.ctm", "f A -1 1 a\n", "'-1' is no time", TRANSCRIPT_AUTO},
		{"x.ctm", "f A * * <ALT_BEGIN>\n", "alternatives", TRANSCRIPT_AUTO},
		{"x.ctm", "f A 0 1\n", "no word", TRANSCRIPT_AUTO},
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct transcripts *t = NULL;
		struct err e = {0};
		assert_int_equal(transcripts_parse(bad[i].name, bad[i].data, strlen(bad[i].data),
						   bad[i].format, false, &t, &e), -1);
		assert_null(t);
		if (!strstr(e.text, bad[i].says))
			fail_msg("'%s' does not say '%s'", e.text, bad[i].says);
	}
	struct transcripts *t = NULL;
	assert_int_equal(transcripts_read("/nonexistent", TRANSCRIPT_AUTO, false, &t, NULL), -1);
}

/* Cut at every byte: an error or fewer transcripts, never a crash. */
static void test_cut_at_every_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		for (size_t cut = 0; cut <= strlen(good[i].data); cut++)
			for (int format = TRANSCRIPT_AUTO; format <= TRANSCRIPT_LINES; format++) {
				struct transcripts *t = NULL;
				char *copy = malloc(cut + 1);
				assert_non_null(copy);
				memcpy(copy, good[i].data, cut);
				int rc = transcripts_parse(good[i].name, copy, cut,
							   (enum transcript_format)format, true,
							   &t, NULL);
				free(copy);
				assert_int_equal(rc == 0, t != NULL);
				transcripts_free(t);
			}
}

static int match(const char *ref, const char *hyp, struct err *e)
{
	struct transcripts *r = NULL, *h = NULL;
	assert_int_equal(transcripts_parse("r", ref, strlen(ref), TRANSCRIPT_AUTO, false, &r, NULL),
			 0);
	assert_int_equal(transcripts_parse("h", hyp, strlen(hyp), TRANSCRIPT_AUTO, true, &h, NULL),
			 0);
	int rc = transcripts_match(r, h, e);
	transcripts_free(r);
	transcripts_free(h);
	return rc;
}

static void test_match(void **state)
{
	(void)state;
	struct err e;
	assert_int_equal(match("utt1 a\nutt2 b\n", "utt2 b\n", &e), 0);
	assert_int_equal(match("utt1 a\n", "utt1 a\nutt2 b\n", &e), -1);
	assert_non_null(strstr(e.text, "h:2: the id 'utt2' is not in r"));
	assert_int_equal(match("a b\nc d\n", "a b\n", &e), -1);
	assert_non_null(strstr(e.text, "2 lines, h has 1"));
	assert_int_equal(match("a b\nc d\n", "utt1 b\nutt2 c\n", &e), -1);
	assert_non_null(strstr(e.text, "--ref-format"));
	assert_int_equal(match("{\"id\":\"utt1\",\"text\":\"\"}", "utt1 b\n", &e), 0);
}

static struct transcripts *parsed(const char *name, const char *data)
{
	struct transcripts *t = NULL;
	struct err e = {0};
	if (transcripts_parse(name, data, strlen(data), TRANSCRIPT_AUTO, false, &t, &e) < 0)
		fail_msg("%s", e.text);
	return t;
}

static const char *text_of(const struct transcripts *t, const char *id)
{
	const struct utterance *u = transcripts_find(t, id);
	return u ? u->text : "missing";
}

static const char segments[] = "f A ann 0 2 one two\nf A bob 3 5 three\nf A ann 6 8 four\n"
			       "f A x 8 10 IGNORE_TIME_SEGMENT_IN_SCORING\nf B ann 0 9 five\n";

/* Words go to the segment that their middle lies in, else to the nearest. */
static void test_words_by_time(void **state)
{
	(void)state;
	struct transcripts *r = parsed("r.stm", segments);
	struct transcripts *h = parsed("h.ctm", "f A 0 1 a\nf A 1.9 0.4 b\nf A 2.8 0.1 c\n"
				       "f A 3 1 d\nf A 8.5 1 lost\nf A 4 0.2 e\n");
	struct err e = {0};
	assert_int_equal(transcripts_fit(r, &h, 1, &e), 0);
	assert_int_equal(transcripts_match(r, h, &e), 0);
	assert_string_equal(text_of(h, "f A ann 0"), "a b");
	assert_string_equal(text_of(h, "f A bob 3"), "c d e");
	assert_string_equal(text_of(h, "f A ann 6"), "");
	assert_string_equal(text_of(h, "f B ann 0"), "missing");
	assert_int_equal(h->words_left_out, 1);
	assert_string_equal(transcripts_find(r, "f A bob 3")->file, "f");
	transcripts_free(r);
	transcripts_free(h);
	/* a channel that the reference does not have */
	r = parsed("r.stm", segments);
	h = parsed("h.ctm", "f A 0 1 a\nf C 0 1 b\n");
	assert_int_equal(transcripts_fit(r, &h, 1, &e), -1);
	assert_non_null(strstr(e.text, "h.ctm:2: the file and channel 'f C' are not in r.stm"));
	transcripts_free(h);
	transcripts_free(r);
}

/* A long segment is found behind a short one that began later. */
static void test_segments_that_overlap(void **state)
{
	(void)state;
	struct transcripts *r = parsed("r.stm", "f A a 0 10 x\nf A b 1 2 y\nf A c 3 4 z\n");
	struct transcripts *h = parsed("h.ctm", "f A 1.4 0.2 in-b\nf A 6 1 in-a\nf A 3 1 in-c\n"
				       "f A 20 1 behind\n");
	struct err e = {0};
	assert_int_equal(transcripts_fit(r, &h, 1, &e), 0);
	assert_string_equal(text_of(h, "f A a 0"), "in-a behind");
	assert_string_equal(text_of(h, "f A b 1"), "in-b");
	assert_string_equal(text_of(h, "f A c 3"), "in-c");
	transcripts_free(r);
	transcripts_free(h);
}

static void test_other_segments_are_joined(void **state)
{
	(void)state;
	struct err e = {0};
	struct transcripts *r = parsed("r.stm", "f A ann 0 2 one two\nf A bob 3 5 three\n");
	struct transcripts *h = parsed("h.stm", "f A x 0 1 one\nf A x 1 5 two three\n");
	assert_int_equal(transcripts_fit(r, &h, 1, &e), 0);
	assert_int_equal(transcripts_match(r, h, &e), 0);
	assert_string_equal(text_of(r, "f A"), "one two three");
	assert_string_equal(text_of(h, "f A"), "one two three");
	transcripts_free(r);
	/* what lies in a part that is ignored cannot be told */
	r = parsed("r.stm", segments);
	transcripts_free(h);
	h = parsed("h.stm", "f A x 0 1 one\n");
	assert_int_equal(transcripts_fit(r, &h, 1, &e), -1);
	assert_non_null(strstr(e.text, "give words with times (ctm)"));
	transcripts_free(h);
	/* the same segments stay */
	h = parsed("h.stm", "f A bob 3.0 5 drei\n");
	assert_int_equal(transcripts_fit(r, &h, 1, &e), 0);
	assert_string_equal(text_of(h, "f A bob 3"), "drei");
	assert_int_equal(r->n, 4);
	transcripts_free(r);
	transcripts_free(h);
}

static void test_speakers_of_a_list(void **state)
{
	(void)state;
	struct err e = {0};
	struct transcripts *r = parsed("r", "utt1 a\nutt2 b\n");
	struct transcripts *all = parsed("utt2spk", "utt1 ann\nutt2 bob\nutt3 eve\n");
	struct transcripts *some = parsed("utt2spk", "utt1 ann\n");
	assert_int_equal(transcripts_set_speakers(r, some, &e), -1);
	assert_non_null(strstr(e.text, "names no speaker for 'utt2'"));
	assert_int_equal(transcripts_set_speakers(r, all, &e), 0);
	assert_string_equal(r->items[1].speaker, "bob");
	transcripts_free(r);
	transcripts_free(all);
	transcripts_free(some);
}

static void test_prediction(void **state)
{
	(void)state;
	static const char line[] = "{\"id\":\"a\",\"text\":\"said\",\"pred_text\":\"heard\"}";
	struct transcripts *t = NULL;
	assert_int_equal(transcripts_parse("x", line, strlen(line), TRANSCRIPT_AUTO, true, &t,
					   NULL), 0);
	assert_string_equal(t->items[0].text, "heard");
	transcripts_free(t);
	assert_int_equal(transcripts_parse("x", line, strlen(line), TRANSCRIPT_AUTO, false, &t,
					   NULL), 0);
	assert_string_equal(t->items[0].text, "said");
	transcripts_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_what_is_wrong),
		cmocka_unit_test(test_cut_at_every_byte),
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_prediction),
		cmocka_unit_test(test_words_by_time),
		cmocka_unit_test(test_segments_that_overlap),
		cmocka_unit_test(test_other_segments_are_joined),
		cmocka_unit_test(test_speakers_of_a_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
