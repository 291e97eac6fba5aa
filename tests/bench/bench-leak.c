/* tests/bench/bench-leak.c - how often does the leak test alarm, with and without a leak?
 *
 * Prints, per kind of series and leak, the share of LEAK and of SUSPECT among many runs.
 * usage: bench-leak [RUNS [HOURS [SEED]]]
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

#include "base/str.h"
#include "base/util.h"
#include "leak_series.h"
#include "stats/trend.h"

static int64_t argument(int argc, char **argv, int i, int64_t fallback)
{
	int64_t v = fallback;
	struct err e;
	if (i < argc && (str_to_int(argv[i], &v, &e) < 0 || v < 1)) {
		(void)fprintf(stderr, "bench-leak: '%s' is no positive number\n", argv[i]);
		exit(2);
	}
	return v;
}

int main(int argc, char **argv)
{
	static const double leaks[] = {0, 2, 5, 10, 25, 50};
	int64_t runs = argument(argc, argv, 1, 400);
	int64_t hours = argument(argc, argv, 2, 12);
	uint64_t seed = (uint64_t)argument(argc, argv, 3, 1);
	size_t n = (size_t)((double)hours * 3600 / SERIES_STEP_S) + 1;
	double *time_s = calloc(n, sizeof(double));
	double *bytes = calloc(n, sizeof(double));
	if (!time_s || !bytes)
		return 3;
	printf("%d h, %d runs per cell; LEAK %% / SUSPECT %% at a leak of … MiB/h\n%-20s",
	       (int)hours, (int)runs, "");
	for (size_t l = 0; l < ARRAY_LEN(leaks); l++)
		printf(" %13g", leaks[l]);
	for (size_t k = 0; k < SERIES_KINDS; k++) {
		printf("\n%-20s", series_names[k]);
		for (size_t l = 0; l < ARRAY_LEN(leaks); l++) {
			struct rng r;
			rng_init_named(&r, seed, series_names[k]);
			int64_t leak = 0, suspect = 0;
			for (int64_t i = 0; i < runs; i++) {
				struct leak got;
				series_make((enum series_kind)k, leaks[l], &r, time_s, bytes, n);
				leak_test(time_s, bytes, NULL, n, LEAK_BUDGET_PER_HOUR, &got);
				leak += got.verdict == LEAK_LEAK;
				suspect += got.verdict == LEAK_SUSPECT;
			}
			printf("  %5.1f / %4.1f", 100.0 * (double)leak / (double)runs,
			       100.0 * (double)suspect / (double)runs);
		}
	}
	printf("\n");
	free(time_s);
	free(bytes);
	return 0;
}
