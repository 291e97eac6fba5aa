/* tests/browser/make-report.c - write the report folder of the made result: make-report DIR [LANG]
 * [REQUESTS]; with REQUESTS the first run is as long as that many requests, for sizes.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/writer.h"
#include "tests/golden/fixture.h"

static void enlarge(struct result *r, uint64_t n)
{
	struct rng rng;
	rng_init(&rng, 7);
	struct run *run = r->runs[0];
	for (size_t i = 0; i < run->n_metrics; i++)
		if (run->metrics[i].hist)
			fixture_fill(r, run, run->metrics[i].def->name, n, 0.2, 0.3, &rng);
	fixture_windows(r, run, (size_t)(n / 20), 20, 0.2, &rng);
	run->duration_s = (double)n / 20;
	run->attempted += n;
	run->outcomes[OUTCOME_OK] += n;
	for (size_t k = 0; k < r->n_series; k++)
		for (uint64_t i = 135; i < n / 20; i++)
			if (series_add(r->series[k], FIXTURE_START_NS + i * NS_PER_S,
				       40 + 10 * rng_normal(&rng, 0, 1)) < 0)
				abort();
	result_judge(r);
}

int main(int argc, char **argv)
{
	struct err e;
	if (argc < 2)
		return 2;
	struct writer_options o = {.lang = argc > 2 ? argv[2] : "en", .width = 100};
	struct result *r = fixture_result();
	if (argc > 3)
		enlarge(r, strtoull(argv[3], NULL, 10));
	int ret = report_write_dir(r, argv[1], &o, &e);
	if (ret < 0)
		(void)fprintf(stderr, "%s\n", e.text);
	result_free(r);
	return ret < 0 ? 1 : 0;
}
