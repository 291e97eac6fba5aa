/* src/monitor/device.c - see device.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "monitor/device.h"

#include <math.h>

#include "base/json.h"
#include "base/util.h"

static const struct {
	const char *key, *series, *unit;
	double factor;
} quantities[Q_COUNT] = {
#define QUANTITY_ROW(id, key, series, unit, factor) [Q_##id] = {key, series, unit, factor},
	QUANTITIES(QUANTITY_ROW)
#undef QUANTITY_ROW
};

void capture_init(struct capture *c, struct arena *a)
{
	*c = (struct capture){.arena = a, .total_count = -1};
}

struct device *capture_add(struct capture *c, const char *source)
{
	struct device *d = ARENA_ADD(c->arena, c->devices, c->n);
	*d = (struct device){
		.source = source, .npu = -1, .chip = -1, .logic_id = -1, .phy_id = -1,
		.slot_id = -1, .device_id = -1, .chip_count = -1, .samples = -1,
	};
	for (int i = 0; i < Q_COUNT; i++)
		d->q[i] = NAN;
	return d;
}

struct device *capture_find(struct capture *c, int64_t npu, int64_t chip)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->devices[i].npu == npu && (chip < 0 || c->devices[i].chip == chip))
			return &c->devices[i];
	return NULL;
}

static void put_id(json_t *j, const char *key, int64_t id)
{
	if (id >= 0)
		json_put_int(j, key, id);
}

static json_t *processes_to_json(const struct device *d)
{
	json_t *list = json_array();
	for (size_t i = 0; i < d->n_processes; i++) {
		const struct device_process *p = &d->processes[i];
		json_t *j = json_object();
		json_put_int(j, "pid", p->pid);
		json_put_text(j, "name", p->name);
		json_put_real(j, "memory_mb", p->memory_mb);
		put_id(j, "container_pid", p->container_pid);
		(void)json_array_append_new(list, j);
	}
	return list;
}

static json_t *texts_to_json(const struct strings *texts)
{
	json_t *list = json_array();
	for (size_t i = 0; i < texts->n; i++)
		(void)json_array_append_new(list, json_string(texts->items[i]));
	return list;
}

static json_t *device_to_json(const struct device *d)
{
	json_t *j = json_object();
	json_put_text(j, "source", d->source);
	put_id(j, str_starts(d->source, "nv") || strcmp(d->source, "dcgm") == 0 ? "gpu" : "npu",
	       d->npu);
	put_id(j, "chip", d->chip);
	put_id(j, "logic_id", d->logic_id);
	put_id(j, "phy_id", d->phy_id);
	put_id(j, "slot_id", d->slot_id);
	put_id(j, "device_id", d->device_id);
	put_id(j, "chip_count", d->chip_count);
	put_id(j, "samples", d->samples);
	json_put_text(j, "name", d->name);
	json_put_text(j, "uuid", d->uuid);
	json_put_text(j, "bus_id", d->bus_id);
	json_put_text(j, "health", d->health);
	if (d->error_codes_known)
		json_put(j, "error_codes", texts_to_json(&d->error_codes));
	json_put_text(j, "error_information", d->error_information);
	json_put_text(j, "software_version", d->software_version);
	json_put_text(j, "firmware_version", d->firmware_version);
	json_put_text(j, "compatibility", d->compatibility);
	for (int i = 0; i < Q_COUNT; i++)
		json_put_real(j, quantities[i].key, d->q[i]);
	if (d->processes_known)
		json_put(j, "processes", processes_to_json(d));
	return j;
}

static json_t *versions_to_json(const struct capture *c)
{
	json_t *j = json_object();
	json_put_text(j, "npu_smi", c->tool_version);
	json_put_text(j, "driver", c->driver_version);
	json_put_text(j, "firmware", c->firmware_version);
	json_put_text(j, "cann", c->cann_version);
	json_put_text(j, "nnae", c->nnae_version);
	json_put_text(j, "driver_needs_firmware", c->driver_needs_firmware);
	json_put_text(j, "firmware_needs_driver", c->firmware_needs_driver);
	return j;
}

json_t *capture_to_json(const struct capture *c)
{
	json_t *j = json_object();
	json_t *devices = json_array();
	for (size_t i = 0; i < c->n; i++)
		(void)json_array_append_new(devices, device_to_json(&c->devices[i]));
	json_put(j, "devices", devices);
	put_id(j, "total_count", c->total_count);
	json_t *versions = versions_to_json(c);
	if (json_object_size(versions) > 0)
		json_put(j, "versions", versions);
	else
		json_decref(versions);
	if (c->warnings.n)
		json_put(j, "warnings", texts_to_json(&c->warnings));
	if (c->error) {
		json_t *error = json_object();
		if (c->error_code)
			json_put_int(error, "code", c->error_code);
		json_put_text(error, "message", c->error);
		json_put_text(error, "advice", c->advice);
		json_put(j, "error", error);
	}
	return j;
}

void device_label(const struct device *d, char *out, size_t size)
{
	bool gpu = str_starts(d->source, "nv") || strcmp(d->source, "dcgm") == 0;
	if (d->chip >= 0)
		(void)snprintf(out, size, "npu %lld chip %lld", (long long)d->npu,
			       (long long)d->chip);
	else
		(void)snprintf(out, size, "%s %lld", gpu ? "gpu" : "npu", (long long)d->npu);
}

void device_to_sink(const struct device *d, struct sink *out)
{
	char label[64];
	device_label(d, label, sizeof(label));
	for (int i = 0; i < Q_COUNT; i++)
		if (quantities[i].series)
			sink_add(out, label, quantities[i].series, quantities[i].unit,
				 d->q[i] * quantities[i].factor);
	if (d->health)
		sink_add(out, label, "healthy", "count", strcmp(d->health, "OK") == 0);
	if (d->error_codes_known)
		sink_add(out, label, "error_codes", "count", (double)d->error_codes.n);
	if (d->processes_known)
		sink_add(out, label, "processes", "count", (double)d->n_processes);
}
