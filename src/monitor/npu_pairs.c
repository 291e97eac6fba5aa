/* src/monitor/npu_pairs.c - "key : value" outputs: npu-smi info -l and -t.
 *
 * The chip's id comes before its values (common) or after them (usages, temp, proc-mem), and
 * some products print none. Values before any chip id wait until it is known whose they are.
 * SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <math.h>

#include "base/util.h"
#include "monitor/npu_text.h"

struct pairs_state {
	struct capture *capture;
	int64_t npu, chip_count;
	bool in_npu;		/* an "NPU ID" line was seen */
	bool emitted;		/* a device of this NPU was added */
	struct device pending;	/* values whose chip is not known yet */
	bool has_pending;
	long open;		/* index of the device that takes values now; -1: pending does */
	bool mcu;		/* values are of the controller: not ours */
	bool in_error_information;
};

static void clear_pending(struct pairs_state *p)
{
	struct capture blank;
	capture_init(&blank, p->capture->arena);
	p->pending = *capture_add(&blank, "npu-smi");
	p->has_pending = false;
}

struct pairs_state *npu_pairs_new(struct capture *c)
{
	struct pairs_state *p = ARENA_NEW(c->arena, struct pairs_state);
	p->capture = c;
	p->npu = p->chip_count = -1;
	p->open = -1;
	clear_pending(p);
	return p;
}

/* Products without HBM call all their memory "Memory"; those without DDR say that it is 0. */
static void settle(struct device *d)
{
	bool hbm = !isnan(d->q[Q_MEMORY_PERCENT]) || !isnan(d->q[Q_MEMORY_TOTAL]);
	if (!hbm && !isnan(d->q[Q_DDR_PERCENT])) {
		d->q[Q_MEMORY_PERCENT] = d->q[Q_DDR_PERCENT];
		d->q[Q_DDR_PERCENT] = NAN;
	}
	if (d->q[Q_DDR_TOTAL] == 0)
		d->q[Q_DDR_TOTAL] = d->q[Q_DDR_PERCENT] = d->q[Q_DDR_BANDWIDTH] = NAN;
	if (d->q[Q_HUGEPAGES_TOTAL] == 0)
		d->q[Q_HUGEPAGES_TOTAL] = NAN;
}

static void close_open(struct pairs_state *p)
{
	if (p->open >= 0)
		settle(&p->capture->devices[p->open]);
	p->open = -1;
	p->in_error_information = false;
}

static struct device *emit(struct pairs_state *p, int64_t chip)
{
	struct device *d = capture_add(p->capture, "npu-smi");
	*d = p->pending;
	d->npu = p->npu;
	d->chip = chip;
	p->emitted = true;
	clear_pending(p);
	return d;
}

/* The end of what was printed for one NPU. */
static void end_npu(struct pairs_state *p)
{
	close_open(p);
	if (p->has_pending || (p->in_npu && !p->emitted)) {
		struct device *d = emit(p, -1);
		d->chip_count = p->chip_count;
		settle(d);
	}
	p->in_npu = p->emitted = p->mcu = false;
	p->npu = p->chip_count = -1;
}

void npu_pairs_end(struct pairs_state *p)
{
	end_npu(p);
}

static void take_chip(struct pairs_state *p, struct span value)
{
	p->mcu = false;
	bool had = p->has_pending;
	close_open(p);
	struct device *d = emit(p, npu_whole(value));
	if (had)
		settle(d);	/* the id came last: what follows is of the next chip */
	else
		p->open = (long)p->capture->n - 1;
}

static const struct {
	const char *key;	/* lower case, no blanks */
	int quantity;
} numbers[] = {
	{"hbmcapacity(mb)", Q_MEMORY_TOTAL}, {"hbmusagerate(%)", Q_MEMORY_PERCENT},
	{"ddrcapacity(mb)", Q_DDR_TOTAL}, {"ddrusagerate(%)", Q_DDR_PERCENT},
	{"memoryusagerate(%)", Q_DDR_PERCENT}, {"ddrhugepagestotal(page)", Q_HUGEPAGES_TOTAL},
	{"aicoreusagerate(%)", Q_UTILIZATION}, {"aivectorusagerate(%)", Q_VECTOR},
	{"aicubeusagerate(%)", Q_CUBE}, {"aicpuusagerate(%)", Q_AICPU},
	{"ctrlcpuusagerate(%)", Q_CTRLCPU}, {"npuutilization(%)", Q_OVERALL},
	{"hbmbandwidthusagerate(%)", Q_BANDWIDTH}, {"ddrbandwidthusagerate(%)", Q_DDR_BANDWIDTH},
	{"aicorefreq(mhz)", Q_CLOCK_MAX}, {"aicorecurfreq(mhz)", Q_CLOCK},
	{"aicorecount", Q_CORES}, {"temperature(c)", Q_TEMPERATURE},
	{"nputemperature(c)", Q_TEMPERATURE}, {"npureal-timepower(w)", Q_POWER},
	{"hbmclockspeed(mhz)", Q_MEMORY_CLOCK}, {"hbmtemperature(c)", Q_MEMORY_TEMPERATURE},
	{"ddrsinglebiterrorcount", Q_ECC_DDR_SINGLE},
	{"ddrdoublebiterrorcount", Q_ECC_DDR_DOUBLE},
	{"ddrsinglebitaggregatetotalerrcnt", Q_ECC_DDR_SINGLE_ALL},
	{"ddrdoublebitaggregatetotalerrcnt", Q_ECC_DDR_DOUBLE_ALL},
	{"ddrsinglebitisolatedpagescount", Q_ECC_DDR_SINGLE_PAGES},
	{"ddrdoublebitisolatedpagescount", Q_ECC_DDR_DOUBLE_PAGES},
	{"hbmsinglebiterrorcount", Q_ECC_HBM_SINGLE},
	{"hbmdoublebiterrorcount", Q_ECC_HBM_DOUBLE},
	{"hbmsinglebitaggregatetotalerrcnt", Q_ECC_HBM_SINGLE_ALL},
	{"hbmdoublebitaggregatetotalerrcnt", Q_ECC_HBM_DOUBLE_ALL},
	{"hbmsinglebitisolatedpagescount", Q_ECC_HBM_SINGLE_PAGES},
	{"hbmdoublebitisolatedpagescount", Q_ECC_HBM_DOUBLE_PAGES},
};

static void take_error_codes(struct pairs_state *p, struct device *d, struct span value)
{
	struct span words[128];
	size_t n = MIN(npu_words(value, words, ARRAY_LEN(words)), ARRAY_LEN(words));
	d->error_codes_known = true;
	for (size_t i = 0; i < n; i++)
		if (!span_is(words[i], "NA"))
			strings_add(&d->error_codes, p->capture->arena,
				    arena_strn(p->capture->arena, words[i].data, words[i].len));
}

static bool take_text(struct pairs_state *p, struct device *d, const char *key, struct span value)
{
	const char *text = arena_strn(p->capture->arena, value.data, value.len);
	p->in_error_information = strcmp(key, "errorinformation") == 0;
	if (span_is(value, "NA"))
		text = NULL;
	if (strcmp(key, "healthstatus") == 0 || strcmp(key, "health") == 0)
		d->health = text;
	else if (p->in_error_information)
		d->error_information = text;
	else if (strcmp(key, "softwareversion") == 0)
		d->software_version = text;
	else if (strcmp(key, "firmwareversion") == 0)
		d->firmware_version = text;
	else if (strcmp(key, "compatibility") == 0)
		d->compatibility = text;
	else if (strcmp(key, "pciebusinfo") == 0)
		d->bus_id = text;
	else if (strcmp(key, "chipname") == 0)
		d->name = text;
	else if (strcmp(key, "slotid") == 0)
		d->slot_id = npu_whole(value);
	else if (strcmp(key, "errorcode") == 0)
		take_error_codes(p, d, value);
	else
		return false;
	return true;
}

static struct device *target(struct pairs_state *p)
{
	return p->open >= 0 ? &p->capture->devices[p->open] : &p->pending;
}

static void took(struct pairs_state *p)
{
	p->has_pending |= p->open < 0;
}

static bool take_pair(struct pairs_state *p, const char *key, struct span value)
{
	if (p->mcu)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		if (strcmp(key, numbers[i].key) != 0)
			continue;
		p->in_error_information = false;
		target(p)->q[numbers[i].quantity] = npu_number(value);
		took(p);
		return true;
	}
	if (!take_text(p, target(p), key, value))
		return p->in_npu;	/* one that is not known yet */
	took(p);
	return true;
}

/* "Process id:123 Process name:python Process memory(MB):456": the name may be empty. */
static bool process_line(struct pairs_state *p, struct span line)
{
	if (str_starts(line.data, "No process in device")) {
		target(p)->processes_known = true;
		took(p);
		return true;
	}
	if (!str_starts(line.data, "Process id:"))
		return false;
	const char *name = strstr(line.data, "Process name:");
	const char *memory = strstr(line.data, "Process memory(MB):");
	size_t id_len = (name ? name : line.data + line.len) > line.data + 11 ?
			(size_t)((name ? name : line.data + line.len) - line.data) - 11 : 0;
	struct device_process one = {
		.pid = npu_whole((struct span){line.data + 11, id_len}),
		.container_pid = -1,
		.memory_mb = memory ? npu_number(span_of(memory + 19)) : NAN,
	};
	if (one.pid < 0)
		return false;
	if (name) {
		name += 13;
		size_t len = memory && memory >= name ? (size_t)(memory - name) : strlen(name);
		struct span s = span_trim((struct span){name, len});
		one.name = s.len ? arena_strn(p->capture->arena, s.data, s.len) : NULL;
	}
	struct device *d = target(p);
	d->processes_known = true;
	took(p);
	*ARENA_ADD(p->capture->arena, d->processes, d->n_processes) = one;
	return true;
}

static void add_error_information(struct pairs_state *p, struct span more)
{
	struct device *d = target(p);
	if (d->error_information)
		d->error_information = arena_fmt(p->capture->arena, "%s; %.*s",
						 d->error_information, (int)more.len, more.data);
}

/* Lower case without blanks. */
static void plain_key(struct span key, char *out, size_t size)
{
	size_t n = 0;
	for (size_t i = 0; i < key.len && n + 1 < size; i++)
		if (!isspace((unsigned char)key.data[i]))
			out[n++] = (char)tolower((unsigned char)key.data[i]);
	out[n] = '\0';
}

bool npu_pairs_line(struct pairs_state *p, struct span line)
{
	if (process_line(p, line))
		return true;
	const char *colon = line.data[0] == ':' ? line.data : strstr(line.data, " : ");
	if (!colon)
		return false;
	char key[80];
	plain_key((struct span){line.data, (size_t)(colon - line.data)}, key, sizeof(key));
	struct span value = span_of(line.data[0] == ':' ? colon + 1 : colon + 3);
	value = span_trim(value);
	if (!*key) {
		if (p->in_error_information && value.len)
			add_error_information(p, value);
		return p->in_error_information;
	}
	if (strcmp(key, "npuid") == 0) {
		end_npu(p);
		p->in_npu = true;
		p->npu = npu_whole(value);
	} else if (strcmp(key, "totalcount") == 0) {
		p->capture->total_count = npu_whole(value);
	} else if (strcmp(key, "chipcount") == 0) {
		p->chip_count = npu_whole(value);
	} else if (strcmp(key, "chipid") == 0) {
		take_chip(p, value);
	} else if (strcmp(key, "chipname") == 0 && value.len == 3 &&
		   strncasecmp(value.data, "mcu", 3) == 0) {
		clear_pending(p);	/* its own values, printed before its name */
		close_open(p);
		p->mcu = true;
	} else {
		return take_pair(p, key, value);
	}
	return true;
}
