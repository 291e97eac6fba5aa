/* tests/unit/suite/test-answer-judge.c - every judge: what is right, and what only looks like it.
 * SPDX-License-Identifier: Apache-2.0 */
#include "unit/unit.h"

#include <string.h>

#include "base/util.h"
#include "suite/answer_judge.h"

static double judged(const char *judge, const char *text, const char *const *answers, size_t n)
{
	struct sample s = {.id = "q", .answers = answers, .n_answers = n};
	struct answer_judge *j = NULL;
	struct err e = {0};
	double right = -1;
	assert_int_equal(answer_judge_new(&j, &e), 0);
	if (answer_judge_apply(j, judge, text, &s, &right, &e) < 0)
		fail_msg("%s: %s", judge, e.text);
	(void)answer_judge_free(j);
	return right;
}

static const struct {
	const char *judge, *text, *answers[3];
	double right;
} rows[] = {
	{"keyword", "It is a Cat.", {"dog", "cat"}, 1},
	{"keyword", "It is a category.", {"cat"}, 0},
	{"keyword", "about 10", {"1"}, 0},
	{"keyword", "图中有一只猫。", {"猫"}, 1},
	{"keyword", "no symbol here", {"%"}, 0},	/* its normal form is empty */
	{"keyword", "50 % of it", {"%"}, 1},
	{"keyword", "anything", {""}, 0},
	{"all", "a red car and a blue one", {"red", "blue"}, 1},
	{"all", "a red car", {"red", "blue"}, 0},
	{"regex", "It went UP by 12", {"down", "up.*[0-9]+"}, 1},
	{"regex", "It went up", {"^up"}, 0},
	{"exact", "The red car!", {"the red car"}, 1},
	{"exact", "the red cars", {"the red car"}, 0},
	{"exact", "-5", {"5"}, 0},		/* the sign is no punctuation */
	{"exact", "3 5", {"3.5"}, 0},
	{"exact", "1,234", {"1234"}, 1},
	{"exact", "5%", {"5"}, 0},
	{"anls", "harbour 12", {"harbor 12"}, 0.9},
	{"anls", "nothing like it", {"harbor"}, 0},
	{"relaxed", "3.6", {"3.5"}, 1},		/* within 5 % */
	{"relaxed", "3.7", {"3.5"}, 0},
	{"relaxed", "36", {"3.5"}, 0},		/* the point is no blank */
	{"relaxed", "1,234", {"1200"}, 1},
	{"relaxed", "104.", {"100"}, 1},	/* the end of a sentence */
	{"relaxed", "-100", {"100"}, 0},
	{"relaxed", "0.05", {"0"}, 0},
	{"relaxed", "Yes", {"yes"}, 1},
	{"chrf", "the same", {"the same"}, 1},
	{"rouge_l", "今天很好", {"今天很好"}, 1},
	{"rouge_l", "今天", {"明后"}, 0},
	{"characters", "abcd", {"abcx"}, 0.75},
};

static void right_and_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t n = 0;
		while (rows[i].answers[n])
			n++;
		double got = judged(rows[i].judge, rows[i].text, rows[i].answers, n);
		if (got < rows[i].right - 1e-9 || got > rows[i].right + 1e-9)
			fail_msg("%s of \"%s\": %g, not %g", rows[i].judge, rows[i].text, got,
				 rows[i].right);
	}
}

/* All answers count, however many. */
static void hundreds_of_answers(void **state)
{
	(void)state;
	const char *answers[300];
	for (size_t i = 0; i < ARRAY_LEN(answers); i++)
		answers[i] = "wrong";
	answers[299] = "right";
	assert_true(judged("exact", "right", answers, 300) == 1);
	assert_true(judged("exact", "right", answers, 299) == 0);
}

static void known_before_it_is_asked(void **state)
{
	(void)state;
	struct err e;
	const char *wrong[] = {"(", NULL};
	struct sample s = {.id = "q7", .answers = wrong, .n_answers = 1};
	assert_int_equal(answer_judge_check("keyword", NULL, &e), 0);
	assert_int_equal(answer_judge_check("keywords", NULL, &e), -1);
	assert_int_equal(e.code, ERR_USAGE);
	assert_non_null(strstr(e.text, "rouge_l"));
	assert_int_equal(answer_judge_check("regex", &s, &e), -1);
	assert_non_null(strstr(e.text, "sample 'q7'"));
	assert_int_equal(answer_judge_check("exact", &s, &e), 0);
}

/* A text on which an expression runs away is not right, and ends nothing. */
static void expression_that_gives_up(void **state)
{
	(void)state;
	const char *answers[] = {"(a+)+$"};
	char text[4000];
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 2] = 'b';
	text[sizeof(text) - 1] = '\0';
	assert_true(judged("regex", text, answers, 1) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_and_wrong),
		cmocka_unit_test(hundreds_of_answers),
		cmocka_unit_test(known_before_it_is_asked),
		cmocka_unit_test(expression_that_gives_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
