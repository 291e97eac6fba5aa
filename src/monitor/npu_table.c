/* src/monitor/npu_table.c - the main table of `npu-smi info`, `info -m`, and `info watch`.
 * SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <math.h>

#include "base/util.h"
#include "monitor/npu_text.h"

#define FIELDS_MAX 8
#define COLUMNS_MAX 12

enum column { COL_NONE, COL_POWER, COL_TEMPERATURE, COL_HUGEPAGES, COL_UTILIZATION, COL_MEMORY,
	      COL_HBM };

enum map_column { MAP_OTHER, MAP_NPU, MAP_SLOT, MAP_CHIP, MAP_LOGIC, MAP_PHY, MAP_NAME };

struct table_state {
	struct capture *capture;
	bool in_processes;
	bool second_row;	/* the next row is the second one of this device */
	size_t current;		/* index of that device */
	enum column first[COLUMNS_MAX], second[COLUMNS_MAX];
	size_t n_first, n_second;	/* 0: the text began after the header */
	bool phy_id;		/* the second number of a second row is the Phy-ID */
	enum map_column map[COLUMNS_MAX];
	size_t n_map;
};

struct table_state *npu_table_new(struct capture *c)
{
	struct table_state *t = ARENA_NEW(c->arena, struct table_state);
	t->capture = c;
	return t;
}

static bool contains(struct span s, const char *text)
{
	return memmem(s.data, s.len, text, strlen(text)) != NULL;
}

/* Column titles end with their unit in brackets; blanks between them vary. */
static size_t split_titles(struct span s, struct span *out, size_t max)
{
	size_t n = 0;
	size_t from = 0;
	for (size_t i = 0; i < s.len && n < max; i++) {
		if (s.data[i] != ')')
			continue;
		out[n++] = span_trim((struct span){s.data + from, i + 1 - from});
		from = i + 1;
	}
	return n;
}

static size_t read_titles(struct span s, enum column *out)
{
	static const struct {
		const char *title;
		enum column column;
	} known[] = {
		{"Power(W)", COL_POWER}, {"Temp(C)", COL_TEMPERATURE},
		{"Hugepages-Usage(page)", COL_HUGEPAGES}, {"AICore(%)", COL_UTILIZATION},
		{"NPU Util(%)", COL_UTILIZATION}, {"Memory-Usage(MB)", COL_MEMORY},
		{"HBM-Usage(MB)", COL_HBM},
	};
	struct span titles[COLUMNS_MAX];
	size_t n = split_titles(s, titles, COLUMNS_MAX);
	for (size_t i = 0; i < n; i++) {
		out[i] = COL_NONE;
		for (size_t k = 0; k < ARRAY_LEN(known); k++)
			if (span_is(titles[i], known[k].title))
				out[i] = known[k].column;
	}
	return n;
}

/* The values of a cell: words, but "a / b" in all its spellings is one. */
static size_t split_values(struct span s, struct span *out, size_t max)
{
	size_t n = 0;
	size_t i = 0;
	while (i < s.len) {
		while (i < s.len && isspace((unsigned char)s.data[i]))
			i++;
		size_t from = i;
		size_t end = i;
		while (i < s.len) {
			while (i < s.len && !isspace((unsigned char)s.data[i]))
				i++;
			end = i;
			size_t next = i;
			while (next < s.len && isspace((unsigned char)s.data[next]))
				next++;
			bool joined = s.data[end - 1] == '/' ||
				      (next < s.len && s.data[next] == '/');
			if (!joined || next >= s.len)
				break;
			i = next;
		}
		if (end > from && n < max)
			out[n] = (struct span){s.data + from, end - from};
		n += end > from;
	}
	return n;
}

static void take_value(struct device *d, enum column column, struct span s)
{
	switch (column) {
	case COL_POWER:
		d->q[Q_POWER] = npu_number(s);
		break;
	case COL_TEMPERATURE:
		d->q[Q_TEMPERATURE] = npu_number(s);
		break;
	case COL_HUGEPAGES:
		npu_pair(s, &d->q[Q_HUGEPAGES_USED], &d->q[Q_HUGEPAGES_TOTAL]);
		break;
	case COL_UTILIZATION:
		d->q[Q_UTILIZATION] = npu_number(s);
		break;
	case COL_MEMORY:
		npu_pair(s, &d->q[Q_DDR_USED], &d->q[Q_DDR_TOTAL]);
		break;
	case COL_HBM:
		npu_pair(s, &d->q[Q_MEMORY_USED], &d->q[Q_MEMORY_TOTAL]);
		break;
	case COL_NONE:
		break;
	}
}

/* A cell whose number of values is not that of its titles is not understood: none is taken. */
static size_t take_values(struct device *d, struct span cell, const enum column *columns,
			  size_t n_columns)
{
	struct span values[COLUMNS_MAX];
	size_t n = split_values(cell, values, COLUMNS_MAX);
	if (n != n_columns)
		return 0;
	for (size_t i = 0; i < n; i++)
		take_value(d, columns[i], values[i]);
	return n;
}

static bool header_line(struct table_state *t, const struct span *f, size_t n)
{
	struct span last = f[n - 1];
	if (contains(last, "Power(W)")) {
		t->n_first = read_titles(last, t->first);
		t->in_processes = false;
	} else if (n >= 3 && contains(f[n - 2], "Bus-Id")) {
		t->n_second = read_titles(last, t->second);
		t->phy_id = contains(f[0], "Phy-ID");
	} else if (n >= 3 && contains(f[1], "Process id")) {
		t->in_processes = true;
	} else {
		return false;
	}
	t->second_row = false;
	return true;
}

/* "| 0  910B3 | OK | 93.9 40 0 / 0 |", or with the name in a field of its own. */
static bool first_row(struct table_state *t, const struct span *f, size_t n)
{
	static const enum column usual[] = {COL_POWER, COL_TEMPERATURE, COL_HUGEPAGES};
	struct span words[16];
	size_t n_words = npu_words(f[0], words, ARRAY_LEN(words));
	if (n < 3 || n_words == 0 || npu_whole(words[0]) < 0 || f[n - 2].len == 0)
		return false;
	struct span name = n >= 4 ? f[1] : (struct span){0};
	if (n == 3 && n_words >= 2) {
		const char *from = words[1].data;
		name = (struct span){from, (size_t)(f[0].data + f[0].len - from)};
	}
	struct device *d = capture_add(t->capture, "npu-smi");
	t->current = t->capture->n - 1;
	t->second_row = true;
	d->npu = npu_whole(words[0]);
	if (name.len)
		d->name = arena_strn(t->capture->arena, name.data, name.len);
	d->health = arena_strn(t->capture->arena, f[n - 2].data, f[n - 2].len);
	(void)take_values(d, f[n - 1], t->n_first ? t->first : usual,
			  t->n_first ? t->n_first : ARRAY_LEN(usual));
	return true;
}

static bool second_row(struct table_state *t, const struct span *f, size_t n)
{
	static const enum column usual[] = {COL_UTILIZATION, COL_MEMORY, COL_HBM};
	struct device *d = &t->capture->devices[t->current];
	struct span ids[4];
	size_t n_ids = n == 3 ? npu_words(f[0], ids, ARRAY_LEN(ids)) : 0;
	t->second_row = false;
	if (n < 3)
		return false;
	size_t taken;
	if (t->n_second) {
		taken = take_values(d, f[n - 1], t->second, t->n_second);
	} else {	/* no header: two pairs mean that the second one is the HBM */
		taken = take_values(d, f[n - 1], usual, 3);
		if (taken == 0)
			taken = take_values(d, f[n - 1], usual, 2);
	}
	if (n_ids >= 1)
		d->chip = npu_whole(ids[0]);
	if (n_ids >= 2 && (t->phy_id || (t->n_second == 0 && taken == 3)))
		d->phy_id = npu_whole(ids[1]);
	else if (n_ids >= 2)
		d->device_id = npu_whole(ids[1]);
	if (f[n - 2].len && !span_is(f[n - 2], "NA"))
		d->bus_id = arena_strn(t->capture->arena, f[n - 2].data, f[n - 2].len);
	bool has_hbm = taken == 3;
	if (taken && !has_hbm) {	/* 310, 310P: that memory is all there is */
		d->q[Q_MEMORY_USED] = d->q[Q_DDR_USED];
		d->q[Q_MEMORY_TOTAL] = d->q[Q_DDR_TOTAL];
		d->q[Q_DDR_USED] = d->q[Q_DDR_TOTAL] = NAN;
	}
	return true;
}

static void add_process(struct table_state *t, int64_t npu, int64_t chip,
			const struct device_process *p)
{
	struct device *d = capture_find(t->capture, npu, chip);
	if (!d) {	/* its row is not in the text */
		d = capture_add(t->capture, "npu-smi");
		d->npu = npu;
		d->chip = chip;
	}
	*ARENA_ADD(t->capture->arena, d->processes, d->n_processes) = *p;
	d->processes_known = true;
}

/* "| 0 0 | 641248 | python | 113 |", newer: and the pid in the container. */
static bool process_row(struct table_state *t, const struct span *f, size_t n)
{
	struct span ids[4];
	size_t n_ids = npu_words(f[0], ids, ARRAY_LEN(ids));
	int64_t pid = n >= 4 ? npu_whole(f[1]) : -1;
	if (pid < 0 || n_ids < 1 || n_ids > 2 || npu_whole(ids[0]) < 0)
		return false;
	struct device_process p = {
		.pid = pid,
		.container_pid = n >= 5 ? npu_whole(f[4]) : -1,
		.name = f[2].len ? arena_strn(t->capture->arena, f[2].data, f[2].len) : NULL,
		.memory_mb = npu_number(f[3]),
	};
	add_process(t, npu_whole(ids[0]), n_ids == 2 ? npu_whole(ids[1]) : -1, &p);
	return true;
}

static bool idle_line(struct table_state *t, struct span field)
{
	static const char words[] = "No running processes found in NPU ";
	if (field.len <= sizeof(words) - 1 || !str_starts(field.data, words))
		return false;
	int64_t npu = npu_whole((struct span){field.data + sizeof(words) - 1,
					      field.len - sizeof(words) + 1});
	t->in_processes = true;
	t->second_row = false;
	bool any = false;
	for (size_t i = 0; i < t->capture->n; i++)
		if (t->capture->devices[i].npu == npu)
			any = t->capture->devices[i].processes_known = true;
	if (!any && npu >= 0) {
		struct device *d = capture_add(t->capture, "npu-smi");
		d->npu = npu;
		d->processes_known = true;
	}
	return true;
}

static bool version_field(struct table_state *t, struct span field)
{
	struct span words[4];
	if (npu_words(field, words, ARRAY_LEN(words)) != 4 || !span_is(words[0], "npu-smi") ||
	    !span_is(words[2], "Version:"))
		return false;
	struct arena *a = t->capture->arena;
	t->capture->tool_version = arena_strn(a, words[1].data, words[1].len);
	t->capture->driver_version = arena_strn(a, words[3].data, words[3].len);
	return true;
}

static bool map_header(struct table_state *t, struct span line)
{
	static const struct {
		const char *title;
		enum map_column column;
	} titles[] = {
		{"NPU ID", MAP_NPU}, {"Slot ID", MAP_SLOT}, {"Chip ID", MAP_CHIP},
		{"Chip Logic ID", MAP_LOGIC}, {"Chip Phy-ID", MAP_PHY}, {"Chip Name", MAP_NAME},
	};
	if (!str_starts(line.data, "NPU ID ") || !contains(line, "Chip Name") ||
	    memchr(line.data, ':', line.len))
		return false;
	t->n_map = 0;
	const char *at = line.data;
	while (*at && t->n_map < COLUMNS_MAX) {
		const char *gap = strstr(at, "  ");	/* titles hold single blanks */
		size_t n = gap ? (size_t)(gap - at) : strlen(at);
		t->map[t->n_map] = MAP_OTHER;
		for (size_t i = 0; i < ARRAY_LEN(titles); i++)
			if (span_is((struct span){at, n}, titles[i].title))
				t->map[t->n_map] = titles[i].column;
		t->n_map++;
		at += n + strspn(at + n, " \t");
	}
	return true;
}

static bool map_row(struct table_state *t, struct span line)
{
	struct span words[COLUMNS_MAX + 8];
	size_t n = npu_words(line, words, ARRAY_LEN(words));
	if (n < t->n_map || n > ARRAY_LEN(words) || npu_whole(words[0]) < 0)
		return false;
	/* The name comes last and may hold blanks. */
	const char *name = words[t->n_map - 1].data;
	if (t->map[t->n_map - 1] == MAP_NAME && strcasecmp(name, "mcu") == 0)
		return true;	/* a controller, no device */
	struct device *d = capture_add(t->capture, "npu-smi");
	for (size_t i = 0; i < t->n_map; i++) {
		int64_t v = npu_whole(words[i]);
		if (t->map[i] == MAP_NPU)
			d->npu = v;
		else if (t->map[i] == MAP_SLOT)
			d->slot_id = v;
		else if (t->map[i] == MAP_CHIP)
			d->chip = v;
		else if (t->map[i] == MAP_LOGIC)
			d->logic_id = v;
		else if (t->map[i] == MAP_PHY)
			d->phy_id = v;
		else if (t->map[i] == MAP_NAME && i == t->n_map - 1)
			d->name = arena_str(t->capture->arena, name);
	}
	return true;
}

bool npu_table_line(struct table_state *t, struct span line)
{
	struct span f[FIELDS_MAX];
	if (map_header(t, line))
		return true;
	if (t->n_map && map_row(t, line))
		return true;
	if (line.data[0] == '+') {	/* a border parts devices */
		t->second_row = false;
		return line.len > 2 && strspn(line.data, "+-=|") == line.len;
	}
	size_t n = npu_fields(line, f, FIELDS_MAX);
	if (n == 0)
		return false;
	if (n == 1)
		return version_field(t, f[0]) || idle_line(t, f[0]);
	if (header_line(t, f, n))
		return true;
	if (t->in_processes)
		return process_row(t, f, n);
	return t->second_row ? second_row(t, f, n) : first_row(t, f, n);
}
