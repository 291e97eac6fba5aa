/* src/report/device_facts.h - how the accelerators were during the run: health, ECC, heat.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_DEVICE_FACTS_H
#define REPORT_DEVICE_FACTS_H

#include "result/result.h"

struct device_facts {
	const char *label;	/* "npu 0 chip 0" */
	const char *name;	/* "910B3", or NULL */
	const char *health;	/* as it was told before the run, or NULL */
	bool health_known, unhealthy;	/* at any moment */
	bool ecc_known;
	double ecc_single, ecc_double;	/* errors that came while it was watched */
	double error_codes;	/* most at once; NaN: not read */
	double temperature, power, memory;	/* the most; NaN: not read */
	uint64_t readings;	/* moments at which its health or load was read */
};

/* Every NPU and GPU that the readings or the environment tell of, in the arena. */
struct device_facts *device_facts(const struct result *r, struct arena *a, size_t *ret_n);

/* Not healthy, an error code, or a double-bit error that came during the run. */
bool device_bad(const struct device_facts *d);

/* Take d into `all`: sums of errors, the greatest of the others. */
void device_join(struct device_facts *all, const struct device_facts *d, bool first);

/* "910B3, health OK, ECC +0 single +0 double, at most 61 °C, 300 W, 41.2 GiB". */
const char *device_text(const struct device_facts *d, struct arena *a, bool zh);

#endif
