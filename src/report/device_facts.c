/* src/report/device_facts.c - see device_facts.h.
 * SPDX-License-Identifier: Apache-2.0 */
#include "report/device_facts.h"

#include <math.h>

#include "base/json.h"
#include "base/util.h"

struct list {
	struct device_facts *items;
	size_t n;
};

static struct device_facts *device_of(struct list *l, struct arena *a, const char *label)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->items[i].label, label) == 0)
			return &l->items[i];
	struct device_facts *d = ARENA_ADD(a, l->items, l->n);
	*d = (struct device_facts){.label = arena_str(a, label), .error_codes = NAN,
				   .temperature = NAN, .power = NAN, .memory = NAN};
	return d;
}

static void take_series(struct device_facts *d, const struct series *s)
{
	double most = s->values[0], least = s->values[0];
	for (size_t i = 1; i < s->n; i++) {
		most = fmax(most, s->values[i]);
		least = fmin(least, s->values[i]);
	}
	if (strcmp(s->name, "healthy") == 0) {
		d->health_known = true;
		d->unhealthy |= least < 1;
	} else if (strcmp(s->name, "ecc_hbm_single") == 0 ||
		   strcmp(s->name, "ecc_ddr_single") == 0) {
		d->ecc_known = true;
		d->ecc_single += most - s->values[0];
	} else if (strcmp(s->name, "ecc_hbm_double") == 0 ||
		   strcmp(s->name, "ecc_ddr_double") == 0) {
		d->ecc_known = true;
		d->ecc_double += most - s->values[0];
	} else if (strcmp(s->name, "error_codes") == 0) {
		d->error_codes = fmax(d->error_codes, most);
	} else if (strcmp(s->name, "temperature") == 0) {
		d->temperature = fmax(d->temperature, most);
	} else if (strcmp(s->name, "power") == 0) {
		d->power = fmax(d->power, most);
	} else if (strcmp(s->name, "memory_used") == 0) {
		d->memory = fmax(d->memory, most);
	}
	d->readings = MAX(d->readings, (uint64_t)s->n);
}

/* The same words as the monitor's device_label(). */
static const char *label_of(const json_t *j, struct arena *a)
{
	const char *source = json_text(j, "source", "");
	const json_t *npu = json_object_get(j, "npu"), *chip = json_object_get(j, "chip");
	bool gpu = strncmp(source, "nv", 2) == 0 || strcmp(source, "dcgm") == 0;
	if (chip)
		return arena_fmt(a, "npu %lld chip %lld", (long long)json_integer_value(npu),
				 (long long)json_integer_value(chip));
	return arena_fmt(a, "%s %lld", gpu ? "gpu" : "npu", (long long)json_integer_value(npu));
}

static void take_environment(struct list *l, struct arena *a, const json_t *devices)
{
	size_t i;
	json_t *j;
	json_array_foreach((json_t *)devices, i, j) {
		const char *health = json_text(j, "health", NULL);
		if (!json_object_get(j, "npu"))
			continue;
		struct device_facts *d = device_of(l, a, label_of(j, a));
		d->name = arena_str(a, json_text(j, "name", NULL));
		d->health = arena_str(a, health);
		if (health) {
			d->health_known = true;
			d->unhealthy |= strcmp(health, "OK") != 0;
		}
	}
}

struct device_facts *device_facts(const struct result *r, struct arena *a, size_t *ret_n)
{
	struct list l = {0};
	take_environment(&l, a, json_object_get(r->environment, "devices"));
	for (size_t i = 0; i < r->n_series; i++) {
		const struct series *s = r->series[i];
		if (s->n > 0 && (strncmp(s->device, "npu ", 4) == 0 ||
				 strncmp(s->device, "gpu ", 4) == 0))
			take_series(device_of(&l, a, s->device), s);
	}
	*ret_n = l.n;
	return l.items;
}

bool device_bad(const struct device_facts *d)
{
	return d->unhealthy || d->ecc_double > 0 || d->error_codes > 0;
}

void device_join(struct device_facts *all, const struct device_facts *d, bool first)
{
	if (first) {
		*all = *d;
		return;
	}
	if (all->name && (!d->name || strcmp(all->name, d->name) != 0))
		all->name = NULL;
	all->health_known &= d->health_known;
	all->ecc_known &= d->ecc_known;
	all->ecc_single += d->ecc_single;
	all->ecc_double += d->ecc_double;
	all->error_codes = fmax(all->error_codes, d->error_codes);
	all->temperature = fmax(all->temperature, d->temperature);
	all->power = fmax(all->power, d->power);
	all->memory = fmax(all->memory, d->memory);
	all->readings += d->readings;
}

static void word(struct buf *b, const char *text)
{
	(void)buf_fmt(b, "%s%s", b->len ? ", " : "", text);
}

const char *device_text(const struct device_facts *d, struct arena *a, bool zh)
{
	CLEANUP(buf_release) struct buf b = BUF_INIT(4096);
	if (d->name)
		word(&b, d->name);
	if (d->unhealthy)
		word(&b, d->health && strcmp(d->health, "OK") != 0
			 ? arena_fmt(a, zh ? "健康 %s" : "health %s", d->health)
			 : zh ? "运行中曾不健康" : "not healthy during the run");
	if (d->error_codes > 0)
		word(&b, arena_fmt(a, zh ? "错误码 %g 个" : "%g error codes", d->error_codes));
	word(&b, d->ecc_known
		 ? arena_fmt(a, zh ? "ECC 新增单比特 %g,双比特 %g" : "ECC +%g single +%g double",
			     d->ecc_single, d->ecc_double)
		 : zh ? "未读到 ECC" : "ECC not read");
	if (!isnan(d->temperature))
		word(&b, arena_fmt(a, zh ? "最高 %g °C" : "up to %g °C", d->temperature));
	if (!isnan(d->power))
		word(&b, arena_fmt(a, "%.4g W", d->power));
	if (!isnan(d->memory))
		word(&b, arena_fmt(a, "%.3g GiB", d->memory / 1073741824));
	return arena_str(a, b.data);
}
