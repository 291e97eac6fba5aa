/* src/result/series.h - a reading over time: one quantity of one device, on the run's clock.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RESULT_SERIES_H
#define RESULT_SERIES_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct series {
	char *source;	/* sampler: host, process, npu-smi, dcmi, nvml, prometheus */
	char *device;	/* "npu 0 chip 0", "host", "asr pid 123" */
	char *name;	/* utilization, memory_used, power, temperature, cpu … */
	char *unit;	/* %, B, W, °C, count … */
	uint64_t *at_ns;	/* CLOCK_MONOTONIC */
	double *values;		/* never NaN: a moment without a reading is absent */
	size_t n, room;
};

/* NULL when memory is exhausted. Texts are copied. */
struct series *series_new(const char *source, const char *device, const char *name,
			  const char *unit);
struct series *series_free(struct series *s);
int series_add(struct series *s, uint64_t at_ns, double value);	/* -1: no memory */

#endif
