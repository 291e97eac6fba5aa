/* tests/bench/bench-text.c - time of long alignments and of the bootstrap.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

#include "base/clock.h"
#include "base/rng.h"
#include "base/util.h"
#include "stats/bootstrap.h"
#include "text/align.h"

/* A made transcript whose frequent tokens are frequent, and its copy with errors. */
static int align_once(const char *what, size_t n, uint32_t symbols, double rate)
{
	uint32_t *a = calloc(n, sizeof(a[0])), *b = calloc(2 * n, sizeof(b[0]));
	struct aligner *al = NULL;
	struct rng r;
	size_t m = 0, n_ops;
	const char *ops;
	if (!a || !b || aligner_new(&al, NULL) < 0)
		return 1;
	rng_init(&r, 1);
	for (size_t i = 0; i < n; i++) {
		double u = rng_unit(&r);
		a[i] = (uint32_t)((double)symbols * u * u * u);
	}
	for (size_t i = 0; i < n; i++) {
		uint64_t kind = rng_unit(&r) < rate ? rng_below(&r, 3) : 3;
		if (kind == 1 || kind == 2)
			b[m++] = (uint32_t)rng_below(&r, symbols);
		if (kind >= 2)
			b[m++] = a[i];
	}
	/* CPU time, the best of five: other programs may be running. */
	double ms = 1e9;
	for (int i = 0; i < 5; i++) {
		uint64_t start = clock_process_cpu();
		if (align_tokens(al, a, n, b, m, symbols, &ops, &n_ops, NULL) < 0)
			return 1;
		ms = MIN(ms, (double)(clock_process_cpu() - start) / 1e6);
	}
	struct align_counts c = align_count(ops, n_ops);
	printf("%-28s %6zu tokens, %6d errors: %8.2f ms\n", what, n, (int)align_errors(&c), ms);
	aligner_free(al);
	free(a);
	free(b);
	return 0;
}

static int bootstrap_once(size_t n, uint64_t longest)
{
	double *a = calloc(n, sizeof(a[0])), *b = calloc(n, sizeof(b[0]));
	double *units = calloc(n, sizeof(units[0]));
	struct bootstrap d;
	struct rng r;
	if (!a || !b || !units)
		return 1;
	rng_init(&r, 2);
	for (size_t i = 0; i < n; i++) {
		units[i] = 1 + (double)rng_below(&r, longest);
		for (int w = 0; w < (int)units[i]; w++) {
			a[i] += rng_unit(&r) < 0.1;
			b[i] += rng_unit(&r) < 0.1;
		}
	}
	uint64_t start = clock_process_cpu();
	if (bootstrap_difference(a, b, units, n, BOOTSTRAP_DRAWS, 1, &d, NULL) < 0)
		return 1;
	printf("bootstrap, %zu utterances of up to %d units, %d draws: %.3f s (%.5f to %.5f)\n", n,
	       (int)longest, BOOTSTRAP_DRAWS, (double)(clock_process_cpu() - start) / 1e9,
	       d.interval95.lo, d.interval95.hi);
	free(a);
	free(b);
	free(units);
	return 0;
}

int main(void)
{
	return align_once("30 min, words, 10 %", 5000, 4000, 0.1) ||
	       align_once("30 min, characters, 10 %", 30000, 3000, 0.1) ||
	       align_once("30 min, characters, 30 %", 30000, 3000, 0.3) ||
	       align_once("30 min, nothing agrees", 30000, 3000, 1) ||
	       bootstrap_once(5000, 39) || bootstrap_once(10000, 39) ||
	       bootstrap_once(10000, 2000);
}
