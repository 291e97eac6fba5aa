/* src/monitor/page_devices.c - devices of Prometheus pages: npu-exporter and DCGM exporter.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/util.h"
#include "monitor/npu_text.h"
#include "monitor/page.h"

static const struct {
	const char *name;
	enum quantity quantity;
} npu_names[] = {
	{"utilization", Q_UTILIZATION}, {"vector_utilization", Q_VECTOR},
	{"cube_utilization", Q_CUBE}, {"overall_utilization", Q_OVERALL},
	{"hbm_used_memory", Q_MEMORY_USED}, {"hbm_total_memory", Q_MEMORY_TOTAL},
	{"hbm_utilization", Q_MEMORY_PERCENT}, {"hbm_bandwidth_utilization", Q_BANDWIDTH},
	{"hbm_temperature", Q_MEMORY_TEMPERATURE}, {"used_memory", Q_DDR_USED},
	{"total_memory", Q_DDR_TOTAL}, {"power", Q_POWER}, {"temperature", Q_TEMPERATURE},
	{"voltage", Q_VOLTAGE}, {"aicore_current_freq", Q_CLOCK},
	{"hbm_ecc_single_bit_error_cnt", Q_ECC_HBM_SINGLE},
	{"hbm_ecc_double_bit_error_cnt", Q_ECC_HBM_DOUBLE},
}, gpu_names[] = {
	{"GPU_UTIL", Q_UTILIZATION}, {"MEM_COPY_UTIL", Q_BANDWIDTH}, {"FB_USED", Q_MEMORY_USED},
	{"FB_TOTAL", Q_MEMORY_TOTAL}, {"GPU_TEMP", Q_TEMPERATURE},
	{"MEMORY_TEMP", Q_MEMORY_TEMPERATURE}, {"POWER_USAGE", Q_POWER}, {"SM_CLOCK", Q_CLOCK},
	{"MEM_CLOCK", Q_MEMORY_CLOCK},
};

static bool starts(struct span s, const char *prefix, struct span *ret_rest)
{
	size_t n = strlen(prefix);
	if (s.len <= n || memcmp(s.data, prefix, n) != 0)
		return false;
	*ret_rest = (struct span){s.data + n, s.len - n};
	return true;
}

/* The device that a sample belongs to, made when it is new. */
static struct device *device_of(struct capture *c, const struct page_sample *s, const char *source,
				const char *id_label, const char *model_label)
{
	struct span id, model, text;
	if (!page_label(s->labels, id_label, &id) || npu_whole(id) < 0)
		return NULL;
	for (size_t i = 0; i < c->n; i++)
		if (c->devices[i].npu == npu_whole(id) && c->devices[i].source == source)
			return &c->devices[i];
	struct device *d = capture_add(c, source);
	d->npu = npu_whole(id);
	if (page_label(s->labels, model_label, &model) && model.len)
		d->name = arena_strn(c->arena, model.data, model.len);
	if ((page_label(s->labels, "pcie_bus_info", &text) ||
	     page_label(s->labels, "pci_bus_id", &text)) && text.len)
		d->bus_id = arena_strn(c->arena, text.data, text.len);
	if (page_label(s->labels, "UUID", &text) && text.len)
		d->uuid = arena_strn(c->arena, text.data, text.len);
	return d;
}

static void add_error_code(struct capture *c, struct device *d, double code)
{
	d->error_codes_known = true;
	if (code != 0)
		strings_add(&d->error_codes, c->arena, arena_fmt(c->arena, "%.0f", code));
}

static void take_npu(struct capture *c, const struct page_sample *s, struct span name)
{
	struct device *d = device_of(c, s, "npu-exporter", "id", "model_name");
	if (!d || !isfinite(s->value))
		return;
	if (span_is(name, "health_status"))
		d->health = s->value == 1 ? "OK" : "unhealthy";
	else if (str_starts(name.data, "error_code"))
		add_error_code(c, d, s->value);
	for (size_t i = 0; i < ARRAY_LEN(npu_names); i++)
		if (span_is(name, npu_names[i].name))
			d->q[npu_names[i].quantity] = s->value;
}

static void take_gpu(struct capture *c, const struct page_sample *s, struct span name)
{
	struct device *d = device_of(c, s, "dcgm", "gpu", "modelName");
	if (!d || !isfinite(s->value))
		return;
	if (span_is(name, "XID_ERRORS"))
		add_error_code(c, d, s->value);
	for (size_t i = 0; i < ARRAY_LEN(gpu_names); i++)
		if (span_is(name, gpu_names[i].name))
			d->q[gpu_names[i].quantity] = s->value;
}

/* A memory of size 0 was not read. Products without HBM have their memory as "memory". */
static void settle(struct device *d)
{
	if (!(d->q[Q_MEMORY_TOTAL] > 0) && strcmp(d->source, "npu-exporter") == 0) {
		d->q[Q_MEMORY_USED] = d->q[Q_DDR_USED];
		d->q[Q_MEMORY_TOTAL] = d->q[Q_DDR_TOTAL];
		d->q[Q_DDR_USED] = d->q[Q_DDR_TOTAL] = NAN;
	}
	if (d->q[Q_MEMORY_TOTAL] == 0)
		d->q[Q_MEMORY_TOTAL] = d->q[Q_MEMORY_USED] = NAN;
	if (d->q[Q_DDR_TOTAL] == 0)
		d->q[Q_DDR_TOTAL] = d->q[Q_DDR_USED] = NAN;
}

void page_to_devices(const char *text, size_t len, struct capture *ret)
{
	struct page_cursor c = {text, text + len};
	struct page_sample s;
	struct span rest;
	while (page_next(&c, &s)) {
		if (starts(s.name, "npu_chip_info_", &rest))
			take_npu(ret, &s, rest);
		else if (starts(s.name, "DCGM_FI_DEV_", &rest))
			take_gpu(ret, &s, rest);
		else if (span_is(s.name, "machine_npu_nums") && s.value >= 0 && s.value < 1e6)
			ret->total_count = (int64_t)s.value;
	}
	for (size_t i = 0; i < ret->n; i++)
		settle(&ret->devices[i]);
	if (ret->n == 0 && ret->total_count < 0) {
		ret->error = "the page holds no device of npu-exporter or DCGM exporter";
		ret->advice = "give the /metrics page of npu-exporter (port 8082) or of the DCGM "
			      "exporter (port 9400)";
	}
}
