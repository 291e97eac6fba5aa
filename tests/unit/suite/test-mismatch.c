/* tests/unit/suite/test-mismatch.c - sound that does not fit its transcript is told, and its errors
 * stay in the rate; sound that fits is not.
 * SPDX-License-Identifier: Apache-2.0 */
#include "unit/unit.h"

#include <string.h>

#include "suite/mismatch.h"

#define N 4

static struct media sounds[N];
static struct sample samples[N];
static double units[N] = {10, 10, 10, 10};
static bool missing[N];

static void set(size_t i, const char *id, double seconds, const char *text)
{
	sounds[i] = (struct media){.seconds = seconds};
	samples[i] = (struct sample){.id = id, .audio = &sounds[i], .text = text};
}

static int set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < N; i++)
		set(i, "ok", 4, "one two three four five six seven eight nine ten");
	samples[1].id = "b";
	return 0;
}

/* What is told of samples with these errors, one after the other. */
static size_t told(double *errors, double *reference_errors, const char **ret_first)
{
	static struct arena *a;
	struct accuracy_result out = {0};
	struct answers c = {.n = N, .errors = errors, .units = units, .missing = missing,
			    .normalizer = (char *)"english 1"};
	struct answers r = c;
	r.errors = reference_errors;
	(void)arena_free(a);
	a = arena_new();
	mismatch_find(samples, reference_errors ? &r : NULL, &c, a, &out);
	*ret_first = out.mismatches.n ? out.mismatches.items[0] : "";
	return out.mismatches.n;
}

static void what_fits_is_not_told(void **state)
{
	(void)state;
	const char *first;
	assert_int_equal(told((double[]){0, 9, 1, 1}, NULL, &first), 0);
}

static void nothing_of_it_was_heard(void **state)
{
	(void)state;
	const char *first;
	assert_int_equal(told((double[]){0, 10, 1, 1}, NULL, &first), 1);
	assert_string_equal(first, "b: nothing of the transcript was heard (10 of 10 words wrong)");
	/* the reference heard it: the candidate is at fault, not the data */
	assert_int_equal(told((double[]){0, 10, 1, 1}, (double[]){0, 1, 1, 1}, &first), 0);
	assert_int_equal(told((double[]){0, 10, 1, 1}, (double[]){0, 10, 1, 1}, &first), 1);
	/* a service that reads nothing at all says nothing about the data */
	assert_int_equal(told((double[]){10, 10, 10, 10}, NULL, &first), 0);
	/* an answer that did not come is missing, not a mismatch */
	missing[1] = true;
	assert_int_equal(told((double[]){0, 10, 1, 1}, NULL, &first), 0);
	missing[1] = false;
}

static void nobody_speaks_so(void **state)
{
	(void)state;
	const char *first;
	double errors[N] = {0};
	set(1, "fast", 1, "one two three four five six seven eight nine ten");
	assert_int_equal(told(errors, NULL, &first), 1);
	assert_string_equal(first, "fast: 10 words in 1.0 s of sound: nobody speaks so fast");
	set(1, "slow", 60, "one two");
	assert_int_equal(told(errors, NULL, &first), 1);
	assert_string_equal(first, "slow: 2 words in 60.0 s of sound");
	set(1, "zh", 1, "今天天气很好我们一起去公园看花吧朋友们");
	assert_int_equal(told(errors, NULL, &first), 1);
	assert_non_null(strstr(first, "19 characters"));
	set(1, "zh", 4, "今天天气很好我们一起去公园看花吧朋友们");
	assert_int_equal(told(errors, NULL, &first), 0);
	set(1, "silence", 60, "");	/* a clip of silence has no words */
	assert_int_equal(told(errors, NULL, &first), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_fits_is_not_told, set_up),
		cmocka_unit_test_setup(nothing_of_it_was_heard, set_up),
		cmocka_unit_test_setup(nobody_speaks_so, set_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
