/* src/monitor/dcmi.c - sampler dcmi: Ascend NPUs through Huawei's library.
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/clock.h"
#include "base/util.h"
#include "monitor/dcmi_api.h"
#include "monitor/device.h"
#include "monitor/sampler.h"

#define DEVICES_MAX 256
#define PROCESSES_MAX 32
#define CODES_MAX 128
#define SLOW_EVERY_NS (10 * NS_PER_S)	/* health, errors, processes, ECC */

struct npu {
	int card, dev;
	char name[40];
	int logic;		/* -1: not known */
};

struct dcmi_state {
	struct dcmi api;
	struct npu items[DEVICES_MAX];
	size_t n;
	uint64_t slow_next;
};

static void dcmi_close(void *state)
{
	free(state);	/* the library has no call that ends it */
}

static void add_npu(struct dcmi_state *s, int card, int dev)
{
	if (s->n == DEVICES_MAX)
		return;
	struct npu *n = &s->items[s->n++];
	*n = (struct npu){.card = card, .dev = dev, .logic = -1};
	struct dcmi_chip chip = {0};
	if (DCMI_CALL(&s->api, chip_info, card, dev, &chip) == 0)
		(void)snprintf(n->name, sizeof(n->name), "%.32s", (const char *)chip.name);
	int logic;
	if (!s->api.v2 && s->api.logic_id && s->api.logic_id(&logic, card, dev) == 0)
		n->logic = logic;
}

static int list_cards(struct dcmi_state *s, struct err *e)
{
	int cards[64];
	int n_cards = 0;
	int rc = s->api.card_list(&n_cards, cards, (int)ARRAY_LEN(cards));
	if (rc != 0)
		return err_set(e, ERR_UNSUPPORTED, "DCMI lists no cards: %d, %s", rc,
			       dcmi_error_text(rc));
	n_cards = MIN(MAX(n_cards, 0), (int)ARRAY_LEN(cards));
	for (int i = 0; i < n_cards; i++) {
		int n = 0;
		if (s->api.device_num(cards[i], &n) != 0)
			continue;
		for (int dev = 0; dev < MIN(n, 16); dev++) {
			int type = DCMI_TYPE_NPU;
			if (s->api.device_type && s->api.device_type(cards[i], dev, &type) != 0)
				continue;
			if (type == DCMI_TYPE_NPU)
				add_npu(s, cards[i], dev);
		}
	}
	return 0;
}

static int dcmi_open(const struct monitor_spec *spec, void **ret_state, struct err *e)
{
	(void)spec;
	struct dcmi_state *s = calloc(1, sizeof(*s));
	if (!s)
		return err_set(e, ERR_SYSTEM, "no memory to watch NPUs");
	int rc = dcmi_load(&s->api, e);
	if (rc == 0 && s->api.v2) {
		int list[64];
		int n = 0;
		if (s->api.list2(list, &n, (int)ARRAY_LEN(list)) == 0)
			for (int i = 0; i < MIN(n, (int)ARRAY_LEN(list)); i++)
				add_npu(s, -1, list[i]);
	} else if (rc == 0) {
		rc = list_cards(s, e);
	}
	if (rc == 0 && s->n == 0)
		rc = err_set(e, ERR_UNSUPPORTED, "DCMI knows no NPU on this machine");
	if (rc < 0) {
		free(s);
		return -1;
	}
	*ret_state = s;
	return 0;
}

static double percent(struct dcmi_state *s, const struct npu *n, int type)
{
	unsigned v;
	int rc = DCMI_CALL(&s->api, utilization, n->card, n->dev, type, &v);
	return rc == 0 && v <= 100 ? v : NAN;	/* above 100: no reading, whatever it is */
}

static void read_memory(struct dcmi_state *s, const struct npu *n, struct device *d)
{
	struct dcmi_hbm hbm = {0};
	if (DCMI_CALL(&s->api, hbm, n->card, n->dev, &hbm) == 0) {
		if (hbm.size_mb > 0 && hbm.used_mb <= hbm.size_mb) {
			d->q[Q_MEMORY_USED] = (double)hbm.used_mb;
			d->q[Q_MEMORY_TOTAL] = (double)hbm.size_mb;
		}
		if (hbm.bandwidth_percent <= 100)
			d->q[Q_BANDWIDTH] = hbm.bandwidth_percent;
		if (hbm.temperature > -100 && hbm.temperature < 200)
			d->q[Q_MEMORY_TEMPERATURE] = hbm.temperature;
		return;
	}
	struct dcmi_memory memory = {0};	/* 310P: the device's memory is DDR */
	if (!s->api.v2 && s->api.memory && s->api.memory(n->card, n->dev, &memory) == 0 &&
	    memory.size_mb > 0 && memory.available_mb <= memory.size_mb) {
		d->q[Q_MEMORY_USED] = (double)(memory.size_mb - memory.available_mb);
		d->q[Q_MEMORY_TOTAL] = (double)memory.size_mb;
	}
}

static void read_fast(struct dcmi_state *s, const struct npu *n, struct device *d)
{
	int v;
	struct dcmi_aicore clock;
	d->q[Q_UTILIZATION] = percent(s, n, DCMI_UTIL_AICORE);
	d->q[Q_VECTOR] = percent(s, n, DCMI_UTIL_VECTOR);
	read_memory(s, n, d);
	if (DCMI_CALL(&s->api, temperature, n->card, n->dev, &v) == 0 &&
	    v < DCMI_TEMPERATURE_BAD && v > -274)
		d->q[Q_TEMPERATURE] = v;
	if (DCMI_CALL(&s->api, power, n->card, n->dev, &v) == 0 && v >= 0)
		d->q[Q_POWER] = v / 10.0;
	if (DCMI_CALL(&s->api, aicore, n->card, n->dev, &clock) == 0) {
		d->q[Q_CLOCK] = clock.now_mhz;
		d->q[Q_CLOCK_MAX] = clock.freq_mhz;
	}
}

static void read_health(struct dcmi_state *s, const struct npu *n, struct device *d,
			struct arena *a)
{
	static const char *const words[] = {"OK", "Warning", "Alarm", "Critical"};
	unsigned health;
	if (DCMI_CALL(&s->api, health, n->card, n->dev, &health) == 0 &&
	    health < ARRAY_LEN(words))
		d->health = words[health];
	unsigned codes[CODES_MAX];
	int count = 0;
	if (s->api.v2 || !s->api.error_codes ||
	    s->api.error_codes(n->card, n->dev, &count, codes, CODES_MAX) != 0)
		return;
	d->error_codes_known = true;
	for (int i = 0; i < MIN(count, CODES_MAX); i++)
		strings_add(&d->error_codes, a, arena_fmt(a, "%08X", codes[i]));
}

static void read_processes(struct dcmi_state *s, const struct npu *n, struct device *d,
			   struct arena *a)
{
	struct dcmi_process list[PROCESSES_MAX] = {{0}};
	int count = PROCESSES_MAX;
	if (DCMI_CALL(&s->api, processes, n->card, n->dev, list, &count) != 0 || count < 0)
		return;
	d->processes_known = true;
	for (int i = 0; i < MIN(count, PROCESSES_MAX); i++)
		*ARENA_ADD(a, d->processes, d->n_processes) = (struct device_process){
			.pid = list[i].pid, .container_pid = -1,
			.memory_mb = (double)list[i].bytes / 1048576,
		};
}

static void read_ecc(struct dcmi_state *s, const struct npu *n, struct device *d)
{
	enum { ECC_HBM = 2 };
	struct dcmi_ecc ecc = {0};
	if (DCMI_CALL(&s->api, ecc, n->card, n->dev, ECC_HBM, &ecc) != 0)
		return;
	d->q[Q_ECC_HBM_SINGLE] = ecc.single;
	d->q[Q_ECC_HBM_DOUBLE] = ecc.dual;
	d->q[Q_ECC_HBM_SINGLE_ALL] = ecc.single_total;
	d->q[Q_ECC_HBM_DOUBLE_ALL] = ecc.dual_total;
	d->q[Q_ECC_HBM_SINGLE_PAGES] = ecc.single_pages;
	d->q[Q_ECC_HBM_DOUBLE_PAGES] = ecc.dual_pages;
}

static void read_npu(struct dcmi_state *s, size_t i, bool slow, struct capture *c)
{
	const struct npu *n = &s->items[i];
	struct device *d = capture_add(c, "dcmi");
	d->npu = s->api.v2 ? n->dev : n->card;
	d->chip = s->api.v2 ? -1 : n->dev;
	d->logic_id = n->logic;
	d->name = *n->name ? n->name : NULL;
	read_fast(s, n, d);
	if (!slow)
		return;
	read_health(s, n, d, c->arena);
	read_processes(s, n, d, c->arena);
	read_ecc(s, n, d);
}

static bool nothing_known(const struct device *d)
{
	for (int i = 0; i < Q_COUNT; i++)
		if (!isnan(d->q[i]))
			return false;
	return true;
}

static int dcmi_read(void *state, struct sink *out, struct err *e)
{
	struct dcmi_state *s = state;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct capture c;
	capture_init(&c, a);
	bool slow = out->at_ns >= s->slow_next;
	if (slow)
		s->slow_next = out->at_ns + SLOW_EVERY_NS;
	int rc = 0;
	for (size_t i = 0; i < s->n; i++) {
		out->at_ns = clock_now();
		read_npu(s, i, slow, &c);
		if (nothing_known(&c.devices[i]))
			rc = err_set(e, ERR_DATA, "DCMI has no reading of npu %d chip %d any more",
				     s->items[i].card, s->items[i].dev);
		device_to_sink(&c.devices[i], out);
	}
	return rc;
}

static json_t *dcmi_once(void *state, struct err *e)
{
	struct dcmi_state *s = state;
	(void)e;
	CLEANUP(arena_freep) struct arena *a = arena_new();
	struct capture c;
	capture_init(&c, a);
	for (size_t i = 0; i < s->n; i++)
		read_npu(s, i, true, &c);
	return capture_to_json(&c);
}

const struct sampler sampler_dcmi = {
	.name = "dcmi",
	.summary = "Ascend NPUs through the library libdcmi.so",
	.open = dcmi_open,
	.close = dcmi_close,
	.read = dcmi_read,
	.once = dcmi_once,
};
