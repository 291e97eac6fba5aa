/* src/monitor/sampler.c - the one list of samplers.
 * SPDX-License-Identifier: Apache-2.0 */
#include "monitor/sampler.h"

#include <math.h>

extern const struct sampler sampler_dcmi, sampler_npu_smi, sampler_nvml, sampler_nvidia_smi,
	sampler_host, sampler_process, sampler_prometheus;

static const struct sampler *const samplers[] = {
	&sampler_dcmi,
	&sampler_npu_smi,
	&sampler_nvml,
	&sampler_nvidia_smi,
	&sampler_host,
	&sampler_process,
	&sampler_prometheus,
};

const struct sampler *sampler_at(size_t i)
{
	return i < ARRAY_LEN(samplers) ? samplers[i] : NULL;
}

const struct sampler *sampler_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(samplers); i++)
		if (strcmp(samplers[i]->name, name) == 0)
			return samplers[i];
	return NULL;
}

bool monitor_sampler(size_t i, const char **ret_name, const char **ret_summary)
{
	const struct sampler *row = sampler_at(i);
	if (!row)
		return false;
	*ret_name = row->name;
	*ret_summary = row->summary;
	return true;
}

void sink_add(struct sink *out, const char *device, const char *name, const char *unit,
	      double value)
{
	if (!isfinite(value))
		return;
	struct reading r = {
		.source = out->source, .device = device, .name = name, .unit = unit,
		.value = value, .at_ns = out->at_ns,
	};
	out->add(out->ctx, &r);
}
