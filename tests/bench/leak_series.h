/* tests/bench/leak_series.h - made memory curves of services, with and without a leak.
 *
 * The models are assumptions about how real services behave; each is one that a naive test
 * alarms on. All are a resident size around 4 GiB, sampled every 30 s.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_LEAK_SERIES_H
#define BENCH_LEAK_SERIES_H

#include <math.h>
#include <stddef.h>

#include "base/rng.h"

#define SERIES_MIB (1024.0 * 1024)
#define SERIES_STEP_S 30.0

enum series_kind {
	SERIES_STEADY,		/* AR(1) noise: phi 0.98, sd 20 MiB */
	SERIES_WARM_UP,		/* and 300 MiB that fill within 40 minutes (1/e) */
	SERIES_SAWTOOTH,	/* and a collector that lets 200 MiB pile up for 20 minutes */
	SERIES_RATCHET,		/* warm-up, and an allocator that keeps its highest peak */
	SERIES_KINDS,
};

static const char *const series_names[SERIES_KINDS] = {
	"steady noise", "warm-up", "sawtooth", "high-water ratchet",
};

/* n samples of time_s and bytes. */
static inline void series_make(enum series_kind kind, double leak_mib_per_hour, struct rng *r,
			       double *time_s, double *bytes, size_t n)
{
	const double phi = 0.98, sd = 20;
	double noise = rng_normal(r, 0, sd);
	double peak = 0;
	for (size_t i = 0; i < n; i++) {
		double t = (double)i * SERIES_STEP_S;
		double mib = 4096 + leak_mib_per_hour * t / 3600 + noise;
		if (kind == SERIES_WARM_UP || kind == SERIES_RATCHET)
			mib += 300 * (1 - exp(-t / 2400));
		if (kind == SERIES_SAWTOOTH)
			mib += 200 * fmod(t, 1200) / 1200;
		if (kind == SERIES_RATCHET) {
			/* Pareto, index 2.5: a request's memory, kept when it is a record. */
			double need = 30 * pow(1 - rng_unit(r), -1 / 2.5);
			peak = fmax(peak, need);
			mib += peak;
		}
		time_s[i] = t;
		bytes[i] = mib * SERIES_MIB;
		noise = phi * noise + rng_normal(r, 0, sd * sqrt(1 - phi * phi));
	}
}

#endif
