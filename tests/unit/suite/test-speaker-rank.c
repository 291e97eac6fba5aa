/* tests/unit/suite/test-speaker-rank.c - is each sample's own speaker the nearest?
 * SPDX-License-Identifier: Apache-2.0 */
#include "unit/unit.h"

#include <math.h>

#include "suite/speaker_rank.h"

#define N 4

static const struct sample samples[N] = {
	{.id = "1", .speaker = "ann"}, {.id = "2", .speaker = "bob"},
	{.id = "3", .speaker = "ann"}, {.id = "4", .speaker = "bob"},
};

static void set(struct voice *v, double place, double f0)
{
	*v = (struct voice){.f0_median = f0};
	v->mfcc[0] = place;
}

static void own_speaker_first(void **state)
{
	(void)state;
	struct voice said[N], asked[N];
	struct answers r = {.n = N, .voices = said};
	struct answers c = {.n = N, .voices = asked};
	set(&said[0], 0, 200);
	set(&said[1], 10, 100);
	set(&said[2], 2, 200);
	set(&said[3], 12, 100);
	set(&asked[0], 1.5, 210);
	set(&asked[1], 9, 95);
	set(&asked[2], 0, 190);
	set(&asked[3], 11, 100);
	struct speaker_rank x = speaker_rank(samples, &r, &c);
	assert_int_equal(x.speakers, 2);
	assert_int_equal(x.samples, 4);
	assert_float_equal(x.first_share, 1, 1e-9);
	assert_float_equal(x.mean_rank, 1, 1e-9);
	assert_float_equal(x.f0_first_share, 1, 1e-9);
	/* all in ann's voice: half of them are wrong */
	set(&asked[1], 1, 200);
	set(&asked[3], 1, 200);
	x = speaker_rank(samples, &r, &c);
	assert_float_equal(x.first_share, 0.5, 1e-9);
	assert_float_equal(x.mean_rank, 1.5, 1e-9);
	assert_float_equal(x.f0_first_share, 0.5, 1e-9);
	/* one that is as near to both is no proof of its own */
	set(&asked[0], 6, 200);
	x = speaker_rank(samples, &r, &c);
	assert_float_equal(x.first_share, 0.25, 1e-9);
}

static void nothing_to_compare(void **state)
{
	(void)state;
	struct voice said[N], asked[N];
	struct answers r = {.n = 1, .voices = said};
	struct answers c = {.n = 1, .voices = asked};
	set(&said[0], 0, 200);
	set(&asked[0], 0, 200);
	assert_int_equal(speaker_rank(samples, &r, &c).samples, 0);
	assert_int_equal(speaker_rank(samples, NULL, &c).samples, 0);
	r.n = c.n = N;
	for (size_t i = 0; i < N; i++) {
		set(&said[i], (double)i, 200);
		set(&asked[i], (double)i, NAN);	/* nothing to be heard */
	}
	struct speaker_rank x = speaker_rank(samples, &r, &c);
	assert_int_equal(x.samples, 0);
	assert_true(isnan(x.first_share));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_speaker_first),
		cmocka_unit_test(nothing_to_compare),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
